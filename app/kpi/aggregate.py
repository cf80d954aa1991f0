"""What a window holds: counts, and durations as count, exact sum and sketch. Cells merge in any order and can be taken out again.

Only the slowest sample and the first reply cannot be taken out, since nobody knows which came next: they are of all that ever counted; a slowest
sample goes with the last one.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from app.kpi.sketch import Sketch, bucket_of
from app.kpi.sketch import add as add_sketch


class Spread(msgspec.Struct, array_like=True, gc=False):
    """Samples of one duration."""

    count: int = 0
    sum_ms: int = 0
    sketch: Sketch = msgspec.field(default_factory=dict)

    def add_samples(self, durations_ms: list[int], sign: int = 1) -> None:
        """Count samples in (`sign` -1: out)."""
        self.count += sign * len(durations_ms)
        self.sum_ms += sign * sum(durations_ms)
        add_sketch(self.sketch, Counter(map(bucket_of, durations_ms)), sign)

    def add(self, other: "Spread", sign: int = 1) -> None:
        """Merge other samples into these."""
        self.count += sign * other.count
        self.sum_ms += sign * other.sum_ms
        add_sketch(self.sketch, other.sketch, sign)


Slowest = tuple[int, str]
"""(milliseconds, ticket id)."""


_ENDLESS: Final = "quick_replies|"
_LABELS: Final = 300
"""Of what senders choose; with more, which have a figure of their own depends on the order of arrival."""
_MOST: Final = (1 << 62) - 1
"""More than anything counts; a window must be written, whatever amounts are sent."""


class Cell(msgspec.Struct, array_like=True, gc=False):
    """Counts (and amounts) and durations by measure. Zeros are absent, so equal contents are equal cells."""

    counts: dict[str, int] = msgspec.field(default_factory=dict)
    durations: dict[str, Spread] = msgspec.field(default_factory=dict)
    slowest: dict[str, Slowest] = msgspec.field(default_factory=dict)
    """The slowest sample of a duration, where somebody asks for it."""
    first_reply_ms: int | None = None
    """The first human reply in the window, where somebody asks for it."""

    def __bool__(self) -> bool:
        return bool(self.counts or self.durations)

    def add(self, other: "Cell", sign: int = 1) -> None:
        """Merge another cell into this one."""
        counts = self.counts
        for name, count in other.counts.items():
            measure = name if name in counts or not name.startswith(_ENDLESS) else self._bounded(name, sign)
            left = counts.get(measure, 0) + sign * count
            if left:
                counts[measure] = min(_MOST, left)
            else:
                counts.pop(measure, None)
        for measure, spread in other.durations.items():
            mine = self.durations.get(measure)
            if mine is None:
                mine = self.durations[measure] = Spread()
            mine.add(spread, sign)
            if not mine.count and not mine.sketch:
                del self.durations[measure]
                self.slowest.pop(measure, None)
        if sign > 0:
            for measure, slowest in other.slowest.items():
                self.note_slowest(measure, slowest)
            if other.first_reply_ms is not None:
                self.first_reply_ms = min(other.first_reply_ms, self.first_reply_ms or other.first_reply_ms)

    def _bounded(self, measure: str, sign: int) -> str:
        """Where a count goes, or went, whose label senders choose and which is not there: with the first so many labels, or with the others."""
        if sign < 0:
            return f"{_ENDLESS}other"
        labels = sum(name.startswith(_ENDLESS) for name in self.counts)
        return measure if labels < _LABELS else f"{_ENDLESS}other"

    def note_slowest(self, measure: str, slowest: Slowest) -> None:
        """Keep the longer one; of equal ones that of the smaller ticket id, so that the order does not matter."""
        known = self.slowest.get(measure)
        if known is None or (-slowest[0], slowest[1]) < (-known[0], known[1]):
            self.slowest[measure] = slowest


def merged(cells: Iterable[Cell]) -> Cell:
    """All cells together."""
    total = Cell()
    for cell in cells:
        total.add(cell)
    return total
