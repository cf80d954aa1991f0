"""`GET /tickets`: the tickets behind a page, as JSON, oldest first."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from app.health import TEXT, Answer, Request
from app.kpi.instants import text_of
from app.tickets.access import Access
from app.tickets.listing import Found, Lister, Listing, Looked
from app.tickets.loop import InLoop, LoopSilentError
from app.tickets.query import Query, QueryError, parse_query, place_text
from app.tickets.shape import PartitionRow, TicketRow, WorkerAnswer

PATH: Final = "/tickets"
Link = Callable[[str, str], str | None]
"""(ticket id, channel) -> where it is opened."""

_JSON: Final = "application/json"
_NOT_KEPT: Final = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


class TicketsPage:
    """Called from the serving threads. `partitions` is how many the deployment has; `channels` asks the loop's state for those seen."""

    def __init__(
        self,
        access: Access,
        in_loop: InLoop,
        lister: Lister,
        link: Link,
        channels: Callable[[], Iterable[str]],
        partitions: int,
    ) -> None:
        self._access = access
        self._in_loop = in_loop
        self._lister = lister
        self._link = link
        self._channels = channels
        self._partitions = partitions

    def __call__(self, request: Request) -> Answer:
        """The answer: 200, or 400, 401, 403, 503 with the reason."""
        refusal = self._access.refusal(request.headers)
        if refusal is not None:
            return refusal
        try:
            query = parse_query(request.query)
            listing, channels = self._in_loop.run(lambda: self._ask(query))
        except QueryError as error:
            return Answer(400, TEXT, f"{error}\n".encode())
        except LoopSilentError as error:
            return Answer(503, TEXT, f"{error}; /healthz/live and /healthz/ready say more. Ask again\n".encode())
        return Answer(200, _JSON, msgspec.json.encode(self._content(query, listing, channels)), _NOT_KEPT)

    async def _ask(self, query: Query) -> tuple[Listing, list[str]]:
        return await self._lister.oldest(query), sorted(self._channels())

    def _content(self, query: Query, listing: Listing, channels: list[str]) -> WorkerAnswer:
        last = listing.found[-1].ticket if listing.has_more else None
        return WorkerAnswer(
            query.state,
            query.channel,
            sum(looked.total for looked in listing.partitions),
            [_partition(looked) for looked in listing.partitions],
            self._partitions,
            channels,
            [self._row(found) for found in listing.found],
            None if last is None else place_text(last[:2]),
        )

    def _row(self, found: Found) -> TicketRow:
        ticket = found.ticket
        return TicketRow(
            ticket.ticket_id,
            ticket.channel,
            ticket.priority,
            ticket.team,
            ticket.agent_id,
            ticket.state,
            text_of(ticket.since_ms),
            ticket.metric,
            None if ticket.due_ms is None else text_of(ticket.due_ms),
            self._link(ticket.ticket_id, ticket.channel),
            found.partition,
        )


def _partition(looked: Looked) -> PartitionRow:
    return PartitionRow(looked.partition, text_of(looked.stream_ms) if looked.stream_ms else None, looked.total)
