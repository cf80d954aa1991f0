import json
from base64 import b64encode
from typing import Any

import pytest

from app.connectors.connector import Account, Draft, Malformed, Request, SecretError
from app.connectors.postmark import AUTHORIZATION, Postmark
from tests.connectors.cases.postmark import mail

SECRET = "6f1c0d7d5b8e4a3f9c2b"
POSTMARK = Postmark()
ACCOUNT = Account("support", (POSTMARK.key(SECRET),))


def _verify(value: bytes) -> str | None:
    return POSTMARK.verify(Request("POST", {AUTHORIZATION: value}, {}, b"{}"), ACCOUNT, 0).fault


def _drafts(body: bytes, account: Account = ACCOUNT) -> list[Draft]:
    (item,) = POSTMARK.parse(Request("POST", {}, {}, body), account)
    return list(POSTMARK.normalise(item, account))


def test_the_name_and_password_of_the_url_are_the_key() -> None:
    assert _verify(b"Basic " + b64encode(f"carebeat:{SECRET}".encode())) is None
    for other in (f"carebeat:{SECRET}x", f"other:{SECRET}", "carebeat:", SECRET, f"carebeat:{SECRET}\n"):
        assert _verify(b"Basic " + b64encode(other.encode())) == "mismatch"
    assert _verify(f"Bearer {SECRET}".encode()) == "mismatch"
    assert _verify(b"\xff") == "mismatch"


@pytest.mark.parametrize(
    "secret", ["with@at-sign-in-it-9c2b", "with/slash/9c2b6f1c", "with%25percent6f1c", "ü" * 20, ""]
)
def test_a_password_that_a_url_would_change_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(SecretError, match="openssl rand -hex 32") as refused:
        POSTMARK.key(secret)
    assert not secret or secret not in str(refused.value)


def test_the_mails_own_id_and_thread_are_among_the_headers() -> None:
    (draft,) = _drafts(mail({"message-id": "<3@doe.example>", "References": "<1@doe.example> <2@shop.example>"}))
    assert (draft.native_id, draft.fields["ticket_id"]) == ("3@doe.example", "1@doe.example")
    assert (draft.fields["author_id"], draft.fields["occurred_at"]) == ("jane@doe.example", "2026-03-02T10:41:02Z")


def test_without_it_postmarks_own_id_is_the_mails() -> None:
    (draft,) = _drafts(mail({}))
    assert draft.native_id == "73e6d360-66eb-11e1-8e72-a8904824019b"


def test_the_address_it_came_to_is_known() -> None:
    account = Account("support", (), options={"threads": "plus-address"})
    (draft,) = _drafts(mail({}), account)
    assert draft.fields["ticket_id"] == "+4711"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"MessageID": None}, "MessageID must be a text"),
        ({"FromFull": "jane"}, "FromFull must be a JSON object"),
        ({"FromFull": {"Email": 7}}, "Email must be a text"),
        ({"To": ["jane"]}, "To must be a text"),
        ({"Headers": {}}, "Headers must be an array"),
        ({"Headers": [7]}, "what is in Headers"),
        ({"Headers": [{"Value": "x"}]}, "Name must be a text"),
        ({"Headers": [{"Name": "x", "Value": 7}]}, "Value must be a text"),
        ({"Headers": None, "Date": "yesterday"}, "neither Received nor Date"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        _drafts(mail({}, **changes))


def test_a_body_that_is_no_mail_is_malformed() -> None:
    for value in (7, [], "x", None):
        with pytest.raises(Malformed, match="must be a JSON object"):
            _drafts(json.dumps(value).encode())


def test_there_is_no_handshake() -> None:
    assert POSTMARK.handshake(Request("GET", {}, {}, b""), ACCOUNT) is None
