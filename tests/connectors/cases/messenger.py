import json
from typing import Any

from app.connectors.connector import Account
from app.connectors.messenger import Messenger
from app.connectors.meta import SIGNATURE
from tests.connectors.cases.case import Body, Case
from tests.connectors.cases.whatsapp import SECRET, signed

_OTHER = "0b3c2e8f7a6b5c4d4f0d5f7f5c1e4d6a"
PAGE = "1895382890692545"
CUSTOMER = "1412611362105802"


def update(sender: str = CUSTOMER, recipient: str = PAGE, **fields: Any) -> dict[str, Any]:
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": 1_772_448_060_123, **fields}


def said(number: int, **fields: Any) -> dict[str, Any]:
    link = {"type": "image", "payload": {"url": "https://cdn.example/jane.png"}}
    return {"mid": f"m_{number}", "text": "Where is my parcel, asks Jane?", "attachments": [link], **fields}


def echo(number: int, **fields: Any) -> dict[str, Any]:
    return update(PAGE, CUSTOMER, message=said(number, is_echo=True, **fields))


def post(object_name: str, *entries: dict[str, Any]) -> bytes:
    return json.dumps({"object": object_name, "entry": list(entries)}).encode()


def entry(*messaging: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": PAGE, "time": 1_772_448_061_000, "messaging": list(messaging), **fields}


def bodies(object_name: str) -> tuple[Body, ...]:
    return (
        Body(post(object_name, entry(update(message=said(1)))), ("message-received",)),
        Body(
            post(
                object_name,
                entry(
                    update(message=said(2)),
                    update(read={"watermark": 1_772_448_060_000}),
                    update(reaction={"mid": "m_2", "action": "react", "emoji": "x"}),
                    update(message_edit={"mid": "m_2", "text": "Where is my other parcel?"}),
                    update(message=said(3, is_deleted=True)),
                    echo(4, app_id=555),
                    echo(5, app_id=263902037430900),
                    echo(6),
                ),
                entry(
                    standby=[update(message=said(7)), echo(8, app_id="555")],
                    changes=[{"field": "feed", "value": {"message": "Jane"}}],
                ),
                entry(
                    update(postback={"title": "Get started", "payload": "jane.doe@example.com"}),
                    update(pass_thread_control={"new_owner_app_id": "263902037430900", "metadata": "Jane is angry"}),
                    update(request_thread_control={"requested_owner_app_id": 555}),
                ),
            ),
            (
                *("message-received", "reply-sent", "reply-sent", "reply-sent"),
                *("message-received", "reply-sent", "message-received", "ticket-handed-over"),
            ),
        ),
        Body(b'{"object": "user", "entry": [{"id": "1"}]}', ()),
    )


CASE = Case(
    connector=Messenger(),
    account=Account("page", (SECRET.encode(),), options={"bot_app_ids": "554, 555"}, keys={"verify_token": b"t" * 20}),
    secret=SECRET,
    other_secret=_OTHER,
    sign=signed,
    signed_headers=(SIGNATURE,),
    bodies=bodies("page"),
    private=("Jane", "jane", CUSTOMER, "parcel", "cdn.example", "angry"),
)
