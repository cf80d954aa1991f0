import json
from urllib.parse import urlencode

from app.connectors.connector import Account, Request
from app.connectors.mailgun import OLDEST_MS, Mailgun, sign
from tests.connectors.cases import sendgrid
from tests.connectors.cases.case import Body, Case

_SECRET = "7d1f0b6a9c3e5f2d8b4a7c6e1f0d9b3a"
_OTHER = "0d9b3a7d1f0b6a9c3e5f2d8b4a7c6e1f"
TOKEN = "06c96bafc3f42a66b9edd546347a2fe18dc23461fe80dc52f0"
ENCODED = {b"content-type": b"application/x-www-form-urlencoded"}
_HEADERS = [line.split(": ", 1) for line in sendgrid.HEAD.replace("\r\n\t", " ").splitlines()]


def signed(body: Body, secret: str, now_ms: int) -> Request:
    """Its fields and, before them, those of the signature."""
    timestamp = str(now_ms // 1000)
    fields = {"timestamp": timestamp, "token": TOKEN, "signature": sign(timestamp, TOKEN, secret.encode()).decode()}
    if body.headers.get(b"content-type", b"").startswith(b"multipart"):
        before = sendgrid.multipart(fields).partition(b'--xYzZY\r\nContent-Disposition: form-data; name="headers"')[0]
    else:
        before = urlencode(fields).encode() + b"&"
    return Request("POST", {**ENCODED, **body.headers}, {}, before + body.body)


def _mail(*headers: list[str], **fields: str) -> bytes:
    listed = json.dumps([*_HEADERS, *headers])
    return urlencode(
        {"sender": "jane@doe.example", "body-plain": "my parcel", "message-headers": listed, **fields}
    ).encode()


CASE = Case(
    connector=Mailgun(),
    account=Account("support", (_SECRET.encode(),), options={"team": "support@shop.example"}),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=signed,
    signed_headers=(),
    bodies=(
        Body(_mail(["Message-Id", "<CAF8+1@doe.example>"], recipient="support@shop.example"), ("message-received",)),
        Body(sendgrid.multipart({"message-headers": json.dumps(_HEADERS)}), ("message-received",), sendgrid.MULTIPART),
        Body(urlencode({"body-mime": sendgrid.HEAD + "\r\n\r\nmy parcel"}).encode(), ("message-received",)),
        Body(_mail(["X-Autoreply", "yes"]), ()),
        Body(_mail(sender=""), ()),
    ),
    signs_body=False,
    private=("Jane", "jane", "doe.example", "parcel", "CAF8"),
    oldest_ms=OLDEST_MS,
)
