"""Records and events: what is refused and why, what an event says, and that decoder and schema agree."""

import json
import math
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.kpi.decoder import Decoder
from app.kpi.event import AGENT, BOT, KINDS, NOTE, REPLY, Event, Tick
from app.kpi.instants import EARLIEST_MS, LATEST_MS, instant_ms
from app.kpi.wire import RECORD_LIMIT_BYTES, Rejected
from schemas.dead_letters import Reason, reason_of
from schemas.events import read_event
from tests.kpi.story import DAY, HOUR, MINUTE, ms, rules

NOW: Final = "2026-03-02T10:00:00Z"
COMMON: Final[dict[str, Any]] = {"id": "e1", "ticket_id": "t1", "channel": "web", "occurred_at": NOW}
REQUIRED: Final[dict[str, dict[str, Any]]] = {
    "ticket-merged": {"into": "t2"},
    "survey-answered": {"score": 4},
    "call-offered-messaging": {"accepted": True},
    "order-placed": {"order_id": "o1"},
}
by_events = Decoder(rules())
by_log = Decoder(rules(clock="log"))


def body(type_: str = "message-received", **fields: Any) -> dict[str, Any]:
    common = {} if type_ == "clock-ticked" else COMMON
    return {"type": type_, **common, **REQUIRED.get(type_, {}), **fields}


def encoded(type_: str = "message-received", **fields: Any) -> bytes:
    return json.dumps(body(type_, **fields)).encode()


def decoded(type_: str = "message-received", **fields: Any) -> Event:
    found = by_events(encoded(type_, **fields), b"t1", 0)
    assert not isinstance(found, Tick)
    return found[1]


def refusal(value: bytes | None, key: bytes | None = b"t1", decode: Decoder = by_events, append_ms: int = 0) -> str:
    with pytest.raises(Rejected) as refused:
        decode(value, key, append_ms)
    return refused.value.reason


def with_raw(raw: bytes) -> bytes:
    """A good record with more in it."""
    return encoded()[:-1] + b", " + raw + b"}"


# -- what an event says ----------------------------------------------------------------------------------------------------------------------


def test_an_event_has_the_instant_of_its_source() -> None:
    assert decoded(occurred_at="2026-03-02T10:00:00.125Z").at_ms == ms("10:00:00.125")


def test_a_decoder_gives_the_ticket() -> None:
    found = by_events(encoded(ticket_id="t7"), b"t7", 0)
    assert not isinstance(found, Tick)
    assert found[0] == "t7"


@pytest.mark.parametrize(("type_", "kind"), [item for item in KINDS.items() if item[0] != "clock-ticked"])
def test_every_type_has_its_kind(type_: str, kind: int) -> None:
    assert decoded(type_).kind == kind


def test_a_reply_that_is_not_public_is_a_note() -> None:
    assert decoded("reply-sent", public=False).kind == NOTE


@pytest.mark.parametrize("public", [True, None])
def test_a_reply_is_public_unless_it_says_no(public: bool | None) -> None:
    assert decoded("reply-sent", public=public).kind == REPLY


def test_an_author_is_an_agent_unless_the_record_says_otherwise() -> None:
    authors = decoded("reply-sent"), decoded("reply-sent", author_kind=None), decoded("reply-sent", author_kind="bot")
    assert [event.author for event in authors] == [AGENT, AGENT, BOT]


@pytest.mark.parametrize(
    ("type_", "word"), [("ticket-closed", "resolved"), ("ticket-handed-over", "human"), ("ticket-paused", "other")]
)
def test_what_a_kind_adds_has_a_default(type_: str, word: str) -> None:
    assert decoded(type_).word == word


def test_absent_is_unchanged_and_null_is_cleared() -> None:
    assert decoded().sets is None
    assert decoded(priority="high", team=None).sets == {"priority": "high", "team": None}
    assert decoded("ticket-assigned", agent_id=None).sets == {"agent": None}


def test_only_an_assignment_changes_the_owner() -> None:
    assert decoded("call-ended", agent_id="anna").sets is None


def test_events_of_one_instant_are_ordered_by_kind_then_id() -> None:
    words: list[tuple[str, dict[str, Any]]] = [
        ("ticket-opened", {}),
        ("ticket-reopened", {}),
        ("message-received", {}),
        ("reply-sent", {"author_kind": "bot"}),
        ("ticket-resumed", {}),
        ("ticket-labelled", {}),
        ("reply-sent", {"author_kind": "unknown"}),
        ("ticket-closed", {}),
        ("survey-answered", {}),
    ]
    ordered = [decoded(type_, id="e2", **fields) for type_, fields in words]
    assert all(earlier < later for earlier, later in pairwise(ordered))
    assert decoded(id="e1") < decoded(id="e2")


