import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from app.connectors import slack
from app.connectors.connector import Account, Draft, Malformed, Request
from app.connectors.slack import Slack
from tests.connectors import kpis
from tests.connectors.cases.case import NOW_MS, Body
from tests.connectors.cases.slack import (
    AGENT,
    CASE,
    CHANNEL,
    CUSTOMER,
    DIRECT,
    TEAM,
    THEIRS,
    TS,
    VERIFICATION,
    by_app,
    message,
    post,
    reply,
    signed,
)

SLACK = Slack()
UNKNOWN_SUBTYPES = ["channel_topic", "message_deleted", "message_replied", "huddle_thread", "tombstone", "of_2027"]


def _drafts(event: dict[str, Any], **options: str) -> list[Draft]:
    account = dataclasses.replace(CASE.account, options=options)
    (item,) = SLACK.parse(Request("POST", {}, {}, post(event)), account)
    return list(SLACK.normalise(item, account))


def _who(event: dict[str, Any], **options: str) -> tuple[str, str | None]:
    (draft,) = _drafts(event, **options)
    return draft.fields["type"], draft.fields.get("author_kind")


def test_the_published_values_hold(shared: Path) -> None:
    vectors = json.loads((shared / "webhooks/_vectors/slack.json").read_text())["vectors"]
    assert {vector["valid"] for vector in vectors} == {True, False}
    for vector in vectors:
        account = Account("a", (SLACK.key(vector["secret"]),))
        headers = {slack.TIMESTAMP: vector["timestamp"].encode(), slack.SIGNATURE: vector["signature"].encode()}
        request = Request("POST", headers, {}, vector["body"].encode())
        verdict = SLACK.verify(request, account, int(vector["timestamp"]) * 1000)
        assert verdict == ((0, None) if vector["valid"] else (None, "mismatch"))


def test_a_signature_in_another_form_is_refused() -> None:
    request = signed(CASE.bodies[0], CASE.secret, NOW_MS)
    headers = {**request.headers, slack.SIGNATURE: request.headers[slack.SIGNATURE].removeprefix(b"v0=")}
    assert SLACK.verify(request._replace(headers=headers), CASE.account, NOW_MS).fault == "malformed-header"


def test_the_challenge_is_the_answer_to_a_url_verification() -> None:
    request = signed(Body(VERIFICATION.encode(), ()), CASE.secret, NOW_MS)
    assert SLACK.accepted(request) == (200, b"3eZbrw1aBm2r", "text/plain", ())


@pytest.mark.parametrize(
    "body",
    [
        b'["url_verification"]',
        b'{"challenge": "x", "type": "url_verification "}',
        b'{"challenge": "Where is my parcel?", "type": "url_verification"}',
        b"{}",
    ],
)
def test_to_all_else_nothing_is_said(body: bytes) -> None:
    assert SLACK.accepted(Request("POST", {}, {}, body)) == (200, b"", "", ())


def test_a_message_says_who_when_and_where() -> None:
    (draft,) = _drafts(message())
    assert draft[:3] == (
        f"{CHANNEL}:{TS}",
        {
            "type": "message-received",
            "ticket_id": f"{CHANNEL}:{TS}",
            "channel": "slack",
            "occurred_at": "2026-03-02T10:41:00.001Z",
            "author_id": CUSTOMER,
            "customer_id": CUSTOMER,
        },
        frozenset(),
    )


def test_a_thread_is_a_ticket_and_a_direct_conversation_is() -> None:
    assert _drafts(reply())[0].fields["ticket_id"] == _drafts(message())[0].fields["ticket_id"]
    for kind in ("im", "mpim", "app_home"):
        direct = [_drafts(one)[0] for one in (message(channel=DIRECT, channel_type=kind), reply(channel=DIRECT))]
        assert {(draft.fields["ticket_id"], draft.personal) for draft in direct} == {(DIRECT, frozenset({"ticket_id"}))}
        assert direct[1].fields["type"] == "message-received"


def test_a_channel_is_a_ticket_where_the_account_says_so() -> None:
    found = {_drafts(one, tickets="channel")[0].fields["ticket_id"] for one in (message(), reply(), by_app())}
    assert found == {CHANNEL}


