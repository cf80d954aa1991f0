import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from app.connectors import telegram
from app.connectors.connector import Draft, Malformed, Request, SecretError
from app.connectors.telegram import Telegram
from tests.connectors import kpis
from tests.connectors.cases.telegram import (
    BOT,
    CASE,
    CUSTOMER,
    GROUP,
    OWNER,
    UPDATE,
    business,
    group,
    message,
    person,
    private,
    update,
)

TELEGRAM = Telegram()
CONNECTION = "hmaDEhZOSVd_AAAA5-x"


def _drafts(kind: str, value: dict[str, Any], **options: str) -> list[Draft]:
    account = dataclasses.replace(CASE.account, options=options or CASE.account.options)
    (item,) = TELEGRAM.parse(Request("POST", {}, {}, update(kind, value)), account)
    return list(TELEGRAM.normalise(item, account))


def _who(kind: str, value: dict[str, Any]) -> tuple[str, str | None, str | None]:
    (draft,) = _drafts(kind, value)
    return draft.fields["type"], draft.fields.get("author_kind"), draft.fields.get("author_id")


def test_a_message_says_who_when_and_where() -> None:
    (draft,) = _drafts("message", message())
    assert draft[:3] == (
        f"{UPDATE}",
        {
            "type": "message-received",
            "ticket_id": f"{CUSTOMER}",
            "channel": "telegram",
            "occurred_at": "2026-03-02T10:41:00Z",
            "author_id": f"{CUSTOMER}",
            "customer_id": f"{CUSTOMER}",
        },
        frozenset({"ticket_id"}),
    )


def test_no_event_is_named_by_the_id_of_a_person() -> None:
    for kind, value in (("message", message()), ("business_message", business()), ("message", message(chat=group()))):
        assert [draft.native_id for draft in _drafts(kind, value)] == [f"{UPDATE}"]


@pytest.mark.parametrize("secret", ["with spaces in it 7f9a", "ü" * 20, "a/b" * 10, "a" * 257, ""])
def test_a_secret_that_telegram_does_not_take_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(SecretError, match="openssl rand -hex 32") as refused:
        TELEGRAM.key(secret)
    assert not secret or secret not in str(refused.value)


@pytest.mark.parametrize("given", [CASE.secret + "x", CASE.secret[:-1], CASE.secret.upper(), "\xff"])
def test_another_token_is_refused(given: str) -> None:
    request = Request("POST", {telegram.SECRET_TOKEN: given.encode("latin-1")}, {}, b"{}")
    assert TELEGRAM.verify(request, CASE.account, 0) == (None, "mismatch")


@pytest.mark.parametrize("content", ["photo", "voice", "sticker", "location", "web_app_data", "dice"])
def test_whatever_is_said_is_a_turn(content: str) -> None:
    value = {**message(), content: {}}
    del value["text"]
    assert [draft.fields["type"] for draft in _drafts("message", value)] == ["message-received"]


@pytest.mark.parametrize("service", ["left_chat_member", "pinned_message", "successful_payment", "of_2027"])
def test_what_telegram_itself_notes_is_no_turn(service: str) -> None:
    value = {**message(chat=group()), service: {"text": "hello"}}
    del value["text"]
    assert _drafts("message", value) == []


@pytest.mark.parametrize("kind", ["edited_message", "deleted_business_messages", "channel_post", "poll_answer", "x"])
def test_other_updates_are_no_turns(kind: str) -> None:
    assert _drafts(kind, message()) == []


def test_of_a_business_account_both_sides_are_told() -> None:
    owner = {"from": person(OWNER)}
    assert _who("business_message", business()) == ("message-received", None, f"{CUSTOMER}")
    assert _who("business_message", business(**owner)) == ("reply-sent", "agent", f"{OWNER}")
    assert _who("business_message", business(**owner, sender_business_bot=BOT)) == ("reply-sent", "bot", "6600000001")
    assert _who("business_message", business(**owner, is_from_offline=True)) == ("reply-sent", "automation", f"{OWNER}")
    assert _who("business_message", business(is_from_offline=True)) == ("message-received", None, f"{CUSTOMER}")
    drafts = [*_drafts("business_message", business()), *_drafts("business_message", business(**owner))]
    both = {(draft.fields["ticket_id"], draft.fields["customer_id"]) for draft in drafts}
    assert both == {(f"{CONNECTION}:{CUSTOMER}", f"{CUSTOMER}")}


def test_a_bot_that_writes_waits_for_nobody() -> None:
    bot = {"from": BOT, "chat": private(BOT["id"])}
    assert _drafts("business_message", business(**bot)) == []
    assert _drafts("message", message(**bot)) == []


def test_an_agent_who_writes_to_the_bot_asks_for_nothing() -> None:
    assert _drafts("message", message(**{"from": person(OWNER), "chat": private(OWNER)})) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("message-received", None, f"{CUSTOMER}")),
        ({"from": person(OWNER)}, ("reply-sent", "agent", f"{OWNER}")),
        ({"from": BOT}, ("reply-sent", "bot", "6600000001")),
        ({"from": BOT, "sender_chat": {"id": GROUP}}, ("reply-sent", "agent", None)),
        ({"from": BOT, "sender_chat": {"id": -100777}}, ("message-received", None, "-100777")),
    ],
)
def test_in_a_group_the_list_and_the_source_say_who_answers(fields: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert _who("message", message(chat=group(), **fields)) == expected


def test_what_a_channel_posts_into_its_group_is_no_turn() -> None:
    value = message(chat=group(), sender_chat={"id": -100777}, is_automatic_forward=True)
    assert _drafts("message", value) == []


def test_a_group_is_a_ticket_and_a_topic_of_a_forum_is() -> None:
    tickets = [
        _drafts("message", message(chat=group(), message_thread_id=44, **more))[0].fields["ticket_id"]
        for more in ({}, {"is_topic_message": True})
    ]
    assert tickets == [f"{GROUP}", f"{GROUP}:44"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"date": "1772448060"}, "date must be a number of seconds"),
        ({"date": 1772448060123}, "between 2010 and 2100"),
        ({"from": None}, "from.id must be a whole number"),
        ({"chat": {"id": "Jane"}}, "chat.id must be a whole number"),
        (
            {"chat": group(), "is_topic_message": True, "message_thread_id": "Jane Doe"},
            "message_thread_id must be an id",
        ),
    ],
)
def test_what_is_wrong_is_named_without_its_value(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        _drafts("message", message(**fields))


def test_an_update_without_its_number_is_malformed() -> None:
    with pytest.raises(Malformed, match="update_id must be an id"):
        TELEGRAM.normalise({"message": message()}, CASE.account)


def test_a_business_chat_gives_its_waits(tmp_path: Path) -> None:
    """Seconds: 0 asks, 1 an absence note, 3 a bot, 5 asks on, 65 the owner answers."""

    def at(second: int, **fields: Any) -> dict[str, Any]:
        value = business(date=1_772_448_060 + second, **fields)
        return {**json.loads(update("business_message", value)), "update_id": UPDATE + second}

    owner = {"from": person(OWNER)}
    items = [
        at(0),
        at(1, **owner, is_from_offline=True),
        at(3, **owner, sender_business_bot=BOT),
        at(5),
        at(65, **owner),
    ]
    found = kpis.samples(tmp_path, kpis.finished(CASE, items))
    assert (found["first_response"], found["automated_response"], found["response"]) == ([65.0], [3.0], [60.0])
