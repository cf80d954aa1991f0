"""Shopify: orders of a shop. It knows customers and no tickets; each order goes to the customer's latest ticket (`orders`).

* **What counts:** `orders/create`. Placing an order is the customer's doing, within days of the contact; payment may come much
  later (transfer, on delivery) or never. `orders/paid` tells the same order again: the same id, so it counts once, and makes
  up for a lost first post. Drafts (`draft_orders/…`) are no orders; one that is completed comes as an order, and is one.
* **What does not:** test orders (`test`, or the header `X-Shopify-Test`), orders that are cancelled when they are told, and
  `orders/cancelled`: an order that was placed has been placed, so conversion and revenue are before returns.
* **Identity:** the order's own id, which every post about it has. `X-Shopify-Event-Id` is the same for attempts of one post
  only, `X-Shopify-Webhook-Id` not even across subscriptions.
* **When:** `processed_at`, the date that Shopify's own reports go by, since an imported order was created at its import;
  else `created_at`.
* **How much:** `total_price` in the shop's `currency`: with taxes and shipping, before later edits.
* **Who:** mail address and telephone number, which leave the gateway as keyed hashes. Without either nobody can be found.

The signature covers the body alone: not the topic, and no instant. Eight attempts in four hours, each with the first body.

Sources: shopify.dev, "Deliver webhooks through HTTPS", "Ignore duplicate webhooks", "Webhook topics" and the Order resource,
checked 2026-11. No post was ever recorded: unconfirmed.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from app.connectors import contacts, native
from app.connectors.connector import Account, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_text, written
from app.connectors.json_body import read_json
from app.connectors.one_json import OneJson
from app.connectors.signatures import which_signed

SIGNATURE: Final = b"x-shopify-hmac-sha256"
TOPIC: Final = b"x-shopify-topic"
TEST: Final = b"x-shopify-test"
ORDERS: Final = frozenset({b"orders/create", b"orders/paid"})


class Post(NamedTuple):
    """A body and what only headers say of it."""

    is_order: bool
    order: Any


class Shopify(OneJson):
    """See the top of the file."""

    name = "shopify"
    capabilities = Capabilities(emits=frozenset({"order-placed"}), knows_no_tickets=True)

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:  # noqa: ARG002 - no instant is signed
        """The signature over the body."""
        given = request.headers.get(SIGNATURE)
        if not given:
            return Verdict(None, "missing-header")
        return which_signed(account.secrets, given, lambda key: sign(request.body, key))

    def parse(self, request: Request, account: Account) -> Sequence[Any]:  # noqa: ARG002 - all accounts alike
        """The one order, or whatever else it is."""
        is_test = request.headers.get(TEST, b"").strip().lower() == b"true"
        is_order = request.headers.get(TOPIC, b"").strip().lower() in ORDERS
        return (Post(is_order and not is_test, read_json(request.body)),)

    def normalise(self, item: Post, account: Account) -> Sequence[Draft]:  # noqa: ARG002 - all accounts alike
        """An order, if somebody placed it who can be found."""
        if not item.is_order:
            return ()
        order = item.order
        if not isinstance(order, dict):
            raise Malformed("an order is an object")
        points = _contacts(order)
        if order.get("test") is True or order.get("cancelled_at") is not None or not points:
            return ()
        order_id = native.identifier(order.get("id"), "id")
        fields = {"type": "order-placed", "order_id": order_id, "occurred_at": _placed_at(order), **_price(order)}
        return (Draft(order_id, fields, contacts=points),)


def sign(body: bytes, key: bytes) -> bytes:
    """The value of the signature header."""
    return b64encode(hmac.digest(key, body, "sha256"))


def _contacts(order: Mapping[str, Any]) -> tuple[str, ...]:
    """Of who ordered. Not of the shipping address: that may be somebody else's."""
    customer, billing = native.part(order, "customer"), native.part(order, "billing_address")
    mails = (order.get("email"), order.get("contact_email"), customer.get("email"))
    phones = (order.get("phone"), customer.get("phone"), billing.get("phone"))
    return contacts.known(*map(contacts.mail, mails), *map(contacts.phone, phones))


def _placed_at(order: Mapping[str, Any]) -> str:
    name = "processed_at" if order.get("processed_at") is not None else "created_at"
    return written(from_text(order.get(name), name))


def _price(order: Mapping[str, Any]) -> dict[str, Any]:
    """Amounts are texts. An order without one counts for conversion alone."""
    return native.given(amount=order.get("total_price"), currency=order.get("currency"))
