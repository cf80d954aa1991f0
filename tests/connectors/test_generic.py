import json
from pathlib import Path
from typing import Any

import pytest

from app.connectors.connector import Account, Malformed, Request, WrongTypeError
from app.connectors.generic import Generic
from app.connectors.json_body import read_json
from app.gateway.events import Finishing, InvalidEvent
from app.gateway.pseudonyms import Pseudonyms
from schemas.dead_letters import Reason

GENERIC = Generic()
ACCOUNT = Account("website", (b"k" * 32,))
STRUCTURED = {b"content-type": b"application/cloudevents+json"}


def _request(body: bytes, content_type: bytes = b"application/cloudevents+json") -> Request:
    return Request("POST", {b"content-type": content_type}, {}, body)


def _event(**changes: Any) -> dict[str, Any]:
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "s",
        "type": "message-received",
        "time": "2026-03-02T10:41:07Z",
        "data": {"ticket_id": "t", "channel": "web-chat"},
    }
    return {name: value for name, value in {**event, **changes}.items() if value is not ...}


def test_the_examples_of_the_specification_are_of_no_use_and_no_fault(shared: Path) -> None:
    paths = sorted((shared / "webhooks/generic").glob("*.json"))
    assert len(paths) >= 5
    for path in paths:
        (item,) = GENERIC.parse(_request(path.read_bytes()), ACCOUNT)
        assert GENERIC.normalise(item, ACCOUNT) == ()


def test_a_draft_has_the_fields_of_its_type_and_no_others() -> None:
    data = {"ticket_id": "t", "channel": "web-chat", "score": 5, "text": "hello", "id": "x", "occurred_at": "y"}
    (draft,) = GENERIC.normalise(_event(data=data), ACCOUNT)
    assert draft.fields == {
        "type": "message-received",
        "ticket_id": "t",
        "channel": "web-chat",
        "occurred_at": "2026-03-02T10:41:07Z",
    }


def test_the_subject_is_the_ticket_and_the_account_the_channel_where_data_says_none() -> None:
    account = Account("website", (), channel="web-chat")
    (draft,) = GENERIC.normalise(_event(subject="t-9", data={}), account)
    assert (draft.fields["ticket_id"], draft.fields["channel"]) == ("t-9", "web-chat")
    (draft,) = GENERIC.normalise(_event(subject="t-9", data={"ticket_id": "t", "channel": "app"}), account)
    assert (draft.fields["ticket_id"], draft.fields["channel"]) == ("t", "app")


def test_null_is_kept_since_it_clears() -> None:
    (draft,) = GENERIC.normalise(_event(type="ticket-assigned", data={"ticket_id": "t", "agent_id": None}), ACCOUNT)
    assert draft.fields["agent_id"] is None


def test_id_and_source_together_are_the_event() -> None:
    made = {
        GENERIC.normalise(_event(id=one, source=other), ACCOUNT)[0].native_id
        for one, other in (("1", "s"), ("1s", ""[:0] or "x"), ("1", "sx"), ("1s", "s"), ("11", "s"))
    }
    assert len(made) == 5


