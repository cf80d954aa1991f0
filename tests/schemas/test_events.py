import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.dead_letters import Reason, reason_of
from schemas.events import EVENT, TICKET_EVENT, MessageReceived, ReplySent, TicketAssigned, read_event

COMMON = {"id": "e1", "ticket_id": "t1", "channel": "whatsapp", "occurred_at": "2026-03-02T10:00:00Z"}

OWN_FIELDS: dict[str, dict[str, Any]] = {
    "message-received": {"sentiment": "negative", "quick_reply": "yes"},
    "reply-sent": {"author_kind": "bot", "public": False},
    "ticket-closed": {"reason": "spam", "author_kind": "automation"},
    "ticket-opened": {},
    "ticket-reopened": {},
    "ticket-assigned": {"agent_id": "17", "team": "billing"},
    "ticket-handed-over": {"to": "bot"},
    "ticket-labelled": {"priority": "high", "tags": ["vip", "refund"], "topic": "orders/refund"},
    "ticket-paused": {"reason": "third_party"},
    "ticket-resumed": {"reason": "snoozed"},
    "ticket-merged": {"into": "t2"},
    "survey-sent": {},
    "survey-answered": {"score": 4},
    "call-ended": {"agent_id": "17", "talk_seconds": 61.5, "hold_seconds": 0, "wrap_seconds": 30},
    "call-offered-messaging": {"accepted": True},
    "order-placed": {"order_id": "o1", "amount": "19.90", "currency": "EUR"},
}
REQUIRED: dict[str, dict[str, Any]] = {
    "ticket-merged": {"into": "t2"},
    "survey-answered": {"score": 4},
    "call-offered-messaging": {"accepted": True},
    "order-placed": {"order_id": "o1"},
}


def record(type_: str = "message-received", **fields: Any) -> bytes:
    return json.dumps({**COMMON, "type": type_, **REQUIRED.get(type_, {}), **fields}).encode()


def refusal(value: bytes) -> Reason:
    with pytest.raises(ValidationError) as refused:
        EVENT.validate_json(value)
    return reason_of(refused.value)


@pytest.mark.parametrize("type_", OWN_FIELDS)
def test_every_type_is_accepted_with_all_its_fields_and_reads_back(type_: str) -> None:
    event = EVENT.validate_json(record(type_, **OWN_FIELDS[type_]))
    assert json.loads(EVENT.dump_json(event, exclude_unset=True)) == json.loads(record(type_, **OWN_FIELDS[type_]))


@pytest.mark.parametrize("type_", OWN_FIELDS)
def test_every_type_is_accepted_with_what_is_required(type_: str) -> None:
    assert EVENT.validate_json(record(type_)).type == type_


@pytest.mark.parametrize(("type_", "field"), [(type_, field) for type_, fields in REQUIRED.items() for field in fields])
def test_a_required_field_of_a_type_is_missed(type_: str, field: str) -> None:
    body = json.loads(record(type_))
    del body[field]
    assert refusal(json.dumps(body).encode()) is Reason.MISSING_FIELD


@pytest.mark.parametrize("field", [*COMMON, "type"])
def test_a_common_required_field_is_missed(field: str) -> None:
    body = json.loads(record())
    del body[field]
    assert refusal(json.dumps(body).encode()) is Reason.MISSING_FIELD


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": ""}, Reason.MISSING_FIELD),
        ({"id": "x" * 201}, Reason.BAD_VALUE),
        ({"id": 7}, Reason.WRONG_TYPE),
        ({"id": None}, Reason.WRONG_TYPE),
        ({"ticket_id": "x" * 201}, Reason.BAD_VALUE),
        ({"channel": "WhatsApp"}, Reason.BAD_VALUE),
        ({"channel": "-web"}, Reason.BAD_VALUE),
        ({"channel": "x" * 65}, Reason.BAD_VALUE),
        ({"channel": "web\n"}, Reason.BAD_VALUE),
        ({"channel": "all"}, Reason.RESERVED_CHANNEL),
        ({"channel": "other"}, Reason.RESERVED_CHANNEL),
        ({"occurred_at": 1772445600}, Reason.WRONG_TYPE),
        ({"occurred_at": "2026-03-02T10:00:00"}, Reason.BAD_INSTANT),
        ({"occurred_at": "2009-12-31T23:59:59.999Z"}, Reason.ANCIENT),
        ({"occurred_at": "2100-01-01T00:00:00Z"}, Reason.FUTURE),
        ({"received_at": "yesterday"}, Reason.BAD_INSTANT),
        ({"author_kind": "robot"}, Reason.BAD_VALUE),
        ({"author_kind": 1}, Reason.WRONG_TYPE),
        ({"author_id": 17}, Reason.WRONG_TYPE),
        ({"tags": "vip"}, Reason.WRONG_TYPE),
        ({"tags": [1]}, Reason.WRONG_TYPE),
        ({"tags": ["x"] * 33}, Reason.BAD_VALUE),
        ({"tags": ["x" * 65]}, Reason.BAD_VALUE),
        ({"sentiment": "angry"}, Reason.BAD_VALUE),
        ({"type": "ticket-exploded"}, Reason.UNKNOWN_TYPE),
        ({"type": 3}, Reason.WRONG_TYPE),
        ({"type": "reply-sent", "public": 1}, Reason.WRONG_TYPE),
        ({"type": "ticket-closed", "reason": "bored"}, Reason.BAD_VALUE),
        ({"type": "ticket-merged", "into": ""}, Reason.MISSING_FIELD),
        ({"type": "survey-answered", "score": 0}, Reason.BAD_VALUE),
        ({"type": "survey-answered", "score": 6}, Reason.BAD_VALUE),
        ({"type": "survey-answered", "score": 4.0}, Reason.WRONG_TYPE),
        ({"type": "survey-answered", "score": True}, Reason.WRONG_TYPE),
        ({"type": "survey-answered", "score": "4"}, Reason.WRONG_TYPE),
        ({"type": "call-ended", "talk_seconds": -1}, Reason.BAD_VALUE),
        ({"type": "call-ended", "talk_seconds": float("nan")}, Reason.BAD_VALUE),
        ({"type": "call-ended", "talk_seconds": "61"}, Reason.WRONG_TYPE),
        ({"score": "4"}, Reason.WRONG_TYPE),
        ({"accepted": 1}, Reason.WRONG_TYPE),
        ({"amount": 19.9}, Reason.WRONG_TYPE),
        ({"type": "clock-ticked", "ticket_id": 7}, Reason.WRONG_TYPE),
        ({"type": "order-placed", "order_id": "o1", "amount": 19.9}, Reason.WRONG_TYPE),
        ({"type": "order-placed", "order_id": "o1", "amount": "19,90"}, Reason.BAD_VALUE),
        ({"type": "order-placed", "order_id": "o1", "currency": "euro"}, Reason.BAD_VALUE),
    ],
)
def test_a_wrong_field_refuses_the_event(fields: dict[str, Any], reason: Reason) -> None:
    assert refusal(record(**fields)) is reason


