"""Bodies after the vendor's documentation of the Order resource; none was ever recorded: unconfirmed."""

import json
from typing import Any

from app.connectors import shopify
from app.connectors.connector import Account, Request
from app.connectors.shopify import Shopify
from tests.connectors.cases.case import Body, Case

_SECRET = "3f8c1be0a95d47c2b6e9d01a7f4c8852"
_OTHER = "9a0d6c3b1e7f48259c0b4d8e2f6a7151"

ORDER: dict[str, Any] = {
    "id": 820982911946154508,
    "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
    "app_id": 580111,
    "browser_ip": "203.0.113.7",
    "cancel_reason": None,
    "cancelled_at": None,
    "confirmed": True,
    "contact_email": "Jane.Doe@Example.com",
    "created_at": "2026-03-02T05:41:07-05:00",
    "currency": "EUR",
    "current_total_price": "59.90",
    "email": "jane.doe@example.com",
    "financial_status": "pending",
    "fulfillment_status": None,
    "name": "#1001",
    "note": "Please ring at Doe's",
    "order_number": 1001,
    "order_status_url": "https://shop.example/690933842/orders/123456abcd/authenticate?key=abcdefg",
    "phone": "+4915176543210",
    "presentment_currency": "USD",
    "processed_at": "2026-03-02T05:41:06-05:00",
    "source_name": "web",
    "tags": "",
    "test": False,
    "total_price": "59.90",
    "total_price_set": {
        "shop_money": {"amount": "59.90", "currency_code": "EUR"},
        "presentment_money": {"amount": "64.75", "currency_code": "USD"},
    },
    "updated_at": "2026-03-02T05:41:08-05:00",
    "user_id": None,
    "billing_address": {"name": "Jane Doe", "phone": "+49 (151) 765-43210", "city": "Sunville", "zip": "K2P0V6"},
    "shipping_address": {"name": "Steve Shipper", "phone": "+15550123456", "city": "Sunville"},
    "customer": {
        "id": 207119551,
        "email": "jane.doe@example.com",
        "first_name": "Jane",
        "last_name": "Doe",
        "phone": None,
    },
    "line_items": [
        {"id": 866550311766439020, "name": "Blue kettle", "price": "49.90", "quantity": 1, "sku": "IPOD-BLUE"}
    ],
}


def body(topic: str, *expect: str, headers: dict[bytes, bytes] | None = None, **changes: Any) -> Body:
    """A post about the order, with changes."""
    named = {shopify.TOPIC: topic.encode(), b"x-shopify-event-id": b"98880550-7158-44d4-b7cd-2c97c8a091b5"}
    return Body(json.dumps({**ORDER, **changes}).encode(), expect, {**named, **(headers or {})})


def _sign(body: Body, secret: str, now_ms: int) -> Request:  # noqa: ARG001 - no instant is signed
    signature = {shopify.SIGNATURE: shopify.sign(body.body, secret.encode())}
    return Request("POST", {b"content-type": b"application/json", **body.headers, **signature}, {}, body.body)


CASE = Case(
    connector=Shopify(),
    account=Account("shop", (_SECRET.encode(),)),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=_sign,
    signed_headers=(shopify.SIGNATURE,),
    bodies=(
        body("orders/create", "order-placed"),
        body("orders/paid", "order-placed", financial_status="paid", updated_at="2026-03-04T05:41:08-05:00"),
        body("orders/create", "order-placed", id=7, source_name="shopify_draft_order", user_id=11),
        body("orders/create", "order-placed", id=8, email="", contact_email=None, customer=None),
        body("orders/create", test=True),
        body("orders/create", headers={shopify.TEST: b"true"}),
        body("orders/create", cancelled_at="2026-03-02T05:41:09-05:00"),
        body("orders/create", email="", contact_email=None, phone=None, customer=None, billing_address=None),
        body("orders/cancelled", cancelled_at="2026-03-02T06:00:00-05:00"),
        body("orders/updated"),
        body("draft_orders/create", status="open"),
        body("draft_orders/update", status="completed"),
    ),
    private=("jane", "Jane", "Doe", "76543210", "Steve", "kettle", "203.0.113.7", "Sunville", "123456abcd"),
)
