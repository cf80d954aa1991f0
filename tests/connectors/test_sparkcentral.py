import json
from typing import Any

import pytest

from app.connectors.connector import Account, Draft, Malformed, Request, SecretError
from app.connectors.sparkcentral import SIGNATURES, Sparkcentral, sign
from tests.connectors.cases.case import NOW_MS
from tests.connectors.cases.sparkcentral import AT, CASE, CONVERSATION, again, post, signed

DESK = Sparkcentral()
KEY = CASE.account.secrets[0]


def _drafts(value: Any, account: Account = CASE.account) -> list[Draft]:
    (item,) = DESK.parse(Request("POST", {}, {}, json.dumps(value).encode()), account)
    return list(DESK.normalise(item, account))


def _fault(body: bytes, header: bytes = SIGNATURES[0], now_ms: int = NOW_MS) -> str | None:
    return DESK.verify(Request("POST", {header: sign(body, KEY)}, {}, body), CASE.account, now_ms).fault


def test_the_key_is_the_secret_decoded_from_hex() -> None:
    """The second value of RFC 4231."""
    digest = b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign(b"what do ya want for nothing?", bytes.fromhex("4a656665")) == digest
    assert DESK.key(CASE.secret) == KEY


@pytest.mark.parametrize("secret", ["x" * 32, "4f0", "", "4f" * 15, "\u4e2d" * 32])
def test_what_is_no_hex_of_sixteen_bytes_is_no_secret(secret: str) -> None:
    with pytest.raises(SecretError):
        DESK.key(secret)


def test_the_former_name_of_the_header_is_taken_too() -> None:
    for header in SIGNATURES:
        assert _fault(CASE.bodies[0].body, header) is None
        assert DESK.verify(Request("POST", {header: b"0" * 64}, {}, b"{}"), CASE.account, NOW_MS).fault == "mismatch"
        assert DESK.verify(Request("POST", {header: b"0"}, {}, b"{}"), CASE.account, NOW_MS).fault == "malformed-header"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"timestamp": 1772448067}', b'{"timestamp": "soon"}'])
def test_a_signed_body_without_an_instant_is_refused(body: bytes) -> None:
    assert _fault(body) == "malformed-header"


def test_an_attempt_63_hours_later_is_taken_and_gives_what_the_first_gave() -> None:
    later_ms = NOW_MS + 63 * 3_600_000
    assert _fault(CASE.bodies[0].body, now_ms=later_ms) is None
    assert _fault(CASE.bodies[0].body, now_ms=later_ms + 3_601_000) == "stale"
    assert [draft.native_id for draft in _drafts(post(at="2026-03-04T10:41:07Z"))] == [
        draft.native_id for draft in _drafts(post())
    ]


def test_a_resolved_conversation_was_opened_and_is_closed() -> None:
    opened, closed = _drafts(post())
    common = {"ticket_id": CONVERSATION["id"], "channel": "messenger"}
    assert opened[:3] == (
        CONVERSATION["id"],
        {
            "type": "ticket-opened",
            **common,
            "occurred_at": "2026-03-02T09:42:27.004Z",
            "customer_id": "693ed54b-a426-11eb-9363-cffd945b4b2f",
        },
        frozenset(),
    )
    assert closed[:3] == (
        "6ebc6a78-d9e9-48be-b172-51eda40b7af8",
        {
            "type": "ticket-closed",
            **common,
            "occurred_at": "2026-03-02T10:41:07.635Z",
            "reason": "resolved",
            "author_kind": "agent",
            "author_id": "11599",
            "topic": "Redeem Rewards",
            "tags": ["Redeem Rewards", "Account Rewards"],
        },
        frozenset(),
    )


def test_the_opening_is_the_same_whatever_is_told_with_it() -> None:
    assert _drafts(post())[0] == _drafts(again("new"))[0] == _drafts(again("resolved"))[0]


def test_pending_is_a_pause_and_after_a_close_a_reopening_before_it() -> None:
    (_, paused) = _drafts(again("new"))
    assert (paused.fields["type"], paused.fields["reason"]) == ("ticket-paused", "other")
    (_, reopened, paused) = _drafts(again("resolved"))
    assert reopened.fields["occurred_at"] < paused.fields["occurred_at"]


def test_messages_without_instants_are_no_events() -> None:
    """Else first responses, waits and breaches would be made up."""
    assert {draft.fields["type"] for draft in _drafts(post())} == {"ticket-opened", "ticket-closed"}


@pytest.mark.parametrize("gone", ["agent", "contactProfile", "topics", "medium", "messages", "notes"])
def test_what_is_withheld_is_left_out(gone: str) -> None:
    _, closed = _drafts(post(**{gone: None}))
    assert closed.fields["type"] == "ticket-closed"


@pytest.mark.parametrize(
    ("medium", "own", "channel"),
    [("fb", "desk", "messenger"), ("twitter", None, "x"), ("zz", "desk", "desk"), ("zz", None, "sparkcentral")],
)
def test_the_medium_says_the_channel(medium: str, own: str | None, channel: str) -> None:
    account = Account("a", CASE.account.secrets, channel=own)
    assert _drafts(post(medium={"id": medium}), account)[0].fields["channel"] == channel


def test_other_types_are_of_no_use() -> None:
    for kind in ("CONVERSATION_STARTED", "INBOUND_MESSAGE_RECEIVED", "DATA_IMPORT_ERROR", ""):
        assert _drafts(post(kind)) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "a post is a JSON object"),
        ({**post(), "timestamp": 1772448067}, "timestamp must be"),
        ({**post(), "idempotencyKey": ""}, "idempotencyKey must be"),
        ({**post(), "data": None}, "data must be"),
        (post(conversation={}), "conversation.id must be"),
        (post(conversation={**CONVERSATION, "createdAt": 1}), "createdAt must be"),
        (post(topics={}), "topics must be"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(value: Any, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        _drafts(value)


def test_the_case_stamps_what_it_signs() -> None:
    """The contract's test of old posts would hold for nothing if the instant stayed."""
    assert AT.encode() in signed(CASE.bodies[0], CASE.secret, NOW_MS).body
    assert AT.encode() not in signed(CASE.bodies[0], CASE.secret, NOW_MS - 1000).body
