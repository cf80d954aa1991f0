"""The orders' processor as the engine drives it: outputs, state and position of one prefix agree, whoever is killed when."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from app.engine.processor import Taken
from app.kpi.customers import Contact, Purchase, encode
from app.kpi.instants import HOUR_MS, text_of
from app.kpi.orders import Orders
from app.streams.join import Joining

START_MS = 1_772_400_000_000
JANE = "a" * 32


class Row(NamedTuple):
    offset: int
    timestamp: int
    value: bytes | None
    key: bytes | None = b"k"


def rows() -> list[Row]:
    """Contact, order, something else, and ticks until the order is decided."""
    met = encode(Contact([JANE], "t-1", "email", text_of(START_MS)))
    bought = encode(Purchase("id-1", [JANE], "5001", text_of(START_MS + HOUR_MS), "59.90", "EUR", source="shopify"))
    values = [met, bought, b"{", b'{"type":"clock-ticked"}', b'{"type":"clock-ticked"}', bought]
    return [Row(n, START_MS + n * HOUR_MS, value) for n, value in enumerate(values)]


def joining(seen: list[Mapping[str, int]] | None = None) -> Joining:
    heard = [] if seen is None else seen
    return Joining(Orders(HOUR_MS, "log"), "support.", heard.append)


def started(state: Mapping[bytes, bytes | None], note: bytes | None) -> Joining:
    made = joining()
    for key, value in state.items():
        made.load(key, value)
    made.start(note)
    return made


def test_an_order_becomes_an_event_of_the_ticket_and_what_is_no_record_a_dead_letter() -> None:
    seen: list[Mapping[str, int]] = []
    made = joining(seen)
    made.start(None)
    assert made.apply(rows()) == 6
    assert made.size() > 0
    event, letter = made.take().outputs
    assert (event.topic, event.key, event.partition) == ("support.events", b"t-1", None)
    assert json.loads(event.value or b"") == {
        "type": "order-placed",
        "id": "id-1",
        "ticket_id": "t-1",
        "channel": "email",
        "occurred_at": text_of(START_MS + HOUR_MS),
        "order_id": "5001",
        "amount": "59.90",
        "currency": "EUR",
        "source": "shopify",
    }
    assert (letter.topic, letter.key, letter.partition) == ("support.dead-letters", b"support.customers:0:2", 0)
    assert seen == [{}, {"placed": 1, "duplicate": 1, "rejected": 1}]
    made.take()
    assert seen[-1] == {}, "what was told is not told again"


def test_killed_after_any_flush_and_before_the_next_the_order_is_placed_once() -> None:
    for kill_at in range(len(rows()) + 1):
        for lost in range(len(rows()) + 1 - kill_at):
            state: dict[bytes, bytes | None] = {}
            made = started(state, None)
            outputs = []
            made.apply(rows()[:kill_at])
            taken: Taken = made.take()
            outputs += taken.outputs
            state.update(taken.changes)
            made.apply(rows()[kill_at : kill_at + lost])  # applied, never flushed: lost with the process
            made = started({key: value for key, value in state.items() if value is not None}, taken.note)
            made.apply(rows()[kill_at:])
            outputs += made.take().outputs
            assert sorted(output.topic for output in outputs) == ["support.dead-letters", "support.events"]
