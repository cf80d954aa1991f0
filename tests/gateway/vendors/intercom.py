"""As developers.intercom.com has it: search with a cursor, conversations with parts."""

from collections.abc import Mapping
from typing import Any

from tests.gateway.vendors.server import PAGE, TOKEN
from tests.gateway.vendors.world import AGENT, CUSTOMER, Happening, World

PARTS = {"in": "comment", "out": "comment", "close": "close", "reopen": "open"}
TOPICS = {
    "in": "conversation.user.replied",
    "out": "conversation.admin.replied",
    "close": "conversation.admin.closed",
    "reopen": "conversation.admin.opened",
}


class IntercomServer:
    name = "intercom"
    user = None

    def is_known(self, headers: Mapping[str, str]) -> bool:
        return headers.get("authorization") == f"Bearer {TOKEN}" and "intercom-version" in headers

    def answer(self, world: World, path: str, query: Mapping[str, str], body: Any) -> Any:  # noqa: ARG002
        if path == "/conversations/search":
            return self._search(world, body)
        ticket = int(path.removeprefix("/conversations/"))
        return self._conversation(world, ticket, with_parts=True) if ticket in world.tickets else None

    def _search(self, world: World, body: Any) -> Any:
        assert body["query"]["field"] == "updated_at"
        assert body["query"]["operator"] == ">"
        assert body["sort"] == {"field": "updated_at", "order": "ascending"}
        keys = [(world.changed_ms(one) // 1000, one) for one in world.by_change()]
        keys = [key for key in keys if key[0] > body["query"]["value"]]
        if after := body["pagination"].get("starting_after"):
            at_seconds, ticket = after.split("|")
            keys = [key for key in keys if key > (int(at_seconds), int(ticket))]
        page = keys[:PAGE]
        more = {"next": {"page": 2, "starting_after": "{}|{}".format(*page[-1])}} if len(keys) > PAGE else {}
        found = [self._conversation(world, ticket, with_parts=False) for _, ticket in page]
        return {"type": "conversation.list", "pages": {"type": "pages", **more}, "conversations": found}

    def _conversation(self, world: World, ticket: int, *, with_parts: bool) -> Any:
        first, *others = world.tickets[ticket]
        parts = {"conversation_parts": {"conversation_parts": [_part(one) for one in others]}} if with_parts else {}
        return {
            "type": "conversation",
            "id": str(ticket),
            "state": world.status(ticket),
            "created_at": first.at_ms // 1000,
            "updated_at": world.changed_ms(ticket) // 1000,
            "source": {
                "type": "email",
                "id": str(first.id),
                "delivered_as": "customer_initiated",
                "body": "<p>Hello</p>",
                "author": {"type": "user", "id": str(CUSTOMER), "email": "bo@example.com"},
            },
            "contacts": {"contacts": [{"id": str(CUSTOMER)}]},
            **parts,
        }

    def webhooks(self, world: World, happening: Happening) -> list[Any]:
        conversation = self._conversation(world, happening.ticket, with_parts=False)
        if happening.is_first:
            return [_notified("conversation.user.created", conversation)]
        parts = {"conversation_parts": {"conversation_parts": [_part(happening)]}}
        return [_notified(TOPICS[happening.kind], {**conversation, **parts})]


def _part(happening: Happening) -> Any:
    author = {"type": "user", "id": str(CUSTOMER)} if happening.kind == "in" else {"type": "admin", "id": str(AGENT)}
    body = "<p>Hello</p>" if happening.kind in ("in", "out") else None
    at = happening.at_ms // 1000
    kind = PARTS[happening.kind]
    return {"type": "conversation_part", "id": str(happening.id), "part_type": kind, "body": body, "created_at": at, "author": author}  # fmt: skip


def _notified(topic: str, item: Any) -> Any:
    return {"type": "notification_event", "topic": topic, "created_at": item["updated_at"], "data": {"item": item}}