def test_an_earlier_instant_sorts_first() -> None:
    assert decoded("ticket-closed", occurred_at="2026-03-02T09:59:59.999Z") < decoded()


def test_ticks_have_an_instant_only_in_history() -> None:
    tick = encoded("clock-ticked", occurred_at=NOW)
    assert (by_events(tick, None, 0), by_log(tick, None, 0)) == (Tick(ms("10:00")), Tick(None))


def test_ticks_without_an_instant_pass_the_append_time() -> None:
    assert by_events(encoded("clock-ticked", partition=3), None, 0) == Tick(None)


# -- instants --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T10:00:00Z", "10:00"),
        ("2026-03-02t10:00:00z", "10:00"),
        ("2026-03-02 10:00:00Z", "10:00"),
        ("2026-03-02T11:30:00+01:30", "10:00"),
        ("2026-03-02T05:00:00-05:00", "10:00"),
        ("2026-03-02T10:00:00.1Z", "10:00:00.100"),
        ("2026-03-02T10:00:00.123999999999Z", "10:00:00.123"),
        ("2026-03-02T09:59:60Z", "10:00"),
        ("2026-03-02T09:59:60.5Z", "10:00:00.500"),
    ],
)
def test_instants_of_rfc_3339(text: str, expected: str) -> None:
    assert [instant_ms(text), instant_ms(text)] == [ms(expected)] * 2


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-03-02", "2026-03-02T10:00:00", "2026-03-02T10:00Z", "2026-13-02T10:00:00Z", "2026-02-29T10:00:00Z",
     "2026-03-02T24:00:00Z", "2026-03-02T10:00:61Z", "2026-03-02T10:00:00.Z", "2026-03-02T10:00:00+24:00", "\uff12026-03-02T10:00:00Z",
     "2026-03-02T10:00:00Z ", "0000-01-01T00:00:00Z", "2026-03-02T10:00:00.1234567890123Z"],
)  # fmt: skip
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        instant_ms(text)


@given(st.integers(EARLIEST_MS, LATEST_MS - 1))
def test_every_millisecond_reads_back(at_ms: int) -> None:
    seconds, rest = divmod(at_ms, 1000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:03}Z"
    assert instant_ms(text) == at_ms


@pytest.mark.parametrize("field", ["occurred_at", "received_at"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2009-12-31T23:59:59.999Z", "ancient"),
        ("2100-01-01T00:00:00Z", "future"),
        ("2099-12-31T23:59:60Z", "future"),
        ("0001-01-01T00:00:00+14:00", "ancient"),
        ("9999-12-31T23:59:60Z", "future"),
        ("yesterday", "bad-instant"),
        ("2026-03-02T10:00:00+00:99", "bad-instant"),
        ("2026-03-02T10:00:00+24:00", "bad-instant"),
        ("", "bad-instant"),
    ],
)
def test_instants_of_no_use(field: str, text: str, reason: str) -> None:
    assert refusal(encoded(**{field: text})) == reason


def test_the_first_and_the_last_instant() -> None:
    assert decoded(occurred_at="2010-01-01T00:00:00Z").at_ms == EARLIEST_MS
    assert decoded(occurred_at="2099-12-31T23:59:59.999Z").at_ms == LATEST_MS - 1


@pytest.mark.parametrize(
    ("ahead_ms", "accepted"), [(0, True), (5 * MINUTE, True), (5 * MINUTE + 1, False), (DAY, False)]
)
def test_how_far_an_instant_may_be_ahead_of_its_append_time(ahead_ms: int, accepted: bool) -> None:
    try:
        by_log(encoded(), b"t1", ms("10:00") - ahead_ms)
    except Rejected as refused:
        assert (refused.reason, accepted) == ("future", False)
    else:
        assert accepted


def test_in_history_there_is_no_future() -> None:
    found = by_events(encoded(), b"t1", ms("10:00") - 9 * HOUR)
    assert not isinstance(found, Tick)
    assert found[1].at_ms == ms("10:00")


# -- what is refused -------------------------------------------------------------------------------------------------------------------------


def test_no_value_is_no_json() -> None:
    assert refusal(None) == "not-json"


@pytest.mark.parametrize("key", [None, b"", b"t2", b"t1 "])
def test_a_key_that_is_not_the_ticket(key: bytes | None) -> None:
    assert refusal(encoded(), key) == "wrong-key"


