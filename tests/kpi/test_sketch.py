"""Quantiles within 1 % of the exact nearest rank, whatever was merged in whatever order."""

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kpi.sketch import BOUNDS, LARGEST_MS, Sketch, add, bucket_of, middle_ms, quantile_ms

ERROR = 0.01
SHARES = [0.0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0]
SHAPES: dict[str, Callable[[random.Random], float]] = {
    "uniform": lambda chance: chance.uniform(0, 1e7),
    "exponential": lambda chance: chance.expovariate(1 / 3_600_000),
    "log-normal": lambda chance: chance.lognormvariate(12, 3),
    "pareto": lambda chance: 1000 * chance.paretovariate(0.5),
    "two peaks": lambda chance: chance.choice((5_000, 86_400_000)) * chance.uniform(0.9, 1.1),
    "whole minutes": lambda chance: 60_000 * chance.randrange(100),
    "milliseconds": lambda chance: chance.randrange(60),
    "always the same": lambda _: 123_456,
    "never": lambda _: 0,
}

durations_ms = st.lists(st.integers(0, LARGEST_MS), min_size=1, max_size=60)


def sketch_of(durations: list[int]) -> Sketch:
    sketch: Sketch = {}
    for duration_ms in durations:
        add(sketch, {bucket_of(duration_ms): 1})
    return sketch


def nearest_rank(durations: list[int], share: float) -> int:
    return sorted(durations)[max(1, math.ceil(share * len(durations))) - 1]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [1, 2, 7, 100, 10_000])
def test_every_quantile_is_within_one_percent(shape: str, size: int) -> None:
    chance = random.Random(size)
    durations = [min(int(SHAPES[shape](chance)), LARGEST_MS) for _ in range(size)]
    sketch = sketch_of(durations)
    found = {share: quantile_ms(sketch, share) or 0.0 for share in SHARES}
    wrong = {share: value for share, value in found.items() if not _close(value, nearest_rank(durations, share))}
    assert wrong == {}


@given(durations_ms, st.sampled_from(SHARES))
def test_no_durations_are_too_odd(durations: list[int], share: float) -> None:
    assert _close(quantile_ms(sketch_of(durations), share) or 0.0, nearest_rank(durations, share))


@given(st.integers(0, LARGEST_MS))
def test_the_middle_of_a_bucket_is_within_one_percent_of_all_in_it(duration_ms: int) -> None:
    assert _close(middle_ms(bucket_of(duration_ms)), duration_ms)


@given(st.lists(durations_ms, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_merging_in_any_order_and_grouping_is_the_same(parts: list[list[int]], chance: random.Random) -> None:
    sketches = [sketch_of(part) for part in parts]
    while len(sketches) > 1:
        chance.shuffle(sketches)
        add(sketches[0], sketches.pop())
    assert sketches[0] == sketch_of([duration for part in parts for duration in part])


@given(durations_ms, durations_ms)
def test_what_is_taken_out_again_leaves_no_trace(kept: list[int], taken: list[int]) -> None:
    sketch = sketch_of(kept + taken)
    add(sketch, sketch_of(taken), -1)
    assert sketch == sketch_of(kept)


def test_an_empty_sketch_has_no_quantile() -> None:
    assert quantile_ms({}, 0.5) is None


def test_zero_is_exact() -> None:
    assert quantile_ms(sketch_of([0]), 0.5) == 0.0


def test_small_durations_have_buckets_of_their_own() -> None:
    assert [middle_ms(bucket_of(duration_ms)) for duration_ms in range(1, 50)] == list(range(1, 50))


def test_what_is_longer_than_anything_counts_in_the_last_bucket() -> None:
    assert bucket_of(10 * LARGEST_MS) == bucket_of(BOUNDS[-1]) == len(BOUNDS) - 1


def test_there_are_about_1300_buckets() -> None:
    assert 1_200 < len(BOUNDS) < 1_400


def _close(value: float, exact: float) -> bool:
    return abs(value - exact) <= ERROR * exact
