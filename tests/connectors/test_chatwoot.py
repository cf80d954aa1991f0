from typing import Any

import pytest

from app.connectors import chatwoot
from app.connectors.chatwoot import Chatwoot
from app.connectors.connector import Account, Draft, Malformed, Request
from tests.connectors.cases import chatwoot as bodies
from tests.connectors.cases.case import NOW_MS

CHATWOOT = Chatwoot()
ACCOUNT = Account("shop", (b"k" * 24,))


def _drafts(item: dict[str, Any], **options: str) -> list[Draft]:
    return [*CHATWOOT.normalise(item, Account("shop", (), options=options))]


def _told(item: dict[str, Any], *names: str, **options: str) -> list[tuple[Any, ...]]:
    return [tuple(draft.fields.get(name) for name in ("type", *names)) for draft in _drafts(item, **options)]


def _status(*change: Any) -> dict[str, Any]:
    return bodies.changed("conversation_status_changed", status=change)


def test_the_signature_is_hmac_sha256_over_timestamp_dot_body() -> None:
    # RFC 4231, test case 7, whose data has a full stop for ours
    timestamp = b"This is a test using a larger than block-size key and a larger than block-size data"
    body = b" The key needs to be hashed before being used by the HMAC algorithm."
    expected = b"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
    assert chatwoot.sign(timestamp, body, b"\xaa" * 131) == b"sha256=" + expected


@pytest.mark.parametrize("timestamp", [b"", b"now", b"1772448067.5", b"-1772448067", b"9" * 13, b"\xff"])
def test_a_timestamp_in_another_form_is_refused(timestamp: bytes) -> None:
    headers = {chatwoot.TIMESTAMP: timestamp, chatwoot.SIGNATURE: chatwoot.sign(timestamp, b"{}", b"k" * 24)}
    verdict = CHATWOOT.verify(Request("POST", headers, {}, b"{}"), ACCOUNT, NOW_MS)
    assert verdict.fault in ("malformed-header", "missing-header")


@pytest.mark.parametrize(
    ("query", "verdict"),
    [
        ({"secret": "k" * 24}, (0, None)),
        ({"secret": "x" * 24}, (None, "mismatch")),
        ({"secret": "\udcff"}, (None, "mismatch")),
        ({"secret": ""}, (None, "missing-header")),
        ({}, (None, "missing-header")),
    ],
)
def test_an_installation_that_does_not_sign_has_its_secret_in_the_url(query: dict[str, str], verdict: Any) -> None:
    account = Account("shop", (b"k" * 24,), options={"secret_in": "url"})
    assert CHATWOOT.verify(Request("POST", {}, query, b"{}"), account, NOW_MS) == verdict


def test_a_secret_in_the_url_opens_no_account_that_signs() -> None:
    request = Request("POST", {}, {"secret": "k" * 24}, b"{}")
    assert CHATWOOT.verify(request, ACCOUNT, NOW_MS) == (None, "missing-header")


def test_resolved_closes_though_the_body_still_says_open() -> None:
    item = {"event": "conversation_resolved", "id": 10, "status": "open", "timestamp": 1627063520}
    (draft,) = _drafts(item)
    assert draft.fields["type"] == "ticket-closed"
    assert draft.fields["occurred_at"] == "2021-07-23T18:05:20Z"


@pytest.mark.parametrize(
    ("previous", "current", "expected"),
    [
        ("open", "resolved", [("ticket-closed", "resolved", None)]),
        ("snoozed", "resolved", [("ticket-closed", "resolved", None)]),
        ("pending", "resolved", [("ticket-closed", "resolved", None)]),
        ("resolved", "open", [("ticket-reopened", None, None)]),
        ("open", "snoozed", [("ticket-paused", "snoozed", None)]),
        ("snoozed", "open", [("ticket-resumed", "snoozed", None)]),
        ("open", "pending", [("ticket-handed-over", None, "bot")]),
        ("pending", "open", [("ticket-handed-over", None, "human")]),
        ("resolved", "pending", [("ticket-reopened", None, None), ("ticket-handed-over", None, "bot")]),
        (None, "open", [("ticket-reopened", None, None), ("ticket-resumed", "snoozed", None)]),
        ("open", "open", []),
        ("open", "on fire", []),
    ],
)
def test_a_state_is_left_and_another_entered(previous: Any, current: str, expected: list[Any]) -> None:
    assert _told(_status(previous, current), "reason", "to") == expected


def test_where_there_is_no_bot_pending_is_a_pause() -> None:
    assert _told(_status("open", "pending"), "reason", pending="pause") == [("ticket-paused", "other")]
    assert _told(_status("pending", "open"), "reason", pending="pause") == [("ticket-resumed", "other")]


