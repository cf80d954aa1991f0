"""Quantiles that merge: how many durations fell into which of about 1,300 buckets.

Guarantee: any quantile read from a sketch is within 1 % of the exact nearest-rank value, whatever was merged in whatever order, and a duration
can be taken out again. In the manner of DDSketch (Masson, Rim, Lee 2019), but with bounds in whole milliseconds that a recurrence gives, so that
no machine's logarithm decides where a duration belongs:

    b[0] = 0, b[i+1] = b[i] + max(1, b[i] // 50); bucket 0 holds durations of 0, bucket i those with b[i-1] < d <= b[i].

A bucket above b is at most b / 50 wide, so its middle is at most b / 100 away from anything in it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Final

LARGEST_MS: Final = 100 * 366 * 86_400_000
"""Longer durations count in the last bucket: no two instants of the contract are further apart."""

Sketch = dict[int, int]
"""Bucket -> how many; empty buckets are absent."""


def _bounds() -> list[int]:
    bounds = [0]
    while bounds[-1] < LARGEST_MS:
        bounds.append(bounds[-1] + max(1, bounds[-1] // 50))
    return bounds


BOUNDS: Final = _bounds()
_LAST: Final = len(BOUNDS) - 1


def bucket_of(duration_ms: int) -> int:
    """The bucket that a duration falls into."""
    return bisect_left(BOUNDS, duration_ms, 0, _LAST)


def middle_ms(bucket: int) -> float:
    """The duration that stands for a bucket."""
    return 0.0 if bucket == 0 else (BOUNDS[bucket - 1] + 1 + BOUNDS[bucket]) / 2


def quantile_ms(sketch: Mapping[int, int], share: float) -> float | None:
    """The nearest-rank quantile, within 1 %; None if the sketch is empty. `share` is from 0 (smallest) to 1 (largest)."""
    return next(iter(quantiles_ms(sketch, (share,))), None)


def quantiles_ms(sketch: Mapping[int, int], shares: Iterable[float]) -> list[float]:
    """`quantile_ms` of each share; none if the sketch is empty."""
    if not sketch:
        return []
    buckets = sorted(sketch)
    up_to = list(accumulate(map(sketch.__getitem__, buckets)))
    ranks = (max(1, -int(-share * up_to[-1] // 1)) for share in shares)
    return [middle_ms(buckets[min(bisect_left(up_to, rank), len(buckets) - 1)]) for rank in ranks]


def add(into: Sketch, other: Mapping[int, int], sign: int = 1) -> None:
    """Merge another sketch into one (`sign` -1: take it out again)."""
    if sign > 0 and not into:
        into.update(other)
        return
    for bucket, count in other.items():
        left = into.get(bucket, 0) + sign * count
        if left:
            into[bucket] = left
        else:
            into.pop(bucket, None)