def test_ticket_ids_made_of_phone_numbers_become_pseudonyms_where_the_account_says_so() -> None:
    account = Account("website", (), options={"ticket_ids": "personal"})
    data = {"ticket_id": "+4915112345678", "into": "+4915187654321", "channel": "sms"}
    (draft,) = GENERIC.normalise(_event(type="ticket-merged", data=data), account)
    ready = Finishing("generic", "website", Pseudonyms(b"k" * 32, "generic", "website")).finish(
        draft, "2026-03-02T10:41:09Z"
    )
    assert b"49151" not in ready.value + ready.key
    assert ready.key.decode() == json.loads(ready.value)["ticket_id"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"specversion": "0.3"}, "specversion 1.0"),
        ({"specversion": ...}, "specversion 1.0"),
        ({"id": ""}, "id must be"),
        ({"id": 7}, "id must be"),
        ({"source": ...}, "source must be"),
        ({"type": None}, "type must be"),
        ({"type": "clock-ticked"}, "Carebeat's own"),
        ({"type": "x.clock-ticked"}, "Carebeat's own"),
        ({"data": "text"}, "data must be"),
        ({"data": ...}, "data must be"),
    ],
)
def test_what_is_no_cloud_event_of_ours_says_which_field(change: dict[str, Any], word: str) -> None:
    with pytest.raises(Malformed, match=word):
        GENERIC.normalise(_event(**change), ACCOUNT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"time": ...}, Reason.WRONG_TYPE),
        ({"time": "yesterday"}, Reason.BAD_INSTANT),
        ({"time": "1999-01-01T00:00:00Z"}, Reason.ANCIENT),
        ({"data": {"channel": "web-chat"}}, Reason.MISSING_FIELD),
        ({"data": {"ticket_id": "t"}}, Reason.MISSING_FIELD),
        ({"data": {"ticket_id": "t", "channel": "all"}}, Reason.RESERVED_CHANNEL),
        ({"data": {"ticket_id": 7, "channel": "web-chat"}}, Reason.WRONG_TYPE),
        ({"data": {"ticket_id": "t", "channel": "web-chat", "author_id": 7}}, Reason.WRONG_TYPE),
        ({"data": {"ticket_id": "t" * 201, "channel": "web-chat"}}, Reason.BAD_VALUE),
        ({"data": {"ticket_id": "t", "channel": "web-chat", "tags": ["x" * 60] * 1500}}, Reason.TOO_LARGE),
    ],
)
def test_what_breaks_the_contract_is_refused_with_its_reason(change: dict[str, Any], reason: Reason) -> None:
    finishing = Finishing("generic", "website", Pseudonyms(b"k" * 32, "generic", "website"))
    (draft,) = GENERIC.normalise(_event(**change), ACCOUNT)
    with pytest.raises(InvalidEvent) as refused:
        finishing.finish(draft, "2026-03-02T10:41:09Z")
    assert refused.value.reason == reason


@pytest.mark.parametrize("kind", [b"", b"application/json", b"text/plain", b"application/x-www-form-urlencoded"])
def test_another_content_type_is_refused(kind: bytes) -> None:
    with pytest.raises(WrongTypeError):
        GENERIC.parse(_request(b"{}", kind), ACCOUNT)


def test_permission_is_given_to_a_sender_that_asks() -> None:
    asking = Request("OPTIONS", {b"webhook-request-origin": b"shop.example"}, {}, b"")
    answer = GENERIC.handshake(asking, ACCOUNT)
    assert answer is not None
    assert dict(answer.headers) == {
        "allow": "POST, OPTIONS",
        "webhook-allowed-origin": "shop.example",
        "webhook-allowed-rate": "*",
    }


@pytest.mark.parametrize("origin", [b"", b"a\r\nset-cookie: x", b"\xff", b"a" * 254, b"<script>"])
def test_an_origin_that_is_no_name_is_not_repeated(origin: bytes) -> None:
    answer = GENERIC.handshake(Request("OPTIONS", {b"webhook-request-origin": origin}, {}, b""), ACCOUNT)
    assert answer is not None
    assert (answer.status, dict(answer.headers)) == (400, {"allow": "POST, OPTIONS"})


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"NaN", b'{"a": Infinity}', b"1" * 5000, b"\xff", b'"\\ud800"', b"[" * 100_000, b"[" * 33 + b"]" * 33],
)
def test_hostile_json_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_json(body)


def test_json_as_deep_as_may_be_is_read() -> None:
    assert read_json(b"[" * 32 + b"]" * 32)
    assert read_json(b"[" * 32 + b"7" + b"]" * 32)
    assert read_json(b"[" + b",".join([b'{"a":{}}'] * 100) + b"]")


def test_who_it_is_is_told_apart_from_the_event_and_an_order_of_somebody_needs_no_ticket() -> None:
    who = {"customer_email": "Jane@doe.example", "customer_phone": "+49 151 1234567"}
    (draft,) = GENERIC.normalise(_event(type="order-placed", data={"order_id": "o1", "amount": "5", **who}), ACCOUNT)
    assert draft.contacts == ("mailto:jane@doe.example", "tel:+491511234567")
    assert sorted(draft.fields) == ["amount", "occurred_at", "order_id", "type"]
