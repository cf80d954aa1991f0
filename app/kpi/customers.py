"""Records of the customers topic: who wrote in which ticket, what somebody ordered, and that time passes.

A customer is known by contact points: keyed hashes of a mail address or a telephone number, made by the gateway.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from app.kpi.instants import text_of
from app.kpi.wire import (
    Amount,
    Currency,
    Id,
    Name,
    Rejected,
    field_of,
    look_closely,
    reason_of,
    require_utf8,
    source_instant,
)

MOST_CONTACTS = 8
"""Contact points of one record."""
Contacts = Annotated[
    list[Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]], Meta(min_length=1, max_length=MOST_CONTACTS)
]
Channel = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}\Z")]


class Contact(msgspec.Struct, tag_field="type", tag="contact", frozen=True, omit_defaults=True):
    """A customer wrote in a ticket, or opened it."""

    contacts: Contacts
    ticket_id: Id
    channel: Channel
    occurred_at: str


class Purchase(msgspec.Struct, tag_field="type", tag="order-placed", frozen=True, omit_defaults=True):
    """A customer ordered something. `id` is that of the event it will be, if it becomes one."""

    id: Id
    contacts: Contacts
    order_id: Id
    occurred_at: str
    amount: Amount | None = None
    currency: Currency | None = None
    account: Name | None = None
    source: Name | None = None
    received_at: str | None = None

    def content(self) -> tuple[object, ...]:
        """What two tellings of the same order must agree on."""
        return self.order_id, self.occurred_at, self.amount, self.currency, sorted(self.contacts)


class Passing(msgspec.Struct, tag_field="type", tag="clock-ticked", frozen=True):
    """Nothing but time passing."""

    occurred_at: str | None = None


_decode = msgspec.json.Decoder(Contact | Purchase | Passing).decode
_encode = msgspec.json.Encoder().encode


def decode(value: bytes | None) -> tuple[Contact | Purchase | Passing, int | None]:
    """(what a record says, its instant in milliseconds; None: a tick without one). Raises Rejected."""
    if value is None:
        raise Rejected("not-json", "no value")
    look_closely(value)
    require_utf8(value)
    try:
        record = _decode(value)
    except msgspec.ValidationError as error:
        field = field_of(str(error))
        reason = "unknown-type" if field == "type" else reason_of(str(error))
        raise Rejected(reason, field=field) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise Rejected("not-json", type(error).__name__) from None
    text = record.occurred_at
    return record, None if text is None else source_instant(text, "occurred_at")


def encode(record: Contact | Purchase) -> bytes:
    """A record's value."""
    return _encode(record)


def event_of(purchase: Purchase, ticket_id: str, channel: str, at_ms: int) -> bytes:
    """The `order-placed` of a ticket that a purchase becomes."""
    told = {name: getattr(purchase, name) for name in ("amount", "currency", "account", "source", "received_at")}
    event = {
        "type": "order-placed",
        "id": purchase.id,
        "ticket_id": ticket_id,
        "channel": channel,
        "occurred_at": text_of(at_ms),
        "order_id": purchase.order_id,
        **{name: value for name, value in told.items() if value is not None},
    }
    return _encode(event)
