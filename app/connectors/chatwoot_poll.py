"""Chatwoot's API: conversations by their last activity, newest first; in each, its messages.

Conversations are paged by number. What is active meanwhile moves to the front and pushes the others back, so that they are
seen twice; only one that is deleted pulls others forward, past the reader. `meta.all_count` is less then, and the listing
begins again: as long as it is not, no conversation that was not yet read can have come to a place that was.

Messages have the ids that webhooks have, and instants in whole seconds, where webhooks have milliseconds: what comes both
ways counts as it came first. What a conversation became is told in the log of its messages in the team's language, which
nobody can read; so its state is told as it is, at its last change. Where that is what it was already, it is nothing.

Limits: those of the installation's own (rack-attack), 429 with Retry-After; no headers before that.

Sources: github.com/chatwoot/chatwoot (app/finders/conversation_finder.rb, app/finders/message_finder.rb, app/views/api/v1/
conversations/partials/_conversation.json.jbuilder), checked 2026-11. Unconfirmed by a recording: all.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.connectors import native
from app.connectors.instants import from_seconds
from app.connectors.poller import Ask, Found, Listed, Page, chosen, entries, found_in, mapping_at

_LIST: Final = "/conversations"
_MESSAGES: Final = 20
"""As many come at once."""
_CONVERSATION: Final = ("id", "status", "created_at", "updated_at", "timestamp", "priority", "labels")


class ChatwootPoller:
    """See the top of the file."""

    name = "chatwoot"
    url = ""
    lag_ms = 0
    exact = frozenset({"ticket-opened", "message-received", "reply-sent"})

    def headers(self, token: str, user: str | None) -> Mapping[str, str]:  # noqa: ARG002 - a token is a user's
        """The access token of a user."""
        return {"api_access_token": token}

    def listing(self, since_ms: int, now_ms: int) -> Ask:  # noqa: ARG002 - from the newest back to it
        """The first page."""
        return _page(1, None)

    def listed(self, ask: Ask, answer: Any, since_ms: int) -> Listed:
        """The conversations of a page. Raises Malformed."""
        data = mapping_at(answer, "data")
        count = mapping_at(data, "meta").get("all_count")
        page, before = ask.about
        if isinstance(before, int) and isinstance(count, int) and count < before:
            return Listed((), _page(1, None))
        found, malformed = found_in(data, "payload", _found)
        is_empty = not found and not malformed
        is_last = is_empty or (bool(found) and found[-1].about["active_ms"] < since_ms)
        recent = [one for one in found if one.changed_ms >= since_ms]
        return Listed(recent, None if is_last else _page(page + 1, count if before is None else before), malformed)

    def details(self, found: Found) -> Sequence[Ask]:
        """Its latest messages."""
        return (_messages(found.ticket, None, found.about["conversation"]),)

    def read(self, ask: Ask, answer: Any, since_ms: int) -> Page:
        """What a page of messages tells, and the one before it if that is still of interest. Raises Malformed."""
        messages, _ = entries(answer, "payload")
        items = [item for message in messages for item in _items(message, ask.about)]
        if len(messages) < _MESSAGES or from_seconds(messages[0].get("created_at"), "created_at") < since_ms:
            return Page(items)
        first = native.identifier(messages[0].get("id"), "message.id")
        return Page(items, (_messages(str(ask.about["id"]), first, ask.about),))

    def pause_seconds(self, headers: Mapping[str, str], now_ms: int) -> float:  # noqa: ARG002 - it says nothing
        """Nothing is known before it is too much."""
        return 0


def _page(page: int, count: int | None) -> Ask:
    query = {"status": "all", "assignee_type": "all", "sort_by": "last_activity_at_desc", "page": str(page)}
    return Ask(_LIST, query, about=(page, count))


def _messages(conversation_id: str, before: str | None, conversation: Mapping[str, Any]) -> Ask:
    query = {"before": before} if before else {}
    return Ask(f"{_LIST}/{conversation_id}/messages", query, about=conversation)


def _found(conversation: Mapping[str, Any]) -> Found:
    ticket = native.identifier(conversation.get("id"), "conversation.id")
    active_ms = from_seconds(conversation.get("timestamp", conversation.get("last_activity_at")), "timestamp")
    changed_ms = active_ms
    if conversation.get("updated_at") is not None:
        changed_ms = max(active_ms, from_seconds(conversation["updated_at"], "updated_at"))
    meta = mapping_at(conversation, "meta")
    shaped = {
        **chosen(conversation, _CONVERSATION),
        "channel": meta.get("channel"),
        "meta": {name: chosen(mapping_at(meta, name), ("id",)) for name in ("sender", "team")},
    }
    items = ({**shaped, "event": "conversation_created"}, {**shaped, "event": "conversation_status_changed"})
    is_open = conversation.get("status") != "resolved"
    return Found(ticket, changed_ms, is_open, items, {"conversation": shaped, "active_ms": active_ms})


def _items(message: Mapping[str, Any], conversation: Mapping[str, Any]) -> Iterator[Any]:
    bare = {name: value for name, value in message.items() if name not in ("content", "attachments", "conversation")}
    yield {**bare, "event": "message_created", "conversation": conversation}
    if message.get("content_type") == "input_csat":
        yield {**bare, "event": "message_updated", "conversation": conversation}
