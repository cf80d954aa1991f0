"""As developers.gorgias.com has it: lists by cursor, newest first."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.connectors.poller import bearer
from tests.gateway.vendors.server import PAGE, TOKEN, instant
from tests.gateway.vendors.world import AGENT, CUSTOMER, Happening, World

AGENTS, CUSTOMERS = "ann@example.com", "bo@example.com"
EVENTS = {"close": "ticket-closed", "reopen": "ticket-reopened"}


class GorgiasServer:
    name = "gorgias"
    user = "ops@acme.example"

    def is_known(self, headers: Mapping[str, str]) -> bool:
        return headers.get("authorization") == bearer(TOKEN, self.user)["authorization"]

    def answer(self, world: World, path: str, query: Mapping[str, str], body: Any) -> Any:  # noqa: ARG002
        if path == "/api/tickets":
            assert query["order_by"] == "updated_datetime:desc"
            keys = [(world.changed_ms(ticket), ticket) for ticket in world.by_change()]
            return _page([(key, self._ticket(world, key[1])) for key in keys], query)
        if path == "/api/satisfaction-surveys":
            return {"data": [], "meta": {"next_cursor": None}}
        ticket = int(query["ticket_id" if path == "/api/messages" else "object_id"])
        told = _message if path == "/api/messages" else _event
        kinds = ("in", "out") if path == "/api/messages" else ("close", "reopen")
        happenings = [one for one in world.tickets.get(ticket, ()) if one.kind in kinds]
        return _page([((one.at_ms, one.id), told(one)) for one in happenings], query)

    def _ticket(self, world: World, ticket: int) -> Any:
        closes = [one.at_ms for one in world.tickets[ticket] if one.kind == "close"]
        is_closed = world.status(ticket) == "closed"
        return {
            "id": ticket,
            "status": world.status(ticket),
            "channel": "email",
            "spam": False,
            "subject": "Hello",
            "customer": {"id": CUSTOMER, "email": CUSTOMERS},
            "assignee_user": None,
            "created_datetime": _unzoned(world.tickets[ticket][0].at_ms),
            "updated_datetime": _unzoned(world.changed_ms(ticket)),
            "closed_datetime": _unzoned(closes[-1]) if is_closed else None,
        }

    def webhooks(self, world: World, happening: Happening) -> list[Any]:
        ticket = self._ticket(world, happening.ticket)
        if happening.kind in EVENTS:
            return [{"event": "ticket-status-updated", "ticket": ticket}]
        posted = [{"event": "ticket-created", "ticket": ticket}] if happening.is_first else []
        return [*posted, {"event": "ticket-message-created", "ticket": ticket, "message": _message(happening)}]


def _page(keyed: Sequence[tuple[tuple[int, int], Any]], query: Mapping[str, str]) -> Any:
    newest = sorted(keyed, key=lambda one: one[0], reverse=True)
    if "cursor" in query:
        at_ms, number = query["cursor"].split("|")
        newest = [one for one in newest if one[0] < (int(at_ms), int(number))]
    page = newest[:PAGE]
    cursor = "{}|{}".format(*page[-1][0]) if len(newest) > PAGE else None
    return {"data": [one for _, one in page], "meta": {"prev_cursor": None, "next_cursor": cursor}}


def _message(happening: Happening) -> Any:
    is_agent = happening.kind == "out"
    return {
        "id": happening.id,
        "ticket_id": happening.ticket,
        "channel": "email",
        "public": True,
        "from_agent": is_agent,
        "rule_id": None,
        "body_text": "Hello",
        "sender": {
            "id": AGENT if is_agent else CUSTOMER,
            "name": "Somebody",
            "email": AGENTS if is_agent else CUSTOMERS,
        },
        "created_datetime": _unzoned(happening.at_ms),
        "failed_datetime": None,
    }


def _event(happening: Happening) -> Any:
    return {
        "id": happening.id,
        "type": EVENTS[happening.kind],
        "object_type": "Ticket",
        "object_id": happening.ticket,
        "created_datetime": _unzoned(happening.at_ms),
    }


def _unzoned(at_ms: int) -> str:
    return instant(at_ms).removesuffix("Z") + ".654321+00:00"
