"""From a connector's drafts to records: ids made, people replaced by pseudonyms, the contract checked.

An event goes to the events topic. Where orders are joined to tickets, a second record for the customers topic says which
customer it was; and what a customer ordered, in no ticket, goes there alone.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from pydantic import ValidationError

from app.connectors.connector import ARRIVAL, Draft
from app.gateway.pseudonyms import Pseudonyms, Role
from app.kpi.customers import MOST_CONTACTS, Contact, Purchase, encode
from schemas.dead_letters import Reason, reason_of
from schemas.events import TICKET_EVENT
from schemas.topics import CUSTOMERS, EVENTS
from schemas.wire import RECORD_LIMIT_BYTES

_ID_DIGITS: Final = 40
CONTACT: Final = "contact"
"""The type of what says which customer it was: no event."""
_OF_PURCHASES: Final = frozenset(Purchase.__struct_fields__)
_SEPARATOR: Final = "\x1f"
_CUSTOMERS: Final = frozenset({"message-received", "survey-answered", "ticket-opened", "order-placed"})
"""Whose author is a customer; all else is said or done by those who answer."""
_encode = msgspec.json.Encoder().encode


class Ready(NamedTuple):
    """A record as it goes to Kafka."""

    id: str
    type: str
    key: bytes
    """The ticket id; on the customers topic it places nothing."""
    value: bytes
    topic: str = EVENTS.name
    """Without the prefix."""


class InvalidEvent(Exception):
    """A draft that breaks the contract: why, and in which field."""

    def __init__(self, reason: Reason, field: str | None) -> None:
        super().__init__(f"{reason}: {field}" if field else str(reason))
        self.reason = reason
        self.field = field


class Finishing:
    """Finishes the drafts of one account."""

    def __init__(
        self,
        connector: str,
        account: str,
        pseudonyms: Pseudonyms,
        *,
        joins_orders: bool = False,
        ticket_prefix: str = "",
    ) -> None:
        self._source = {"source": connector, "account": account}
        self._identity = f"{connector}{_SEPARATOR}{account}{_SEPARATOR}"
        self._pseudonyms = pseudonyms
        self._joins_orders = joins_orders
        self._ticket_prefix = ticket_prefix

    def records(self, draft: Draft, received_at: str) -> list[Ready]:
        """The event of a draft and, where orders are joined, whose ticket it is. Raises InvalidEvent."""
        ready = self.finish(draft, received_at)
        if not self._joins_orders or not draft.contacts or ready.topic != EVENTS.name:
            return [ready]
        fields = {**draft.fields, **_instant(draft, received_at)}
        contact = Contact(self._points(draft), ready.key.decode(), fields["channel"], fields["occurred_at"])
        return [ready, Ready(f"{ready.id}-{CONTACT}", CONTACT, ready.key, encode(contact), CUSTOMERS.name)]

    def finish(self, draft: Draft, received_at: str) -> Ready:
        """The record of a draft. `received_at` is RFC 3339. Raises InvalidEvent."""
        kind = str(draft.fields.get("type"))
        event = {
            **self._without_people(kind, draft),
            **_instant(draft, received_at),
            **self._source,
            "id": self._id(kind, draft.native_id),
            "received_at": received_at,
        }
        if self._joins_orders and "ticket_id" not in event and draft.contacts:
            return self._purchase(event, draft)
        value = _encoded(event)
        _check(value)
        return Ready(event["id"], kind, event["ticket_id"].encode(), value)

    def _purchase(self, event: dict[str, Any], draft: Draft) -> Ready:
        """What a customer ordered. It must keep the contract that its event will."""
        _check(_encoded({**event, "ticket_id": event["id"], "channel": "shop"}))
        if event["type"] != "order-placed":
            raise InvalidEvent(Reason.MISSING_FIELD, "ticket_id")
        told = {name: value for name, value in event.items() if name in _OF_PURCHASES}
        value = encode(Purchase(contacts=self._points(draft), **told))
        return Ready(event["id"], event["type"], event["id"].encode(), value, CUSTOMERS.name)

    def _points(self, draft: Draft) -> list[str]:
        return [self._pseudonyms.contact(point) for point in draft.contacts[:MOST_CONTACTS]]

    def _id(self, kind: str, native_id: str) -> str:
        """The same for the same event, whenever and however often it comes."""
        text = f"{self._identity}{kind}{_SEPARATOR}{native_id}"
        return hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]

    def _without_people(self, kind: str, draft: Draft) -> dict[str, Any]:
        roles: Mapping[str, Role] = _ROLES_BY_CUSTOMER if kind in _CUSTOMERS else _ROLES_BY_AGENT
        fields = dict(draft.fields)
        for name, role in roles.items():
            if isinstance(native_id := fields.get(name), str) and native_id:
                fields[name] = self._pseudonyms.of(role, native_id)
        for name in draft.personal:
            if isinstance(native_id := fields.get(name), str) and native_id:
                fields[name] = self._pseudonyms.of("ticket", native_id)
        if self._ticket_prefix:
            for name in _TICKETS:
                if isinstance(fields.get(name), str):
                    fields[name] = self._ticket_prefix + fields[name]
        return fields


_TICKETS: Final = ("ticket_id", "into")
_ROLES_BY_CUSTOMER: Final[Mapping[str, Role]] = {
    "customer_id": "customer",
    "author_id": "customer",
    "agent_id": "agent",
}
_ROLES_BY_AGENT: Final[Mapping[str, Role]] = {"customer_id": "customer", "author_id": "agent", "agent_id": "agent"}


def _instant(draft: Draft, received_at: str) -> dict[str, str]:
    """When it happened, if the source does not tell."""
    return {"occurred_at": received_at} if draft.fields.get("occurred_at") == ARRIVAL else {}


def _encoded(event: dict[str, Any]) -> bytes:
    try:
        value = _encode(event)
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise InvalidEvent(Reason.WRONG_TYPE, None) from None
    if len(value) > RECORD_LIMIT_BYTES:
        raise InvalidEvent(Reason.TOO_LARGE, None)
    return value


def _check(value: bytes) -> None:
    # Not `read_event`, which also looks for NaN outside our fields: the encoder above cannot write it.
    try:
        TICKET_EVENT.validate_json(value)
    except ValidationError as error:
        raise InvalidEvent(reason_of(error), _field_of(error)) from None


def _field_of(error: ValidationError) -> str | None:
    """Which field was refused first. The place begins with the type of the event."""
    place = error.errors(include_url=False, include_input=False)[0]["loc"]
    return str(place[1]) if len(place) > 1 else None
