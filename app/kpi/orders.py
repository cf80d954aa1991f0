"""Orders know a customer, not a ticket: each becomes an event of the customer's latest ticket, or of none.

Theory of operation
===================
Two kinds of records come in, in any order: *contacts* (this customer wrote in that ticket) and *orders* (this customer
bought). A customer has several contact points, and a ticket and an order may share only one of them; so all records are in
one partition, where both are seen.

* A **stay** is the time in which a customer is in a ticket: from a contact until 7 days after the last one, contacts no more
  than 7 days apart. It is a union of spans, so it does not matter in which order contacts come. Its beginning is the ticket's
  opening as far as this step knows it: a conversation that goes on stays old, one that rests for longer begins anew.
* An order is **decided** when stream time passes its instant + settle time: it goes to the ticket whose stay began last at or
  before the order, if that was at most 5 days before; of tickets that began in the same instant, to that of the greater id.
  What is after the order decides nothing.
* So while each record is read before stream time passes its instant + settle time, what becomes of orders is a function of the
  *set* of records: not of their order, of duplicates, of restarts. An order that is read later is decided at once, by what is
  known (`late`); a contact that is read later counts for orders that are not decided yet. An order of more than 2 days ago is
  `too_old`: no effect, since no hour or day in which it could count is open any more.
* An id is decided once. It stays known until the order is too old: what comes again later has no effect by that rule. The same
  id with other content: the first in the log wins (`conflicting`).

State is bounded by time: a stay is forgotten 7 days and the settle time after its last contact, when no order that is not too
old can be of it; an order 2 days after its instant. Timers fire in order of due, each when stream time is strictly past it.
Nothing here is derived from addresses: contact points are keyed hashes already.
"""

from collections.abc import Sequence
from hashlib import blake2s
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

import msgspec

from app.kpi import customers
from app.kpi.customers import Contact, Purchase
from app.kpi.decoder import FUTURE_LIMIT_MS
from app.kpi.harvest import DeadLetter, dead_letter
from app.kpi.rules import Clock
from app.kpi.stays import APART_MS, TOO_OLD_MS, Stay, Stays
from app.kpi.wire import Rejected
from app.record import Record

OUTCOMES: Final = ("placed", "without_ticket", "late", "too_old", "duplicate", "conflicting", "rejected")
"""Of orders, but `rejected` of records: `late` ones are placed or without ticket as well."""
_encode = msgspec.msgpack.Encoder().encode
_SEPARATOR: Final = "\x1f"


class Order(msgspec.Struct, array_like=True):
    """One order: waiting while `purchase` is there, decided since."""

    at_ms: int
    content: bytes
    purchase: Purchase | None


class Placed(NamedTuple):
    """An order and the ticket it is given to."""

    purchase: Purchase
    ticket_id: str
    channel: str
    at_ms: int


class Taken(NamedTuple):
    """What became of records since the last call; `changes` are entries of the state, None = gone."""

    changes: list[tuple[bytes, bytes | None]]
    placed: list[Placed]
    dead_letters: list[DeadLetter]


