import json
from typing import Any

from app.connectors import telegram
from app.connectors.connector import Account, Request
from app.connectors.telegram import Telegram
from tests.connectors.cases.case import Body, Case

_SECRET = "4f0d5f7f5c1e4d6a9b3c2e8f7a6b5c4d"
_OTHER = "9b3c2e8f7a6b5c4d4f0d5f7f5c1e4d6a"

CUSTOMER, OWNER, GROUP = 5512345678, 5587654321, -1001234567890
UPDATE = 862345001


def person(number: int = CUSTOMER, **fields: Any) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": "Jane", "username": "jane_doe", **fields}


def private(number: int = CUSTOMER) -> dict[str, Any]:
    return {"id": number, "first_name": "Jane", "username": "jane_doe", "type": "private"}


def group(number: int = GROUP) -> dict[str, Any]:
    return {"id": number, "title": "Parcels of Jane", "type": "supergroup"}


def message(**fields: Any) -> dict[str, Any]:
    return {
        "message_id": 7001,
        "from": person(),
        "chat": private(),
        "date": 1772448060,
        "text": "Where is my parcel, asks Jane?",
        **fields,
    }


def business(**fields: Any) -> dict[str, Any]:
    return message(business_connection_id="hmaDEhZOSVd_AAAA5-x", **fields)


def joined() -> dict[str, Any]:
    service = message(chat=group(), new_chat_members=[person()])
    del service["text"]
    return service


def update(kind: str, value: dict[str, Any]) -> bytes:
    return json.dumps({"update_id": UPDATE, kind: value}).encode()


def signed(body: Body, secret: str, now_ms: int) -> Request:  # noqa: ARG001 - nothing is signed
    headers = {b"content-type": b"application/json", telegram.SECRET_TOKEN: secret.encode()}
    return Request("POST", headers, {}, body.body)


BOT = person(6600000001, is_bot=True, username="jane_bot")

CASE = Case(
    connector=Telegram(),
    account=Account("bot", (_SECRET.encode(),), options={"agent_ids": f"{OWNER}"}),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=signed,
    signed_headers=(telegram.SECRET_TOKEN,),
    bodies=(
        Body(update("message", message()), ("message-received",)),
        Body(update("message", message(chat=group())), ("message-received",)),
        Body(update("message", message(**{"from": person(OWNER), "chat": group()})), ("reply-sent",)),
        Body(update("message", joined()), ()),
        Body(update("business_message", business()), ("message-received",)),
        Body(update("business_message", business(**{"from": person(OWNER)})), ("reply-sent",)),
        Body(
            update("business_message", business(**{"from": person(OWNER), "sender_business_bot": BOT})), ("reply-sent",)
        ),
        Body(update("edited_message", message(edit_date=1772448070)), ()),
        Body(update("edited_business_message", business(edit_date=1772448070)), ()),
        Body(update("channel_post", message()), ()),
        Body(update("message_reaction", {"chat": private(), "user": person(), "date": 1772448070}), ()),
        Body(update("callback_query", {"id": "1", "from": person(), "data": "jane", "message": message()}), ()),
    ),
    signs_body=False,
    private=("Jane", "jane", str(CUSTOMER), str(OWNER), "parcel", str(GROUP)),
)
