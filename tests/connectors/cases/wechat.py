import re

from app.connectors import wechat_aes
from app.connectors.connector import Account, Request
from app.connectors.signatures import TOLERANCE_MS
from app.connectors.wechat import WeChat
from tests.connectors.cases.case import Body, Case

_SECRET = "R7mVq2TzX9pLkW4sYb1NcE8hJfUaGd3oQi5KtBxZw6M"
_OTHER = "Zw6MR7mVq2TzX9pLkW4sYb1NcE8hJfUaGd3oQi5KtBx"
TOKEN, APP_ID = b"q8TzLwP2mVxR7bNc", "wx2f9b1c3d4e5f6a7b"
OURS, FOLLOWER = "gh_7f083739789a", "oia2TjJane1crbLOvLw"
NONCE = "260774613"
_TO = re.compile(rb"<ToUserName>(?:<!\[CDATA\[)?([^\]<]*)")


def envelope(to: bytes, encrypted: bytes) -> bytes:
    return b"<xml><ToUserName><![CDATA[%b]]></ToUserName><Encrypt><![CDATA[%b]]></Encrypt></xml>" % (to, encrypted)


def query(encrypted: bytes, now_ms: int, token: bytes = TOKEN) -> dict[str, str]:
    timestamp = str(now_ms // 1000)
    signature = wechat_aes.sign(token, timestamp.encode(), NONCE.encode(), encrypted).decode()
    return {"timestamp": timestamp, "nonce": NONCE, "encrypt_type": "aes", "msg_signature": signature}


def signed(body: Body, secret: str, now_ms: int) -> Request:
    """The post around a message, which is what `body` holds."""
    encrypted = wechat_aes.encrypt(wechat_aes.key(secret), APP_ID.encode(), body.body, b"aaaabbbbccccdddd")
    to = _TO.search(body.body)
    post = envelope(to[1] if to else OURS.encode(), encrypted)
    return Request("POST", {b"content-type": b"text/xml"}, query(encrypted, now_ms), post)


def xml(**fields: str) -> bytes:
    told = {"ToUserName": OURS, "FromUserName": FOLLOWER, "CreateTime": "1772448060", **fields}
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in told.items())
    return f"<xml>{inner}</xml>".encode()


def message(kind: str = "text", number: int = 1, **fields: str) -> bytes:
    return xml(MsgType=kind, Content="Where is my parcel, asks Jane?", MsgId=str(number), **fields)


def event(kind: str, **fields: str) -> bytes:
    return xml(MsgType="event", Event=kind, **fields)


ACCOUNT = Account("shop", (wechat_aes.key(_SECRET),), options={"app_id": APP_ID}, keys={"token": TOKEN})
CASE = Case(
    connector=WeChat(),
    account=ACCOUNT,
    secret=_SECRET,
    other_secret=_OTHER,
    sign=signed,
    signed_headers=(),
    bodies=(
        Body(message(), ("message-received",)),
        Body(message("location", 2, Label="Jane's street"), ("message-received",)),
        Body(event("CLICK", EventKey="my parcel"), ("message-received",)),
        Body(event("kf_create_session", KfAccount="ada@shop"), ("ticket-assigned",)),
        Body(event("kf_switch_session", FromKfAccount="ada@shop", ToKfAccount="bob@shop"), ("ticket-assigned",)),
        Body(event("kf_close_session", KfAccount="ada@shop"), ("ticket-closed",)),
        Body(event("subscribe"), ()),
        Body(event("LOCATION", Latitude="23.137466"), ()),
    ),
    private=("Jane", "parcel", FOLLOWER, "ada@shop", "23.137466"),
    oldest_ms=TOLERANCE_MS,
)