class Orders:
    """The state. `settle_ms` is how long an order waits for tickets that come late."""

    def __init__(self, settle_ms: int, clock: Clock) -> None:
        self.now_ms = 0
        self.counters = dict.fromkeys(OUTCOMES, 0)
        self._settle_ms, self._is_live = settle_ms, clock == "log"
        self._stays = Stays()
        self._orders: dict[str, Order] = {}
        self._due: list[tuple[int, str, str]] = []
        """(instant, contact point or nothing, ticket or order). An entry may have been outlived; it is looked at again."""
        self._changes: dict[bytes, bytes | None] = {}
        self._placed: list[Placed] = []
        self._dead_letters: list[DeadLetter] = []

    # -- loading and giving -------------------------------------------------------------------------------------------

    def load(self, key: bytes, value: bytes | None) -> None:
        """Take one entry of the changelog."""
        point, _, name = key.decode().partition(_SEPARATOR)
        if point and value is None:
            self._stays.drop(point, name)
        elif point:
            self._stays.put(point, name, msgspec.msgpack.decode(value or b"", type=Stay))
        elif value is None:
            self._orders.pop(name, None)
        else:
            self._orders[name] = msgspec.msgpack.decode(value, type=Order)

    def start(self, note: bytes | None) -> None:
        """The changelog is loaded; `note` is what `position` said."""
        self.now_ms = int(note or b"0")
        self._due = [(self._order_due_ms(order), "", id_) for id_, order in self._orders.items()]
        self._due += [
            (stay.due_ms(self._settle_ms), point, ticket)
            for point, stays in self._stays.by_point.items()
            for ticket, stay in stays.items()
        ]
        heapify(self._due)

    def position(self) -> bytes:
        """What `start` needs to go on from here."""
        return b"%d" % self.now_ms

    def size(self) -> int:
        """How much waits for `take`."""
        return len(self._changes) + len(self._placed) + len(self._dead_letters)

    def take(self) -> Taken:
        """All since the last call."""
        taken = Taken(list(self._changes.items()), self._placed, self._dead_letters)
        self._changes, self._placed, self._dead_letters = {}, [], []
        return taken

    def entries(self) -> int:
        """How many stays and orders are remembered."""
        return len(self._orders) + len(self._stays)

    # -- records ------------------------------------------------------------------------------------------------------

    def apply(self, records: Sequence[Record]) -> int:
        """Take records in; all of them."""
        for record in records:
            if self._is_live:
                self._advance(record.timestamp)
            try:
                self._apply(record)
            except Rejected as rejected:
                self._reject(record, rejected)
            except Exception as error:  # a fault of ours in one record must not stop the others
                self._reject(record, Rejected("fault", type(error).__name__))
        return len(records)

    def _reject(self, record: Record, why: Rejected) -> None:
        self.counters["rejected"] += 1
        self._dead_letters.append(dead_letter(record, why))

    def _apply(self, record: Record) -> None:
        told, at_ms = customers.decode(record.value)
        if self._is_live and at_ms is not None and at_ms > record.timestamp:
            if at_ms > record.timestamp + FUTURE_LIMIT_MS:
                raise Rejected("future", "more than 5 minutes ahead of its append time", field="occurred_at")
            at_ms = record.timestamp
        if not self._is_live and at_ms is not None:
            self._advance(at_ms)
        match told:
            case Contact() if at_ms is not None:
                self._met(told, at_ms)
            case Purchase() if at_ms is not None:
                self._ordered(told, at_ms)

    def _met(self, contact: Contact, at_ms: int) -> None:
        if self.now_ms > at_ms + APART_MS + self._settle_ms:
            return  # no order that could still come asks for it
        for point in contact.contacts:
            stay = self._stays.get(point, contact.ticket_id)
            if stay is None:
                stay = Stay(contact.channel)
                self._stays.put(point, contact.ticket_id, stay)
            before, due_ms = (stay.channel, stay.spans), stay.due_ms(self._settle_ms)
            stay.join(contact.channel, at_ms)
            if before != (stay.channel, stay.spans):
                self._changes[_key(point, contact.ticket_id)] = _encode(stay)
            if stay.due_ms(self._settle_ms) < due_ms:
                heappush(self._due, (stay.due_ms(self._settle_ms), point, contact.ticket_id))

    def _ordered(self, purchase: Purchase, at_ms: int) -> None:
        content = blake2s(repr(purchase.content()).encode(), digest_size=16).digest()
        known = self._orders.get(purchase.id)
        if known is not None:
            self.counters["duplicate" if known.content == content else "conflicting"] += 1
            return
        if self.now_ms > at_ms + TOO_OLD_MS:
            self.counters["too_old"] += 1
            return
        order = self._orders[purchase.id] = Order(at_ms, content, purchase)
        if self.now_ms > at_ms + self._settle_ms:
            self.counters["late"] += 1
            self._decide(order, purchase)
        self._changes[_key("", purchase.id)] = _encode(order)
        heappush(self._due, (self._order_due_ms(order), "", purchase.id))

    # -- time ---------------------------------------------------------------------------------------------------------

    def _advance(self, to_ms: int) -> None:
        while self._due and self._due[0][0] < to_ms:
            due_ms, point, name = heappop(self._due)
            if point:
                self._look_at_stay(point, name, due_ms)
            else:
                self._look_at_order(name)
        self.now_ms = max(self.now_ms, to_ms)

    def _look_at_order(self, id_: str) -> None:
        order = self._orders[id_]
        if order.purchase is None:
            del self._orders[id_]
            self._changes[_key("", id_)] = None
            return
        self._decide(order, order.purchase)
        self._changes[_key("", id_)] = _encode(order)
        heappush(self._due, (self._order_due_ms(order), "", id_))

    def _look_at_stay(self, point: str, ticket_id: str, now_ms: int) -> None:
        stay = self._stays.get(point, ticket_id)
        if stay is None:
            return
        if stay.due_ms(self._settle_ms) <= now_ms:  # else contacts came since
            stay.forget(now_ms, self._settle_ms)
            self._changes[_key(point, ticket_id)] = _encode(stay) if stay.spans else None
        if stay.spans:
            heappush(self._due, (stay.due_ms(self._settle_ms), point, ticket_id))
        else:
            self._stays.drop(point, ticket_id)

    def _decide(self, order: Order, purchase: Purchase) -> None:
        latest = self._stays.latest(purchase.contacts, order.at_ms)
        self.counters["without_ticket" if latest is None else "placed"] += 1
        if latest is not None:
            self._placed.append(Placed(purchase, *latest, order.at_ms))
        order.purchase = None

    def _order_due_ms(self, order: Order) -> int:
        if order.purchase is not None:
            return order.at_ms + self._settle_ms
        return order.at_ms + TOO_OLD_MS + FUTURE_LIMIT_MS  # its instant may have been taken back by so much


def _key(point: str, name: str) -> bytes:
    return f"{point}{_SEPARATOR}{name}".encode()
