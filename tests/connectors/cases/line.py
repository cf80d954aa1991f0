import json
from typing import Any

from app.connectors import line
from app.connectors.connector import Account, Request
from app.connectors.line import Line
from tests.connectors.cases.case import Body, Case

_SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
_OTHER = "dd201bb328f1c1eac23a96d88c570fa6"

OFFICIAL = "Uaa11bb22cc33dd44ee55ff6600112233"
CUSTOMER = "U206d25c2ea6bd87c17655609a1c37cb8"
GROUP = "Ca56f94637c4347ab7f0a1b2c3d4e5f60"
EVENT_ID = "01HQZ3K5V6W7X8Y9Z0A1B2C3D4"


def event(kind: str = "message", number: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "replyToken": "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA",
        "mode": "active",
        "timestamp": 1772448060123,
        "source": {"type": "user", "userId": CUSTOMER},
        "webhookEventId": f"{EVENT_ID[:-1]}{number}",
        "deliveryContext": {"isRedelivery": False},
        **fields,
    }


def message(number: int = 0, **fields: Any) -> dict[str, Any]:
    said = {"id": "325708", "type": "text", "text": "Where is my parcel, asks Jane?", "quoteToken": "q3Plxr4AgK"}
    return event(number=number, message=said, **fields)


def pressed(number: int = 0, **params: str) -> dict[str, Any]:
    return event("postback", number, postback={"data": "name=Jane", **({"params": params} if params else {})})


def post(*events: Any) -> bytes:
    return json.dumps({"destination": OFFICIAL, "events": list(events)}).encode()


def _sign(body: Body, secret: str, now_ms: int) -> Request:  # noqa: ARG001 - no instant is signed
    headers = {b"content-type": b"application/json", line.SIGNATURE: line.sign(body.body, secret.encode())}
    return Request("POST", headers, {}, body.body)


CASE = Case(
    connector=Line(),
    account=Account("shop", (_SECRET.encode(),)),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=_sign,
    signed_headers=(line.SIGNATURE,),
    bodies=(
        Body(post(message()), ("message-received",)),
        Body(
            post(
                message(1, mode="standby", source={"type": "group", "groupId": GROUP, "userId": CUSTOMER}),
                event("unsend", 2, unsend={"messageId": "325708"}),
                event("follow", 3, follow={"isUnblocked": False}),
                event("memberJoined", 4, joined={"members": [{"type": "user", "userId": CUSTOMER}]}),
                pressed(5),
                pressed(6, newRichMenuAliasId="richmenu-alias-b", status="SUCCESS"),
                event("videoPlayComplete", 7, videoPlayComplete={"trackingId": "jane"}),
            ),
            ("message-received", "message-received"),
        ),
        Body(post(), ()),
    ),
    private=("Jane", "jane", CUSTOMER, GROUP, "parcel"),
)
