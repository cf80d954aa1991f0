"""What is due comes in order of instants, of one instant in order of ids, whatever the order in which it was set."""

from heapq import heapify, heappop, heappush

from hypothesis import given
from hypothesis import strategies as st

from app.kpi.due import Due
from app.kpi.instants import NEVER

_TIMERS = st.tuples(st.integers(0, 5), st.sampled_from("abcdef"))


@given(filled=st.lists(_TIMERS), moves=st.lists(_TIMERS | st.none()))
def test_it_is_a_heap_of_pairs(filled: list[tuple[int, str]], moves: list[tuple[int, str] | None]) -> None:
    due, heap = Due(), list(filled)
    heapify(heap)
    due.fill([*filled, (NEVER, "never")])
    for move in [*moves, *[None] * (len(filled) + len(moves))]:
        if move is not None:
            due.set(*move)
            heappush(heap, move)
        elif heap:
            assert (due.next_ms, due.pop()) == heappop(heap)
        assert len(due) == len(heap)
        assert due.next_ms == (heap[0][0] if heap else NEVER)
        assert all(timer in due for timer in heap)


def test_what_was_never_set_is_not_in_it() -> None:
    due = Due()
    due.fill([(1, "ab"), (2, "c"), (2, "d")])
    assert [timer in due for timer in ((1, "a"), (2, "ab"), (3, "c"))] == [False, False, False]
