"""Written from the vendor's OpenAPI document. Unconfirmed: no post was recorded."""

import json
from datetime import UTC, datetime
from typing import Any

from app.connectors.connector import Account, Request
from app.connectors.sparkcentral import OLDEST_MS, SIGNATURES, Sparkcentral, sign
from tests.connectors.cases.case import NOW_MS, Body, Case

_SECRET = "4f0d5f7f5c1e4d6a9b3c2e8f7a6b5c4d4f0d5f7f5c1e4d6a9b3c2e8f7a6b5c4d"
_OTHER = "9b3c2e8f7a6b5c4d4f0d5f7f5c1e4d6a9b3c2e8f7a6b5c4d4f0d5f7f5c1e4d6a"
AT = "2026-03-02T10:41:07.635984618Z"
CONVERSATION = {
    "id": "0ad42eef-a806-11eb-9642-f1ceb2f21def",
    "createdAt": "2026-03-02T09:42:27.004817183Z",
    "previousStatus": "new",
    "currentStatus": "resolved",
}


def post(kind: str = "CONVERSATION_RESOLVED", at: str = AT, **changes: Any) -> dict[str, Any]:
    data = {
        "conversation": CONVERSATION,
        "medium": {"id": "fb"},
        "channel": {"id": "0-02534c5ac04-000-261ad914", "name": "Jane's channel"},
        "agent": {"id": "11599", "firstName": "Ada", "lastName": "Agent", "email": "ada@desk.example"},
        "contactProfile": {
            "id": "693ed54b-a426-11eb-9363-cffd945b4b2f",
            "mediumContactProfileId": "bb7b0f8f00cc989b97f0725b",
            "primaryIdentifier": "Jane Doe",
            "secondaryIdentifier": "+4915112345678",
            "pictureUrl": "https://cdn.example/jane.png",
        },
        "statusUpdatedReason": "5fd023f6-2e66-11eb-be07-092841b0717d - Response Not Required",
        "statusUpdatedComment": "Jane has her parcel",
        "messages": [
            {"id": "0ad20c0d-a806-11eb-9642-f799d0e531de", "direction": "INBOUND", "text": "Where is my parcel?"},
            {"id": "10664516-a806-11eb-9642-fbd9d431bd78", "direction": "OUTBOUND", "text": "On its way, Jane."},
        ],
        "contactAttributes": [{"attribute": "email", "value": "jane@doe.example", "source": "CRM_CONFIRMED"}],
        "notes": [{"id": "8080a48b", "text": "A friend of Jane's", "creationUser": "0-019bd608cfc-001-0c6a2f5b"}],
        "topics": [
            {"id": "aa33389d-8a6a-11e8-b0d0-61f12b43ea29", "name": "Redeem Rewards"},
            {"id": "ee089cc2-8a6a-11e8-b0d0-942d249592dc", "name": "Account Rewards"},
        ],
        **changes,
    }
    key = "6ebc6a78-d9e9-48be-b172-51eda40b7af8"
    return {"timestamp": at, "idempotencyKey": key, "version": 1, "type": kind, "data": data}


def again(previous: str) -> dict[str, Any]:
    """Pending after another state."""
    return post("CONVERSATION_SET_TO_PENDING", conversation={**CONVERSATION, "previousStatus": previous})


def _at(now_ms: int) -> bytes:
    return datetime.fromtimestamp(now_ms / 1000, UTC).isoformat().replace("+00:00", ".635984618Z").encode()


def signed(body: Body, secret: str, now_ms: int) -> Request:
    """Stamped as long before or after as it is signed: the instant is in the body. A redelivery a day later is not."""
    stamped = body.body if now_ms in (NOW_MS, NOW_MS + 86_400_000) else body.body.replace(AT.encode(), _at(now_ms))
    headers = {b"content-type": b"application/json", SIGNATURES[0]: sign(stamped, bytes.fromhex(secret))}
    return Request("POST", headers, {}, stamped)


def body(value: dict[str, Any], *expect: str) -> Body:
    return Body(json.dumps(value).encode(), expect)


CASE = Case(
    connector=Sparkcentral(),
    account=Account("shop", (bytes.fromhex(_SECRET),)),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=signed,
    signed_headers=(SIGNATURES[0],),
    bodies=(
        body(post(), "ticket-opened", "ticket-closed"),
        body(again("new"), "ticket-opened", "ticket-paused"),
        body(again("resolved"), "ticket-opened", "ticket-reopened", "ticket-paused"),
        body(post("CONVERSATION_STARTED")),
    ),
    private=("Jane", "4915112345678", "parcel", "cdn.example", "doe.example", "Ada", "desk.example", "0-019bd608cfc"),
    oldest_ms=OLDEST_MS,
)
