"""How many tickets are open, by how long ago their round began: bands that are exact to the minute, without looking at tickets.

A round is counted under the minute in which it began. What happens is only noted (`changes`, the hot path of every opening and close); who asks
has it counted in. Bands are as of a minute of stream time; when that goes on, only the minutes that reach the end of a band move to the next
one. A minute that has reached the last band is let go: it stays there.
"""

from bisect import bisect_right
from typing import Final

from app.kpi.instants import DAY_MS, HOUR_MS, MINUTE_MS

BANDS: Final = ("under_1h", "1h_to_4h", "4h_to_24h", "1d_to_3d", "over_3d")
"""Half-open: a round is in `1h_to_4h` from the minute in which it is an hour old."""
_ENDS: Final = tuple(span_ms // MINUTE_MS for span_ms in (HOUR_MS, 4 * HOUR_MS, DAY_MS, 3 * DAY_MS))
"""Of all bands but the last, in minutes."""
_OLDEST: Final = _ENDS[-1]


class Ages:
    """The open tickets of one channel by age."""

    __slots__ = ("_bands", "_begun", "_minute", "changes")

    def __init__(self) -> None:
        self.changes: dict[int, int] = {}
        """Minute -> how many more rounds that began then are open than were when it was last asked; zeros are absent."""
        self._begun: dict[int, int] = {}
        """Minute -> open tickets whose round began then; none of the last band."""
        self._bands = [0] * len(BANDS)
        self._minute = 0

    def add(self, begun_ms: int, sign: int) -> None:
        """A ticket whose round began then opens (`sign` 1) or is open no more."""
        minute = begun_ms // MINUTE_MS
        changes = self.changes
        change = changes.get(minute, 0) + sign
        if change:
            changes[minute] = change
        else:
            del changes[minute]

    def bands(self, now_ms: int) -> tuple[int, ...]:
        """How many are in each of `BANDS` at that stream time, which never goes back."""
        for minute, change in self.changes.items():
            self._count(minute, change)
        self.changes.clear()
        minute = now_ms // MINUTE_MS
        if minute > self._minute:
            self._advance(minute)
        return tuple(self._bands)

    def _count(self, minute: int, change: int) -> None:
        age = self._minute - minute
        self._bands[bisect_right(_ENDS, age)] += change
        if age < _OLDEST:
            begun = self._begun
            begun[minute] = left = begun.get(minute, 0) + change
            if not left:
                del begun[minute]

    def _advance(self, to_minute: int) -> None:
        bands, begun = self._bands, self._begun
        for index, end in enumerate(_ENDS):
            for minute in self._between(self._minute - end + 1, to_minute - end):
                bands[index] -= begun[minute]
                bands[index + 1] += begun[minute]
        for minute in self._between(self._minute - _OLDEST + 1, to_minute - _OLDEST):
            del begun[minute]
        self._minute = to_minute

    def _between(self, first: int, last: int) -> list[int]:
        """The minutes from first to last in which rounds began; by whichever way is shorter."""
        begun = self._begun
        if last - first < len(begun):
            return [minute for minute in range(first, last + 1) if minute in begun]
        return [minute for minute in begun if first <= minute <= last]
