"""Looking through all tickets of a worker without holding it up.

Runs in the event loop, which owns the state. Each partition is copied at one instant, as its last flush left it (`Partition.at_rest`): what applies
meanwhile changes nothing in the copy. The copy is then looked through in slices of 2 ms; between two of them everything else has its turn.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from app.kpi.partition import Partition
from app.kpi.waiting import Waiting, waiting
from app.tickets.query import Place, Query

_SLICE_SECONDS: Final = 0.002
_AT_ONCE: Final = 64
"""Tickets between two looks at the clock."""


class Found(NamedTuple):
    """A ticket and the partition it is in."""

    ticket: Waiting
    partition: int


class Looked(NamedTuple):
    """One partition: as of which stream time, and how many tickets of it are meant, listed or not."""

    partition: int
    stream_ms: int
    total: int


class Listing(NamedTuple):
    """The oldest of the tickets asked for. `has_more`: there are others behind them."""

    found: list[Found]
    partitions: list[Looked]
    has_more: bool


class Lister:
    """Makes listings, one at a time: whoever asks next waits. `label` is the channel as the gauges name it."""

    def __init__(
        self,
        partitions: Callable[[], Iterable[Partition]],
        label: Callable[[str], str],
        monotonic_seconds: Callable[[], float],
    ) -> None:
        self._partitions = partitions
        self._label = label
        self._monotonic_seconds = monotonic_seconds
        self._turn = asyncio.Lock()

    async def oldest(self, query: Query) -> Listing:
        """The listing of all partitions that are owned and loaded when it begins."""
        async with self._turn:
            pile = _Pile(query)
            looked = [await self._look_through(partition, query, pile) for partition in tuple(self._partitions())]
            return pile.listing(looked)

    async def _look_through(self, partition: Partition, query: Query, pile: "_Pile") -> Looked:
        rest = partition.at_rest()
        tickets, total = iter(rest.tickets.items()), 0
        until_seconds = self._monotonic_seconds() + _SLICE_SECONDS
        while some := list(islice(tickets, _AT_ONCE)):
            for ticket in self._meant(some, query):
                total += 1
                pile.put(Found(ticket, rest.number))
            if self._monotonic_seconds() >= until_seconds:
                await asyncio.sleep(0)
                until_seconds = self._monotonic_seconds() + _SLICE_SECONDS
        return Looked(rest.number, rest.stream_ms, total)

    def _meant(self, some: Iterable[tuple[str, bytes]], query: Query) -> Iterator[Waiting]:
        wanted, label = query.channel, self._label

        def is_meant(channel: str) -> bool:
            return wanted is None or channel == wanted or label(channel) == wanted

        for ticket_id, encoded in some:
            ticket = waiting(ticket_id, encoded, query.state, is_meant)
            if ticket is not None:
                yield ticket


class _Pile:
    """Keeps the oldest: sorted and cut whenever it holds twice too many, so that no single sort takes long."""

    def __init__(self, query: Query) -> None:
        self._after = query.after
        self._limit = query.limit
        self._found: list[Found] = []

    def put(self, found: Found) -> None:
        if self._after is None or found.ticket[:2] > self._after:
            self._found.append(found)
            if len(self._found) > 2 * self._limit + _AT_ONCE:
                self._cut()

    def _cut(self) -> None:
        self._found.sort(key=_place)
        del self._found[self._limit + 1 :]

    def listing(self, looked: list[Looked]) -> Listing:
        self._cut()
        return Listing(self._found[: self._limit], looked, len(self._found) > self._limit)


def _place(found: Found) -> Place:
    return found.ticket[:2]
