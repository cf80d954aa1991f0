"""Bodies after the vendor's documentation of cases (its printed example is no JSON); none was ever recorded: unconfirmed.

Each is an item as the poller makes it of a case. Sprout posts nothing, so nothing signs.
"""

import json
from typing import Any

from app.connectors.connector import Account, Request
from app.connectors.sprout import Sprout
from tests.connectors.cases.case import Body, Case

LOGIN = "urn:spt:core:account_login:2372804"
COMING: dict[str, Any] = {
    "guid": "igdm:aWdddfZAG1faXRlbToxOklHTWVz",
    "msg_created_date": "2026-03-02T10:30:00Z",
    "case_message_direction": "RECEIVED",
    "is_anchor": True,
}
GOING: dict[str, Any] = {
    "guid": "d:1747273869747175551",
    "msg_created_date": "2026-03-02T10:41:00Z",
    "case_message_direction": "SENT",
    "is_anchor": False,
}
CASE_OPEN: dict[str, Any] = {
    "case_id": "19508937",
    "type": "general",
    "group_id": "1196505",
    "priority": "HIGH",
    "status": "OPEN",
    "messages": [COMING, GOING],
    "created_by": LOGIN,
    "created_time": "2026-03-02T10:31:00Z",
    "updated_time": "2026-03-02T10:40:00Z",
    "last_closed_time": None,
    "queue_id": "756",
    "assigned_to": [LOGIN],
    "assigned_by": LOGIN,
    "tags": [{"tag_id": 2323132, "updated_by": LOGIN, "updated_time": "2026-03-02T10:40:00Z"}],
}
CASE_NEW: dict[str, Any] = {
    **CASE_OPEN,
    "priority": "UNDEFINED",
    "queue_id": None,
    "assigned_to": [],
    "updated_time": None,
}
CASE_CLOSED: dict[str, Any] = {**CASE_OPEN, "status": "CLOSED", "last_closed_time": "2026-03-02T10:45:00Z"}
CASE_REOPENED: dict[str, Any] = {**CASE_CLOSED, "status": "ON_HOLD", "updated_time": "2026-03-02T10:50:00Z"}


def _sign(body: Body, secret: str, now_ms: int) -> Request:  # noqa: ARG001 - nothing is signed
    return Request("POST", {b"content-type": b"application/json"}, {}, body.body)


def _body(case: dict[str, Any], *expect: str, **more: Any) -> Body:
    return Body(json.dumps({"case": case, **more}).encode(), expect)


_OWNED = ("ticket-opened", "ticket-assigned", "ticket-labelled")

CASE = Case(
    connector=Sprout(),
    account=Account("brand", ()),
    secret="",
    other_secret="",
    sign=_sign,
    signed_headers=(),
    bodies=(
        _body(CASE_OPEN, *_OWNED),
        _body(CASE_NEW, "ticket-opened"),
        _body(CASE_CLOSED, *_OWNED, "ticket-closed"),
        _body(CASE_REOPENED, *_OWNED, "ticket-closed", "ticket-reopened"),
        _body(CASE_OPEN, "message-received", message=COMING),
        _body(CASE_OPEN, "reply-sent", message=GOING),
        _body(CASE_OPEN, message={**COMING, "case_message_direction": "INTERNAL"}),
    ),
    private=("2372804", "igdm", "1747273869747175551"),
)
