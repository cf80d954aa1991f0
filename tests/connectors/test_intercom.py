import json
from pathlib import Path
from typing import Any

import pytest

from app.connectors import intercom
from app.connectors.connector import Account, Draft, Malformed, Request
from app.connectors.intercom import Intercom
from tests.connectors import kpis
from tests.connectors.cases import intercom as bodies
from tests.connectors.cases.case import NOW_MS

INTERCOM = Intercom()
ADMIN, BOT, CUSTOMER = bodies.ADMIN, bodies.BOT, bodies.CUSTOMER


def _drafts(item: dict[str, Any], **options: str) -> list[Draft]:
    return [*INTERCOM.normalise(item, Account("shop", (), options=options))]


def _told(item: dict[str, Any], *names: str, **options: str) -> list[tuple[Any, ...]]:
    return [tuple(draft.fields.get(name) for name in ("type", *names)) for draft in _drafts(item, **options)]


def _sample(shared: Path, name: str) -> Any:
    return json.loads((shared / f"webhooks/intercom/{name}.json").read_text())


@pytest.mark.parametrize(
    ("key", "data", "digest"),
    [  # RFC 2202, test cases 1, 2 and 6
        (b"\x0b" * 20, b"Hi There", b"b617318655057264e28bc0b6fb378c8ef146be00"),
        (b"Jefe", b"what do ya want for nothing?", b"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (
            b"\xaa" * 80,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            b"aa4ae5e15272d00e95705637ce8a3b55ed402112",
        ),
    ],
)
def test_the_signature_is_hmac_sha1_of_the_body(key: bytes, data: bytes, digest: bytes) -> None:
    assert intercom.sign(data, key) == b"sha1=" + digest


def test_a_signature_of_another_scheme_is_refused() -> None:
    request = Request("POST", {intercom.SIGNATURE: b"sha256=00"}, {}, b"{}")
    assert INTERCOM.verify(request, Account("shop", (b"k",)), NOW_MS) == (None, "malformed-header")


def test_the_check_of_the_url_is_answered() -> None:
    account = Account("shop", ())
    answers = {method: INTERCOM.handshake(Request(method, {}, {}, b""), account) for method in ("HEAD", "GET", "POST")}
    assert {method: answer and answer.status for method, answer in answers.items()} == {
        "HEAD": 200,
        "GET": None,
        "POST": None,
    }


def test_reply_and_assign_come_twice_and_are_one_reply(shared: Path) -> None:
    pair = [_sample(shared, f"zulip_conversation_admin_{kind}_same_part") for kind in ("replied", "assigned")]
    parts = {item["data"]["item"]["conversation_parts"]["conversation_parts"][0]["id"] for item in pair}
    assert len(parts) == 1
    kinds = sorted(event.type for event in {event.id: event for event in kpis.finished(bodies.CASE, pair)}.values())
    assert kinds == ["reply-sent", "ticket-assigned"]


def test_a_reply_that_any_topic_brings_is_the_same_reply() -> None:
    part = bodies.part("assignment", ADMIN, **bodies.TO_ADMIN)
    topics = ("conversation.admin.replied", "conversation.admin.open.assigned")
    events = kpis.finished(bodies.CASE, [bodies.notification(topic, part) for topic in topics])
    assert len({event.id for event in events if event.type == "reply-sent"}) == 1


def test_first_response_is_what_intercom_says_it_is_and_the_bot_does_not_count(shared: Path, tmp_path: Path) -> None:
    # one conversation: the bot 4 s after its beginning, the agent after 211 s
    bot = _sample(shared, "zulip_conversation_operator_replied_bot")
    agent = _sample(shared, "zulip_conversation_admin_open_assigned_2026")
    begun = {**bot, "topic": "conversation.user.created"}
    found = kpis.samples(tmp_path, kpis.finished(bodies.CASE, [begun, bot, agent]))
    told = agent["data"]["item"]["statistics"]["time_to_admin_reply"]
    assert (told, found["first_response"]) == (211, [211.0])
    assert found["automated_response"] == [4.0]


def test_a_reply_and_the_close_that_came_with_it_share_one_instant() -> None:
    item = bodies.notification("conversation.admin.closed", bodies.part("close", ADMIN, "<p>Bye</p>"))
    assert _told(item, "occurred_at", "author_kind") == [
        ("reply-sent", "2026-03-02T10:41:00Z", "agent"),
        ("ticket-closed", "2026-03-02T10:41:00Z", "agent"),
    ]


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        (ADMIN, "agent"),
        ({**ADMIN, "type": "team"}, "agent"),
        (BOT, "bot"),
        ({**ADMIN, "from_ai_agent": True}, "bot"),
        ({**ADMIN, "id": "77"}, "bot"),
        ({**ADMIN, "type": "campaign"}, "campaign"),
        ({**ADMIN, "type": "robot"}, "unknown"),
    ],
)
def test_who_answers(author: dict[str, Any], expected: str) -> None:
    item = bodies.notification("conversation.admin.replied", bodies.part("comment", author))
    assert _told(item, "author_kind", bot_ids="77") == [("reply-sent", expected)]


