import dataclasses
from typing import Any

import pytest

from app.connectors.connector import Account, Draft, Malformed, Request
from app.connectors.whatsapp import WhatsApp
from tests.connectors.cases.whatsapp import CASE, message, post, status, value

PHONE, USER = "491511234567", "DE.13491208655302741918"
NOBODY = {"contacts": None}


def _drafts(account: Account = CASE.account, field: str = "messages", **lists: Any) -> list[Draft]:
    items = WhatsApp().parse(Request("POST", {}, {}, post((field, value(**lists)))), account)
    return [draft for item in items for draft in WhatsApp().normalise(item, account)]


def _sent(**fields: Any) -> Draft:
    (draft,) = _drafts(statuses=[status(1, "sent", **fields)])
    return draft


def test_a_message_says_who_when_and_where() -> None:
    (draft,) = _drafts(messages=[message(1)])
    assert draft == (
        "wamid.1",
        {
            "type": "message-received",
            "ticket_id": f"106540352242922:{USER}",
            "channel": "whatsapp",
            "occurred_at": "2026-03-02T10:41:00Z",
            "customer_id": USER,
            "author_id": USER,
        },
        frozenset({"ticket_id"}),
        ("tel:+491511234567",),
    )


def test_the_account_names_the_channel() -> None:
    account = dataclasses.replace(CASE.account, channel="whatsapp-de")
    assert _drafts(account, messages=[message(1)])[0].fields["channel"] == "whatsapp-de"


@pytest.mark.parametrize(
    "kind", ["reaction", "edit", "revoke", "system", "request_welcome", "ephemeral", "poll_of_2027"]
)
def test_what_says_nothing_new_is_no_turn(kind: str) -> None:
    assert _drafts(messages=[message(1, kind)]) == []
    assert _drafts(field="smb_message_echoes", message_echoes=[message(1, kind, to=PHONE)]) == []


@pytest.mark.parametrize("word", ["delivered", "read", "failed", "played", "deleted", "warning"])
def test_a_status_other_than_sent_is_no_turn(word: str) -> None:
    assert _drafts(statuses=[status(1, word)]) == []


def test_one_message_seen_as_status_and_as_echo_is_one_reply() -> None:
    (echo,) = _drafts(field="smb_message_echoes", message_echoes=[message(1, to=PHONE)])
    sent = _sent()
    assert (echo.native_id, echo.fields["type"], echo.fields["ticket_id"]) == (
        sent.native_id,
        sent.fields["type"],
        sent.fields["ticket_id"],
    )
    assert (echo.fields["author_kind"], sent.fields["author_kind"]) == ("agent", "unknown")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"pricing": {"category": "marketing"}}, "campaign"),
        ({"pricing": {"category": "marketing_lite"}}, "campaign"),
        ({"pricing": {"category": "authentication"}}, "automation"),
        ({"pricing": {"category": "service"}}, "unknown"),
        ({"pricing": {"category": "utility"}}, "unknown"),
        ({"pricing": {"category": ["marketing"]}}, "unknown"),
        ({"pricing": 7}, "unknown"),
        ({"biz_opaque_callback_data": "bot:v7"}, "bot"),
        ({"biz_opaque_callback_data": "robot"}, "unknown"),
        ({"biz_opaque_callback_data": None}, "unknown"),
    ],
)
def test_who_wrote_is_said_as_far_as_it_is_known(fields: dict[str, Any], kind: str) -> None:
    assert _sent(**fields).fields["author_kind"] == kind


def test_without_a_marker_no_text_makes_a_bot() -> None:
    account = dataclasses.replace(CASE.account, options={})
    (draft,) = _drafts(account, statuses=[status(1, "sent", biz_opaque_callback_data="bot:v7")])
    assert draft.fields["author_kind"] == "unknown"


@pytest.mark.parametrize(
    "update",
    [
        message(1),
        message(1, **{"from": None}),
        message(1, **{"from": None, "from_user_id": USER}),
        message(1, from_user_id=USER),
    ],
)
def test_a_hidden_number_does_not_make_another_customer(update: dict[str, Any]) -> None:
    assert _drafts(messages=[update])[0].fields["customer_id"] == USER


def test_without_contacts_the_update_itself_says_who() -> None:
    assert _drafts(messages=[message(1)], **NOBODY)[0].fields["customer_id"] == PHONE
    assert _drafts(messages=[message(1, from_user_id=USER)], **NOBODY)[0].fields["customer_id"] == USER
    assert _drafts(statuses=[status(1, "sent", recipient_user_id=USER)], **NOBODY)[0].fields["customer_id"] == USER
    with pytest.raises(Malformed, match="neither from nor from_user_id"):
        _drafts(messages=[message(1, **{"from": ""})], **NOBODY)


def test_of_several_contacts_the_one_with_the_number_is_meant() -> None:
    contacts = [{"wa_id": "4930", "user_id": "DE.1"}, 7, {"wa_id": PHONE, "user_id": USER}]
    assert _drafts(messages=[message(1)], contacts=contacts)[0].fields["customer_id"] == USER
    assert _drafts(messages=[message(1, **{"from": "4931"})], contacts=contacts)[0].fields["customer_id"] == "4931"


def test_a_group_is_one_ticket() -> None:
    (message_draft,) = _drafts(messages=[message(1, group_id="g1")])
    (sent,) = _drafts(statuses=[status(1, "sent", recipient_type="group", recipient_id="g1")])
    assert message_draft.fields["ticket_id"] == sent.fields["ticket_id"] == "106540352242922:g1"
    assert message_draft.fields["customer_id"] == USER
    assert "customer_id" not in sent.fields


def test_old_chats_of_a_phone_that_is_connected_are_left_out() -> None:
    assert _drafts(field="history", messages=[message(1)]) == []


@pytest.mark.parametrize(
    ("update", "words"),
    [
        (message(1, timestamp=1772448060), "timestamp must be a text of digits"),
        (message(1, timestamp="1772448060123"), "between 2010 and 2100"),
        (message(1, timestamp="\u06f1772448060"), "timestamp must be a text of digits"),
        (message(1, timestamp="9" * 5000), "timestamp must be a text of digits"),
        (message(1, id=""), "id must be a text"),
        (message(1, type=["text"]), "type must be a text"),
        (message(1, **{"from": 7}), "from must be a text"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(update: dict[str, Any], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        _drafts(messages=[update])


def test_a_number_that_received_nothing_is_named() -> None:
    with pytest.raises(Malformed, match="phone_number_id"):
        _drafts(messages=[message(1)], metadata={})
