"""Unconfirmed: written from the examples and tables of docs.x.com, "Event payloads"."""

import json
from typing import Any

from app.connectors import x
from app.connectors.connector import Account, Request
from app.connectors.x import X
from tests.connectors.cases.case import Body, Case

SECRET = "kq3bT0vW9xZ2mN5cR8sL1pD4fG7hJ6yA4eU0iO3tQ9wX2zV5bC"
_OTHER = "9xZ2mN5cR8sL1pD4fG7hJ6yA4eU0iO3tQ9wX2zV5bCkq3bT0vW"

BRAND, CUSTOMER = "1111111111111111111", "2244994135781902176"
USERS = {CUSTOMER: {"data": {"id": CUSTOMER, "name": "Jane Doe", "username": "janedoe", "location": "Janeville"}}}
CONVERSATION = "2080765813578191303"


def told(event_type: str, payload: dict[str, Any], **fields: Any) -> bytes:
    data = {"event_uuid": "-6850472171600526495", "filter": {"user_id": BRAND}, "event_type": event_type, "tag": "desk"}
    return json.dumps({"data": {**data, "payload": payload, **fields}}).encode()


def direct(sender: str = CUSTOMER, recipient: str = BRAND, **fields: Any) -> dict[str, Any]:
    created = {
        "target": {"recipient_id": recipient},
        "sender_id": sender,
        "message_data": {"text": "Where is my parcel, asks Jane?", "entities": {"urls": []}},
        **fields,
    }
    event = {
        "type": "message_create",
        "id": "2080765901528535096",
        "created_timestamp": "1772448060372",
        "message_create": created,
    }
    return {"direct_message_events": [event], "users": USERS}


def chat(sender: str = CUSTOMER, **fields: Any) -> dict[str, Any]:
    return {
        "conversation_token": "eyJhbGciOiJIUzI1NiJ9.eyJyZXF1ZXN0aW5nVXNlciI6Imphbm",
        "id": "e4f4d3fc-8bbf-4928-92eb-e5058d6bb6f6",
        "created_at_msec": "1772448060372",
        "sender_id": sender,
        "conversation_id": f"{CUSTOMER}:{BRAND}",
        "encoded_event": "CwABAAAAEzIwODA0MDA4MjUyMjcxMDAxNjALAAIA",
        **fields,
    }


def post(author: str = CUSTOMER, number: int = 0, **fields: Any) -> dict[str, Any]:
    own_id = str(int(CONVERSATION) + number)
    return {
        "id": own_id,
        "conversation_id": CONVERSATION,
        "author_id": author,
        "created_at": "2026-03-02T10:41:00.000Z",
        "edit_history_tweet_ids": [own_id],
        "text": "hey @shop, where is my parcel?",
        "entities": {"mentions": [{"start": 4, "end": 9, "username": "shop", "id": BRAND}]},
        "public_metrics": {"like_count": 0, "impression_count_str": "0"},
        **fields,
    }


def answer(**fields: Any) -> dict[str, Any]:
    refers = {"referenced_tweets": [{"type": "replied_to", "id": CONVERSATION}], "in_reply_to_user_id": CUSTOMER}
    return post(BRAND, 9, **{**refers, **fields})


INCLUDES = {"users": [{"id": CUSTOMER, "name": "Jane Doe"}], "tweets": [post()]}


def signed(body: Body, secret: str, now_ms: int) -> Request:  # noqa: ARG001 - no instant is signed
    headers = {b"content-type": b"application/json", x.SIGNATURES[0]: x.sign(body.body, secret.encode())}
    return Request("POST", headers, {}, body.body)


CASE = Case(
    connector=X(),
    account=Account("brand", (SECRET.encode(),), options={"bot_app_ids": "268278", "agent_app_ids": "555"}),
    secret=SECRET,
    other_secret=_OTHER,
    sign=signed,
    signed_headers=(x.SIGNATURES[0],),
    bodies=(
        Body(told("dm.received", direct()), ("message-received",)),
        Body(told("dm.sent", direct(BRAND, CUSTOMER)), ("reply-sent",)),
        Body(told("chat.received", chat()), ("message-received",)),
        Body(told("chat.sent", chat(BRAND)), ("reply-sent",)),
        Body(told("post.mention.create", post(), includes=INCLUDES), ("message-received",)),
        Body(told("post.create", answer()), ("reply-sent",)),
        Body(told("post.create", post(BRAND)), ()),
        Body(told("like.create", {"id": "87719f50", "timestamp_ms": "1772448060236", "liked_tweet_id": "1"}), ()),
        Body(told("dm.read", {"direct_message_mark_read_events": [{"sender_id": CUSTOMER}]}), ()),
        Body(told("profile.update.bio", {"before": "Parcels", "after": "Parcels of Jane"}), ()),
    ),
    private=("Jane", "jane", CUSTOMER, "parcel"),
)
