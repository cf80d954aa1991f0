"""Calls through Twilio. Two sources tell of them, and an account says which it has (`calls`), so that no call is told twice.

`taskrouter` (the default): calls that TaskRouter or Flex hands to agents, by Event Streams. twilio.com/docs/events/event-types/taskrouter
and docs/taskrouter/twiml-queue-calls, checked 2026-11:
* A task is a ticket, named by its call where its attributes tell one (`call_sid`, which `<Enqueue>` sets). Only tasks of the
  channel `voice`: those of chats have messages, which come otherwise.
* Created: the customer called. Reservation accepted: an agent took it, which is the answer. In wrap-up: the call is over.
  Completed: the agent is done. Canceled: nobody took it. A second agent is a transfer.
* No event tells how long one talked, each is on its own, and they come in any order. So the end of a call comes without
  lengths, and handle time is that in which the agent had the ticket: from accepting to completing, wrap-up included.

`legs`: calls that `<Dial>` connects, by status callbacks (as forms, or inside Event Streams). twilio.com/docs/voice/api/call-resource
and docs/voice/twiml/number, checked 2026-11:
* `Timestamp` is RFC 2822 in whole seconds and that of the callback; `CallDuration` is seconds from the answer to the end.
* The leg to an agent has the customer's call as `ParentCallSid`: it answers that call and ends with the time talked. A leg
  that nobody took tells nothing.
* The customer's own leg says, when it is over, when it began. That of a caller who gave up in a queue is `completed` too:
  whether it was answered, only an agent's leg says.
* A leg that Twilio's API began has no parent and may be anything: it tells nothing.

Offers to write instead: Studio says which step a flow went to from the widget that offers (`offer_widget`), and which of
them is an acceptance (`offer_accepted`). twilio.com/docs/events/event-types/studio/flow, unconfirmed: no such post was recorded.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from app.connectors import native
from app.connectors.connector import Account, Draft, Malformed
from app.connectors.instants import from_mail_text, from_text
from app.connectors.json_body import read_json
from app.connectors.members import mapping, text_if_any
from app.connectors.native import Occasion

CHANNEL: Final = "phone"
EMITS: Final = frozenset(
    {"ticket-opened", "message-received", "reply-sent", "ticket-assigned", "ticket-closed"}
    | {"call-ended", "call-offered-messaging"}
)
OPTIONS: Final = ("calls", "offer_widget", "offer_accepted")
CHOICES: Final = MappingProxyType({"calls": frozenset({"taskrouter", "legs"})})
_STEP_ENDED: Final = "com.twilio.studio.flow.step.ended"
_LEG_ENDED: Final = frozenset(
    {
        "com.twilio.voice.status-callback.call.completed",
        "com.twilio.voice.webhook.status-callback.call.completed",  # deprecated
    }
)
_UNANSWERED: Final = frozenset({"busy", "no-answer", "failed", "canceled"})
_LONGEST_DURATION: Final = 9

Teller = Callable[[Mapping[str, Any], Occasion], Sequence[Draft]]


def events(kind: str, data: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    """What an event of Event Streams tells of calls. Raises Malformed."""
    if kind in _LEG_ENDED:
        return of_leg(native.part(native.part(data, "request"), "parameters"), account)
    if kind == _STEP_ENDED:
        return _offered(data, account)
    teller = _TELLERS.get(kind)
    if teller is None or account.options.get("calls", "taskrouter") != "taskrouter":
        return ()
    payload = mapping(data, "payload")
    if payload.get("task_channel_unique_name") != "voice":
        return ()
    return teller(payload, _of_task(payload))


def of_leg(form: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    """What the callback of a leg tells when the leg is over. Raises Malformed."""
    status = form.get("CallStatus")
    if account.options.get("calls") != "legs" or status not in _UNANSWERED | {"completed"}:
        return ()
    if text_if_any(form, "ParentCallSid") is not None:
        return _agent_leg(form) if status == "completed" else ()
    return _customer_leg(form, status) if form.get("Direction") == "inbound" else ()


def _agent_leg(form: Mapping[str, Any]) -> Sequence[Draft]:
    ended = _of_leg(form, "ParentCallSid")
    leg, agent = native.identifier(form.get("CallSid"), "CallSid"), text_if_any(form, "To")
    seconds = _seconds(form)
    return (
        ended.later(-1000 * seconds).draft("reply-sent", leg, **native.given(author_kind="agent", author_id=agent)),
        ended.draft("call-ended", leg, **native.given(agent_id=agent, talk_seconds=float(seconds))),
    )


def _customer_leg(form: Mapping[str, Any], status: str) -> Sequence[Draft]:
    ended = _of_leg(form, "CallSid")
    customer = native.given(customer_id=text_if_any(form, "From"), author_id=text_if_any(form, "From"))
    reason = "abandoned" if status in _UNANSWERED else "resolved"
    return (
        ended.later(-1000 * _seconds(form)).draft("message-received", ended.ticket_id, **customer),
        ended.draft("ticket-closed", ended.ticket_id, reason=reason),
    )


def _of_leg(form: Mapping[str, Any], ticket: str) -> Occasion:
    at_ms = from_mail_text(form.get("Timestamp"), "Timestamp")
    return Occasion(native.identifier(form.get(ticket), ticket), CHANNEL, at_ms)


def _seconds(form: Mapping[str, Any]) -> int:
    """None is told of a leg that was never answered."""
    told = text_if_any(form, "CallDuration") or "0"
    if not told.isascii() or not told.isdigit() or len(told) > _LONGEST_DURATION:
        raise Malformed("CallDuration must be a text of digits: seconds")
    return int(told)


def _of_task(payload: Mapping[str, Any]) -> Occasion:
    task = native.identifier(payload.get("task_sid"), "task_sid")
    call = native.identifier_or_none(_attributes(payload).get("call_sid"), "call_sid")
    return Occasion(call or task, CHANNEL, from_text(payload.get("timestamp"), "timestamp"))


def _attributes(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """JSON in a text. What a flow wrote there is the team's own: if it is no object, it tells nothing."""
    told = payload.get("task_attributes")
    try:
        value = read_json(told.encode("utf-8", "replace")) if isinstance(told, str) else None
    except Malformed:
        return {}
    return value if isinstance(value, dict) else {}


