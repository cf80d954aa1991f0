import json
from typing import Any

from app.connectors.connector import Account, Request
from app.connectors.meta import SIGNATURE, sign
from app.connectors.whatsapp import WhatsApp
from tests.connectors.cases.case import Body, Case

SECRET = "4f0d5f7f5c1e4d6a9b3c2e8f7a6b5c4d"
_OTHER = "9b3c2e8f7a6b5c4d4f0d5f7f5c1e4d6a"
_PHONE = "491511234567"
_USER = "DE.13491208655302741918"


def signed(body: Body, secret: str, now_ms: int) -> Request:  # noqa: ARG001 - no instant is signed
    headers = {b"content-type": b"application/json", **body.headers}
    return Request("POST", {**headers, SIGNATURE: sign(body.body, secret.encode())}, {}, body.body)


def value(**lists: Any) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "4930123456", "phone_number_id": "106540352242922"},
        "contacts": [{"profile": {"name": "Jane Doe", "username": "jane.doe"}, "wa_id": _PHONE, "user_id": _USER}],
        **lists,
    }


def post(*changes: tuple[str, dict[str, Any]], entries: int = 1) -> bytes:
    entry = {"id": "102290129340398", "changes": [{"field": field, "value": value} for field, value in changes]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry] * entries}).encode()


def message(number: int, kind: str = "text", **fields: Any) -> dict[str, Any]:
    content = {kind: {"body": "Where is my parcel, asks Jane?", "emoji": "x", "original_message_id": "wamid.0"}}
    return {"from": _PHONE, "id": f"wamid.{number}", "timestamp": "1772448060", "type": kind, **content, **fields}


def status(number: int, word: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"wamid.{number}", "status": word, "timestamp": "1772448065", "recipient_id": _PHONE, **fields}


CASE = Case(
    connector=WhatsApp(),
    account=Account("shop", (SECRET.encode(),), options={"bot_marker": "bot:"}, keys={"verify_token": b"t" * 20}),
    secret=SECRET,
    other_secret=_OTHER,
    sign=signed,
    signed_headers=(SIGNATURE,),
    bodies=(
        Body(post(("messages", value(messages=[message(1)]))), ("message-received",)),
        Body(
            post(
                ("messages", value(messages=[message(2, "image"), message(3, "reaction"), message(4, "edit")])),
                ("message_template_status_update", {"event": "APPROVED"}),
                ("messages", value(statuses=[status(5, word) for word in ("sent", "delivered", "read", "failed")])),
                ("smb_message_echoes", value(message_echoes=[message(6, to=_PHONE), message(7, "revoke")])),
            ),
            ("message-received", "reply-sent", "reply-sent"),
        ),
        Body(
            post(("messages", value(messages=[message(8, "unsupported", **{"from": None, "from_user_id": _USER})]))),
            ("message-received",),
        ),
        Body(post(("messages", value(statuses=[status(9, "sent", recipient_type="group")]))), ("reply-sent",)),
        Body(b'{"object": "page", "entry": [{"id": "1"}]}', ()),
    ),
    private=("Jane", "jane", _PHONE, _USER, "parcel", "4930123456"),
)
