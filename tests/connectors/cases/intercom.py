import json
from typing import Any

from app.connectors import intercom
from app.connectors.connector import Account, Request
from app.connectors.intercom import Intercom
from tests.connectors.cases.case import Body, Case

_SECRET = "7d1b2c0e-55a3-4f5e-9a67-0f6f4c1d2e3b"
_OTHER = "1e0c9b8a-7f6e-5d4c-3b2a-190807060504"

CUSTOMER = {"type": "lead", "id": "696205460674dbb9050aa7fd", "name": "Jane Doe", "email": "jane.doe@example.com"}
ADMIN = {"type": "admin", "id": "9608799", "name": "Ada Agent", "email": "ada@desk.example", "from_ai_agent": False}
BOT = {"type": "bot", "id": "9608808", "name": "Fin", "email": "operator@intercom.example", "from_ai_agent": False}
CONVERSATION: dict[str, Any] = {
    "type": "conversation",
    "id": "215472621202693",
    "created_at": 1772447000,
    "updated_at": 1772448060,
    "source": {
        "type": "conversation",
        "id": "3381828792",
        "delivered_as": "customer_initiated",
        "subject": "Parcel",
        "body": "<p>Where is my parcel?</p>",
        "author": CUSTOMER,
        "url": "https://shop.example/orders/77",
    },
    "contacts": {
        "type": "contact.list",
        "contacts": [{"type": "contact", "id": CUSTOMER["id"], "external_id": "jane"}],
    },
    "admin_assignee_id": 9608799,
    "team_assignee_id": None,
    "open": True,
    "state": "open",
    "priority": "not_priority",
    "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": "44", "name": "delivery"}]},
    "ai_agent_participated": False,
    "custom_attributes": {"order": "of Jane Doe"},
    "conversation_rating": None,
}


def part(kind: str, author: dict[str, Any], body: str | None = "<p>parcel</p>", **changes: Any) -> dict[str, Any]:
    return {
        "type": "conversation_part",
        "id": "37358198341",
        "part_type": kind,
        "body": body,
        "created_at": 1772448060,
        "updated_at": 1772448060,
        "assigned_to": None,
        "author": author,
        "attachments": [],
        **changes,
    }


def notification(topic: str, *parts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    listed = {"type": "conversation_part.list", "conversation_parts": list(parts), "total_count": len(parts)}
    item = {**CONVERSATION, "conversation_parts": listed, **changes}
    return {
        "type": "notification_event",
        "app_id": "abc123def",
        "data": {"type": "notification_event_data", "item": item},
        "id": "notif_58e78c8e-1755-4e61-954a-dc1bb1cead0d",
        "topic": topic,
        "delivery_attempts": 1,
        "created_at": 1772448061,
    }


def ticket(topic: str, **changes: Any) -> dict[str, Any]:
    item = {
        "type": "ticket",
        "id": "215472621202693",
        "ticket_id": "37",
        "created_at": 1772447000,
        "updated_at": 1772448060,
    }
    contacts = {"contacts": [{"id": CUSTOMER["id"]}]}
    return {**notification(topic), "data": {"item": {**item, "contacts": contacts, **changes}}}


def _sign(body: Body, secret: str, now_ms: int) -> Request:  # noqa: ARG001 - no instant is signed
    signature = intercom.sign(body.body, secret.encode())
    return Request("POST", {b"content-type": b"application/json", intercom.SIGNATURE: signature}, {}, body.body)


def _body(value: dict[str, Any], *expect: str) -> Body:
    return Body(json.dumps(value).encode(), expect)


TO_ADMIN = {"assigned_to": {"type": "admin", "id": "9608799"}}
RATING = {"rating": 4, "remark": "Thanks, Ada!", "created_at": 1772448060, "contact": {"id": CUSTOMER["id"]}}

CASE = Case(
    connector=Intercom(),
    account=Account("shop", (_SECRET.encode(),)),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=_sign,
    signed_headers=(intercom.SIGNATURE,),
    bodies=(
        _body(notification("conversation.user.created"), "ticket-opened", "message-received"),
        _body(notification("conversation.admin.single.created"), "ticket-opened", "reply-sent"),
        _body(notification("conversation.user.replied", part("comment", CUSTOMER)), "message-received"),
        _body(notification("conversation.admin.replied", part("comment", ADMIN)), "reply-sent"),
        _body(notification("conversation.operator.replied", part("comment", BOT)), "reply-sent"),
        _body(
            notification("conversation.admin.assigned", part("assignment", ADMIN, None, **TO_ADMIN)), "ticket-assigned"
        ),
        _body(
            notification("conversation.admin.closed", part("close", ADMIN, "<p>Bye</p>")), "reply-sent", "ticket-closed"
        ),
        _body(notification("conversation.admin.opened", part("open", ADMIN, None)), "ticket-reopened"),
        _body(notification("conversation.admin.snoozed", part("snoozed", ADMIN, None)), "ticket-paused"),
        _body(notification("conversation.admin.unsnoozed", part("unsnoozed", BOT, None)), "ticket-resumed"),
        _body(notification("conversation.admin.noted", part("note", ADMIN))),
        _body(notification("conversation.priority.updated", priority="priority"), "ticket-labelled"),
        _body(notification("conversation.rating.added", conversation_rating=RATING), "survey-answered"),
        _body(notification("conversation.deleted", updated_at=None), "ticket-closed"),
        _body(ticket("ticket.created"), "ticket-opened"),
        _body(ticket("ticket.state.updated", ticket_state="waiting_on_customer"), "ticket-paused"),
        _body(ticket("ticket.resolved"), "ticket-closed"),
        _body({**notification("ping"), "id": None, "data": {"item": {"type": "ping", "message": "Jane says hello"}}}),
    ),
    private=("Jane", "jane", "parcel", "Parcel", "Ada", "desk.example", "shop.example"),
)