def _created(payload: Mapping[str, Any], occasion: Occasion) -> Sequence[Draft]:
    task, attributes = native.identifier(payload.get("task_sid"), "task_sid"), _attributes(payload)
    customer = attributes.get("from")
    who = customer if isinstance(customer, str) and customer else None
    if attributes.get("direction") == "outbound":  # an agent calls
        return (occasion.draft("ticket-opened", task),)
    return (occasion.draft("message-received", task, **native.given(customer_id=who, author_id=who)),)


def _accepted(payload: Mapping[str, Any], occasion: Occasion) -> Sequence[Draft]:
    reservation, agent = _reservation(payload)
    team = native.identifier_or_none(payload.get("task_queue_sid"), "task_queue_sid")
    return (
        occasion.draft("ticket-assigned", reservation, agent_id=agent, **native.given(team=team)),
        occasion.draft("reply-sent", reservation, author_kind="agent", author_id=agent),
    )


def _wrapup(payload: Mapping[str, Any], occasion: Occasion) -> Sequence[Draft]:
    reservation, agent = _reservation(payload)
    return (occasion.draft("call-ended", reservation, agent_id=agent),)


def _reservation(payload: Mapping[str, Any]) -> tuple[str, str]:
    """Its id and its agent's."""
    sid = native.identifier(payload.get("reservation_sid"), "reservation_sid")
    return sid, native.identifier(payload.get("worker_sid"), "worker_sid")


def _closed(reason: str) -> Teller:
    def tell(payload: Mapping[str, Any], occasion: Occasion) -> Sequence[Draft]:
        task = native.identifier(payload.get("task_sid"), "task_sid")
        return (occasion.draft("ticket-closed", task, reason=reason),)

    return tell


_TELLERS: Final[Mapping[str, Teller]] = {
    "com.twilio.taskrouter.task.created": _created,
    "com.twilio.taskrouter.reservation.accepted": _accepted,
    "com.twilio.taskrouter.reservation.wrapup": _wrapup,
    "com.twilio.taskrouter.task.completed": _closed("resolved"),
    "com.twilio.taskrouter.task.canceled": _closed("abandoned"),
    "com.twilio.taskrouter.task.deleted": _closed("deleted"),
}


def _offered(data: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    widget, accepted = account.options.get("offer_widget"), account.options.get("offer_accepted")
    if not widget or not accepted or data.get("transitioned_from") != widget:
        return ()
    at_ms = from_text(native.first((data.get("date_updated"), data.get("date_created"))), "date_updated")
    occasion = Occasion(native.identifier(data.get("execution_sid"), "execution_sid"), CHANNEL, at_ms)
    step = native.identifier(data.get("step_sid"), "step_sid")
    return (occasion.draft("call-offered-messaging", step, accepted=data.get("transitioned_to") == accepted),)
