"""Orders of the hour: who bought what when, how the shop tells it, and whose ticket it is by what the stories say."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any, Final, NamedTuple

from schemas.wire import format_instant
from tests.connectors.cases import shopify
from tests.mixed.story import START, mail_of, phone_of
from tests.mixed.told import SEED, STORIES_EACH, Post, Told

SHOP: Final = "shopify/shop"
_ORDERS: Final = 60
_STRANGERS: Final = 2
"""Customers who never wrote."""
_HOUR_SECONDS: Final = 3600
_WAYS: Final = ("mail", "phone", "both")
_NOBODY: Final = {"email": "", "contact_email": None, "phone": None, "customer": None, "billing_address": None}


class Order(NamedTuple):
    """Somebody bought something. `way` is what the shop knows the customer by."""

    number: int
    seconds: int
    customer: int
    way: str
    cents: int

    @property
    def iso(self) -> str:
        return format_instant(datetime.fromtimestamp(self.seconds, UTC))

    @property
    def amount(self) -> str:
        return f"{self.cents // 100}.{self.cents % 100:02}"

    def posts(self) -> Iterator[Post]:
        """What the shop sends of it: that it is placed, and of some that it is paid."""
        mail = {"email": mail_of(self.customer)} if self.way != "phone" else {}
        phone = {"phone": f"+{phone_of(self.customer)}"} if self.way != "mail" else {}
        told = {"id": self.number, "processed_at": self.iso, "total_price": self.amount, **_NOBODY, **mail, **phone}
        for topic in ("orders/create", "orders/paid")[: 1 + self.number % 2]:
            yield Post(SHOP, shopify.body(topic, **told), self.seconds)

    def ticket(self, told: Iterable[Told]) -> Told | None:
        """The latest that this customer was in by then."""
        mine = [one for one in told if one.story.customer == self.customer and one.source.knows is not None]
        known = [one for one in mine if self.way in (one.source.knows, "both") and one.story.seconds <= self.seconds]
        return max(known, key=lambda one: one.story.seconds, default=None)


def orders() -> list[Order]:
    """Of the customers of the stories, and of strangers."""
    dice = Random(f"{SEED}/orders")
    return [
        Order(
            number,
            int(START.timestamp()) + dice.randrange(_HOUR_SECONDS),
            dice.randrange(STORIES_EACH + _STRANGERS),
            dice.choice(_WAYS),
            dice.randrange(100, 20_000),
        )
        for number in range(5000, 5000 + _ORDERS)
    ]


def placed(order: Order, ticket: Told) -> dict[str, Any]:
    """The event that it must be, but for its id and when the gateway saw it."""
    return {
        "type": "order-placed",
        "ticket_id": ticket.ticket_id,
        "channel": ticket.source.channel,
        "occurred_at": order.iso,
        "order_id": str(order.number),
        "amount": order.amount,
        "currency": "EUR",
        "source": "shopify",
        "account": "shop",
    }


def converted(tickets: Mapping[Order, Told]) -> Counter[str]:
    """Tickets with an order, by channel."""
    each_once = {ticket.key: ticket for ticket in tickets.values()}
    return Counter(ticket.source.channel for ticket in each_once.values())


def revenue(tickets: Mapping[Order, Told]) -> Counter[str]:
    """In cents, by channel."""
    found: Counter[str] = Counter()
    for order, ticket in tickets.items():
        found[ticket.source.channel] += order.cents
    return found
