"""As developer.zendesk.com has it: the incremental export by cursor, and audits of a ticket."""

from collections.abc import Mapping
from typing import Any

from app.connectors.poller import bearer
from tests.gateway.vendors.server import PAGE, TOKEN, instant
from tests.gateway.vendors.world import AGENT, CUSTOMER, Happening, World

HELD_BACK_MS = 60_000
STATUS = {"close": ("solved", "open"), "reopen": ("open", "solved")}


class ZendeskServer:
    name = "zendesk"
    user = "ops@acme.example/token"

    def is_known(self, headers: Mapping[str, str]) -> bool:
        return headers.get("authorization") == bearer(TOKEN, self.user)["authorization"]

    def answer(self, world: World, path: str, query: Mapping[str, str], body: Any) -> Any:  # noqa: ARG002
        if path == "/api/v2/incremental/tickets/cursor.json":
            return self._export(world, query)
        ticket = int(path.removeprefix("/api/v2/tickets/").removesuffix("/audits.json"))
        return self._audits(world, ticket, int(query.get("page[after]", "0"))) if ticket in world.tickets else None

    def _export(self, world: World, query: Mapping[str, str]) -> Any:
        at_ms, ticket = query["cursor"].split("|") if "cursor" in query else (f"{query['start_time']}000", "0")
        after = (int(at_ms), int(ticket))
        latest_ms = world.now_ms - HELD_BACK_MS
        keys = [(world.changed_ms(ticket), ticket) for ticket in world.by_change()]
        keys = [key for key in keys if key > after and key[0] <= latest_ms]
        page = keys[:PAGE]
        return {
            "tickets": [self._ticket(world, ticket) for _, ticket in page],
            "after_url": "https://evil.example/",
            "after_cursor": "{}|{}".format(*page[-1]) if page else None,
            "end_of_stream": len(keys) <= PAGE,
        }

    def _ticket(self, world: World, ticket: int) -> Any:
        status = {"closed": "solved", "open": "open"}[world.status(ticket)]
        return {**_detail(ticket), "status": status, "updated_at": instant(world.changed_ms(ticket))}

    def _audits(self, world: World, ticket: int, after: int) -> Any:
        audits = [_audit(one) for one in world.tickets[ticket]]
        page = audits[after : after + PAGE]
        more = after + PAGE < len(audits)
        users = [{"id": AGENT, "role": "agent", "name": "Ann"}, {"id": CUSTOMER, "role": "end-user", "name": "Bo"}]
        return {"audits": page, "users": users, "meta": {"has_more": more, "after_cursor": str(after + PAGE)}}

    def webhooks(self, world: World, happening: Happening) -> list[Any]:  # noqa: ARG002
        told = [("ticket.created", {})] if happening.is_first else []
        if happening.kind in STATUS:
            current, previous = STATUS[happening.kind]
            told.append(("ticket.status_changed", {"current": current, "previous": previous}))
        else:
            staff = happening.kind == "out"
            author = {"id": str(AGENT if staff else CUSTOMER), "is_staff": staff, "name": "Somebody"}
            comment = {"id": str(happening.id), "body": "Hello", "is_public": True, "author": author}
            told.append(("ticket.comment_added", {"comment": comment}))
        at = instant(happening.at_ms)
        actor = CUSTOMER if happening.kind == "in" else AGENT
        detail = {**_detail(happening.ticket), "id": str(happening.ticket), "actor_id": str(actor), "updated_at": at}
        published = at.replace("Z", ".412345678Z")
        return [
            {"type": f"zen:event-type:{kind}", "time": published, "detail": detail, "event": event}
            for kind, event in told
        ]


def _detail(ticket: int) -> dict[str, Any]:
    return {"id": ticket, "requester_id": CUSTOMER, "via": {"channel": "email", "source": {"from": "bo@example.com"}}}


def _audit(happening: Happening) -> Any:
    created = [{"type": "Create", "field_name": "status", "value": "open", "id": happening.id * 10}]
    events = created if happening.is_first else []
    if happening.kind in STATUS:
        current, previous = STATUS[happening.kind]
        change = {"type": "Change", "field_name": "status", "value": current, "previous_value": previous}
        events = [*events, {**change, "id": happening.id}]
    else:
        events = [*events, {"type": "Comment", "id": happening.id, "public": True, "body": "Hello"}]
    author = CUSTOMER if happening.kind == "in" else AGENT
    ids = {"id": happening.id * 100, "ticket_id": happening.ticket, "author_id": author}
    return {**ids, "created_at": instant(happening.at_ms), "events": events}