def test_a_record_is_at_most_64_kib() -> None:
    room = RECORD_LIMIT_BYTES - len(with_raw(b'"x": ""'))
    assert by_events(with_raw(b'"x": "%s"' % (b"x" * room)), b"t1", 0)
    assert refusal(with_raw(b'"x": "%s"' % (b"x" * (room + 1)))) == "too-large"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'"x": NaN', "not-json"),
        (b'"x": -Infinity', "not-json"),
        (b'"talk_seconds": NaN', "not-json"),
        (b'"talk_seconds": 1e999', "bad-value"),
        (b'"talk_seconds": ' + b"9" * 400, "bad-value"),
        (b'"x": ' + b"9" * 4301, "not-json"),
        (b'"score": ' + b"9" * 30, "bad-value"),
        (rb'"team": "\ud800"', "not-json"),
        (rb'"x": "\ud800"', "not-json"),
        (rb'"x": "\udc00\ud800"', "not-json"),
        (b'"x": "\xed\xa0\x80"', "not-utf8"),
        (b'"x": "\xff"', "not-utf8"),
        (b'"team": "\xff"', "not-utf8"),
        (b'"\xff": 1', "not-utf8"),
        (b'"x": ' + b"[" * 201 + b"]" * 201, "too-deep"),
        (b'"x": ' + b'{"x": ' * 200 + b"1" + b"}" * 200, "too-deep"),
        (b'"x": ' + b"[" * 30_000 + b"]" * 30_000, "too-deep"),
        (b'"team": "a", "team": 1', "wrong-type"),
    ],
)  # fmt: skip
def test_records_made_to_hurt(raw: bytes, reason: str) -> None:
    assert refusal(with_raw(raw)) == reason == schema_says(with_raw(raw))


@pytest.mark.parametrize(
    "raw",
    [
        b'"x": ' + b"[" * 200 + b"]" * 200,
        b'"x": [' + b"[]," * 5_000 + b"[]]",
        b'"x": "' + b"[" * 5_000 + b'"',
        b'"x": "' + b"9" * 5_000 + b'"',
        b'"x": "' + rb"\"" * 3_000 + b"[" * 400 + b'"',
        b'"x": 0.' + b"9" * 5_000,
        b'"x": 1e999',
        b'"x": ' + b"9" * 4_300,
        b'"partition": ' + b"9" * 30,
        b'"talk_seconds": -0.0',
        rb'"team": "\ud83d\ude00\u0000"',
        '"team": "Größe 😀"'.encode(),
        rb'"te\u0061m": "x"',
        b'"team": 1, "team": "b"',
        b'"type": 5, "type": "message-received"',
        b'"id": "", "id": "e1"',
        b'"reason": "anything", "into": null, "score": null, "accepted": null',
    ],
)  # fmt: skip
def test_records_that_only_look_so(raw: bytes) -> None:
    assert by_events(with_raw(raw), b"t1", 0)
    assert schema_says(with_raw(raw)) is None


def test_of_a_field_that_is_there_twice_the_last_counts() -> None:
    found = by_events(with_raw(b'"team": 1, "team": "b"'), b"t1", 0)
    assert not isinstance(found, Tick)
    assert found[1].sets == {"team": "b"}


@settings(max_examples=settings.default.max_examples * 20 if settings.default else 2_000)
@given(st.binary(max_size=300) | st.binary(max_size=40).map(lambda raw: with_raw(b'"x": ' + raw)))
def test_no_bytes_raise_anything_but_rejected(value: bytes) -> None:
    for key in (b"t1", None):
        try:
            by_events(value, key, 0)
        except Rejected as refused:
            assert refused.reason in set(Reason)


