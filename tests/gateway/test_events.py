"""What becomes of a draft: an event, and where orders are joined, whose ticket it is."""

import json
from typing import Any

import pytest

from app.connectors.connector import Draft
from app.gateway.events import CONTACT, Finishing, InvalidEvent, Ready
from app.gateway.pseudonyms import Pseudonyms

AT = "2026-03-02T10:41:09Z"
NAMES = Pseudonyms(b"k" * 32, "chat", "a")
JANE = "mailto:jane@doe.example"


def draft(*points: str, kind: str = "message-received", personal: bool = False, **fields: Any) -> Draft:
    told = {"type": kind, "ticket_id": "4711", "channel": "web", "occurred_at": "2026-03-02T10:41:07Z", **fields}
    kept = {name: value for name, value in told.items() if value is not None}
    return Draft("n1", kept, frozenset({"ticket_id"}) if personal else frozenset(), points)


def records(told: Draft, *, joins_orders: bool = True) -> list[Ready]:
    return Finishing("chat", "a", NAMES, joins_orders=joins_orders).records(told, AT)


def test_whose_ticket_it_is_goes_beside_the_event_which_does_not_change() -> None:
    event, contact = records(draft(JANE))
    assert [event] == records(draft(JANE), joins_orders=False)
    assert [event] == records(draft())
    assert (contact.topic, contact.type, contact.key, contact.id) == (
        "customers",
        CONTACT,
        b"4711",
        f"{event.id}-contact",
    )
    assert json.loads(contact.value) == {
        "type": "contact",
        "contacts": [NAMES.contact(JANE)],
        "ticket_id": "4711",
        "channel": "web",
        "occurred_at": "2026-03-02T10:41:07Z",
    }


def test_a_ticket_that_is_made_of_a_number_is_a_pseudonym_there_too() -> None:
    event, contact = records(draft(JANE, personal=True))
    assert json.loads(contact.value)["ticket_id"] == json.loads(event.value)["ticket_id"] == NAMES.of("ticket", "4711")


def test_a_prefix_keeps_the_tickets_of_two_accounts_apart() -> None:
    finishing = Finishing("chat", "a", NAMES, joins_orders=True, ticket_prefix="eu-")
    event, contact = finishing.records(draft(JANE), AT)
    assert (event.key, json.loads(event.value)["ticket_id"]) == (b"eu-4711", "eu-4711")
    assert json.loads(contact.value)["ticket_id"] == "eu-4711"
    (merged,) = finishing.records(draft(kind="ticket-merged", into="4712"), AT)
    assert json.loads(merged.value)["into"] == "eu-4712"
    (plain,) = records(draft())
    assert plain.id == event.id, "the event's id does not hang on it"


def test_an_order_without_a_ticket_is_the_customers() -> None:
    (order,) = records(draft(JANE, kind="order-placed", ticket_id=None, channel=None, order_id="o1", amount="5"))
    assert (order.topic, order.key) == ("customers", order.id.encode())
    assert "ticket_id" not in json.loads(order.value)


@pytest.mark.parametrize(
    ("told", "joins", "why"),
    [
        (draft(JANE, ticket_id=None), True, "missing-field: ticket_id"),
        (draft(JANE, kind="order-placed", ticket_id=None, order_id="o1"), False, "missing-field: ticket_id"),
        (draft(kind="order-placed", ticket_id=None, order_id="o1"), True, "missing-field: ticket_id"),
        (draft(JANE, kind="order-placed", ticket_id=None), True, "missing-field: order_id"),
        (draft(JANE, kind="order-placed", ticket_id=None, order_id="o1", amount=5), True, "wrong-type: amount"),
    ],
)
def test_nothing_else_does_without_a_ticket(told: Draft, joins: bool, why: str) -> None:
    with pytest.raises(InvalidEvent, match=why):
        records(told, joins_orders=joins)