@pytest.mark.parametrize("value", [b"", b"hello", b"{", b'{"id": "\\ud800"}'])
def test_what_is_not_json_is_refused(value: bytes) -> None:
    assert refusal(value) is Reason.NOT_JSON


@pytest.mark.parametrize("value", [b"\xff", b'{"x": "\xff"}', record().replace(b"}", b', "x": "\xc3"}')])
def test_what_is_not_utf_8_is_refused(value: bytes) -> None:
    assert refusal(value) is Reason.NOT_UTF8


def test_what_is_too_deep_is_refused() -> None:
    assert refusal(b"[" * 300 + b"]" * 300) is Reason.TOO_DEEP


@pytest.mark.parametrize("value", [b"[]", b"null", b"3", b'"message-received"'])
def test_json_that_is_no_object_has_the_wrong_type(value: bytes) -> None:
    assert refusal(value) is Reason.WRONG_TYPE


def test_fields_of_other_types_are_dropped() -> None:
    event = EVENT.validate_json(record(score=4, partition=3, into="t2", agent_id=None))
    assert event.model_dump() == EVENT.validate_json(record()).model_dump()


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_read_event_takes_no_numbers_that_json_does_not_have(word: str) -> None:
    value = record().replace(b"}", f', "x": {word}}}'.encode())
    assert EVENT.validate_json(value)
    with pytest.raises(ValidationError) as refused:
        read_event(value)
    assert reason_of(refused.value) is Reason.NOT_JSON


def test_read_event_reads_events() -> None:
    assert read_event(record()) == EVENT.validate_json(record())


@given(st.dictionaries(st.text(min_size=1).map("x-".__add__), st.none() | st.integers() | st.text() | st.booleans()))
def test_unknown_fields_are_ignored(unknown: dict[str, Any]) -> None:
    assert EVENT.validate_json(record(**unknown)) == EVENT.validate_json(record())


def test_null_is_told_from_absence() -> None:
    cleared = TicketAssigned.model_validate_json(record("ticket-assigned", agent_id=None))
    unchanged = TicketAssigned.model_validate_json(record("ticket-assigned"))
    assert ("agent_id" in cleared.model_fields_set, "agent_id" in unchanged.model_fields_set) == (True, False)


def test_an_absent_author_of_a_reply_is_an_agent() -> None:
    assert ReplySent.model_validate_json(record("reply-sent")).author_kind == "agent"


def test_ticks_stand_on_the_topic_and_come_from_nobody_else() -> None:
    tick = b'{"type": "clock-ticked", "partition": 3}'
    assert EVENT.validate_json(tick).type == "clock-ticked"
    with pytest.raises(ValidationError):
        TICKET_EVENT.validate_json(tick)


def test_an_explicit_tick_has_an_instant() -> None:
    assert refusal(b'{"type": "clock-ticked", "partition": 3, "occurred_at": "soon"}') is Reason.BAD_INSTANT


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200))
def test_any_text_is_an_id(id_: str, ticket_id: str) -> None:
    event = MessageReceived.model_validate_json(record(id=id_, ticket_id=ticket_id))
    assert (event.id, event.ticket_id) == (id_, ticket_id)