@settings(max_examples=settings.default.max_examples * 5 if settings.default else 500)
@given(st.data())
def test_no_damage_to_a_good_record_raises_anything_but_rejected(data: st.DataObject) -> None:
    value = bytearray(encoded("ticket-labelled", tags=["vip"], priority=None, team="Größe"))
    for _ in range(data.draw(st.integers(1, 4))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    ours, theirs = decoder_says(bytes(value)), schema_says(bytes(value))
    assert (ours is None) == (theirs is None)


# -- decoder and schema agree ----------------------------------------------------------------------------------------------------------------


def decoder_says(value: bytes) -> str | None:
    """Why the decoder refuses; None if it does not. Keys are another matter."""
    try:
        by_events(value, None, 0)
    except Rejected as refused:
        return None if refused.reason == "wrong-key" else refused.reason
    return None


def schema_says(value: bytes) -> str | None:
    """Why the contract refuses; None if it does not."""
    try:
        read_event(value)
    except ValidationError as refused:
        return reason_of(refused)
    return None


TYPES: Final = [*KINDS]
ODD_VALUES: Final[list[Any]] = [
    None, True, False, 0, 1, 3, 5, 6, -1, 10**30, 4.0, 0.5, -0.5, 1e308, "", "x", "web", "all", "other", "Web", "web\n", "-", "a" * 64,
    "a" * 65, "a" * 200, "a" * 201, "😀" * 200, "😀" * 201, "\x00", "4", "19.90", "19,90", "1\n", "EUR", "EUR\n", "eur", "agent", "bot",
    "robot", "human", "resolved", "idle", "customer", "on_hold", "positive", "message-received", "clock-ticked", "ticket-exploded",
    NOW, "2026-03-02T10:00:00", "2009-12-31T23:59:59.999Z", "2100-01-01T00:00:00Z", "2099-12-31T23:59:60Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:60Z", "9999-12-31T23:59:59-14:00", [], ["x"], ["x"] * 32, ["x"] * 33, ["a" * 64], ["a" * 65], [1], [None], {}, {"x": 1},
]  # fmt: skip
FIELDS: Final = [
    "type", "id", "ticket_id", "channel", "occurred_at", "account", "source", "received_at", "customer_id", "priority", "team", "tags",
    "topic", "author_kind", "author_id", "sentiment", "quick_reply", "public", "reason", "agent_id", "to", "into", "score", "talk_seconds",
    "hold_seconds", "wrap_seconds", "accepted", "order_id", "amount", "currency", "partition", "unknown",
]  # fmt: skip
values = (
    st.sampled_from(ODD_VALUES)
    | st.text(max_size=8)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(st.none() | st.booleans() | st.text(max_size=3), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.none() | st.integers(), max_size=2)
)


@pytest.mark.parametrize("type_", TYPES)
def test_they_agree_on_every_field_with_every_odd_value(type_: str) -> None:
    records = [encoded(type_, **{field: value}) for field in FIELDS for value in ODD_VALUES if field != "type"]
    differ = {
        value: (decoder_says(value), schema_says(value))
        for value in records
        if decoder_says(value) != schema_says(value)
    }
    assert differ == {}


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("field", FIELDS)
def test_they_agree_on_every_field_that_is_absent(type_: str, field: str) -> None:
    fields = body(type_)
    fields.pop(field, None)
    value = json.dumps(fields).encode()
    assert decoder_says(value) == schema_says(value)


@given(values)
def test_they_agree_on_the_type(value: Any) -> None:
    assert decoder_says(encoded(type=value)) == schema_says(encoded(type=value))


@settings(max_examples=settings.default.max_examples * 5 if settings.default else 500)
@given(st.sampled_from(TYPES), st.sampled_from(FIELDS), values)
def test_they_agree_on_any_value_of_any_field(type_: str, field: str, value: Any) -> None:
    one = encoded(type_, **{field: value})
    assert decoder_says(one) == schema_says(one)


@settings(
    max_examples=settings.default.max_examples * 5 if settings.default else 500,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.dictionaries(st.sampled_from(FIELDS), values, max_size=8), st.sampled_from(TYPES), st.booleans())
def test_they_accept_the_same_records(fields: dict[str, Any], type_: str, whole: bool) -> None:
    one = json.dumps({**(body(type_) if whole else {}), **fields}).encode()
    assert (decoder_says(one) is None) == (schema_says(one) is None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    )
)
def test_they_agree_on_json_that_is_no_record(value: Any) -> None:
    one = json.dumps(value).encode()
    assert (decoder_says(one) is None) == (schema_says(one) is None)


@given(st.floats(), st.sampled_from(["talk_seconds", "score", "unknown"]))
def test_they_agree_on_numbers(number: float, field: str) -> None:
    one = encoded("call-ended", **{field: number})
    assert decoder_says(one) == schema_says(one)
    if not math.isfinite(number):
        assert decoder_says(one) == "not-json"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ticket_id": None}, "ticket_id"),
        ({"channel": "Web!"}, "channel"),
        ({"channel": "all"}, "channel"),
        ({"occurred_at": "soon"}, "occurred_at"),
        ({"received_at": "1970-01-01T00:00:00Z"}, "received_at"),
        ({"tags": ["a", 7]}, "tags[1]"),
        ({"author_kind": "robot"}, "author_kind"),
        ({"type": "ticket-closed", "reason": "bored"}, "reason"),
        ({"type": "unheard"}, None),
    ],
)
def test_a_refusal_names_the_field(change: dict[str, Any], field: str | None) -> None:
    with pytest.raises(Rejected) as refused:
        by_events(json.dumps({**body(), **change}).encode(), b"t1", 0)
    assert refused.value.field == field


def test_a_refusal_names_the_field_that_is_not_there() -> None:
    with pytest.raises(Rejected) as refused:
        by_events(b"{}", b"t1", 0)
    assert refused.value.field == "type"