def test_a_message_that_two_workspaces_are_told_has_one_id() -> None:
    told = [
        json.loads(post(message(), team_id=team, event_id=event)) for team, event in ((TEAM, "Ev1"), (THEIRS, "Ev2"))
    ]
    assert len({SLACK.normalise(item, CASE.account)[0].native_id for item in told}) == 1


@pytest.mark.parametrize("subtype", UNKNOWN_SUBTYPES)
def test_what_says_nothing_new_is_no_turn(subtype: str) -> None:
    assert _drafts(message(subtype=subtype)) == []
    assert _drafts(by_app(subtype=subtype)) == []


def test_without_lists_who_began_a_thread_asks_and_others_answer() -> None:
    assert _who(message(AGENT)) == ("message-received", None)
    assert _who(reply(AGENT)) == ("reply-sent", "unknown")
    assert _who(reply(CUSTOMER)) == ("message-received", None)
    assert _who(reply(AGENT, parent_user_id=None)) == ("message-received", None)


@pytest.mark.parametrize("options", [{"agent_ids": f"U9, {AGENT}"}, {"agent_teams": TEAM}])
def test_with_lists_they_say_who_answers(options: dict[str, str]) -> None:
    theirs = {"user_team": THEIRS, "source_team": THEIRS, "team": TEAM}
    for one in (message, reply):
        assert _who(one(AGENT), **options) == ("reply-sent", "agent")
        assert _who(one(CUSTOMER, **theirs), **options) == ("message-received", None)
    assert _who(message(AGENT, channel=DIRECT), **options) == ("reply-sent", "agent")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (by_app(), "bot"),
        (by_app(None, subtype="bot_message"), "bot"),
        (by_app(None, subtype="bot_message", bot_id=None), "bot"),
        (by_app(channel=DIRECT, thread_ts=None), "bot"),
        (by_app(thread_ts=None), "automation"),
        (by_app("USLACKBOT", bot_id=None, app_id=None), "automation"),
    ],
)
def test_what_an_app_posts_is_of_a_bot_and_announcements_are_of_nobody(event: dict[str, Any], kind: str) -> None:
    assert _who(event) == ("reply-sent", kind)


def test_where_a_channel_is_a_ticket_a_bot_answers_in_it() -> None:
    assert _who(by_app(thread_ts=None), tickets="channel") == ("reply-sent", "bot")


@pytest.mark.parametrize("name", ["A0BOT", "B0BOT", "U0BOT"])
def test_apps_through_which_people_write_are_people(name: str) -> None:
    assert _who(by_app(thread_ts=None), agent_app_ids=f"A1,{name}") == ("reply-sent", "agent")
    (asked,) = _drafts(by_app(thread_ts=None), customer_app_ids=name)
    assert (asked.fields["type"], asked.fields.keys() & {"author_id", "customer_id"}) == ("message-received", set())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ts": 1772448060}, "ts must be a text: seconds"),
        ({"ts": "1772448060123.5"}, "ts must be a text: seconds"),
        ({"ts": "172448060.5"}, "between 2010 and 2100"),
        ({"thread_ts": "Jane Doe"}, "thread_ts must be a text: seconds"),
        ({"channel": "Jane Doe"}, "channel must be an id"),
        ({"user": None}, "user must be an id"),
        ({"bot_id": "Jane Doe", "user": None}, "user or bot_id must be an id"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        _drafts(message(**fields))


def test_a_thread_gives_its_waits(tmp_path: Path) -> None:
    """Seconds: 0 asks, 2 a bot, 5 asks on, 10 a reaction, 65 a colleague answers, 70 edits."""

    def at(second: int, event: dict[str, Any]) -> dict[str, Any]:
        return {**event, "ts": f"{1_772_448_060 + second}.001249"}

    events = [
        message(),
        at(2, by_app()),
        at(5, reply(CUSTOMER)),
        {"type": "reaction_added", "user": AGENT, "item": {"channel": CHANNEL, "ts": TS}},
        at(65, reply()),
        at(70, reply(subtype="message_changed", hidden=True)),
    ]
    found = kpis.samples(tmp_path, kpis.finished(CASE, [json.loads(post(event)) for event in events]))
    assert (found["first_response"], found["automated_response"], found["response"]) == ([65.0], [2.0], [60.0])
