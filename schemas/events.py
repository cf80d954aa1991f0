"""What may stand on `support.events`: what happened to tickets, and Carebeat's own ticks.

Types are strict: a wrong type in any known field makes a dead letter, even in one that the event's type does not own; so
does an unknown type. Unknown fields are ignored. An absent optional field changes nothing. Null clears an attribute of the ticket (customer,
priority, team, tags, subject, owner); in any other optional field it says the same as absence. The key of the record is
the ticket id. No event carries text, a name, an address or a phone number.
"""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import InitErrorDetails, from_json

from schemas.wire import (
    Amount,
    Count,
    Currency,
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
HandedTo = Literal["human", "bot"]
Sentiment = Literal["positive", "neutral", "negative"]
Score = Annotated[int, Field(ge=1, le=5)]
Tags = Annotated[tuple[Tag, ...], Field(max_length=32)]


Dropped = Field(exclude=True)
"""A field that the event's type does not own: checked, then dropped. Such fields are not in the JSON Schema of the type."""
DroppedName = SkipJsonSchema[Annotated[Name | None, Dropped]]
DroppedId = SkipJsonSchema[Annotated[Id | None, Dropped]]
DroppedSeconds = SkipJsonSchema[Annotated[Seconds | None, Dropped]]


class AnyFields(WireModel):
    """What every known field must be, wherever it stands."""

    account: DroppedName = None
    source: DroppedName = None
    received_at: SkipJsonSchema[Annotated[SourceInstant | None, Dropped]] = None
    customer_id: DroppedName = None
    priority: DroppedName = None
    team: DroppedName = None
    tags: SkipJsonSchema[Annotated[Tags | None, Dropped]] = None
    topic: DroppedName = None
    author_kind: SkipJsonSchema[Annotated[AuthorKind | None, Dropped]] = None
    author_id: DroppedName = None
    sentiment: SkipJsonSchema[Annotated[Sentiment | None, Dropped]] = None
    quick_reply: DroppedName = None
    public: SkipJsonSchema[Annotated[bool | None, Dropped]] = None
    reason: SkipJsonSchema[Annotated[str | None, Dropped]] = None
    agent_id: DroppedName = None
    to: SkipJsonSchema[Annotated[HandedTo | None, Dropped]] = None
    into: DroppedId = None
    score: SkipJsonSchema[Annotated[Score | None, Dropped]] = None
    talk_seconds: DroppedSeconds = None
    hold_seconds: DroppedSeconds = None
    wrap_seconds: DroppedSeconds = None
    accepted: SkipJsonSchema[Annotated[bool | None, Dropped]] = None
    order_id: DroppedId = None
    amount: SkipJsonSchema[Annotated[Amount | None, Dropped]] = None
    currency: SkipJsonSchema[Annotated[Currency | None, Dropped]] = None
    partition: SkipJsonSchema[Annotated[Count | None, Dropped]] = None


class CommonFields(AnyFields):
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
    tags: Tags | None = None
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
    to: HandedTo | None = "human"


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
    score: Score
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
    amount: Amount | None = None
    currency: Currency | None = None
    """ISO 4217."""


class ClockTicked(AnyFields):
    """Nothing but time passing. Carebeat's own: the gateway refuses it; null key, explicit partition."""

    type: Literal["clock-ticked"]
    id: DroppedId = None
    ticket_id: DroppedId = None
    channel: SkipJsonSchema[Annotated[str | None, Dropped]] = None
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


def read_event(value: bytes) -> Event:
    """What a record says. Raises ValidationError.

    As `EVENT.validate_json`, which takes `NaN` and `Infinity` for JSON where no field of ours stands.
    """
    try:
        from_json(value, allow_inf_nan=False)
    except ValueError as error:
        problem = InitErrorDetails(type="json_invalid", input=value, ctx={"error": str(error)})
        raise ValidationError.from_exception_data("event", [problem]) from None
    return EVENT.validate_json(value)
