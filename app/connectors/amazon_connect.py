"""Amazon Connect contact records, from files: they come through Kinesis and Firehose, not as webhooks.

A record is one contact: a call, a chat, a mail, or one leg of it after a transfer. Legs share the ticket, named by the first one
(`InitialContactId`). A record is written when the contact is over and the agent's work after it is done; it comes at least once,
and again when something about it changed (`LastUpdateTimestamp`): what is told has the same ids then.

* **A call** of a customer is a message at its start and a reply when an agent takes it; a call to a customer is a reply alone. Its
  end is `call-ended`: talk (AgentInteractionDuration, without hold), hold (CustomerHoldDuration), wrap (AfterContactWorkDuration).
* **A chat or mail** is a message at its start, too; what was written in between is not in the record. A chat's first reply is
  (`AgentFirstResponseTimestamp` of its metrics), of mails the record `AGENT_REPLY`.
* **The end** of the last leg closes the ticket: after the agent's work; `abandoned` if the customer left a queue; by a bot if the
  flow never queued it.
* **Offers to write instead** are the flow's own: it sets a contact attribute (`offer_attribute`) to `accepted` or `declined`.
* Supervisors who listen, tasks, and flows that run after the end are nobody's turn.

Sources: docs.aws.amazon.com/connect/latest/adminguide, "Data model for contact records", "Contact initiation methods";
API reference, ChatContactMetrics; checked 2026-11. No record was ever recorded by us: unconfirmed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.connectors import contacts, native
from app.connectors.connector import Account, Capabilities, Draft, Malformed
from app.connectors.instants import from_text
from app.connectors.native import Occasion

OFFER_ATTRIBUTE: Final = "offer_attribute"
_SUBTYPE: Final = "connect:Subtype"

CHANNELS: Final[Mapping[str, str]] = {"voice": "phone", "chat": "web-chat", "email": "email"}
SUBTYPES: Final[Mapping[str, str]] = {
    "connect:sms": "sms",
    "connect:whatsapp": "whatsapp",
    "connect:apple": "apple-messages",
}
BY_CUSTOMER: Final = frozenset({("voice", "inbound"), ("voice", "webrtc_api"), ("email", "inbound")} | {
    ("chat", method) for method in ("inbound", "api", "webrtc_api")
})  # fmt: skip
"""Channel and initiation method of contacts that a customer began. A call by API is one to a customer."""
NOBODYS: Final = frozenset({"monitor", "disconnect", "flow"})
ACCEPTANCES: Final[Mapping[str, bool]] = {"accepted": True, "declined": False}
_LONGEST_SECONDS: Final = 10**9
_TIMES: Final = {
    "talk_seconds": "AgentInteractionDuration",
    "hold_seconds": "CustomerHoldDuration",
    "wrap_seconds": "AfterContactWorkDuration",
}


class AmazonConnect:
    """See the top of the file."""

    name = "amazon-connect"
    capabilities = Capabilities(
        emits=frozenset(
            {"message-received", "reply-sent", "ticket-assigned", "ticket-closed"}
            | {"call-ended", "call-offered-messaging"}
        ),
        options=frozenset({OFFER_ATTRIBUTE}),
    )

    def known_as(self, item: Any) -> tuple[str, str]:
        """(contact, when it was last changed): of several records of a contact the last changed one counts. Raises Malformed."""
        if not isinstance(item, dict):
            raise Malformed("a contact record is an object")
        changed = item.get("LastUpdateTimestamp")
        return native.identifier(item.get("ContactId"), "ContactId"), changed if isinstance(changed, str) else ""

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """The events of a contact. Raises Malformed."""
        contact, _ = self.known_as(item)
        channel, method = native.word(item.get("Channel")), native.word(item.get("InitiationMethod"))
        if channel not in CHANNELS or method in NOBODYS or item.get("DisconnectTimestamp") is None:
            return ()
        occasion = Occasion(_ticket(item, contact), _channel(item, channel, account), _ms(item, "DisconnectTimestamp"))
        begun_by_customer = (channel, method) in BY_CUSTOMER
        return [
            *(_began(item, occasion, contact) if begun_by_customer else ()),
            *_taken(item, occasion, contact, channel, method),
            *_offered(item, occasion, contact, account),
            *(_call_ended(item, occasion, contact) if channel == "voice" else ()),
            *_closed(item, occasion, contact, begun_by_customer=begun_by_customer),
        ]


def _began(item: Mapping[str, Any], occasion: Occasion, contact: str) -> Sequence[Draft]:
    address = _address(item)
    at = occasion._replace(at_ms=_ms(item, "InitiationTimestamp"))
    draft = at.draft("message-received", contact, **native.given(author_id=address, customer_id=address))
    return (draft._replace(contacts=contacts.known(contacts.phone(address), contacts.mail(address))),)


def _taken(item: Mapping[str, Any], occasion: Occasion, contact: str, channel: str, method: str) -> Sequence[Draft]:
    """An agent got it; and, as far as the record says, answered."""
    agent = native.part(item, "Agent")
    if agent.get("ConnectedToAgentTimestamp") is None:
        return ()
    taken = occasion._replace(at_ms=_ms(agent, "ConnectedToAgentTimestamp"))
    owner = native.given(agent_id=_named_by(agent, "agent"), team=_named_by(native.part(item, "Queue"), "queue"))
    answered = {"voice": taken, "chat": _first_reply(item, occasion)}.get(
        channel, None if method != "agent_reply" else occasion
    )
    drafts = [taken.draft("ticket-assigned", contact, **owner)]
    if answered is not None:
        author = native.given(author_kind="agent", author_id=owner.get("agent_id"))
        drafts.append(answered.draft("reply-sent", contact, **author))
    return drafts


def _first_reply(item: Mapping[str, Any], occasion: Occasion) -> Occasion | None:
    metrics = native.part(native.part(item, "ChatMetrics"), "ChatContactMetrics")
    if metrics.get("AgentFirstResponseTimestamp") is None:
        return None
    return occasion._replace(at_ms=_ms(metrics, "AgentFirstResponseTimestamp"))


def _offered(item: Mapping[str, Any], occasion: Occasion, contact: str, account: Account) -> Sequence[Draft]:
    name = account.options.get(OFFER_ATTRIBUTE)
    accepted = ACCEPTANCES.get(native.word(native.part(item, "Attributes").get(name))) if name else None
    return () if accepted is None else (occasion.draft("call-offered-messaging", contact, accepted=accepted),)


def _call_ended(item: Mapping[str, Any], occasion: Occasion, contact: str) -> Sequence[Draft]:
    """Of a call that an agent had; one that nobody took has no handle time."""
    agent = native.part(item, "Agent")
    if agent.get("ConnectedToAgentTimestamp") is None:
        return ()
    times = {name: _seconds(agent, member) for name, member in _TIMES.items()}
    return (occasion.draft("call-ended", contact, **native.given(agent_id=_named_by(agent, "agent"), **times)),)


def _closed(item: Mapping[str, Any], occasion: Occasion, contact: str, *, begun_by_customer: bool) -> Sequence[Draft]:
    """The last leg; one that goes on in another, or as a callback, names the next."""
    if native.identifier_or_none(item.get("NextContactId"), "NextContactId") is not None:
        return ()
    agent = native.part(item, "Agent")
    if agent.get("ConnectedToAgentTimestamp") is None:
        if not begun_by_customer:
            return ()
        was_queued = native.part(item, "Queue").get("EnqueueTimestamp") is not None
        how = {"reason": "abandoned"} if was_queued else {"reason": "resolved", "author_kind": "bot"}
        return (occasion.draft("ticket-closed", contact, **how),)
    if agent.get("AfterContactWorkEndTimestamp") is not None:
        occasion = occasion._replace(at_ms=max(occasion.at_ms, _ms(agent, "AfterContactWorkEndTimestamp")))
    author = native.given(author_kind="agent", author_id=_named_by(agent, "agent"))
    return (occasion.draft("ticket-closed", contact, reason="resolved", **author),)


def _ticket(item: Mapping[str, Any], contact: str) -> str:
    names = ("InitialContactId", "RelatedContactId")
    return native.first(native.identifier_or_none(item.get(name), name) for name in names) or contact


def _channel(item: Mapping[str, Any], channel: str, account: Account) -> str:
    if channel == "voice" and account.channel:
        return account.channel
    subtype = native.part(native.part(item, "SegmentAttributes"), _SUBTYPE).get("ValueString")
    return SUBTYPES.get(native.word(subtype)) or CHANNELS[channel]


def _address(item: Mapping[str, Any]) -> str | None:
    address = native.part(item, "CustomerEndpoint").get("Address")
    return address if isinstance(address, str) and address else None


def _named_by(holder: Mapping[str, Any], kind: str) -> str | None:
    """The id at the end of an ARN: `…:instance/<id>/agent/<id>`. An agent's own queue (`queue/agent/<id>`) is no team."""
    arn = holder.get("ARN")
    parts = arn.split("/") if isinstance(arn, str) else []
    return native.identifier(parts[-1], f"{kind} ARN") if len(parts) > 1 and parts[-2] == kind else None


def _seconds(agent: Mapping[str, Any], name: str) -> float | None:
    value = agent.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST_SECONDS:
        raise Malformed(f"{name} must be a number of seconds")
    return float(value)


def _ms(holder: Mapping[str, Any], name: str) -> int:
    return from_text(holder.get(name), name)
