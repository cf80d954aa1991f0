import json
from datetime import UTC, datetime
from typing import Any

from app.connectors import zendesk
from app.connectors.connector import Account, Request
from app.connectors.signatures import TOLERANCE_MS
from app.connectors.zendesk import Zendesk
from tests.connectors.cases.case import Body, Case

_SECRET = "c2VjcmV0LW9mLXRoZS13ZWJob29rLTAxMjM0NTY3ODk="
_OTHER = "YW5vdGhlci1zZWNyZXQtb2YtdGhlLXdlYmhvb2stNDI="

DETAIL: dict[str, Any] = {
    "actor_id": "8447388090495",
    "assignee_id": "8447388090495",
    "created_at": "2026-03-02T10:12:07Z",
    "description": "Where is my parcel, asks Jane Doe",
    "external_id": "jane.doe@example.com",
    "group_id": "8447320466430",
    "id": "5158",
    "is_public": True,
    "priority": "HIGH",
    "requester_id": "8447388090494",
    "status": "OPEN",
    "subject": "Parcel of Jane Doe",
    "submitter_id": "8447388090494",
    "tags": ["delivery", "vip"],
    "type": "PROBLEM",
    "updated_at": "2026-03-02T10:41:07Z",
    "via": {"channel": "email"},
}


def told(kind: str, event: dict[str, Any] | None = None, **detail: Any) -> dict[str, Any]:
    return {
        "account_id": 22129848,
        "detail": {**DETAIL, **detail},
        "event": event or {},
        "id": "cbe4028c-7239-495d-b020-f22348516046",
        "subject": "zen:ticket:5158",
        "time": "2026-03-02T10:41:07.672717030Z",
        "type": f"zen:event-type:{kind}",
        "zendesk_event_version": "2022-11-06",
    }


def comment(author: str, *, is_staff: bool, is_public: bool = True, **detail: Any) -> dict[str, Any]:
    who = {"id": author, "is_staff": is_staff, "name": "Ada Agent"}
    said = {"id": "9876543210", "body": "We look for your parcel.", "is_public": is_public, "author": who}
    return told("ticket.comment_added", {"comment": said}, **detail)


def message(actor: str, kind: str) -> dict[str, Any]:
    said = {"body": "Where is my parcel?", "id": "67ab5f55155becd183e284cb"}
    event = {"actor": {"id": actor, "name": "Jane Doe", "type": kind}, "conversation_id": "67ab5f53", "message": said}
    return {**told("messaging_ticket.message_added", event), "detail": {"id": "141"}}


def _sign(body: Body, secret: str, now_ms: int) -> Request:
    timestamp = datetime.fromtimestamp(now_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    headers = {
        b"content-type": b"application/json; charset=utf-8",
        zendesk.TIMESTAMP: timestamp,
        zendesk.SIGNATURE: zendesk.sign(timestamp, body.body, secret.encode()),
        b"x-zendesk-webhook-invocation-id": b"01HABCDEF0123456789",
    }
    return Request("POST", headers, {}, body.body)


def _body(value: dict[str, Any], *expect: str) -> Body:
    return Body(json.dumps(value).encode(), expect)


def _status(previous: str, current: str) -> dict[str, Any]:
    return told("ticket.status_changed", {"previous": previous, "current": current})


CASE = Case(
    connector=Zendesk(),
    account=Account("shop", (_SECRET.encode(),)),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=_sign,
    signed_headers=(zendesk.TIMESTAMP, zendesk.SIGNATURE),
    bodies=(
        _body(told("ticket.created"), "ticket-opened"),
        _body(comment("8447388090494", is_staff=False), "message-received"),
        _body(comment("8447388090495", is_staff=True), "reply-sent"),
        _body(comment("8447388090495", is_staff=True, is_public=False)),
        _body(message("9001", "end_user"), "message-received"),
        _body(message("zd:answerBot", "system"), "reply-sent"),
        _body(_status("OPEN", "SOLVED"), "ticket-closed"),
        _body(_status("SOLVED", "PENDING"), "ticket-reopened", "ticket-paused"),
        _body(_status("HOLD", "OPEN"), "ticket-resumed"),
        _body(_status("SOLVED", "CLOSED")),
        _body(told("ticket.agent_assignment_changed", {"previous": None, "current": 7}), "ticket-assigned"),
        _body(told("ticket.tags_changed", {"tags_added": ["vip"], "tags_removed": []}), "ticket-labelled"),
        _body(told("ticket.merged", {"target_ticket_id": "5100"}), "ticket-merged"),
        _body(told("ticket.soft_deleted"), "ticket-closed"),
        _body(told("ticket.csat_requested"), "survey-sent"),
        _body(told("ticket.csat_received", {"satisfaction_score": {"score": "GOOD"}}), "survey-answered"),
        _body(told("ticket.subject_changed", {"previous": "Parcel of Jane Doe", "current": "x"})),
        _body({"type": "End User Comment", "ticketID": "12345", "assigneeEmail": "ada@desk.example"}),
    ),
    private=("Jane", "jane", "parcel", "Parcel", "Ada", "desk.example"),
    oldest_ms=TOLERANCE_MS,
)
