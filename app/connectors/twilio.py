"""Twilio: messages by webhook or Event Streams, calls by Event Streams or by the callbacks of their legs.

How it is signed: twilio_signature.py. What calls mean: twilio_calls.py. twilio.com/docs, "Messaging webhooks", "Status
callbacks", "Event Streams", checked 2026-11:
* Webhooks are forms and tell **no instant**, so that of arrival stands for it; Event Streams tell milliseconds, and come at
  least once, unordered, for up to four hours. Both name a message by its SID: one message seen both ways is one event.
* Webhooks are sent once (unless their URL asks for more with `#rc=`), Event Streams again for four hours after anything but
  a 2xx.
* A post of Event Streams is an array of CloudEvents, of which `datacontenttype` is an instant in Twilio's own examples: so
  only `type` and `data` are read.
* `sent` is the reply; `queued`, `delivered`, `read` and so on repeat it. Who wrote it Twilio does not know: the messaging
  service says it, where the account names its services.
* Inbound, `OptOutType` marks STOP, START and HELP, which Twilio answers by itself: nobody waits. A reaction is no turn either.
* Addresses are telephone numbers, behind `whatsapp:`, `messenger:` or `rcs:` where the channel is another than SMS.
* An answer to a form is TwiML: an empty one sends nothing.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from app.connectors import native, twilio_calls, twilio_signature
from app.connectors.connector import ARRIVAL, Account, Answer, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_text, written
from app.connectors.json_body import read_json
from app.connectors.members import mapping, text, text_if_any
from app.connectors.signatures import verbatim
from app.connectors.twilio_signature import form_pairs, is_form

MESSAGES: Final = frozenset({"message-received", "reply-sent"})
CHANNELS: Final[Mapping[str, str]] = {"whatsapp": "whatsapp", "messenger": "messenger", "rcs": "rcs"}
"""Before the colon of an address -> the channel. Without one: what the account says, else `sms`."""
AUTHORS: Final[Mapping[str, str]] = {"agent_services": "agent", "bot_services": "bot", "campaign_services": "campaign"}
"""Options that list messaging services -> who writes with them."""
_NO_TURN: Final = frozenset({"reaction"})
_INBOUND_STATUSES: Final = frozenset({"received", None})
_INBOUND: Final = "com.twilio.messaging.inbound-message.received"
_SENT: Final = "com.twilio.messaging.message.sent"
_SILENCE: Final = Answer(200, b"<Response/>", "text/xml")
_DONE: Final = Answer(204)


class Item(NamedTuple):
    """What happened: a type of Event Streams, or `form`."""

    kind: str
    data: Mapping[str, Any]


class Twilio:
    """See the top of the file."""

    name = "twilio"
    capabilities = Capabilities(
        emits=MESSAGES | twilio_calls.EMITS,
        by_channel=MappingProxyType({"": MESSAGES, twilio_calls.CHANNEL: twilio_calls.EMITS}),
        options=frozenset({twilio_signature.URL, *AUTHORS, *twilio_calls.OPTIONS}),
        choices=twilio_calls.CHOICES,
        needs=frozenset({twilio_signature.URL}),
    )

    def key(self, secret: str) -> bytes:
        """The auth token as it is."""
        return verbatim(secret)

    def handshake(self, request: Request, account: Account) -> Answer | None:  # noqa: ARG002 - Twilio only posts
        """None."""
        return None

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:  # noqa: ARG002 - no instant is signed
        """The signature over the account's URL and the fields, or the hash of the body."""
        return twilio_signature.verify(request, account)

    def parse(self, request: Request, account: Account) -> Sequence[Item]:  # noqa: ARG002 - all accounts alike
        """The one thing that a form tells, or the events in an array."""
        if is_form(request):
            return (Item("form", _form(request.body)),)
        value = read_json(request.body)
        return [_event(one) for one in (value if isinstance(value, list) else [value])]

    def normalise(self, item: Item, account: Account) -> Sequence[Draft]:
        """Messages, replies, and what happens to calls."""
        if item.kind == "form":
            return _told_by_form(item.data, account)
        if item.kind == _INBOUND:
            return _received(_streamed(item.data), account)
        if item.kind == _SENT:
            return _sent(_streamed(item.data), account)
        return twilio_calls.events(item.kind, item.data, account)

    def accepted(self, request: Request) -> Answer:
        """TwiML that does nothing, or nothing."""
        return _SILENCE if is_form(request) else _DONE


class _Message(NamedTuple):
    """A message as both ways tell it."""

    sid: str
    sender: str
    recipient: str
    occurred_at: str
    service: str | None
    is_turn: bool


def _form(body: bytes) -> dict[str, str]:
    """Of a field that comes twice the first counts."""
    pairs = form_pairs(body)
    if pairs is None:
        raise Malformed("the body must be a form in Twilio's way of writing")
    return dict(reversed(pairs))


def _event(value: Any) -> Item:
    if not isinstance(value, dict):
        raise Malformed("what is in the array must be JSON objects")
    return Item(text(value, "type"), mapping(value, "data"))


def _told_by_form(form: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    if "CallSid" in form:
        return twilio_calls.of_leg(form, account)
    if "MessageSid" not in form:
        return ()
    is_turn = "OptOutType" not in form and form.get("MessageType") not in _NO_TURN
    service = text_if_any(form, "MessagingServiceSid")
    message = _Message(text(form, "MessageSid"), text(form, "From"), text(form, "To"), ARRIVAL, service, is_turn)
    status = form.get("MessageStatus") or form.get("SmsStatus")
    if status in _INBOUND_STATUSES:
        return _received(message, account)
    return _sent(message, account) if status == "sent" else ()


def _streamed(data: Mapping[str, Any]) -> _Message:
    return _Message(
        text(data, "messageSid"),
        text(data, "from"),
        text(data, "to"),
        written(from_text(data.get("timestamp"), "timestamp")),
        text_if_any(data, "messagingServiceSid"),
        text_if_any(data, "optOutType") is None,
    )


def _received(message: _Message, account: Account) -> Sequence[Draft]:
    if not message.is_turn:
        return ()
    customer = message.sender
    fields = {"author_id": customer}
    return (_draft("message-received", message, account, message.recipient, customer, fields),)


def _sent(message: _Message, account: Account) -> Sequence[Draft]:
    services = {option: native.listed(account.options.get(option)) for option in AUTHORS}
    kinds = (AUTHORS[option] for option, listed in services.items() if message.service in listed)
    fields = {"author_kind": next(kinds, "unknown")}
    return (_draft("reply-sent", message, account, message.sender, message.recipient, fields),)


def _draft(
    kind: str, message: _Message, account: Account, ours: str, customer: str, fields: Mapping[str, str]
) -> Draft:
    channel = CHANNELS.get(customer.partition(":")[0]) or account.channel or "sms"
    common = {
        "type": kind,
        "ticket_id": f"{ours}:{customer}",
        "channel": channel,
        "occurred_at": message.occurred_at,
        "customer_id": customer,
    }
    return Draft(message.sid, {**common, **fields}, frozenset({"ticket_id"}))
