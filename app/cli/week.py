"""What a schedule looks like from an instant on: its week, what comes next, which dates differ. As rows and as JSON."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.config_hours import WEEKDAYS, write_hours
from app.config_schedules import Opening, ScheduleConfig
from app.kpi.business_hours import Schedule
from app.kpi.instants import NEVER, text_of
from app.public_holidays import public_holidays

Rows = list[tuple[str, str]]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE_MS: Final = 60_000
_SHOWN_HOLIDAYS: Final = 5


def rows(name: str, written: ScheduleConfig, schedule: Schedule, now_ms: int) -> Rows:
    """What people read: (what, value)."""
    today, zone = _date(now_ms, schedule.zone), schedule.zone
    opening = _in_force(written, today)
    state = "open" if schedule.is_open(now_ms) else "closed"
    return [
        (name, f"{zone.key}, {state} now ({local_text(now_ms - now_ms % _MINUTE_MS, zone)})"),
        *_week(opening).items(),
        *_breaks(opening, today),
        ("next opening", local_text(schedule.next_opening_ms(now_ms), zone)),
        ("next closing", local_text(schedule.next_closing_ms(now_ms), zone)),
        *((_day(day), f"holiday {title}".rstrip()) for day, title in _holidays(opening, today)),
        *((_day(day), write_hours(hours)) for day, hours in sorted(opening.special.items()) if day >= today),
        *(
            (_day(change.valid_from), "other hours from here on")
            for change in written.changes
            if change.valid_from > today
        ),
    ]


def as_json(name: str, written: ScheduleConfig, schedule: Schedule, now_ms: int) -> dict[str, Any]:
    """The same for programs; instants in UTC, null where there is none."""
    today = _date(now_ms, schedule.zone)
    opening = _in_force(written, today)
    return {
        "schedule": name,
        "zone": schedule.zone.key,
        "week": _week(opening),
        "is_open": schedule.is_open(now_ms),
        "next_opening_at": utc_text(schedule.next_opening_ms(now_ms)),
        "next_closing_at": utc_text(schedule.next_closing_ms(now_ms)),
        "next_holidays": [{"date": day.isoformat(), "name": title} for day, title in _holidays(opening, today)],
    }


def local_text(at_ms: int, zone: ZoneInfo) -> str:
    """An instant as a person there reads it; parts that are zero are left out."""
    if at_ms == NEVER:
        return "never"
    local = _moment(at_ms, zone)
    rest_ms = at_ms % _MINUTE_MS
    seconds = f":{rest_ms // 1000:02d}" if rest_ms else ""
    fraction = f".{rest_ms % 1000:03d}" if rest_ms % 1000 else ""
    return f"{local:%a %Y-%m-%d %H:%M}{seconds}{fraction} {local:%Z}"


def utc_text(at_ms: int) -> str | None:
    """An instant as a program reads it; None if it never comes."""
    return None if at_ms == NEVER else text_of(at_ms)


def _in_force(written: ScheduleConfig, today: date) -> Opening:
    return [opening for valid_from, opening in written.openings() if valid_from <= today][-1]


def _week(opening: Opening) -> dict[str, str]:
    hours = {day: hours for days, hours in opening.week.items() for day in days}
    return {name: write_hours(hours.get(day, ())) for day, name in enumerate(WEEKDAYS)}


def _breaks(opening: Opening, today: date) -> Iterator[tuple[str, str]]:
    for days, hours in opening.breaks.items():
        if not isinstance(days, date):
            yield f"break {' '.join(WEEKDAYS[day] for day in days)}", write_hours(hours)
        elif days >= today:
            yield f"break {days}", write_hours(hours)


def _holidays(opening: Opening, today: date) -> list[tuple[date, str]]:
    """The next ones; special days are none. Listed dates have no name."""
    of = opening.holidays
    public = public_holidays(of.country, of.subdivision) if of.country else {}
    names = dict.fromkeys(of.dates, "") | dict(public)
    ahead = ((day, title) for day, title in sorted(names.items()) if day >= today and day not in opening.special)
    return list(islice(ahead, _SHOWN_HOLIDAYS))


def _day(day: date) -> str:
    return f"{day:%a %Y-%m-%d}"


def _date(at_ms: int, zone: ZoneInfo) -> date:
    return _moment(at_ms, zone).date()


def _moment(at_ms: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)
