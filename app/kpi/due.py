"""Which tickets to look at when: the timers of a partition in order.

The instants are a heap of plain numbers, and what is due at each lies beside it: comparing numbers costs a third of comparing pairs, and timers of
one instant (a morning's backlog, the end of a shift) cost one place in the heap.
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from app.kpi.instants import NEVER


class Due:
    """Ticket ids by the instant at which they are due; of one instant in order of their ids."""

    def __init__(self) -> None:
        self.next_ms = NEVER
        """The earliest instant that is set; NEVER if none is."""
        self._instants: list[int] = []
        self._at: dict[int, str | list[str]] = {}
        self._sorted_ms = NEVER
        """The instant whose ids lie in order, the first at the end."""
        self._more = 0
        """How many there are beyond one for each instant."""

    def __len__(self) -> int:
        return len(self._instants) + self._more

    def __contains__(self, timer: tuple[int, str]) -> bool:
        due_ms, ticket_id = timer
        there = self._at.get(due_ms, ())
        return ticket_id == there if isinstance(there, str) else ticket_id in there

    def fill(self, timers: Iterable[tuple[int, str]]) -> None:
        """Set many at once; NEVER is no instant."""
        for due_ms, ticket_id in timers:
            if due_ms != NEVER:
                self._put(due_ms, ticket_id)
        self._instants = list(self._at)
        heapify(self._instants)
        self.next_ms = self._instants[0] if self._instants else NEVER

    def set(self, due_ms: int, ticket_id: str) -> None:
        """Have a ticket looked at when time has passed that instant."""
        if self._put(due_ms, ticket_id):
            heappush(self._instants, due_ms)
            if due_ms < self.next_ms:
                self.next_ms = due_ms

    def pop(self) -> str:
        """Take the first of those that are due at `next_ms`."""
        due_ms = self.next_ms
        there = self._at[due_ms]
        if isinstance(there, list):
            if self._sorted_ms != due_ms:
                there.sort(reverse=True)
                self._sorted_ms = due_ms
            ticket_id = there.pop()
            if there:
                self._more -= 1
                return ticket_id
        else:
            ticket_id = there
        del self._at[due_ms]
        heappop(self._instants)
        self.next_ms = self._instants[0] if self._instants else NEVER
        return ticket_id

    def _put(self, due_ms: int, ticket_id: str) -> bool:
        """Whether it is the only one of its instant."""
        at = self._at
        there = at.get(due_ms)
        if there is None:
            at[due_ms] = ticket_id
            return True
        if isinstance(there, list):
            there.append(ticket_id)
        else:
            at[due_ms] = [there, ticket_id]
        self._more += 1
        if due_ms == self._sorted_ms:
            self._sorted_ms = NEVER
        return False
