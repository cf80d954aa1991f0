"""As api.sproutsocial.com/docs has it: cases by the last thing that happened in them, in the order they were made."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.gateway.vendors.server import PAGE, TOKEN, instant
from tests.gateway.vendors.world import Happening, World

ROOT = "/v1/77"
RANGE = re.compile(r"latest_activity_time\.in\((.{19})\.\.(.{19})\)")
STATUS = {"open": "OPEN", "closed": "CLOSED"}


class SproutServer:
    name = "sprout"
    user = None

    def is_known(self, headers: Mapping[str, str]) -> bool:
        return headers.get("authorization") == f"Bearer {TOKEN}"

    def answer(self, world: World, path: str, query: Mapping[str, str], body: Any) -> Any:
        assert (path, dict(query)) == (f"{ROOT}/cases/filter", {})
        assert (body["timezone"], body["sort"]) == ("UTC", ["created_time:asc"])
        (asked,) = body["filters"]
        since_ms, until_ms = (_ms(at) for at in RANGE.fullmatch(asked).groups())  # type: ignore[union-attr]
        assert 0 < until_ms - since_ms <= 7 * 86_400_000
        keys = sorted((world.tickets[one][0].at_ms, one) for one in world.tickets)
        keys = [key for key in keys if since_ms <= world.changed_ms(key[1]) <= until_ms]
        if "page_cursor" in body:
            at_ms, ticket = body["page_cursor"].split("|")
            keys = [key for key in keys if key > (int(at_ms), int(ticket))]
        page = keys[:PAGE]
        paging = {"paging": {"next_cursor": "{}|{}".format(*page[-1])}} if len(keys) > PAGE else {}
        return {"data": [_case(world, ticket) for _, ticket in page], **paging}

    def webhooks(self, world: World, happening: Happening) -> list[Any]:
        """None; what a round would tell of the case, had it been just now."""
        case = _case(world, happening.ticket)
        return [{"case": case}, *({"case": case, "message": message} for message in case["messages"])]


def _ms(at: str) -> int:
    return round(datetime.fromisoformat(f"{at}+00:00").timestamp() * 1000)


def _case(world: World, ticket: int) -> dict[str, Any]:
    happened = world.tickets[ticket]
    changes = [one.at_ms for one in happened if one.kind in ("close", "reopen")]
    closes = [one.at_ms for one in happened if one.kind == "close"]
    return {
        "case_id": str(ticket),
        "type": "general",
        "priority": "UNDEFINED",
        "status": STATUS[world.status(ticket)],
        "messages": [_message(one) for one in happened if one.kind in ("in", "out")],
        "created_time": instant(happened[0].at_ms),
        "updated_time": instant(changes[-1] if changes else happened[0].at_ms),
        "last_closed_time": instant(closes[-1]) if closes else None,
        "queue_id": None,
        "assigned_to": [],
        "tags": [],
    }


def _message(happening: Happening) -> dict[str, Any]:
    direction = "RECEIVED" if happening.kind == "in" else "SENT"
    return {
        "guid": f"d:{happening.id}",
        "msg_created_date": instant(happening.at_ms),
        "case_message_direction": direction,
        "is_anchor": happening.is_first,
    }
