"""Contact records after the vendor's data model; none was ever recorded by us: unconfirmed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.amazon_connect import AmazonConnect
from app.connectors.connector import Account, Draft, Malformed
from app.gateway.events import Finishing, InvalidEvent
from app.gateway.pseudonyms import Pseudonyms
from tests.connectors.kpis import samples
from tests.connectors.test_contract import PLANTED, PLANTED_WORDS

SOURCE = AmazonConnect()
ACCOUNT = Account("eu", (), options={"offer_attribute": "offer"})
INSTANCE = "arn:aws:connect:eu-central-1:123456789012:instance/6f0b1c52-0000-4b7a-9c1d-1f2e3d4c5b6a"
FIRST, SECOND = "11111111-aaaa-4b7a-9c1d-000000000001", "22222222-bbbb-4b7a-9c1d-000000000002"

AGENT: dict[str, Any] = {
    "ARN": f"{INSTANCE}/agent/0a9b8c7d",
    "Username": "ada.agent@desk.example",
    "ConnectedToAgentTimestamp": "2026-03-02T10:41:37Z",
    "AgentInteractionDuration": 200,
    "CustomerHoldDuration": 40,
    "LongestHoldDuration": 25,
    "NumberOfHolds": 2,
    "AfterContactWorkStartTimestamp": "2026-03-02T10:45:37Z",
    "AfterContactWorkEndTimestamp": "2026-03-02T10:46:07Z",
    "AfterContactWorkDuration": 30,
    "RoutingProfile": {"ARN": f"{INSTANCE}/routing-profile/1", "Name": "Basic"},
}
CALL: dict[str, Any] = {
    "AWSAccountId": "123456789012",
    "AWSContactTraceRecordFormatVersion": "2017-03-10",
    "Agent": AGENT,
    "AgentConnectionAttempts": 1,
    "Attributes": {"greeting": "Hello Jane Doe"},
    "Channel": "VOICE",
    "ConnectedToSystemTimestamp": "2026-03-02T10:41:07Z",
    "ContactId": FIRST,
    "CustomerEndpoint": {"Address": "+4915176543210", "Type": "TELEPHONE_NUMBER"},
    "DisconnectReason": "CUSTOMER_DISCONNECT",
    "DisconnectTimestamp": "2026-03-02T10:45:37Z",
    "InitialContactId": None,
    "InitiationMethod": "INBOUND",
    "InitiationTimestamp": "2026-03-02T10:41:07Z",
    "InstanceARN": INSTANCE,
    "LastUpdateTimestamp": "2026-03-02T10:47:00Z",
    "NextContactId": None,
    "PreviousContactId": None,
    "Queue": {"ARN": f"{INSTANCE}/queue/5e6f", "EnqueueTimestamp": "2026-03-02T10:41:17Z", "Name": "Orders"},
    "SystemEndpoint": {"Address": "+18005550199", "Type": "TELEPHONE_NUMBER"},
}


def told(**changes: Any) -> list[Draft]:
    return list(SOURCE.normalise({**CALL, **changes}, ACCOUNT))


def types(**changes: Any) -> list[str]:
    return [draft.fields["type"] for draft in told(**changes)]


def test_a_call_is_a_message_a_reply_and_an_end_that_tells_how_long() -> None:
    message, assigned, reply, ended, closed = [draft.fields for draft in told()]
    place = {"ticket_id": FIRST, "channel": "phone"}
    assert message == {
        "type": "message-received",
        **place,
        "occurred_at": "2026-03-02T10:41:07Z",
        "author_id": "+4915176543210",
        "customer_id": "+4915176543210",
    }
    assert (assigned["agent_id"], assigned["team"], assigned["occurred_at"]) == (
        "0a9b8c7d",
        "5e6f",
        "2026-03-02T10:41:37Z",
    )
    assert (reply["author_kind"], reply["author_id"], reply["occurred_at"]) == (
        "agent",
        "0a9b8c7d",
        "2026-03-02T10:41:37Z",
    )
    assert ended == {
        "type": "call-ended",
        **place,
        "occurred_at": "2026-03-02T10:45:37Z",
        "agent_id": "0a9b8c7d",
        "talk_seconds": 200.0,
        "hold_seconds": 40.0,
        "wrap_seconds": 30.0,
    }
    assert (closed["type"], closed["reason"], closed["occurred_at"]) == (
        "ticket-closed",
        "resolved",
        "2026-03-02T10:46:07Z",
    )
    assert told()[0].contacts == ("tel:+4915176543210",)


def test_a_transferred_call_is_one_ticket_and_each_leg_is_handled(tmp_path: Path) -> None:
    second = {**AGENT, "ARN": f"{INSTANCE}/agent/ffff", "ConnectedToAgentTimestamp": "2026-03-02T10:45:50Z"}
    records = [
        {**CALL, "NextContactId": SECOND},
        {
            **CALL,
            "ContactId": SECOND,
            "InitialContactId": FIRST,
            "PreviousContactId": FIRST,
            "InitiationMethod": "TRANSFER",
            "InitiationTimestamp": "2026-03-02T10:45:37Z",
            "DisconnectTimestamp": "2026-03-02T10:50:00Z",
            "Agent": {
                **second,
                "AgentInteractionDuration": 100,
                "CustomerHoldDuration": 0,
                "AfterContactWorkDuration": 0,
            },
        },
    ]
    finishing = Finishing("amazon-connect", "eu", Pseudonyms(b"k" * 32, "amazon-connect", "eu"))
    events = [
        finishing.finish(draft, "2026-03-02T11:00:00Z")
        for record in records
        for draft in SOURCE.normalise(record, ACCOUNT)
    ]
    found = samples(tmp_path, events)
    assert {event.key for event in events} == {FIRST.encode()}
    assert found["handle"] == [270.0, 100.0]
    assert found["first_response"] == [30.0]
    assert len(found["resolution"]) == 1


@pytest.mark.parametrize(
    ("queue", "how"),
    [(CALL["Queue"], {"reason": "abandoned"}), (None, {"reason": "resolved", "author_kind": "bot"})],
    ids=["in the queue", "in the flow"],
)
def test_a_call_that_nobody_took_has_no_handle_time(queue: Any, how: dict[str, str]) -> None:
    message, closed = [draft.fields for draft in told(Agent=None, Queue=queue)]
    assert message["type"] == "message-received"
    assert {name: closed[name] for name in how} == how
    assert "author_kind" in how or "author_kind" not in closed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"InitiationMethod": "OUTBOUND"}, ["ticket-assigned", "reply-sent", "call-ended", "ticket-closed"]),
        ({"InitiationMethod": "API"}, ["ticket-assigned", "reply-sent", "call-ended", "ticket-closed"]),
        ({"InitiationMethod": "API", "Agent": None}, []),
        ({"InitiationMethod": "MONITOR"}, []),
        ({"InitiationMethod": "DISCONNECT"}, []),
        ({"Channel": "TASK"}, []),
        ({"Channel": "CHAT", "InitiationMethod": "API"}, ["message-received", "ticket-assigned", "ticket-closed"]),
        ({"Channel": "EMAIL"}, ["message-received", "ticket-assigned", "ticket-closed"]),
        ({"Channel": "EMAIL", "InitiationMethod": "AGENT_REPLY"}, ["ticket-assigned", "reply-sent", "ticket-closed"]),
        ({"DisconnectTimestamp": None}, []),
    ],
)
def test_what_is_told_follows_from_channel_and_who_began(changes: dict[str, Any], expected: list[str]) -> None:
    assert types(**changes) == expected


def test_a_chat_has_its_first_reply_where_the_record_says_it_and_its_own_channel() -> None:
    metrics = {"ChatContactMetrics": {"AgentFirstResponseTimestamp": "2026-03-02T10:42:00.500Z"}}
    whatsapp = {"connect:Subtype": {"ValueString": "connect:WhatsApp"}}
    chat = told(Channel="CHAT", InitiationMethod="API", ChatMetrics=metrics, SegmentAttributes=whatsapp)
    (reply,) = [draft.fields for draft in chat if draft.fields["type"] == "reply-sent"]
    assert (reply["occurred_at"], reply["channel"]) == ("2026-03-02T10:42:00.500Z", "whatsapp")


@pytest.mark.parametrize(("word", "accepted"), [("accepted", True), ("Declined", False), ("maybe", None), (None, None)])
def test_an_offer_to_write_is_what_the_flow_wrote_down(word: str | None, accepted: bool | None) -> None:
    offers = [
        draft.fields for draft in told(Attributes={"offer": word}) if draft.fields["type"] == "call-offered-messaging"
    ]
    assert [offer["accepted"] for offer in offers] == ([] if accepted is None else [accepted])


def test_every_type_it_says_it_emits_is_told_and_no_other() -> None:
    assert set(types(Attributes={"offer": "accepted"})) == SOURCE.capabilities.emits


@pytest.mark.parametrize(
    "change",
    [
        {"ContactId": None},
        {"DisconnectTimestamp": 1772448067},
        {"Agent": {**AGENT, "AgentInteractionDuration": "200"}},
        {"Agent": {**AGENT, "AgentInteractionDuration": 10**400}},
        {"Agent": {**AGENT, "CustomerHoldDuration": -1}},
        {"Queue": []},
    ],
)
def test_a_record_that_is_none_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        told(**change)


def _said(record: Any) -> str:
    finishing = Finishing("amazon-connect", "eu", Pseudonyms(b"k" * 32, "amazon-connect", "eu"), joins_orders=True)
    try:
        drafts = SOURCE.normalise(record, ACCOUNT)
        ready = [one for draft in drafts for one in finishing.records(draft, "2026-03-02T11:00:00Z")]
    except (Malformed, InvalidEvent) as error:
        return str(error)
    return " ".join(f"{one.key!r} {one.value!r}" for one in ready)


def _with_each_text_planted(record: dict[str, Any], around: dict[str, Any] | None = None) -> Any:
    whole = record if around is None else around
    for name, value in list(record.items()):
        if isinstance(value, dict):
            yield from _with_each_text_planted(value, whole)
        elif isinstance(value, str):
            record[name] = PLANTED
            yield json.loads(json.dumps(whole))
            record[name] = value


def test_what_is_planted_in_any_text_is_said_nowhere() -> None:
    records = list(_with_each_text_planted(json.loads(json.dumps(CALL))))
    assert len(records) > 15
    words = (*PLANTED_WORDS, "ada.agent", "Hello")
    assert not [word for record in (CALL, *records) for word in words if word in _said(record)]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@given(name=st.sampled_from(sorted(CALL)), inner=st.none() | st.sampled_from(sorted(AGENT)), value=_JSON)
def test_one_value_replaced_gives_events_or_malformed(name: str, inner: str | None, value: Any) -> None:
    assert isinstance(
        _said({**CALL, name: value} if inner is None else {**CALL, "Agent": {**AGENT, inner: value}}), str
    )
