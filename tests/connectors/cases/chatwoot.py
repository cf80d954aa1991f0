import json
from typing import Any

from app.connectors import chatwoot
from app.connectors.chatwoot import Chatwoot
from app.connectors.connector import Account, Request
from app.connectors.signatures import TOLERANCE_MS
from tests.connectors.cases.case import Body, Case

_SECRET = "Yk3vQ8sT1nWm5ZxR7bLp2dHc"
_OTHER = "a9Gf4JuE6oKi0PqS8tVy3BwN"

CONTACT = {
    "id": 14,
    "name": "Jane Doe",
    "email": "jane.doe@example.com",
    "phone_number": "+4915112345678",
    "identifier": "jane",
    "thumbnail": "https://cdn.example/jane.png",
    "pubsub_token": "pub-sub-secret",
    "type": "contact",
}
AGENT = {"id": 3, "name": "Ada Agent", "email": "ada@desk.example", "type": "user"}
CONVERSATION: dict[str, Any] = {
    "additional_attributes": {"referer": "https://shop.example/orders/77"},
    "channel": "Channel::Whatsapp",
    "contact_inbox": {"id": 12, "contact_id": 14, "source_id": "4915112345678"},
    "id": 42,
    "inbox_id": 1,
    "labels": ["delivery"],
    "messages": [{"id": 900, "content": "Where is my parcel?", "message_type": 0, "created_at": 1772448000}],
    "meta": {"sender": CONTACT, "assignee": AGENT, "team": {"id": 5, "name": "Parcels"}},
    "priority": "medium",
    "status": "open",
    "timestamp": 1772448060,
    "created_at": 1772448000,
    "updated_at": 1772448061.25,
}


def message(number: int, kind: Any, **changes: Any) -> dict[str, Any]:
    return {
        "account": {"id": 1, "name": "Shop"},
        "additional_attributes": {},
        "content": "Where is my parcel?",
        "content_attributes": {},
        "content_type": "text",
        "conversation": CONVERSATION,
        "created_at": "2026-03-02T10:40:00.000Z",
        "event": "message_created",
        "id": number,
        "inbox": {"id": 1, "name": "Shop"},
        "message_type": kind,
        "private": False,
        "sender": CONTACT if kind == "incoming" else AGENT,
        "source_id": "wamid.4915112345678",
        **changes,
    }


def changed(event: str, **changes: tuple[Any, Any]) -> dict[str, Any]:
    told = [{name: {"previous_value": old, "current_value": new}} for name, (old, new) in changes.items()]
    return {**CONVERSATION, "event": event, "changed_attributes": told}


def survey(number: int, **changes: Any) -> dict[str, Any]:
    return message(number, "template", content_type="input_csat", sender=None, **changes)


RATED = {"submitted_values": {"csat_survey_response": {"rating": 4, "feedback_message": "Thanks, Ada!"}}}
UPDATED_AT = ("2026-03-02T10:40:00.000Z", "2026-03-02T10:41:01.120Z")


def _sign(body: Body, secret: str, now_ms: int) -> Request:
    timestamp = str(now_ms // 1000).encode()
    headers = {
        b"content-type": b"application/json",
        chatwoot.TIMESTAMP: timestamp,
        chatwoot.SIGNATURE: chatwoot.sign(timestamp, body.body, secret.encode()),
        b"x-chatwoot-delivery": b"5f1f6f0e-8d46-4c5e-9c5a-1f0a0f6d2f11",
    }
    return Request("POST", headers, {}, body.body)


def _body(value: dict[str, Any], *expect: str) -> Body:
    return Body(json.dumps(value).encode(), expect)


CASE = Case(
    connector=Chatwoot(),
    account=Account("shop", (_SECRET.encode(),)),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=_sign,
    signed_headers=(chatwoot.TIMESTAMP, chatwoot.SIGNATURE),
    bodies=(
        _body({**CONVERSATION, "event": "conversation_created"}, "ticket-opened"),
        _body(message(901, "incoming"), "message-received"),
        _body(message(902, "outgoing"), "reply-sent"),
        _body(message(903, "outgoing", private=True)),
        _body(message(904, "activity", sender=None)),
        _body(survey(905), "survey-sent"),
        _body(survey(905, event="message_updated", content_attributes=RATED), "survey-answered"),
        _body(changed("conversation_status_changed", status=("open", "resolved")), "ticket-closed"),
        _body(
            changed("conversation_status_changed", status=("resolved", "snoozed")), "ticket-reopened", "ticket-paused"
        ),
        _body(
            changed("conversation_updated", assignee_id=(None, 3), priority=(None, "urgent"), updated_at=UPDATED_AT),
            "ticket-assigned",
            "ticket-labelled",
        ),
        _body(
            changed("conversation_updated", assignee_agent_bot_id=(None, 8), label_list=([], ["delivery"])),
            "ticket-handed-over",
            "ticket-labelled",
        ),
        _body({"event": "contact_updated", **CONTACT}),
        _body({"event": "webwidget_triggered", "id": 12, "contact": CONTACT}),
    ),
    private=("Jane", "jane", "4915112345678", "parcel", "cdn.example", "Ada", "desk.example", "pub-sub-secret"),
    oldest_ms=TOLERANCE_MS,
)
