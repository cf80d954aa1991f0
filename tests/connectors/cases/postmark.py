import json
from typing import Any

from app.connectors.connector import Account, Request
from app.connectors.postmark import AUTHORIZATION, Postmark
from tests.connectors.cases.case import Body, Case

_SECRET = "6f1c0d7d5b8e4a3f9c2b"
_OTHER = "0d7d5b8e4a3f9c2b6f1c"
PRIVATE = ("Jane", "jane", "doe.example", "parcel", "4711", "CAF8", "Joe", "joe@")


def _sign(body: Body, secret: str, now_ms: int) -> Request:  # noqa: ARG001 - nothing is signed
    headers = {b"content-type": b"application/json", **body.headers}
    return Request("POST", {**headers, AUTHORIZATION: Postmark().key(secret)}, {}, body.body)


def mail(headers: dict[str, str], **fields: Any) -> bytes:
    return json.dumps(
        {
            "From": "jane@doe.example",
            "FromFull": {"Email": "jane@doe.example", "Name": "Jane Doe", "MailboxHash": ""},
            "To": '"Shop, support" <support+4711@shop.example>',
            "OriginalRecipient": "support+4711@shop.example",
            "Subject": "My parcel",
            "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b",
            "Date": "Mon, 2 Mar 2026 11:41:00 +0100",
            "TextBody": "Where is my parcel, asks Jane?",
            "Headers": [
                {
                    "Name": "Received",
                    "Value": "from mx.doe.example by mail.example id 1; Mon, 2 Mar 2026 10:41:02 +0000 (UTC)",
                },
                *({"Name": name, "Value": value} for name, value in headers.items()),
            ],
            "Attachments": [{"Name": "parcel.png", "Content": "amFuZQ==", "ContentType": "image/png"}],
            **fields,
        }
    ).encode()


FROM_TEAM = {"FromFull": {"Email": "joe@shop.example", "Name": "Joe"}, "To": "Jane Doe <jane@doe.example>"}

CASE = Case(
    connector=Postmark(),
    account=Account("support", (Postmark().key(_SECRET),), options={"team": "@shop.example"}),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=_sign,
    signed_headers=(AUTHORIZATION,),
    bodies=(
        Body(mail({"Message-ID": "<CAF8+1@doe.example>"}), ("message-received",)),
        Body(
            mail({"Message-ID": "<2@doe.example>", "References": "<CAF8+1@doe.example>"}, **FROM_TEAM), ("reply-sent",)
        ),
        Body(mail({"Message-ID": "<3@doe.example>", "Auto-Submitted": "auto-replied (vacation)"}), ()),
        Body(mail({"Return-Path": "<>"}), ()),
    ),
    signs_body=False,
    private=PRIVATE,
)
