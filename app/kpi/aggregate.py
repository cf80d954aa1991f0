"""What a window holds: counts, and durations as count, exact sum and sketch. Cells merge in any order and can be taken out again."""

from collections import Counter
from collections.abc import Iterable

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


class Cell(msgspec.Struct, array_like=True, gc=False):
    """Counts and durations by measure. Zeros are absent, so equal contents are equal cells."""

    counts: dict[str, int] = msgspec.field(default_factory=dict)
    durations: dict[str, Spread] = msgspec.field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.counts or self.durations)

    def add(self, other: "Cell", sign: int = 1) -> None:
        """Merge another cell into this one."""
        counts = self.counts
        for measure, count in other.counts.items():
            left = counts.get(measure, 0) + sign * count
            if left:
                counts[measure] = left
            else:
                counts.pop(measure, None)
        for measure, spread in other.durations.items():
            mine = self.durations.get(measure)
            if mine is None:
                mine = self.durations[measure] = Spread()
            mine.count += sign * spread.count
            mine.sum_ms += sign * spread.sum_ms
            add_sketch(mine.sketch, spread.sketch, sign)
            if not mine.count and not mine.sketch:
                del self.durations[measure]


def merged(cells: Iterable[Cell]) -> Cell:
    """All cells together."""
    total = Cell()
    for cell in cells:
        total.add(cell)
    return total
