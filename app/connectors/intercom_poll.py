"""Intercom's API: which conversations changed, by a search; what happened in them, by their parts.

The search is asked for what changed after the last one of the page before, oldest change first, and never for a page by its
place: what changes meanwhile moves behind, and nothing is skipped. Only where a whole page changed within one second is the
search's own cursor needed.

A part has the id that its webhook has. What it was told as, its type and its author say; "reply and assign" is one part of
type assignment, whose text cannot be told from a note to the colleague: that reply comes by webhook alone. Conversations
only: tickets are other objects with a search of their own.

Limits: told in `x-ratelimit-remaining` and `x-ratelimit-reset` (an instant), and 429. At most 500 parts of a conversation.

Sources: developers.intercom.com, "Search conversations", "Retrieve a conversation", "Pagination", "Rate limiting", and
github.com/intercom/Intercom-OpenAPI, checked 2026-11. Unconfirmed by a recording: all.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.connectors import native
from app.connectors.connector import Malformed
from app.connectors.instants import from_seconds
from app.connectors.intercom_item import AUTHORS, CUSTOMERS
from app.connectors.poller import Ask, Found, Listed, Page, bearer, found_in, mapping_at, until_reset

_SEARCH: Final = "/conversations/search"
_PER_PAGE: Final = 150
_RESERVE: Final = 50
_VERSION: Final = "2.11"

# Type of a part -> what its webhook says; a comment's depends on who wrote it.
TOPICS: Final[Mapping[str, str]] = {
    "assignment": "conversation.admin.assigned",
    "default_assignment": "conversation.admin.assigned",
    "away_mode_assignment": "conversation.admin.assigned",
    "assign_and_reopen": "conversation.admin.open.assigned",
    "close": "conversation.admin.closed",
    "snoozed": "conversation.admin.snoozed",
    "unsnoozed": "conversation.admin.unsnoozed",
    "timer_unsnooze": "conversation.admin.unsnoozed",
}
_STARTED_BY_CUSTOMER: Final = "conversation.user.created"
_STARTED_BY_US: Final = "conversation.admin.single.created"


class IntercomPoller:
    """See the top of the file."""

    name = "intercom"
    url = "https://api.intercom.io"
    lag_ms = 0
    exact = frozenset({"ticket-opened", "message-received", "reply-sent", "ticket-closed"})

    def headers(self, token: str, user: str | None) -> Mapping[str, str]:
        """An access token."""
        return {**bearer(token, user), "intercom-version": _VERSION}

    def listing(self, since_ms: int, now_ms: int) -> Ask:  # noqa: ARG002 - up to now
        """What changed since an instant."""
        return _search(since_ms // 1000 - 1, None)

    def listed(self, ask: Ask, answer: Any, since_ms: int) -> Listed:  # noqa: ARG002 - the search begins there
        """The conversations of a page. Raises Malformed."""
        found, malformed = found_in(answer, "conversations", _found)
        after = mapping_at(mapping_at(answer, "pages"), "next").get("starting_after")
        if not isinstance(after, str):
            return Listed(found, None, malformed)
        last_seconds = max((one.changed_ms // 1000 for one in found), default=ask.about)
        moved = last_seconds - 1 > ask.about
        return Listed(found, _search(last_seconds - 1, None) if moved else _search(ask.about, after), malformed)

    def details(self, found: Found) -> Sequence[Ask]:
        """The conversation with its parts."""
        return (Ask(f"/conversations/{found.ticket}"),)

    def read(self, ask: Ask, answer: Any, since_ms: int) -> Page:  # noqa: ARG002 - it is one answer
        """What a conversation tells. Raises Malformed."""
        if not isinstance(answer, dict):
            raise Malformed("a conversation is an object")
        return Page(list(_items(answer)))

    def pause_seconds(self, headers: Mapping[str, str], now_ms: int) -> float:
        """Until the window is over, when little is left of it."""
        return until_reset(headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-reset"), now_ms, _RESERVE)


def _search(after_seconds: int, starting_after: str | None) -> Ask:
    body = {
        "query": {"field": "updated_at", "operator": ">", "value": after_seconds},
        "sort": {"field": "updated_at", "order": "ascending"},
        "pagination": {"per_page": _PER_PAGE, **({"starting_after": starting_after} if starting_after else {})},
    }
    return Ask(_SEARCH, body=body, about=after_seconds)


def _found(conversation: Mapping[str, Any]) -> Found:
    changed_ms = from_seconds(conversation.get("updated_at"), "updated_at")
    ticket = native.identifier(conversation.get("id"), "conversation.id")
    return Found(ticket, changed_ms, is_open=conversation.get("state") != "closed")


def _items(conversation: Mapping[str, Any]) -> Iterator[Any]:
    held = mapping_at(conversation, "conversation_parts")
    subject = {name: value for name, value in conversation.items() if name != "conversation_parts"}
    yield _item(_beginning(conversation), subject)
    for part in native.parts(held, "conversation_parts"):
        topic = _topic(part)
        if topic:
            yield _item(topic, {**subject, "conversation_parts": {"conversation_parts": [part]}})
    if mapping_at(conversation, "conversation_rating").get("rating") is not None:
        yield _item("conversation.rating.added", subject)


def _beginning(conversation: Mapping[str, Any]) -> str:
    source = mapping_at(conversation, "source")
    author = native.word(mapping_at(source, "author").get("type"))
    by_customer = source.get("delivered_as") == "customer_initiated" or author in CUSTOMERS
    return _STARTED_BY_CUSTOMER if by_customer else _STARTED_BY_US


def _topic(part: Mapping[str, Any]) -> str | None:
    """A customer's part is a message whatever it changed; to reopen is said by its type, and told along."""
    kind, author = native.word(part.get("part_type")), native.word(mapping_at(part, "author").get("type"))
    if kind in ("comment", "open") and author in CUSTOMERS:
        return "conversation.user.replied"
    if kind == "comment":
        return "conversation.operator.replied" if AUTHORS.get(author) == "bot" else "conversation.admin.replied"
    return "conversation.admin.opened" if kind == "open" else TOPICS.get(kind)


def _item(topic: str, subject: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"topic": topic, "created_at": subject.get("updated_at"), "data": {"item": subject}}
