"""What is due comes in order of instants, of one instant in order of ids, whatever the order in which it was set."""

from heapq import heapify, heappop, heappush

from hypothesis import given
from hypothesis import strategies as st

from app.kpi.due import Due
from app.kpi.instants import NEVER

_STRETCH_MS = 1 << 16
_INSTANTS = st.builds(
    lambda stretch, at: stretch * _STRETCH_MS + at, st.integers(0, 3), st.sampled_from([0, 1, 2, _STRETCH_MS - 1])
)
"""In few stretches, at their edges: often the same ones."""
_TIMERS = st.tuples(_INSTANTS, st.sampled_from("abcdef"))


@given(filled=st.lists(_TIMERS), moves=st.lists(_TIMERS | _INSTANTS))
def test_it_is_a_heap_of_pairs(filled: list[tuple[int, str]], moves: list[tuple[int, str] | int]) -> None:
    """Of the moves, a timer is set, and a plain instant is one before which the first is taken."""
    due, heap = Due(), list(filled)
    heapify(heap)
    due.fill([*filled, (NEVER, "never")])
    for move in [*moves, *[NEVER] * (len(filled) + len(moves) + 1)]:
        if isinstance(move, tuple):
            due.set(*move)
            heappush(heap, move)
        else:
            assert due.pop(move) == (heappop(heap) if heap and heap[0][0] < move else None)
        assert len(due) == len(heap)
        assert sorted(due) == sorted(heap)
        assert due.next_ms <= heap[0][0] if heap else due.next_ms == NEVER


def test_what_is_due_at_the_bound_is_not_taken() -> None:
    due = Due()
    due.fill([(5, "a")])
    assert [due.pop(4), due.pop(5), due.pop(6), due.pop(7)] == [None, None, (5, "a"), None]


def test_what_was_never_set_is_not_in_it() -> None:
    due = Due()
    due.fill([(1, "ab"), (2, "c"), (2, "d")])
    assert [timer in due for timer in ((1, "a"), (2, "ab"), (3, "c"))] == [False, False, False]
