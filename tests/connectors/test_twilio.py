import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from app.connectors.connector import ARRIVAL, Answer, Draft, Malformed, Request
from app.connectors.twilio import Twilio
from tests.connectors import kpis
from tests.connectors.cases import twilio
from tests.connectors.cases.case import Body
from tests.connectors.cases.twilio import CALL, CASE, CUSTOMER, FORM, JSON, OPTIONS, OURS, TASK, WORKER

LEGS = dataclasses.replace(CASE.account, options={**OPTIONS, "calls": "legs"})


def _of_form(body: bytes, account: Any = CASE.account) -> list[Draft]:
    return _drafts(Request("POST", FORM, {}, body), account)


def _of_stream(*events: dict[str, Any], account: Any = CASE.account) -> list[Draft]:
    return _drafts(Request("POST", JSON, {}, twilio.streamed(*events)), account)


def _drafts(request: Request, account: Any) -> list[Draft]:
    connector = Twilio()
    return [draft for item in connector.parse(request, account) for draft in connector.normalise(item, account)]


def test_a_webhook_tells_no_instant_and_stands_at_its_arrival() -> None:
    (draft,) = _of_form(twilio.inbound())
    assert draft[:3] == (
        "SM1",
        {
            "type": "message-received",
            "ticket_id": f"{OURS}:{CUSTOMER}",
            "channel": "sms",
            "occurred_at": ARRIVAL,
            "customer_id": CUSTOMER,
            "author_id": CUSTOMER,
        },
        frozenset({"ticket_id"}),
    )
    (event,) = kpis.finished(CASE, Twilio().parse(Request("POST", FORM, {}, twilio.inbound()), CASE.account))
    assert json.loads(event.value)["occurred_at"] == kpis.RECEIVED_AT


def test_webhook_and_event_stream_are_one_message() -> None:
    (by_form,) = _of_form(twilio.inbound())
    (by_stream,) = _of_stream(twilio.message("inbound-message.received", 1))
    assert (by_form.native_id, by_form.fields["ticket_id"]) == (by_stream.native_id, by_stream.fields["ticket_id"])
    assert by_stream.fields["occurred_at"] == "2026-03-02T10:41:00.125Z"


def test_a_reply_is_in_the_ticket_of_the_message_it_answers() -> None:
    (message,), (reply,) = _of_form(twilio.inbound()), _of_form(twilio.status("sent"))
    assert message.fields["ticket_id"] == reply.fields["ticket_id"]
    assert (reply.fields["type"], reply.fields["author_kind"]) == ("reply-sent", "unknown")


@pytest.mark.parametrize("word", ["queued", "sending", "delivered", "read", "undelivered", "failed"])
def test_a_status_other_than_sent_is_no_turn(word: str) -> None:
    assert _of_form(twilio.status(word)) == []
    assert _of_stream(twilio.message(f"message.{word}", 1)) == []


@pytest.mark.parametrize(
    ("service", "kind"), [("MG7", "bot"), ("MG9", "campaign"), ("MG1", "agent"), ("MG2", "unknown")]
)
def test_the_messaging_service_says_who_wrote(service: str, kind: str) -> None:
    options = {**OPTIONS, "campaign_services": "MG9", "agent_services": "MG1"}
    account = dataclasses.replace(CASE.account, options=options)
    (draft,) = _of_form(twilio.status("sent", MessagingServiceSid=service), account)
    assert draft.fields["author_kind"] == kind
    (draft,) = _of_stream(twilio.message("message.sent", 2, messagingServiceSid=service), account=account)
    assert draft.fields["author_kind"] == kind


@pytest.mark.parametrize(
    ("prefix", "own", "channel"),
    [("", None, "sms"), ("", "text-us", "text-us"), ("whatsapp:", "text-us", "whatsapp"), ("rcs:", None, "rcs")],
)
def test_the_address_says_the_channel(prefix: str, own: str | None, channel: str) -> None:
    account = dataclasses.replace(CASE.account, channel=own)
    body = twilio.inbound(From=prefix + CUSTOMER, To=prefix + OURS)
    assert _of_form(body, account)[0].fields["channel"] == channel


