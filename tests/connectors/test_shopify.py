"""What Shopify's posts mean, and the signature against the documented example."""

import json
from typing import Any

import pytest

from app.connectors import shopify
from app.connectors.connector import Draft, Malformed
from app.gateway.events import Finishing, InvalidEvent, Ready
from app.gateway.pseudonyms import Pseudonyms
from tests.connectors.cases import shopify as told
from tests.connectors.cases.case import NOW_MS, Body

CASE = told.CASE


def drafts(body: Body) -> list[Draft]:
    request = CASE.sign(body, CASE.secret, NOW_MS)
    return [
        one
        for item in CASE.connector.parse(request, CASE.account)
        for one in CASE.connector.normalise(item, CASE.account)
    ]


def finished(body: Body, key: bytes = b"k" * 32, account: str = "shop") -> Ready:
    finishing = Finishing("shopify", account, Pseudonyms(key, "shopify", account), joins_orders=True)
    (draft,) = drafts(body)
    (ready,) = finishing.records(draft, "2026-03-02T10:41:09Z")
    return ready


def test_an_order_is_when_how_much_and_by_whom() -> None:
    (draft,) = drafts(told.body("orders/create"))
    assert draft.fields == {
        "type": "order-placed",
        "order_id": "820982911946154508",
        "occurred_at": "2026-03-02T10:41:06Z",
        "amount": "59.90",
        "currency": "EUR",
    }
    assert draft.contacts == ("mailto:jane.doe@example.com", "tel:+4915176543210")


def test_paid_tells_the_same_order_again() -> None:
    created, paid = (finished(told.body(topic)) for topic in ("orders/create", "orders/paid"))
    assert created == paid


def test_an_order_goes_to_the_customers_topic_with_nothing_of_the_customer_but_hashes() -> None:
    ready = finished(told.body("orders/create"))
    record = json.loads(ready.value)
    assert (ready.topic, ready.key, record["id"]) == ("customers", ready.id.encode(), ready.id)
    assert sorted(record) == sorted(
        ["type", "id", "contacts", "order_id", "occurred_at", "amount", "currency", "account", "source", "received_at"]
    )
    assert all(len(point) == 32 and int(point, 16) >= 0 for point in record["contacts"])


def test_contact_points_are_the_same_in_all_accounts_and_other_under_another_key() -> None:
    body = told.body("orders/create")
    here, there, elsewhere = (
        set(json.loads(ready.value)["contacts"])
        for ready in (finished(body), finished(body, account="other"), finished(body, key=b"x" * 32))
    )
    assert here == there
    assert here.isdisjoint(elsewhere)


def test_where_orders_are_not_joined_an_order_without_ticket_breaks_the_contract() -> None:
    (draft,) = drafts(told.body("orders/create"))
    with pytest.raises(InvalidEvent, match="missing-field"):
        Finishing("shopify", "shop", Pseudonyms(b"k" * 32, "shopify", "shop")).records(draft, "2026-03-02T10:41:09Z")


@pytest.mark.parametrize(
    "change", [{"id": None}, {"processed_at": "yesterday"}, {"processed_at": None, "created_at": None}]
)
def test_an_order_without_id_or_instant_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        drafts(told.body("orders/create", **change))


def test_an_amount_that_is_none_is_refused_and_one_that_is_missing_is_not() -> None:
    with pytest.raises(InvalidEvent, match="bad-value: amount"):
        finished(told.body("orders/create", total_price="59,90"))
    assert "amount" not in json.loads(finished(told.body("orders/create", total_price=None)).value)


def test_the_signature_is_base64_of_hmac_sha256() -> None:
    """RFC 4231, test case 2, as base64."""
    assert shopify.sign(b"what do ya want for nothing?", b"Jefe") == b"W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
