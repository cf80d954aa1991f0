"""Schedules and instants in few words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from app.kpi.business_hours import Schedule
from app.kpi.openings import DAY_MINUTES, Hours, Timetable, Week

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = {day: ["09:00-17:00"] for day in WEEKDAYS[:5]}
HOUR = 3_600_000


def schedule(
    zone: str, week: Mapping[str, Sequence[str]], **more: Mapping[str, Sequence[str]] | Sequence[str]
) -> Schedule:
    """`{"mon": ["09:00-17:00"]}`; breaks of weekdays and dates, special days likewise, holidays as dates."""
    return Schedule(ZoneInfo(zone), [timetable(week, **more)])


def timetable(
    week: Mapping[str, Sequence[str]],
    breaks: Mapping[str, Sequence[str]] | None = None,
    holidays: Iterable[str] = (),
    special: Mapping[str, Sequence[str]] | None = None,
    valid_from: str = "0001-01-01",
) -> Timetable:
    breaks = breaks or {}
    return Timetable(
        week=_week(week),
        week_breaks=_week(breaks),
        holidays=frozenset(map(_day, holidays)),
        special={_day(day): _hours(texts) for day, texts in (special or {}).items()},
        breaks={_day(day): _hours(texts) for day, texts in breaks.items() if day not in WEEKDAYS},
        valid_from=_day(valid_from),
    )


def at(text: str, zone: str = "UTC", fold: int = 0) -> int:
    """Milliseconds of an instant; of a local time where it names no zone."""
    read = datetime.fromisoformat(text)
    local = read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(local.astimezone(UTC).timestamp() * 1000)


def _week(week: Mapping[str, Sequence[str]]) -> Week:
    mon, tue, wed, thu, fri, sat, sun = (_hours(week.get(name, ())) for name in WEEKDAYS)
    return mon, tue, wed, thu, fri, sat, sun


def _hours(texts: Iterable[str]) -> Hours:
    return tuple(_interval(*text.split("-")) for text in texts)


def _interval(opening: str, closing: str) -> tuple[int, int]:
    start, end = _minute(opening), _minute(closing)
    return start, end if end > start else end + DAY_MINUTES


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal()
