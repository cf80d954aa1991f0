"""When a schedule is open: local hours by weekday and date become stretches of real time.

Theory of operation
===================
Hours are written in local minutes of a date; a closing past 24:00 is on the next date and still belongs to the date of
its opening. Which hours a date has: those of a special day; else none on a holiday; else those of its weekday, as the
timetable in force on that date has them.

Openings and closings become instants each by itself, and what is between them is elapsed time: a day of 25 hours that
is open all day is open for 25. A local time that clocks skip moves by the length of the gap, one that comes twice is
the first. So an opening may fall behind its closing (then there is nothing between them), and two intervals that were
apart may overlap (then they count once).

    clocks skip 02:00 to 03:00:  01:00-02:30  is  01:00-03:30
                                 02:30-03:15  is  nothing: opens 03:30, closes 03:15

Breaks are taken from whatever is open then, on instants too. A weekday's breaks go with the weekday's hours: a special
day replaces both, a holiday removes both; a break of a date is taken from that date whatever it is.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

DAY_MINUTES: Final = 1440
Hours = tuple[tuple[int, int], ...]
"""(opening, closing) in minutes of the local day; a closing after 1440 is on the next date."""
Week = tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
"""From Monday."""
CLOSED: Final[Week] = ((),) * 7
_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 86_400_000
_MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_REACH_DAYS: Final = 3
"""Hours of a date touch no instant so many days away: a closing on the next date, a gap of a day, an offset of 14 hours."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """Which hours dates have, from `valid_from` on. Dates are proleptic ordinals (`date.toordinal`)."""

    week: Week
    week_breaks: Week = CLOSED
    holidays: frozenset[int] = frozenset()
    special: Mapping[int, Hours] = field(default_factory=dict)
    breaks: Mapping[int, Hours] = field(default_factory=dict)
    valid_from: int = 0

    def hours(self, day: int) -> Hours:
        """When a date is open, before breaks."""
        special = self.special.get(day)
        if special is not None:
            return special
        return () if day in self.holidays else self.week[_weekday(day)]

    def breaks_on(self, day: int) -> Hours:
        """What is taken from it."""
        own = self.breaks.get(day, ())
        return own if day in self.special or day in self.holidays else (*self.week_breaks[_weekday(day)], *own)


class Stretch(NamedTuple):
    """Open from an instant to another, the latter excluded."""

    open_ms: int
    close_ms: int


def local_ms(day: int, minute: int, zone: ZoneInfo) -> int:
    """The instant of a local time. In a gap: later by its length; twice: the first."""
    later, minute = divmod(minute, DAY_MINUTES)
    local = datetime.fromordinal(day + later).replace(hour=minute // 60, minute=minute % 60)
    return (day + later - _EPOCH_DAY) * _DAY_MS + minute * _MINUTE_MS - _offset_ms(local, zone)


def stretches(timetables: Sequence[Timetable], zone: ZoneInfo, year: int) -> list[Stretch]:
    """All that is open in a year of UTC, in order, apart from each other. `timetables` are in order of `valid_from`."""
    first, end = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
    changes: dict[int, tuple[int, int]] = {}
    for day in range(first - _REACH_DAYS, end + _REACH_DAYS):
        timetable = in_force(timetables, day)
        for opening in _instants(day, timetable.hours(day), zone):
            _mark(changes, opening, (1, 0))
        for pause in _instants(day, timetable.breaks_on(day), zone):
            _mark(changes, pause, (0, 1))
    from_ms, until_ms = (first - _EPOCH_DAY) * _DAY_MS, (end - _EPOCH_DAY) * _DAY_MS
    clipped = (Stretch(max(a, from_ms), min(b, until_ms)) for a, b in _open(changes))
    return [stretch for stretch in clipped if stretch.open_ms < stretch.close_ms]


def in_force(timetables: Sequence[Timetable], day: int) -> Timetable:
    """The timetable of a date; the first one also holds before its own `valid_from`."""
    return timetables[max(bisect_right(timetables, day, key=_valid_from) - 1, 0)]


def _valid_from(timetable: Timetable) -> int:
    return timetable.valid_from


def _weekday(day: int) -> int:
    return (day - 1) % 7


def _offset_ms(local: datetime, zone: ZoneInfo) -> int:
    offset = zone.utcoffset(local)  # fold 0: before the gap, or the first of two
    assert offset is not None
    return offset // _MILLISECOND


def _instants(day: int, hours: Hours, zone: ZoneInfo) -> Iterator[Stretch]:
    for opening, closing in hours:
        stretch = Stretch(local_ms(day, opening, zone), local_ms(day, closing, zone))
        if stretch.open_ms < stretch.close_ms:
            yield stretch


def _mark(changes: dict[int, tuple[int, int]], stretch: Stretch, depth: tuple[int, int]) -> None:
    for at_ms, sign in ((stretch.open_ms, 1), (stretch.close_ms, -1)):
        open_, paused = changes.get(at_ms, (0, 0))
        changes[at_ms] = open_ + sign * depth[0], paused + sign * depth[1]


def _open(changes: Mapping[int, tuple[int, int]]) -> Iterator[Stretch]:
    """From how many intervals and breaks begin and end at an instant: where there are intervals and no breaks."""
    instants = sorted(changes)
    depths = accumulate(
        (changes[at_ms] for at_ms in instants), lambda sum_, step: (sum_[0] + step[0], sum_[1] + step[1])
    )
    opened_ms: int | None = None
    for (at_ms, _), (open_, paused) in zip(pairwise([*instants, 0]), depths, strict=True):
        is_open = open_ > 0 and not paused
        if is_open and opened_ms is None:
            opened_ms = at_ms
        elif not is_open and opened_ms is not None:
            yield Stretch(opened_ms, at_ms)
            opened_ms = None