@pytest.mark.parametrize(
    ("delivered_as", "expected"),
    [("admin_initiated", "agent"), ("campaigns_initiated", "campaign"), ("automated", "automation"), (None, "agent")],
)
def test_who_began_what_no_customer_began(delivered_as: str | None, expected: str) -> None:
    source = {**bodies.CONVERSATION["source"], "delivered_as": delivered_as, "author": ADMIN}
    item = bodies.notification("conversation.admin.single.created", source=source)
    assert _told(item, "author_kind") == [("ticket-opened", None), ("reply-sent", expected)]


def test_a_customer_who_writes_into_a_closed_conversation_opens_it() -> None:
    item = bodies.notification("conversation.user.replied", bodies.part("open", CUSTOMER))
    assert _told(item, "author_kind") == [("message-received", None), ("ticket-reopened", None)]


@pytest.mark.parametrize(
    "topic", ["conversation.admin.replied", "conversation.admin.open.assigned", "ticket.admin.replied"]
)
def test_a_note_is_nobodys_answer(topic: str) -> None:
    assert _drafts(bodies.notification(topic, bodies.part("note", ADMIN))) == []


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ({"type": "admin", "id": "12"}, ("12", None)),
        ({"type": "team", "id": 5}, (None, "5")),
        ({"type": "nobody_admin", "id": None}, (None, None)),
        (None, ("9608799", None)),  # then whom the conversation has
    ],
)
def test_whom_it_was_given_to(to: Any, expected: tuple[Any, Any]) -> None:
    part = bodies.part("assignment", ADMIN, None, assigned_to=to)
    told = _told(bodies.notification("conversation.admin.assigned", part), "agent_id", "team")
    assert told == [("ticket-assigned", *expected)]


def test_a_team_takes_nothing_from_the_agent_who_has_it() -> None:
    part = bodies.part("assignment", ADMIN, None, assigned_to={"type": "team", "id": 5})
    (draft,) = _drafts(bodies.notification("conversation.admin.assigned", part))
    assert "agent_id" not in draft.fields


@pytest.mark.parametrize(("took_part", "author", "expected"), [(True, BOT, 1), (False, BOT, 0), (True, ADMIN, 0)])
def test_the_ai_agent_hands_over_when_a_bot_assigns(took_part: bool, author: dict[str, Any], expected: int) -> None:
    part = bodies.part("assignment", author, None, **bodies.TO_ADMIN)
    item = bodies.notification("conversation.admin.assigned", part, ai_agent_participated=took_part)
    assert _told(item, "to").count(("ticket-handed-over", "human")) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("waiting_on_customer", [("ticket-paused", "customer")]),
        ({"id": "3", "category": "in_progress"}, [("ticket-resumed", "customer")]),
        ({"category": "resolved"}, [("ticket-closed", "resolved")]),
        ("submitted", []),
        (None, []),
    ],
)
def test_a_tickets_state_is_a_word_or_has_a_category(state: Any, expected: list[Any]) -> None:
    assert _told(bodies.ticket("ticket.state.updated", ticket_state=state), "reason") == expected


def test_a_closed_ticket_is_inside_ticket_or_not() -> None:
    flat = bodies.ticket("ticket.closed")
    nested = {**flat, "data": {"item": {"ticket": flat["data"]["item"]}}}
    assert _drafts(flat) == _drafts(nested)


def test_parts_of_a_ticket_are_those_of_its_conversation() -> None:
    part = bodies.part("comment", ADMIN)
    of_ticket = bodies.ticket("ticket.admin.replied", ticket_parts={"ticket_parts": [part]})
    of_conversation = bodies.notification("conversation.admin.replied", part)
    assert {d.native_id for d in _drafts(of_ticket)} == {d.native_id for d in _drafts(of_conversation)} == {part["id"]}


@pytest.mark.parametrize("rating", [0, 6, "5", True])
def test_a_rating_that_is_none_is_refused(rating: Any) -> None:
    with pytest.raises(Malformed, match="rating"):
        _drafts(
            bodies.notification("conversation.rating.added", conversation_rating={**bodies.RATING, "rating": rating})
        )


def test_a_rating_that_was_only_asked_for_is_none() -> None:
    assert _drafts(bodies.notification("conversation.rating.added", conversation_rating=None)) == []


def test_tags_come_with_what_happens_and_an_empty_set_clears() -> None:
    part = bodies.part("close", ADMIN, None)
    emptied = {"type": "tag.list", "tags": []}
    for changes, expected in (({}, ["delivery"]), ({"tags": emptied}, []), ({"tags": None}, None)):
        (draft,) = _drafts(bodies.notification("conversation.admin.closed", part, **changes))
        assert draft.fields.get("tags") == expected
