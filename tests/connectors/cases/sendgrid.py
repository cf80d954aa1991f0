from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.connectors.connector import Account, Request
from app.connectors.sendgrid import OLDEST_MS, SIGNATURE, TIMESTAMP, SendGrid
from tests.connectors.cases.case import Body, Case

MULTIPART = {b"content-type": b"multipart/form-data; boundary=xYzZY"}
HEAD = (
    "Received: from mx.doe.example by mail.example\r\n\tid 1; Mon, 2 Mar 2026 10:41:02 +0000 (UTC)\r\n"
    "From: Jane Doe <jane@doe.example>\r\nTo: support@shop.example\r\nSubject: My parcel\r\n"
    "Date: Mon, 2 Mar 2026 11:41:00 +0100\r\n"
)


def public(private: ec.EllipticCurvePrivateKey) -> str:
    return b64encode(private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


_PRIVATE = {public(key): key for key in (ec.derive_private_key(number, ec.SECP256R1()) for number in (4711, 4712))}
_SECRET, _OTHER = _PRIVATE


def _sign(body: Body, secret: str, now_ms: int) -> Request:
    timestamp = str(now_ms // 1000).encode()
    signature = b64encode(_PRIVATE[secret].sign(timestamp + body.body, ec.ECDSA(SHA256())))
    return Request("POST", {**MULTIPART, **body.headers, TIMESTAMP: timestamp, SIGNATURE: signature}, {}, body.body)


def multipart(fields: dict[str, str]) -> bytes:
    """A form with an attachment behind its fields."""
    parts = [
        f'--xYzZY\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()
    ]
    file = '--xYzZY\r\nContent-Disposition: form-data; name="headers"; filename="parcel.png"\r\n\r\njane\x00\r\n'
    return "".join([*parts, file, "--xYzZY--\r\n"]).encode()


def _mail(head: str, **fields: str) -> bytes:
    envelope = '{"to": ["support@shop.example"], "from": "jane@doe.example"}'
    return multipart({"headers": HEAD + head, "text": "Where is my parcel?", "envelope": envelope, **fields})


CASE = Case(
    connector=SendGrid(),
    account=Account("support", (SendGrid().key(_SECRET),), options={"team": "support@shop.example"}),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=_sign,
    signed_headers=(SIGNATURE, TIMESTAMP),
    bodies=(
        Body(_mail("Message-ID: <CAF8+1@doe.example>\r\n"), ("message-received",)),
        Body(multipart({"email": HEAD + "\r\n\r\nWhere is my parcel?"}), ("message-received",)),
        Body(
            multipart(
                {"headers": HEAD.replace("jane@doe", "support@shop").replace("To: support@shop", "To: jane@doe")}
            ),
            ("reply-sent",),
        ),
        Body(_mail("Precedence: bulk\r\n"), ()),
        Body(_mail("", envelope='{"to": ["support@shop.example"], "from": ""}'), ()),
    ),
    private=("Jane", "jane", "doe.example", "parcel", "CAF8"),
    oldest_ms=OLDEST_MS,
)
