import json
from base64 import b64encode
from typing import Any

from app.connectors import standard_webhooks
from app.connectors.connector import Account, Request
from app.connectors.generic import Generic
from app.connectors.signatures import TOLERANCE_MS
from tests.connectors.cases.case import Body, Case

_SECRET = "whsec_" + b64encode(bytes(range(3, 35))).decode()
_OTHER = "whsec_" + b64encode(bytes(range(90, 122))).decode()
_STRUCTURED = {b"content-type": b"application/cloudevents+json; charset=utf-8"}
_BATCH = {b"content-type": b"application/cloudevents-batch+json"}


def _event(number: int, kind: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "https://shop.example/chat",
        "type": kind,
        "time": "2026-03-02T10:41:07.123456789+01:00",
        "data": {"ticket_id": f"t-{number}", "channel": "web-chat", **data},
    }


_PERSONAL = {
    "author_id": "jane.doe@example.com",
    "customer_id": "+4915112345678",
    "text": "Where is my parcel, said Jane Doe?",
    "name": "Jane Doe",
    "avatar": "https://cdn.example/jane.png",
}


def _sign(body: Body, secret: str, now_ms: int) -> Request:
    timestamp = str(now_ms // 1000).encode()
    headers = {
        b"webhook-id": b"msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
        b"webhook-timestamp": timestamp,
        **body.headers,
    }
    key = standard_webhooks.key(secret)
    headers[b"webhook-signature"] = standard_webhooks.sign(headers[b"webhook-id"], timestamp, body.body, key)
    return Request("POST", headers, {}, body.body)


def _body(value: Any, *expect: str) -> Body:
    return Body(json.dumps(value).encode(), expect, _BATCH if isinstance(value, list) else _STRUCTURED)


CASE = Case(
    connector=Generic(),
    account=Account("website", (standard_webhooks.key(_SECRET),)),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=_sign,
    signed_headers=(b"webhook-id", b"webhook-timestamp", b"webhook-signature"),
    bodies=(
        _body(_event(1, "message-received", sentiment="negative", **_PERSONAL), "message-received"),
        _body(_event(2, "com.example.reply-sent", author_kind="bot", **_PERSONAL), "reply-sent"),
        _body(
            [
                _event(3, "ticket-closed", reason="resolved", author_kind="agent", author_id="jane.doe@example.com"),
                _event(4, "survey-answered", score=5, comment="Where is my parcel"),
                _event(5, "com.example.someevent", **_PERSONAL),
                _event(6, "ticket-assigned", agent_id="jane.doe@example.com", team=None),
                _event(7, "ticket-merged", into="t-1"),
                _event(8, "order-placed", order_id="o-1", amount="12.50", currency="EUR"),
                _event(9, "call-offered-messaging", accepted=True),
                _event(10, "call-ended", talk_seconds=1.5),
            ],
            "ticket-closed",
            "survey-answered",
            "ticket-assigned",
            "ticket-merged",
            "order-placed",
            "call-offered-messaging",
            "call-ended",
        ),
        _body([]),
    ),
    private=("jane", "Jane", "4915112345678", "parcel", "cdn.example"),
    oldest_ms=TOLERANCE_MS,
    says=frozenset({"ticket_id", "into", "order_id"}),
)
