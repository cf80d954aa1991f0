"""As Chatwoot's source has it: conversations by page number, the latest twenty messages of one and those before."""

from collections.abc import Mapping
from typing import Any

from tests.gateway.vendors.server import PAGE, TOKEN, instant
from tests.gateway.vendors.world import AGENT, CUSTOMER, Happening, World

ROOT = "/api/v1/accounts/3/conversations"
MESSAGES = 20
STATUS = {"open": "open", "closed": "resolved"}


class ChatwootServer:
    name = "chatwoot"
    user = None

    def is_known(self, headers: Mapping[str, str]) -> bool:
        return headers.get("api_access_token") == TOKEN

    def answer(self, world: World, path: str, query: Mapping[str, str], body: Any) -> Any:  # noqa: ARG002
        if path == ROOT:
            assert (query["status"], query["sort_by"]) == ("all", "last_activity_at_desc")
            start = (int(query["page"]) - 1) * PAGE
            newest = world.by_change()[::-1]
            found = [self._conversation(world, ticket) for ticket in newest[start : start + PAGE]]
            return {"data": {"meta": {"all_count": len(newest)}, "payload": found}}
        ticket = int(path.removeprefix(f"{ROOT}/").removesuffix("/messages"))
        if ticket not in world.tickets:
            return None
        messages = [_message(one) for one in world.tickets[ticket]]
        if "before" in query:
            messages = [one for one in messages if one["id"] < int(query["before"])]
        return {"meta": {}, "payload": messages[-MESSAGES:]}

    def _conversation(self, world: World, ticket: int) -> Any:
        changed = world.changed_ms(ticket)
        return {
            "id": ticket,
            "status": STATUS[world.status(ticket)],
            "created_at": world.tickets[ticket][0].at_ms // 1000,
            "timestamp": changed // 1000,
            "updated_at": changed / 1000,
            "priority": None,
            "labels": [],
            "meta": {"channel": "Channel::Email", "sender": {"id": CUSTOMER, "name": "Bo", "email": "bo@example.com"}},
        }

    def webhooks(self, world: World, happening: Happening) -> list[Any]:
        conversation = {**self._conversation(world, happening.ticket), "channel": "Channel::Email"}
        if happening.kind in ("close", "reopen"):
            now, before = ("resolved", "open") if happening.kind == "close" else ("open", "resolved")
            change = [{"status": {"current_value": now, "previous_value": before}}]
            return [{"event": "conversation_status_changed", **conversation, "changed_attributes": change}]
        message = {**_message(happening), "message_type": "incoming" if happening.kind == "in" else "outgoing"}
        message |= {"created_at": instant(happening.at_ms).replace("Z", ".123Z"), "conversation": conversation}
        created = [{"event": "conversation_created", **conversation}] if happening.is_first else []
        return [*created, {"event": "message_created", **message}]


def _message(happening: Happening) -> dict[str, Any]:
    """A change of state is a line in the log."""
    number = {"in": 0, "out": 1}.get(happening.kind, 2)
    kind, who, address = ("contact", CUSTOMER, "bo@example.com") if number == 0 else ("user", AGENT, "ann@example.com")
    return {
        "id": happening.id,
        "content": "Hello",
        "content_attributes": {},
        "message_type": number,
        "private": False,
        "created_at": happening.at_ms // 1000,
        "sender": {"id": who, "name": "Somebody", "email": address, "type": kind},
    }
