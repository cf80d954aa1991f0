"""Business time: how much of a span lies inside a schedule, and when so much of it is used up.

Exact in whole milliseconds, and a function of the schedule alone: no clock, no environment. Where hours come from and
what clock changes do to them: `openings.py`. Channels without a schedule are always open; they have no object here.

Stretches are kept as a table with the open time before each of them, so that a span costs two searches, however long it
is. The table covers whole years and grows to those that are asked for; what it answers does not depend on what was
asked before. Years outside 1970 to 2199 are closed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.kpi.instants import NEVER
from app.kpi.openings import Stretch, Timetable, stretches

YEARS: Final = range(1970, 2200)
"""What is open outside these is not known."""
_EARLIEST_MS: Final = 0
_LATEST_MS: Final = int(datetime(YEARS.stop, 1, 1, tzinfo=UTC).timestamp()) * 1000 - 1


class NeverOpensError(ValueError):
    """A schedule without any open time: no target in it could ever be used up."""


class Schedule:
    """Opening hours in a zone. Two schedules with the same hours are equal. Raises NeverOpensError."""

    __slots__ = (
        "_before",
        "_closes",
        "_from_ms",
        "_opens",
        "_until_ms",
        "_years",
        "reversed_spans",
        "timetables",
        "zone",
    )

    def __init__(self, zone: ZoneInfo, timetables: Sequence[Timetable]) -> None:
        self.zone = zone
        self.timetables = tuple(sorted(timetables, key=lambda timetable: timetable.valid_from))
        if not any(stretches(self.timetables, zone, year) for year in YEARS):
            raise NeverOpensError
        self.reversed_spans = 0
        """How many spans were asked for that end before they start; they count as nothing."""
        self._years = range(0)
        self._from_ms = self._until_ms = 0
        self._forget()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schedule):
            return NotImplemented
        return (self.zone.key, self.timetables) == (other.zone.key, other.timetables)

    def __hash__(self) -> int:
        return hash((self.zone.key, len(self.timetables)))

    def open_ms(self, start_ms: int, end_ms: int) -> int:
        """Business milliseconds in [start, end); 0 where the end is not after the start.

        Open 09:00 to 17:00, from 16:30 to 09:10 of the next day: 40 minutes.
        """
        if end_ms <= start_ms:
            self.reversed_spans += end_ms < start_ms
            return 0
        before_ms = self._open_before(start_ms)
        return self._open_before(end_ms) - before_ms

    def due_ms(self, start_ms: int, target_ms: int) -> int:
        """The first instant at which so much business time has passed since the start; NEVER if there is not as much.

        Open 09:00 to 17:00, 4 h from 13:00: 17:00 of that day, not the next opening. A target of 0: the start.
        """
        if target_ms <= 0:
            return start_ms
        goal_ms = self._open_before(start_ms) + target_ms
        while True:
            index = bisect_left(self._before, goal_ms) - 1
            if index >= 0:
                at_ms = self._opens[index] + goal_ms - self._before[index]
                if at_ms <= self._closes[index]:
                    return at_ms
            if not self._grow():
                return NEVER

    def is_open(self, at_ms: int) -> bool:
        """Whether the instant is business time: from the opening on, at the closing no more."""
        self._cover(at_ms)
        index = bisect_right(self._opens, at_ms) - 1
        return index >= 0 and at_ms < self._closes[index]

    def next_opening_ms(self, at_ms: int) -> int:
        """The first opening after an instant; NEVER if there is none."""
        return self._first_after(self._opens, at_ms)

    def next_closing_ms(self, at_ms: int) -> int:
        """The first closing after an instant; NEVER if there is none."""
        self._cover(at_ms)
        # A stretch that reaches the end of the table may go on in the next year.
        while (found := self._first_after(self._closes, at_ms)) == self._until_ms and self._grow():
            pass
        return NEVER if found == self._until_ms else found

    def _first_after(self, instants: list[int], at_ms: int) -> int:
        self._cover(at_ms)
        while (index := bisect_right(instants, at_ms)) == len(instants):
            if not self._grow():
                return NEVER
        return instants[index]

    def _open_before(self, at_ms: int) -> int:
        """Open milliseconds from the beginning of the table, which moves when an earlier year is asked for."""
        if not self._from_ms <= at_ms < self._until_ms:
            self._cover(at_ms)
        index = bisect_right(self._opens, at_ms) - 1
        if index < 0:
            return 0
        return self._before[index] + min(at_ms, self._closes[index]) - self._opens[index]

    def _cover(self, at_ms: int) -> None:
        """Let the table reach the year of an instant, and have no holes."""
        if self._from_ms <= at_ms < self._until_ms:
            return
        year = datetime.fromtimestamp(min(max(at_ms, _EARLIEST_MS), _LATEST_MS) // 1000, UTC).year
        known = self._years or range(year, year)
        if year < known.start:
            self._forget()
            self._take(range(year, known.stop))
        elif year >= known.stop:
            self._take(range(known.start, year + 1))

    def _grow(self) -> bool:
        """Take one more year; False if there is none."""
        if self._years.stop >= YEARS.stop:
            return False
        self._take(range(self._years.start, self._years.stop + 1))
        return True

    def _forget(self) -> None:
        self._years = range(0)
        self._opens: list[int] = []
        self._closes: list[int] = []
        self._before: list[int] = []

    def _take(self, years: range) -> None:
        for year in range(self._years.stop or years.start, years.stop):
            self._append(stretches(self.timetables, self.zone, year))
        self._years = years
        self._from_ms, self._until_ms = (
            int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000 for year in (years.start, years.stop)
        )

    def _append(self, following: Iterable[Stretch]) -> None:
        for opens_ms, closes_ms in following:
            if self._closes and self._closes[-1] == opens_ms:
                self._closes[-1] = closes_ms
                continue
            before_ms = self._before[-1] + self._closes[-1] - self._opens[-1] if self._closes else 0
            self._opens.append(opens_ms)
            self._closes.append(closes_ms)
            self._before.append(before_ms)
