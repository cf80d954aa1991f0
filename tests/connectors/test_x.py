import dataclasses
import hmac
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from app.connectors import x
from app.connectors.connector import Draft, Malformed, Request
from app.connectors.x import X
from tests.connectors import kpis
from tests.connectors.cases.case import NOW_MS
from tests.connectors.cases.x import (
    BRAND,
    CASE,
    CONVERSATION,
    CUSTOMER,
    INCLUDES,
    SECRET,
    answer,
    chat,
    direct,
    post,
    signed,
    told,
)

CONNECTOR = X()
OAUTH2, OAUTH1 = x.SIGNATURES
REPOST = [{"type": "retweeted", "id": CONVERSATION}]


def _drafts(event_type: str, payload: dict[str, Any], **fields: Any) -> list[Draft]:
    (item,) = CONNECTOR.parse(Request("POST", {}, {}, told(event_type, payload, **fields)), CASE.account)
    return list(CONNECTOR.normalise(item, CASE.account))


def _asking(**query: str) -> Request:
    return Request("GET", {}, query, b"")


def test_a_token_is_answered_with_its_signature_by_the_first_secret() -> None:
    token = "NTJkZDA2NDctMjQxYS00MjRlLTk1OGEtMzkyYjJhZTIyM2Iw"
    account = dataclasses.replace(CASE.account, secrets=(SECRET.encode(), b"another secret of the app"))
    answer = CONNECTOR.handshake(_asking(crc_token=token), account)
    assert answer is not None
    assert (answer.status, answer.content_type) == (200, "application/json")
    prefix, _, signature = json.loads(answer.body)["response_token"].partition("=")
    assert (prefix, b64decode(signature)) == ("sha256", hmac.digest(SECRET.encode(), token.encode(), "sha256"))


def test_no_body_of_a_post_is_signed_as_a_token() -> None:
    """Else whoever asks for the signature of a body as a token could send that body as X."""
    for body in CASE.bodies:
        assert CONNECTOR.handshake(_asking(crc_token=body.body.decode()), CASE.account) == (403, b"", "", ())
    for token in ("", "{}", "[7]", '"x"', "a b", "a" * 201, "t\u00f6ken", "token\n"):
        assert CONNECTOR.handshake(_asking(crc_token=token), CASE.account) == (403, b"", "", ())


def test_other_requests_are_no_handshake() -> None:
    assert CONNECTOR.handshake(_asking(), CASE.account) is None
    assert CONNECTOR.handshake(Request("HEAD", {}, {"crc_token": "a"}, b""), CASE.account) is None


def test_either_signature_will_do_and_one_that_is_right_is_enough() -> None:
    request = signed(CASE.bodies[0], SECRET, NOW_MS)
    right, wrong = request.headers[OAUTH2], x.sign(request.body, b"another secret of the app")
    for headers, secret in (
        ({OAUTH1: right}, 0),
        ({OAUTH2: wrong, OAUTH1: right}, 0),
        ({OAUTH2: right, OAUTH1: wrong}, 0),
        ({OAUTH2: wrong, OAUTH1: wrong}, None),
        ({OAUTH1: right.lower()}, None),
    ):
        assert CONNECTOR.verify(request._replace(headers=headers), CASE.account, NOW_MS).secret == secret


def test_a_message_says_who_when_and_where() -> None:
    (draft,) = _drafts("dm.received", direct())
    assert draft[:3] == (
        "2080765901528535096",
        {
            "type": "message-received",
            "ticket_id": f"{BRAND}:{CUSTOMER}",
            "channel": "x",
            "occurred_at": "2026-03-02T10:41:00.372Z",
            "author_id": CUSTOMER,
            "customer_id": CUSTOMER,
        },
        frozenset({"ticket_id"}),
    )


@pytest.mark.parametrize(
    ("app_id", "kind"), [("268278", "bot"), (268278, "bot"), ("555", "agent"), ("7", "unknown"), (None, "unknown")]
)
def test_who_answered_is_known_by_the_app_or_not_at_all(app_id: Any, kind: str) -> None:
    (draft,) = _drafts("dm.sent", direct(BRAND, CUSTOMER, source_app_id=app_id))
    assert (draft.fields["type"], draft.fields["author_kind"]) == ("reply-sent", kind)
    assert (draft.fields["ticket_id"], draft.fields["customer_id"]) == (f"{BRAND}:{CUSTOMER}", CUSTOMER)


