"""Business time the slow way: minute after minute of real time, with what a clock on the wall shows in each.

It knows nothing of offsets: a time that comes twice is the first minute that shows it; a time that the clock jumps over
is as much later as the clock jumped.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

from app.kpi.openings import Hours, Timetable

DAYS = 8
"""Walked before and after a date."""
MINUTE_MS = 60_000
_MINUTE = timedelta(minutes=1)


class Walk:
    """The days around a date in a zone."""

    def __init__(self, zone: str, date: str) -> None:
        middle = datetime.fromisoformat(date).replace(tzinfo=UTC)
        self.first = middle - timedelta(days=DAYS)
        self.walls = list(_walls(self.first, 2 * DAYS * 1440, ZoneInfo(zone)))
        self._first_minute: dict[datetime, int] = {}
        for minute, wall in enumerate(self.walls):
            self._first_minute.setdefault(wall, minute)
        for minute, (before, after) in enumerate(pairwise(self.walls), start=1):
            self._jump(minute, before, after)

    def _jump(self, minute: int, before: datetime, after: datetime) -> None:
        skipped = (after - before) // _MINUTE - 1
        for later in range(skipped):
            self._first_minute[before + (1 + later) * _MINUTE] = minute + later

    def open_minutes(self, timetables: Sequence[Timetable]) -> list[bool]:
        """Whether each minute is open. Only the inner days are right: hours may come from days outside."""
        open_ = [False] * len(self.walls)
        days = range(self.walls[0].toordinal() - 1, self.walls[-1].toordinal() + 2)
        for day in days:
            self._paint(open_, day, hours_of(timetables, day), True)
        for day in days:
            self._paint(open_, day, breaks_of(timetables, day), False)
        return open_

    def _paint(self, open_: list[bool], day: int, hours: Hours, value: bool) -> None:
        midnight = datetime.fromordinal(day)
        for opening, closing in hours:
            start, end = (self._first_minute.get(midnight + at * _MINUTE) for at in (opening, closing))
            if start is not None and end is not None:
                for minute in range(start, end):
                    open_[minute] = value

    def instant_ms(self, minute: int) -> int:
        """When a minute of the walk begins."""
        return int(self.first.timestamp()) * 1000 + minute * MINUTE_MS


@cache
def walk(zone: str, date: str) -> Walk:
    """Walked once."""
    return Walk(zone, date)


def _walls(first: datetime, minutes: int, zone: ZoneInfo) -> Iterator[datetime]:
    for minute in range(minutes):
        yield (first + minute * _MINUTE).astimezone(zone).replace(tzinfo=None)


def hours_of(timetables: Sequence[Timetable], day: int) -> Hours:
    """Before breaks: the special day's, or none on a holiday, or the weekday's, of the last timetable that has begun."""
    timetable = _begun(timetables, day)
    if day in timetable.special:
        return timetable.special[day]
    return () if day in timetable.holidays else timetable.week[datetime.fromordinal(day).weekday()]


def breaks_of(timetables: Sequence[Timetable], day: int) -> Hours:
    """The date's own, and on a day like any other those of the weekday."""
    timetable = _begun(timetables, day)
    is_other = day in timetable.special or day in timetable.holidays
    weekly = () if is_other else timetable.week_breaks[datetime.fromordinal(day).weekday()]
    return (*weekly, *timetable.breaks.get(day, ()))


def _begun(timetables: Sequence[Timetable], day: int) -> Timetable:
    return max(
        (timetable for timetable in timetables if timetable.valid_from <= day), key=lambda found: found.valid_from
    )


class Counted:
    """Open time of a walk, counted."""

    def __init__(self, walked: Walk, timetables: Sequence[Timetable]) -> None:
        self.open = walked.open_minutes(timetables)
        self._start_ms = walked.instant_ms(0)
        self._before = list(accumulate(self.open, initial=0))

    def open_ms(self, start_ms: int, end_ms: int) -> int:
        """In [start, end)."""
        return max(0, self._until(end_ms) - self._until(start_ms)) if end_ms > start_ms else 0

    def _until(self, at_ms: int) -> int:
        minute, rest_ms = divmod(at_ms - self._start_ms, MINUTE_MS)
        return self._before[minute] * MINUTE_MS + (rest_ms if self.open[minute] else 0)

    def due_ms(self, start_ms: int, target_ms: int) -> int | None:
        """Walks on until the target is used up; None if that is not in the walk."""
        minute, rest_ms = divmod(start_ms - self._start_ms, MINUTE_MS)
        for now in range(minute, len(self.open)):
            there_ms = (MINUTE_MS - rest_ms) if self.open[now] else 0
            if target_ms <= there_ms:
                return self._start_ms + now * MINUTE_MS + rest_ms + target_ms
            target_ms, rest_ms = target_ms - there_ms, 0
        return None
