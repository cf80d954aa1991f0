"""Which tickets to look at when: the timers of a partition in order.

Theory of operation
===================
A timer is mostly set hours before it is due, so until then it lies unsorted in its *stretch* of about a minute: setting one is an append, and a
stretch is sorted when time comes to it. The stretch that time is in, and all that was set before it since, is the *near* list, in order.

    near: (10:00:03, a) (10:00:41, b)      stretches: 10:01 [..]   10:02 [..]   12:40 [..]

A stretch is one flat list (instant, id, instant, id, ...): half the memory of pairs.
"""

from bisect import insort
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from itertools import chain
from typing import Any, Final

from app.kpi.instants import NEVER

_STRETCH_BITS: Final = 16
"""A stretch is 65.5 s."""


class Due:
    """Ticket ids by the instant at which they are due; of one instant in order of their ids."""

    def __init__(self) -> None:
        self.next_ms = NEVER
        """No timer is earlier; NEVER if there is none."""
        self._near: list[tuple[int, str]] = []
        self._taken = 0
        """How many of `_near` were popped."""
        self._near_until_ms = 0
        self._stretches: dict[int, list[Any]] = {}
        self._order: list[int] = []
        """A heap of the stretches' numbers."""
        self._far = 0
        """How many timers lie in stretches."""

    def __len__(self) -> int:
        return len(self._near) - self._taken + self._far

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """All that are set, in no order."""
        return chain(self._near[self._taken :], *(_pairs(stretch) for stretch in self._stretches.values()))

    def fill(self, timers: Iterable[tuple[int, str]]) -> None:
        """Set many; NEVER is no instant."""
        for due_ms, ticket_id in timers:
            if due_ms != NEVER:
                self.set(due_ms, ticket_id)

    def set(self, due_ms: int, ticket_id: str) -> None:
        """Have a ticket looked at when time has passed that instant."""
        if due_ms < self._near_until_ms:
            insort(self._near, (due_ms, ticket_id), self._taken)
            if due_ms < self.next_ms:
                self.next_ms = due_ms
            return
        self._far += 1
        number = due_ms >> _STRETCH_BITS
        stretch = self._stretches.get(number)
        if stretch is None:
            self._begin(number, [due_ms, ticket_id])
        else:
            stretch += (due_ms, ticket_id)

    def _begin(self, number: int, stretch: list[Any]) -> None:
        self._stretches[number] = stretch
        heappush(self._order, number)
        self.next_ms = min(self.next_ms, number << _STRETCH_BITS)

    def pop(self, before_ms: int) -> tuple[int, str] | None:
        """Take the first that is due before an instant, with its own; None if there is none."""
        near, taken = self._near, self._taken
        if taken == len(near):
            if self.next_ms >= before_ms:
                return None
            near, taken = self._come_near(), 0
        timer = near[taken]
        if timer[0] >= before_ms:
            return None
        self._taken = taken = taken + 1
        self.next_ms = near[taken][0] if taken < len(near) else self._next_stretch_ms()
        return timer

    def _come_near(self) -> list[tuple[int, str]]:
        number = heappop(self._order)
        self._near, self._taken = sorted(_pairs(self._stretches.pop(number))), 0
        self._far -= len(self._near)
        self._near_until_ms = (number + 1) << _STRETCH_BITS
        self.next_ms = self._near[0][0]
        return self._near

    def _next_stretch_ms(self) -> int:
        return self._order[0] << _STRETCH_BITS if self._order else NEVER


def _pairs(stretch: list[Any]) -> Iterator[tuple[int, str]]:
    return zip(stretch[::2], stretch[1::2], strict=True)
