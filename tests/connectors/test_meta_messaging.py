"""Messenger and Instagram: what they share, through both."""

from typing import Any

import pytest

from app.connectors.connector import Account, Draft, Malformed, Request
from app.connectors.instagram import Instagram
from app.connectors.messenger import Messenger
from tests.connectors.cases.messenger import CUSTOMER, PAGE, echo, entry, post, said, update

KEYS = {"verify_token": b"t" * 20}
ACCOUNT = Account("page", (), options={"bot_app_ids": "555", "agent_app_ids": "777"}, keys=KEYS)
BARE = Account("page", (), keys=KEYS)

both = pytest.mark.parametrize("connector", [Messenger(), Instagram()], ids=["messenger", "instagram"])


def _drafts(connector: Messenger | Instagram, *entries: dict[str, Any], account: Account = ACCOUNT) -> list[Draft]:
    items = connector.parse(Request("POST", {}, {}, post(connector.object_name, *entries)), account)
    return [draft for item in items for draft in connector.normalise(item, account)]


def _one(connector: Messenger | Instagram, *updates: dict[str, Any], account: Account = ACCOUNT) -> Draft:
    (draft,) = _drafts(connector, entry(*updates), account=account)
    return draft


@both
def test_a_message_says_who_when_and_where(connector: Messenger | Instagram) -> None:
    assert _one(connector, update(message=said(1))) == (
        "m_1",
        {
            "type": "message-received",
            "ticket_id": f"{PAGE}:{CUSTOMER}",
            "channel": connector.name,
            "occurred_at": "2026-03-02T10:41:00.123Z",
            "customer_id": CUSTOMER,
            "author_id": CUSTOMER,
        },
        frozenset({"ticket_id"}),
        (),
    )


@both
def test_an_echo_is_a_reply_in_the_same_conversation(connector: Messenger | Instagram) -> None:
    reply = _one(connector, echo(2))
    assert reply.fields["type"] == "reply-sent"
    assert reply.fields["ticket_id"] == _one(connector, update(message=said(1))).fields["ticket_id"]
    assert reply.fields["customer_id"] == CUSTOMER
    assert "author_id" not in reply.fields


@pytest.mark.parametrize(
    ("app_id", "account", "kind"),
    [
        (555, ACCOUNT, "bot"),
        ("555", ACCOUNT, "bot"),
        (777, ACCOUNT, "agent"),
        (263902037430900, ACCOUNT, "agent"),
        ("1217981644879628", BARE, "agent"),
        (555, BARE, "unknown"),
        (888, ACCOUNT, "unknown"),
        (None, ACCOUNT, "unknown"),
        ({"id": 555}, ACCOUNT, "unknown"),
    ],
)
def test_who_wrote_is_who_is_behind_the_app(app_id: Any, account: Account, kind: str) -> None:
    assert _one(Messenger(), echo(1, app_id=app_id), account=account).fields["author_kind"] == kind


@both
@pytest.mark.parametrize(
    "other",
    [
        {"read": {"watermark": 1}},
        {"delivery": {"mids": ["m_1"], "watermark": 1}},
        {"reaction": {"mid": "m_1"}},
        {"message_edit": {"mid": "m_1", "text": "x"}},
        {"optin": {"ref": "x"}},
        {"referral": {"ref": "x"}},
        {"app_roles": {"555": ["primary_receiver"]}},
        {"request_thread_control": {"requested_owner_app_id": 777}},
        {"message": said(1, is_deleted=True)},
        {"message": said(1, is_self=True, is_echo=True)},
        {},
    ],
)
def test_what_says_nothing_new_is_no_turn(connector: Messenger | Instagram, other: dict[str, Any]) -> None:
    assert _drafts(connector, entry(update(**other))) == []


@both
def test_a_message_to_another_app_counts_too(connector: Messenger | Instagram) -> None:
    drafts = _drafts(connector, {"id": PAGE, "standby": [update(message=said(1)), echo(2)]})
    assert [draft.fields["type"] for draft in drafts] == ["message-received", "reply-sent"]


def test_one_message_seen_by_two_apps_is_one() -> None:
    first = _one(Messenger(), update(message=said(1)))
    (second,) = _drafts(Messenger(), {"id": PAGE, "standby": [update(message=said(1))]})
    assert first == second


def test_a_button_is_a_message_and_known_by_its_id_or_its_instant() -> None:
    with_id = _one(Messenger(), update(postback={"mid": "m_9", "payload": "x"}))
    without = _one(Messenger(), update(postback={"payload": "x"}))
    later = _one(Messenger(), {**update(postback={"payload": "x"}), "timestamp": 1_772_448_060_124})
    assert with_id.native_id == "m_9"
    assert without.fields["type"] == "message-received"
    assert len({with_id.native_id, without.native_id, later.native_id}) == 3


@pytest.mark.parametrize(
    ("control", "account", "to"),
    [
        ({"new_owner_app_id": "263902037430900"}, ACCOUNT, "human"),
        ({"new_owner_app_id": 555}, ACCOUNT, "bot"),
        ({"new_owner_app_id": 777, "previous_owner_app_id": 555}, ACCOUNT, "human"),
        ({"new_owner_app_id": 888, "previous_owner_app_id": 777}, ACCOUNT, "bot"),
        ({"previous_owner_app_id": 555}, ACCOUNT, "human"),
        ({"previous_owner_app_id": "263902037430900"}, BARE, "bot"),
        ({"new_owner_app_id": None}, BARE, "human"),
        ({}, BARE, "human"),
    ],
)
@pytest.mark.parametrize("kind", ["pass_thread_control", "take_thread_control"])
def test_a_hand_over_says_to_whom(kind: str, control: dict[str, Any], account: Account, to: str) -> None:
    draft = _one(Messenger(), update(**{kind: control}), account=account)
    assert (draft.fields["type"], draft.fields["to"]) == ("ticket-handed-over", to)


def test_in_a_hand_over_the_customer_is_who_is_not_the_page() -> None:
    control = {"pass_thread_control": {"new_owner_app_id": 777}}
    documented = _one(Messenger(), update(CUSTOMER, PAGE, **control))
    recorded = _one(Messenger(), update(PAGE, CUSTOMER, **control))
    assert documented == recorded
    assert documented.fields["customer_id"] == CUSTOMER


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({**update(message=said(1)), "timestamp": "1772448060123"}, "timestamp must be a whole number"),
        ({**update(message=said(1)), "timestamp": 1772448060}, "between 2010 and 2100"),
        ({**update(message=said(1)), "timestamp": True}, "timestamp must be a whole number"),
        ({**update(message=said(1)), "timestamp": 1.5e12}, "timestamp must be a whole number"),
        (update(message={"text": "hello"}), "mid must be a text"),
        (update(message=7), "message must be a JSON object"),
        ({**update(message=said(1)), "sender": {}}, "id must be a text"),
        ({**update(message=said(1)), "recipient": "1"}, "recipient must be a JSON object"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        _drafts(Messenger(), entry(wrong))