def test_of_two_steps_the_second_is_a_millisecond_later() -> None:
    assert [draft.fields["occurred_at"] for draft in _drafts(_status("resolved", "snoozed"))] == [
        "2026-03-02T10:41:01.250Z",
        "2026-03-02T10:41:01.251Z",
    ]


def test_a_change_that_knows_when_it_was_is_believed_rather_than_the_body() -> None:
    item = bodies.changed("conversation_updated", assignee_id=(None, 3), updated_at=bodies.UPDATED_AT)
    assert _told(item, "occurred_at") == [("ticket-assigned", "2026-03-02T10:41:01.120Z")]


def test_a_close_is_at_the_instant_of_its_change() -> None:
    item = bodies.changed("conversation_status_changed", status=("open", "resolved"), updated_at=bodies.UPDATED_AT)
    assert _told(item, "occurred_at") == [("ticket-closed", "2026-03-02T10:41:01.120Z")]


def test_a_customer_is_the_contact_in_all_that_is_told() -> None:
    told = _told(bodies.message(1, "incoming"), "author_id", "customer_id")
    assert told == [("message-received", "14", "14")]
    assert _told({**bodies.CONVERSATION, "event": "conversation_created"}, "customer_id") == [("ticket-opened", "14")]


def test_the_state_in_an_update_is_not_told_again() -> None:
    assert _drafts(bodies.changed("conversation_updated", status=("open", "resolved"), waiting_since=(1, None))) == []


def test_nobody_owns_what_was_taken_away() -> None:
    item = bodies.changed("conversation_updated", assignee_id=(3, None), team_id=(None, 5))
    assert _told(item, "agent_id", "team") == [("ticket-assigned", None, "5")]


@pytest.mark.parametrize(
    ("changes", "kind", "author"),
    [
        ({}, "agent", "3"),
        ({"sender": {"id": 9, "type": "agent_bot", "name": "Bot"}}, "bot", "9"),
        ({"sender": {"id": 2, "type": "captain_assistant"}}, "bot", "2"),
        ({"sender": None}, "unknown", None),
        ({"sender": {"id": 7}}, "unknown", "7"),
        ({"content_attributes": {"automation_rule_id": 12}}, "automation", None),
        ({"additional_attributes": {"campaign_id": 12}}, "campaign", None),
    ],
)
def test_who_answers(changes: dict[str, Any], kind: str, author: str | None) -> None:
    told = _told(bodies.message(1, "outgoing", **changes), "author_kind", "author_id")
    assert told == [("reply-sent", kind, author)]


@pytest.mark.parametrize("created_at", ["2026-03-02T10:40:00.000Z", 1772448000, "2026-03-02 10:40:00 UTC"])
def test_created_at_is_read_in_each_of_its_shapes(created_at: Any) -> None:
    told = _told(bodies.message(1, "incoming", created_at=created_at), "occurred_at")
    assert told == [("message-received", "2026-03-02T10:40:00Z")]


def test_a_direction_is_a_word_or_a_number() -> None:
    assert _told(bodies.message(1, 0)) == [("message-received",)]
    assert _told(bodies.message(1, 1)) == [("reply-sent",)]


def test_mail_that_answers_by_itself_waits_for_nobody() -> None:
    assert _drafts(bodies.message(1, "incoming", content_attributes={"email": {"auto_reply": True}})) == []


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("Channel::WebWidget", "web-chat"), ("Channel::Api", "app"), ("Channel::New", "app"), (None, "app")],
)
def test_an_inbox_of_an_unknown_kind_is_what_the_account_says(channel: Any, expected: str) -> None:
    item = bodies.message(1, "incoming", conversation={"id": 42, "channel": channel})
    (draft,) = CHATWOOT.normalise(item, Account("shop", (), channel="app"))
    assert draft.fields["channel"] == expected


def test_a_rating_is_told_when_the_conversation_was_touched() -> None:
    item = bodies.survey(905, event="message_updated", content_attributes=bodies.RATED)
    assert _told(item, "score", "occurred_at") == [("survey-answered", 4, "2026-03-02T10:41:01.250Z")]


@pytest.mark.parametrize("rating", [0, 6, True, "5", 4.5])
def test_a_rating_that_is_none_is_refused(rating: Any) -> None:
    attributes = {"submitted_values": {"csat_survey_response": {"rating": rating}}}
    with pytest.raises(Malformed, match="rating"):
        _drafts(bodies.survey(1, event="message_updated", content_attributes=attributes))


def test_a_change_without_an_instant_is_refused() -> None:
    with pytest.raises(Malformed, match="updated_at"):
        _drafts({"event": "conversation_status_changed", "id": 1, "status": "resolved"})