def test_what_two_subscriptions_deliver_is_one_event() -> None:
    once, twice = _drafts("dm.received", direct()), _drafts("dm.received", direct(), event_uuid="7", tag="other")
    assert once == twice


def test_an_encrypted_chat_is_one_ticket_of_both_sides() -> None:
    (asked,), (answered,) = _drafts("chat.received", chat()), _drafts("chat.sent", chat(BRAND, id="8e75466b"))
    assert asked.fields["ticket_id"] == answered.fields["ticket_id"]
    assert (asked.fields["occurred_at"], answered.fields["author_kind"]) == ("2026-03-02T10:41:00.372Z", "unknown")


def test_in_a_public_conversation_each_customer_has_a_ticket() -> None:
    (one,) = _drafts("post.mention.create", post())
    (other,) = _drafts("post.mention.create", post("3333333333333333333", 5))
    (answered,) = _drafts("post.create", answer())
    assert one.fields["ticket_id"] == answered.fields["ticket_id"] == f"{CONVERSATION}:{CUSTOMER}"
    assert other.fields["ticket_id"] == f"{CONVERSATION}:3333333333333333333"


def test_whom_a_post_replies_to_may_stand_in_what_is_included() -> None:
    (draft,) = _drafts("post.create", answer(in_reply_to_user_id=None), includes=INCLUDES)
    assert draft.fields["customer_id"] == CUSTOMER
    assert _drafts("post.create", answer(in_reply_to_user_id=None)) == []


@pytest.mark.parametrize(
    ("event_type", "payload"),
    [
        ("post.mention.create", post(BRAND)),
        ("post.mention.create", post(referenced_tweets=REPOST)),
        ("post.mention.create", post(edit_history_tweet_ids=["1", CONVERSATION])),
        ("post.create", post(BRAND)),
        ("post.create", answer(in_reply_to_user_id=BRAND)),
        ("post.create", answer(referenced_tweets=[{"type": "quoted", "id": CONVERSATION}])),
        ("post.create", answer(edit_history_tweet_ids=["1", "2"])),
        ("post.delete", {"id": CONVERSATION, "author_id": BRAND}),
        ("dm.received", {"direct_message_events": [{"type": "participants_join", "id": "1"}]}),
        ("dm.indicate_typing", {}),
        ("chat.conversation_join", chat()),
        ("of.2027", {}),
    ],
)
def test_what_says_nothing_new_is_no_turn(event_type: str, payload: dict[str, Any]) -> None:
    assert _drafts(event_type, payload) == []


@pytest.mark.parametrize(
    ("event_type", "payload", "words"),
    [
        ("chat.received", chat(created_at_msec=1772448060372), "created_at_msec must be a text of digits"),
        ("chat.received", chat(created_at_msec="1772448060"), "between 2010 and 2100"),
        ("chat.received", chat(created_at_msec="9" * 5000), "created_at_msec must be a text of digits"),
        ("dm.received", direct(sender_id=7), "sender_id must be a text"),
        ("post.mention.create", post(created_at="Jane"), "created_at must be RFC 3339"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(event_type: str, payload: dict[str, Any], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        _drafts(event_type, payload)


def test_messages_and_mentions_give_their_waits(tmp_path: Path) -> None:
    """Seconds: 0 a message, 90 its answer; 0 a mention, 45 another's, 60 the answer to the first."""

    def at(event_type: str, payload: dict[str, Any], second: int) -> dict[str, Any]:
        text = told(event_type, payload).decode()
        text = text.replace('"1772448060372"', f'"{1772448060372 + second * 1000}"')
        return json.loads(text.replace("10:41:00.000Z", f"10:4{1 + second // 60}:{second % 60:02}.000Z"))  # type: ignore[no-any-return]

    items = [
        at("dm.received", direct(), 0),
        at("dm.sent", direct(BRAND, CUSTOMER), 90),
        at("post.mention.create", post(), 0),
        at("post.mention.create", post("3333333333333333333", 5), 45),
        at("post.create", answer(), 60),
    ]
    found = kpis.samples(tmp_path, kpis.finished(CASE, items))
    assert sorted(found["first_response"]) == [60.0, 90.0]
