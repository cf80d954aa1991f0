"""What may stand on `support.events`: what happened to tickets, and Carebeat's own ticks.

Types are strict: a wrong type in any field of the event's type makes a dead letter, as does an unknown type.
Unknown fields are ignored. An absent optional field changes nothing. Null clears an attribute of the ticket (customer,
priority, team, tags, subject, owner); in any other optional field it says the same as absence. The key of the record is
the ticket id. No event carries text, a name, an address or a phone number.
"""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from schemas.wire import (
    Count,
    Currency,
    DecimalText,
    Id,
    Name,
    Seconds,
    SourceChannel,
    SourceInstant,
    Tag,
    WireModel,
)

AuthorKind = Literal["agent", "bot", "automation", "campaign", "unknown"]
CloseReason = Literal["resolved", "idle", "spam", "merged", "deleted", "abandoned"]
PauseReason = Literal["customer", "third_party", "snoozed", "on_hold", "other"]
Sentiment = Literal["positive", "neutral", "negative"]


class CommonFields(WireModel):
    """What every event of a ticket has or may have."""

    id: Id
    """A pure function of the source: a redelivery has the same id."""
    ticket_id: Id
    """The key of the record too."""
    channel: SourceChannel
    occurred_at: SourceInstant
    """The source's instant."""
    account: Name | None = None
    """Which of several accounts of the channel."""
    source: Name | None = None
    """The connector that made the event."""
    received_at: SourceInstant | None = None
    """The gateway's instant."""
    customer_id: Name | None = None
    priority: Name | None = None
    team: Name | None = None
    tags: Annotated[tuple[Tag, ...], Field(max_length=32)] | None = None
    """The full set, not what was added."""
    topic: Name | None = None
    """What the ticket is about: `parent/child`."""
    author_kind: AuthorKind | None = None
    author_id: Name | None = None


class MessageReceived(CommonFields):
    """A customer wrote."""

    type: Literal["message-received"]
    sentiment: Sentiment | None = None
    quick_reply: Name | None = None


class ReplySent(CommonFields):
    """Someone answered."""

    type: Literal["reply-sent"]
    author_kind: AuthorKind | None = "agent"
    public: bool | None = True
    """False: an internal note; it answers nobody."""


class TicketClosed(CommonFields):
    """The ticket was closed."""

    type: Literal["ticket-closed"]
    reason: CloseReason | None = "resolved"


class TicketOpened(CommonFields):
    """A ticket exists before any message."""

    type: Literal["ticket-opened"]


class TicketReopened(CommonFields):
    """A closed ticket was opened again."""

    type: Literal["ticket-reopened"]


class TicketAssigned(CommonFields):
    """Owner or team changed."""

    type: Literal["ticket-assigned"]
    agent_id: Name | None = None
    """Null: nobody owns it now."""


class TicketHandedOver(CommonFields):
    """From bot to human, or from human to bot."""

    type: Literal["ticket-handed-over"]
    to: Literal["human", "bot"] | None = "human"


class TicketLabelled(CommonFields):
    """Priority, tags, subject or team changed: the common fields say to what."""

    type: Literal["ticket-labelled"]


class TicketPaused(CommonFields):
    """Pending, snoozed, on hold."""

    type: Literal["ticket-paused"]
    reason: PauseReason | None = "other"


class TicketResumed(CommonFields):
    """The pause is over."""

    type: Literal["ticket-resumed"]
    reason: PauseReason | None = None


class TicketMerged(CommonFields):
    """The ticket goes on inside another."""

    type: Literal["ticket-merged"]
    into: Id


class SurveySent(CommonFields):
    """The customer was asked how it went."""

    type: Literal["survey-sent"]


class SurveyAnswered(CommonFields):
    """The customer said how it went."""

    type: Literal["survey-answered"]
    score: Annotated[int, Field(ge=1, le=5)]
    """5 is best; good and bad are 5 and 1."""


class CallEnded(CommonFields):
    """A voice contact is over."""

    type: Literal["call-ended"]
    agent_id: Name | None = None
    talk_seconds: Seconds | None = None
    hold_seconds: Seconds | None = None
    wrap_seconds: Seconds | None = None


class CallOfferedMessaging(CommonFields):
    """A caller was offered to write instead."""

    type: Literal["call-offered-messaging"]
    accepted: bool


class OrderPlaced(CommonFields):
    """The ticket's customer bought something."""

    type: Literal["order-placed"]
    order_id: Id
    amount: DecimalText | None = None
    currency: Currency | None = None
    """ISO 4217."""


class ClockTicked(WireModel):
    """Nothing but time passing. Carebeat's own: the gateway refuses it; null key, explicit partition."""

    type: Literal["clock-ticked"]
    partition: Count | None = None
    occurred_at: SourceInstant | None = None
    """Only on explicit ticks of a replay; else the append time says it."""


TicketEvent = Annotated[
    MessageReceived
    | ReplySent
    | TicketClosed
    | TicketOpened
    | TicketReopened
    | TicketAssigned
    | TicketHandedOver
    | TicketLabelled
    | TicketPaused
    | TicketResumed
    | TicketMerged
    | SurveySent
    | SurveyAnswered
    | CallEnded
    | CallOfferedMessaging
    | OrderPlaced,
    Field(discriminator="type"),
]
"""What senders may send."""

Event = Annotated[TicketEvent | ClockTicked, Field(discriminator="type")]
"""What may stand on the topic."""

TICKET_EVENT: Final[TypeAdapter[TicketEvent]] = TypeAdapter(TicketEvent)
EVENT: Final[TypeAdapter[Event]] = TypeAdapter(Event)
