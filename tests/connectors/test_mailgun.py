import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.connector import Account, Draft, Malformed, Request
from app.connectors.mailgun import Mailgun, sign
from tests.connectors.cases.case import NOW_MS
from tests.connectors.cases.mailgun import CASE, ENCODED, TOKEN
from tests.connectors.cases.sendgrid import HEAD

MAILGUN = Mailgun()
TIMESTAMP = str(NOW_MS // 1000)
RIGHT = {"timestamp": TIMESTAMP, "token": TOKEN, "signature": sign(TIMESTAMP, TOKEN, CASE.secret.encode()).decode()}


def _verify(**fields: str) -> str | None:
    request = Request("POST", ENCODED, {}, urlencode(fields).encode())
    return MAILGUN.verify(request, CASE.account, NOW_MS).fault


def _drafts(account: Account = CASE.account, **fields: str) -> list[Draft]:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    (item,) = MAILGUN.parse(Request("POST", ENCODED, {}, urlencode(named).encode()), account)
    return list(MAILGUN.normalise(item, account))


def test_it_is_the_hmac_of_rfc_4231() -> None:
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign("what do ya want ", "for nothing?", b"Jefe").decode() == digest


def test_the_fields_of_the_form_sign() -> None:
    assert _verify(**RIGHT) is None
    for name in RIGHT:
        assert _verify(**{other: value for other, value in RIGHT.items() if other != name}) == "missing-header"
        assert _verify(**{**RIGHT, name: ""}) == "missing-header"


@given(name=st.sampled_from(sorted(RIGHT)), position=st.integers(min_value=0), flip=st.integers(1, 127))
def test_one_changed_character_in_a_signed_field_is_refused(name: str, position: int, flip: int) -> None:
    value = RIGHT[name]
    at = position % len(value)
    assert _verify(**{**RIGHT, name: value[:at] + chr(ord(value[at]) ^ flip) + value[at + 1 :]}) is not None


@pytest.mark.parametrize("timestamp", ["1772448067.0", " 1772448067", "-1", "9" * 5000, "\u06f1", "x"])
def test_an_instant_in_another_form_is_refused(timestamp: str) -> None:
    signature = sign(timestamp, TOKEN, CASE.secret.encode()).decode()
    assert _verify(timestamp=timestamp, token=TOKEN, signature=signature) == "malformed-header"


def test_a_token_as_long_as_a_mail_is_refused() -> None:
    assert _verify(**{**RIGHT, "token": "x" * 201}) == "malformed-header"


@pytest.mark.parametrize(
    "content_type", [b"", b"application/json", b"multipart/form-data", b"multipart/form-data; boundary=x"]
)
def test_what_is_no_form_is_refused(content_type: bytes) -> None:
    request = Request("POST", {b"content-type": content_type}, {}, urlencode(RIGHT).encode())
    assert MAILGUN.verify(request, CASE.account, NOW_MS) == (None, "malformed-header")


def test_listed_headers_and_a_raw_mail_are_the_same_event() -> None:
    head = HEAD + "Message-ID: <1@doe.example>\r\n"
    listed = json.dumps([line.split(": ", 1) for line in head.replace("\r\n\t", " ").splitlines()])
    assert _drafts(message_headers=listed) == _drafts(body_mime=head + "\r\nWhere is my parcel?")


def test_the_envelope_tells_bounces_and_our_own_address() -> None:
    account = Account("support", (), options={"threads": "plus-address"})
    (draft,) = _drafts(account, body_mime=HEAD, recipient="support+4711@shop.example", sender="jane@doe.example")
    assert draft.fields["ticket_id"] == "+4711"
    assert _drafts(body_mime=HEAD, sender="") == []


@pytest.mark.parametrize("listed", ["", "x", "{}", "7", "[7]", "[[]]", '[["a"]]', '[["a", 7]]', '[["a", "b", "c"]]'])
def test_what_is_no_mail_is_malformed(listed: str) -> None:
    with pytest.raises(Malformed):
        _drafts(message_headers=listed)


def test_there_is_no_handshake() -> None:
    assert MAILGUN.handshake(Request("GET", {}, {}, b""), CASE.account) is None