def test_what_twilio_answers_itself_and_reactions_are_no_turns() -> None:
    assert _of_form(twilio.inbound(OptOutType="STOP")) == []
    assert _of_form(twilio.inbound(MessageType="reaction")) == []
    assert _of_stream(twilio.message("inbound-message.received", 1, optOutType="STOP")) == []


def test_of_a_field_that_comes_twice_the_first_counts() -> None:
    assert _of_form(twilio.inbound() + b"&From=%2B1")[0].fields["customer_id"] == CUSTOMER


def test_a_call_that_task_router_hands_out() -> None:
    drafts = _of_stream(
        twilio.task("task.created"), twilio.task("reservation.accepted"), twilio.task("reservation.wrapup")
    )
    assert {draft.fields["ticket_id"] for draft in drafts} == {CALL}
    assert {draft.fields["channel"] for draft in drafts} == {"phone"}
    asked, assigned, answered, ended = (draft.fields for draft in drafts)
    assert (asked["author_id"], answered["author_id"], answered["author_kind"]) == (CUSTOMER, WORKER, "agent")
    assert (assigned["agent_id"], assigned["team"], ended["agent_id"]) == (WORKER, "WQ" + "5" * 32, WORKER)


def test_a_task_without_a_call_is_named_by_itself() -> None:
    for attributes in ("{}", "[]", "no JSON", '{"call_sid": null}', None):
        (draft,) = _of_stream(twilio.task("task.created", task_attributes=attributes))
        assert draft.fields["ticket_id"] == TASK
        assert "customer_id" not in draft.fields


def test_a_call_to_a_customer_asks_nothing() -> None:
    (draft,) = _of_stream(twilio.task("task.created", task_attributes='{"direction": "outbound"}'))
    assert draft.fields["type"] == "ticket-opened"


@pytest.mark.parametrize(
    ("kind", "reason"), [("completed", "resolved"), ("canceled", "abandoned"), ("deleted", "deleted")]
)
def test_the_end_of_a_task_says_how_it_ended(kind: str, reason: str) -> None:
    (draft,) = _of_stream(twilio.task(f"task.{kind}"))
    assert (draft.fields["type"], draft.fields["reason"]) == ("ticket-closed", reason)


def test_tasks_of_other_channels_and_other_events_are_of_no_use() -> None:
    assert _of_stream(twilio.task("task.created", task_channel_unique_name="chat")) == []
    assert _of_stream(twilio.task("reservation.rejected"), twilio.event("error-logs.error.logged", {})) == []


def test_legs_tell_a_call_when_they_are_over() -> None:
    asked, closed = (draft.fields for draft in _of_form(twilio.leg(), LEGS))
    answered, ended = (draft.fields for draft in _of_form(twilio.agent_leg(), LEGS))
    assert {one["ticket_id"] for one in (asked, closed, answered, ended)} == {CALL}
    assert (asked["occurred_at"], answered["occurred_at"]) == ("2026-03-02T10:43:00Z", "2026-03-02T10:43:30Z")
    assert closed["occurred_at"] == ended["occurred_at"] == "2026-03-02T10:45:00Z"
    assert (ended["talk_seconds"], ended["agent_id"], closed["reason"]) == (90.0, "client:ada", "resolved")


def test_legs_inside_event_streams_say_the_same() -> None:
    told = dict(pair.split("=") for pair in twilio.agent_leg(To="client:ada", Timestamp="0").decode().split("&"))
    parameters = {**told, "To": "client:ada", "Timestamp": "Mon, 02 Mar 2026 10:45:00 +0000"}
    event = twilio.event("voice.status-callback.call.completed", {"request": {"parameters": parameters}})
    assert _of_stream(event, account=LEGS) == _of_form(twilio.agent_leg(), LEGS)


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_a_leg_that_nobody_took_is_no_answer_and_such_a_call_is_abandoned(status: str) -> None:
    assert _of_form(twilio.agent_leg(CallStatus=status), LEGS) == []
    _, closed = _of_form(twilio.leg(CallStatus=status, CallDuration=""), LEGS)
    assert closed.fields["reason"] == "abandoned"


