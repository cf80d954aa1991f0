"""`GET /tickets`: the tickets behind a page, as JSON, oldest first."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from app.health import TEXT, Answer, Request
from app.kpi.instants import text_of
from app.tickets.access import Access
from app.tickets.listing import Found, Lister, Listing, Looked
from app.tickets.loop import InLoop, LoopSilentError
from app.tickets.query import Query, QueryError, parse_query

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

    def _content(self, query: Query, listing: Listing, channels: list[str]) -> dict[str, Any]:
        last = listing.found[-1].ticket if listing.has_more else None
        return {
            "state": query.state,
            "channel": query.channel,
            "total": sum(looked.total for looked in listing.partitions),
            "partitions": [_partition(looked) for looked in listing.partitions],
            "of_partitions": self._partitions,
            "channels": channels,
            "tickets": [self._ticket(found) for found in listing.found],
            "next": None if last is None else f"{last.since_ms}:{last.ticket_id}",
        }

    def _ticket(self, found: Found) -> dict[str, Any]:
        ticket = found.ticket
        return {
            "ticket_id": ticket.ticket_id,
            "channel": ticket.channel,
            "priority": ticket.priority,
            "team": ticket.team,
            "agent_id": ticket.agent_id,
            "state": ticket.state,
            "since": text_of(ticket.since_ms),
            "metric": ticket.metric,
            "due_at": None if ticket.due_ms is None else text_of(ticket.due_ms),
            "link": self._link(ticket.ticket_id, ticket.channel),
            "partition": found.partition,
        }


def _partition(looked: Looked) -> dict[str, Any]:
    as_of = text_of(looked.stream_ms) if looked.stream_ms else None
    return {"partition": looked.partition, "as_of": as_of, "total": looked.total}
