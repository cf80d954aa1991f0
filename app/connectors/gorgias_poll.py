"""Gorgias' API: tickets by their last change, newest first; of each its messages, events and survey.

Tickets are paged by a cursor. What changes meanwhile moves to the front, and is in the next round. Older changes than asked
for end the listing: there is no filter by the instant of a change. A ticket's messages and events are read newest first too,
back to the instant asked for.

The connector knows a change by its second, so that a close is the same event by webhook, by the ticket and by Gorgias' own
events. A reopening or an owner is told by the events alone, at a second that a webhook may not share.

Tickets wait for their turn without the customer's address, which is nothing to keep; it is read again in the customer's own
messages, and says then whose ticket it is.

Limits: 40 requests in 20 s with a key, 80 with OAuth, as a leaky bucket, told in `x-gorgias-account-api-call-limit`
("10/40"); 429 with Retry-After.

Sources: developers.gorgias.com, "List tickets", "List messages", "List events", "List surveys", "Limitations", "Pagination",
checked 2026-11. Unconfirmed by a recording: all.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.connectors import native
from app.connectors.instants import from_text
from app.connectors.poller import Ask, Found, Listed, Page, bearer, chosen, entries, found_in, mapping_at, number

_TICKETS: Final = "/api/tickets"
_LIMIT: Final = "100"
_WINDOW_SECONDS: Final = 20.0
_FULL: Final = 0.75
_TICKET: Final = (
    "id", "status", "channel", "spam", "priority", "tags", "created_datetime", "updated_datetime", "closed_datetime",
    "snooze_datetime", "trashed_datetime",
)  # fmt: skip
_MESSAGE: Final = (
    "id", "ticket_id", "channel", "via", "public", "from_agent", "rule_id", "created_datetime", "failed_datetime",
)  # fmt: skip
_PEOPLE: Final = ("customer", "assignee_user", "assignee_team", "sender")


class GorgiasPoller:
    """See the top of the file."""

    name = "gorgias"
    url = ""
    lag_ms = 0
    exact = frozenset({"ticket-opened", "message-received", "reply-sent", "ticket-closed"})

    def headers(self, token: str, user: str | None) -> Mapping[str, str]:
        """An OAuth token; with a user (the address that made it) an API key."""
        return bearer(token, user)

    def listing(self, since_ms: int, now_ms: int) -> Ask:  # noqa: ARG002 - from the newest back to it
        """The first page."""
        return Ask(_TICKETS, {"limit": _LIMIT, "order_by": "updated_datetime:desc"})

    def listed(self, ask: Ask, answer: Any, since_ms: int) -> Listed:
        """The tickets of a page. Raises Malformed."""
        found, malformed = found_in(answer, "data", _found)
        is_past = any(one.changed_ms < since_ms for one in found)
        recent = [one for one in found if one.changed_ms >= since_ms]
        return Listed(recent, None if is_past else _following(ask, answer), malformed)

    def details(self, found: Found) -> Sequence[Ask]:
        """Its messages, events and survey."""
        ticket = found.about
        newest = {"limit": _LIMIT, "order_by": "created_datetime:desc"}
        return (
            Ask("/api/messages", {**newest, "ticket_id": found.ticket}, about=("message", ticket)),
            Ask("/api/events", {**newest, "object_type": "Ticket", "object_id": found.ticket}, about=("event", ticket)),
            Ask("/api/satisfaction-surveys", {"limit": _LIMIT, "ticket_id": found.ticket}, about=("survey", ticket)),
        )

    def read(self, ask: Ask, answer: Any, since_ms: int) -> Page:
        """What a page tells, and the next if that is still of interest. Raises Malformed."""
        kind, ticket = ask.about
        objects, _ = entries(answer, "data")
        items = [_ITEMS[kind](one, ticket) for one in objects]
        is_past = kind != "survey" and any(
            from_text(one.get("created_datetime"), "created_datetime", unzoned_is_utc=True) < since_ms
            for one in objects
        )
        following = None if is_past else _following(ask, answer)
        return Page(items, (following,) if following else ())

    def pause_seconds(self, headers: Mapping[str, str], now_ms: int) -> float:  # noqa: ARG002 - it names no instant
        """Until the bucket is at half again, when it is nearly full."""
        used, _, limit = (headers.get("x-gorgias-account-api-call-limit") or "").partition("/")
        drops, most = number(used.strip()), number(limit.strip())
        if drops is None or not most or drops < most * _FULL:
            return 0
        return min((drops - most / 2) * _WINDOW_SECONDS / most, _WINDOW_SECONDS)


def _found(ticket: Mapping[str, Any]) -> Found:
    ticket_id = native.identifier(ticket.get("id"), "ticket.id")
    changed_ms = from_text(ticket.get("updated_datetime"), "updated_datetime", unzoned_is_utc=True)
    about = _without_texts(ticket, _TICKET)
    items = tuple({"event": event, "ticket": about} for event in ("ticket-created", "ticket-updated"))
    return Found(ticket_id, changed_ms, native.word(ticket.get("status")) != "closed", items, about)


def _following(ask: Ask, answer: Any) -> Ask | None:
    cursor = mapping_at(answer, "meta").get("next_cursor")
    return ask._replace(query={**ask.query, "cursor": cursor}) if isinstance(cursor, str) and cursor else None


def _without_texts(holder: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    people = {name: chosen(mapping_at(holder, name), ("id",)) for name in _PEOPLE if isinstance(holder.get(name), dict)}
    return {**chosen(holder, names), **people}


def _with_address(ticket: Mapping[str, Any], message: Mapping[str, Any]) -> Mapping[str, Any]:
    customer, sender = mapping_at(ticket, "customer"), mapping_at(message, "sender")
    if sender.get("id") is None or sender["id"] != customer.get("id"):
        return ticket
    return {**ticket, "customer": chosen(sender, ("id", "email"))}


_ITEMS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]]] = {
    "message": lambda one, ticket: {
        "event": "ticket-message-created",
        "ticket": _with_address(ticket, one),
        "message": _without_texts(one, _MESSAGE),
    },
    "event": lambda one, ticket: {
        "event": chosen(one, ("id", "type", "object_id", "created_datetime")),
        "ticket": ticket,
    },
    "survey": lambda one, ticket: {
        "survey": chosen(one, ("id", "ticket_id", "score", "scored_datetime")),
        "ticket": ticket,
    },
}