def test_legs_that_are_not_over_that_the_api_began_or_that_nobody_asked_for_tell_nothing() -> None:
    assert _of_form(twilio.leg(CallStatus="in-progress"), LEGS) == []
    assert _of_form(twilio.leg(Direction="outbound-api"), LEGS) == []
    assert _of_form(twilio.leg()) == []
    assert _of_stream(twilio.task("task.created"), account=LEGS) == []


def test_who_took_the_offer_to_write_is_told_by_the_step_that_follows() -> None:
    yes, no, other = (
        twilio.step("send_text"),
        twilio.step("hang_up"),
        twilio.step("send_text", transitioned_from="menu"),
    )
    assert [draft.fields["accepted"] for draft in _of_stream(yes, no, other)] == [True, False]
    account = dataclasses.replace(CASE.account, options={"url": twilio.URL})
    assert _of_stream(yes, account=account) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (twilio.inbound(From=""), "From must be a text"),
        (twilio.inbound(MessageSid=""), "MessageSid must be a text"),
        (b"a=b c", "Twilio's way of writing"),
    ],
)
def test_what_is_wrong_in_a_form_is_named_without_its_value(body: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        _of_form(body)


@pytest.mark.parametrize("value", ["-1", "1.5", "x", "9" * 10, "\u06f1"])
def test_a_length_that_is_no_number_is_named(value: str) -> None:
    with pytest.raises(Malformed, match="CallDuration must be"):
        _of_form(twilio.agent_leg(CallDuration=value), LEGS)


@pytest.mark.parametrize("at", [1772448060, "1772448060", "Mon, 02 Mar 2026 10:45:00 +0000", None])
def test_an_instant_in_another_form_is_refused(at: Any) -> None:
    with pytest.raises(Malformed, match="timestamp must be"):
        _of_stream(twilio.message("message.sent", 1, at=at))


def test_a_form_is_answered_with_twiml_that_does_nothing() -> None:
    assert Twilio().accepted(Request("POST", FORM, {}, b"")) == Answer(200, b"<Response/>", "text/xml")
    assert Twilio().accepted(Request("POST", JSON, {}, b"")) == Answer(204)
    assert Twilio().handshake(Request("GET", {}, {}, b""), CASE.account) is None


def _kpis(folder: Path, account: Any, *bodies: Body) -> dict[str, list[float]]:
    case = dataclasses.replace(CASE, account=account)
    requests = [Request("POST", body.headers, {}, body.body) for body in bodies]
    return kpis.samples(folder, kpis.finished(case, [i for r in requests for i in Twilio().parse(r, account)]))


def test_handle_time_by_task_router_is_from_accepting_to_completing(tmp_path: Path) -> None:
    """Asked at 10:41:00.125, accepted after 20 s, in wrap-up after 200 s, completed after 260 s."""
    events = (
        twilio.task("task.created"),
        twilio.task("reservation.accepted", "2026-03-02T10:41:20.125Z"),
        twilio.task("reservation.wrapup", "2026-03-02T10:44:20.125Z"),
        twilio.task("task.completed", "2026-03-02T10:45:20.125Z"),
    )
    found = _kpis(tmp_path, CASE.account, Body(twilio.streamed(*reversed(events)), (), JSON))
    assert (found["first_response"], found["handle"], found["resolution"]) == ([20.0], [240.0], [260.0])


def test_handle_time_by_legs_is_the_time_talked(tmp_path: Path) -> None:
    found = _kpis(tmp_path, LEGS, Body(twilio.agent_leg(), (), FORM), Body(twilio.leg(), (), FORM))
    assert (found["first_response"], found["handle"], found["resolution"]) == ([30.0], [90.0], [120.0])
