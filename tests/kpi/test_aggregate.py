"""Cells merge in any order and can be taken out again."""

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from app.kpi.aggregate import Cell, Spread, merged

MEASURES = st.sampled_from(["a", "b", "c|x"])


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    cell = Cell(draw(st.dictionaries(MEASURES, st.integers(1, 9))))
    for measure, durations_ms in draw(st.dictionaries(MEASURES, st.lists(st.integers(0, 10**9), min_size=1))).items():
        cell.durations[measure] = Spread()
        cell.durations[measure].add_samples(durations_ms)
    return cell


@st.composite
def cells_with_slowest(draw: st.DrawFn) -> Cell:
    """As those of dimensions: the slowest sample of a duration with one of a few tickets."""
    cell = draw(cells())
    for measure in cell.durations:
        cell.slowest[measure] = (draw(st.integers(0, 3)), draw(st.sampled_from(["t1", "t2", "t3"])))
    return cell


@given(st.lists(cells_with_slowest(), max_size=5), st.randoms(use_true_random=False))
def test_merging_in_any_order_is_the_same(parts: list[Cell], chance: random.Random) -> None:
    shuffled = parts.copy()
    chance.shuffle(shuffled)
    assert merged(shuffled) == merged(parts)


@given(cells_with_slowest(), cells_with_slowest(), cells_with_slowest())
def test_merging_in_any_grouping_is_the_same(a: Cell, b: Cell, c: Cell) -> None:
    assert merged([merged([a, b]), c]) == merged([a, merged([b, c])])


@given(cells(), cells())
def test_what_is_taken_out_again_leaves_no_trace(kept: Cell, taken: Cell) -> None:
    both = merged([kept, taken])
    both.add(taken, -1)
    assert both == kept


@given(cells())
def test_merging_changes_no_part(part: Cell) -> None:
    copy = merged([part])
    merged([part, part])
    assert part == copy


def test_samples_go_in_and_out() -> None:
    spread = Spread()
    spread.add_samples([1000, 2000])
    spread.add_samples([1000], -1)
    assert (spread.count, spread.sum_ms, sum(spread.sketch.values())) == (1, 2000, 1)


def test_samples_taken_out_before_they_come_in_leave_no_trace() -> None:
    spread = Spread()
    spread.add_samples([1000], -1)
    spread.add_samples([1000])
    assert spread == Spread()


def test_an_empty_cell_is_false() -> None:
    assert not Cell()
    assert Cell({"a": 1})


def test_nothing_merged_is_nothing() -> None:
    assert merged([]) == Cell()


def slowest(duration_ms: int, ticket_id: str) -> Cell:
    cell = Cell({}, {"response": Spread()}, {"response": (duration_ms, ticket_id)})
    cell.durations["response"].add_samples([duration_ms])
    return cell


def test_the_slowest_of_cells_is_the_longest_then_the_smaller_ticket_id() -> None:
    parts = [slowest(5, "t3"), slowest(9, "t2"), slowest(9, "t1"), slowest(7, "t0")]
    assert merged(parts).slowest == {"response": (9, "t1")}


def test_the_slowest_is_not_taken_out_but_goes_with_the_last_sample() -> None:
    both = merged([slowest(5, "t1"), slowest(9, "t2")])
    both.add(slowest(9, "t2"), -1)
    assert both.slowest == {"response": (9, "t2")}
    both.add(slowest(5, "t1"), -1)
    assert both == Cell()


def test_a_cell_of_before_slowest_reads_as_one_without() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode([{"a": 1}, {}]), type=Cell) == Cell({"a": 1})
