"""The recorded log straight through the core: the same figures in any order of arrival. That they are the true ones: `tests/test_compute.py`."""

import gc
import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from app.config import truth_rules
from app.kpi.aggregate import Cell
from app.kpi.instants import instant_ms
from app.kpi.merge import Span
from tests import truth
from tests.kpi.office import Office
from tests.kpi.story import DAY, HOUR, MINUTE, Record

RULES: Final = truth_rules()
KINDS: Final = ("minute", "hour", "day", "week", "month", "quarter")


@pytest.fixture(scope="session")
def log(recorded_log: Path) -> list[Record]:
    """Every event of two years, in order of instants."""
    lines = recorded_log.read_bytes().splitlines()
    return [Record(number, 0, json.loads(line)["ticket_id"].encode(), line) for number, line in enumerate(lines)]


@pytest.fixture(scope="session")
def in_order(log: list[Record]) -> Office:
    """The log as four partitions compute it."""
    return computed(log, 4)


def computed(records: list[Record], partitions: int, batch: int = 25_000) -> Office:
    made = Office(RULES, partitions)
    with no_collector():
        for start in range(0, len(records), batch):
            made.read(records[start : start + batch])
            made.flush()
        made.tick(instant_ms(f"{truth.TICK_AT_END}T00:00:00Z"))
    return made


@contextmanager
def no_collector() -> Iterator[None]:
    """It would look through all of the log again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def of_kinds(office: Office, *kinds: str) -> dict[tuple[str, Span], Cell]:
    return office.figures(kinds).windows


def test_everything_is_final_in_the_end(in_order: Office) -> None:
    until_ms = instant_ms(f"{truth.TICK_AT_END}T00:00:00Z")
    assert all(window.final for window in in_order.windows.values() if window.end_ms < until_ms - DAY)


def test_nothing_was_refused_late_or_sent_twice(in_order: Office) -> None:
    counted = {name for partition in in_order.partitions for name in partition.counters}
    assert (counted, sum(partition.windows.late for partition in in_order.partitions)) == ({"opened"}, 0)


# -- out of order ----------------------------------------------------------------------------------------------------------------------------

GARBAGE: Final = {
    "not-json": b'{"id": "e1", "type": "message-rec',
    "not-utf8": b'{"type": "message-received", "id": "\xff\xfe"}',
    "unknown-type": b'{"type": "ticket-exploded", "id": "e1", "ticket_id": "t1"}',
    "wrong-type": b'["message-received"]',
    "missing-field": b'{"type": "message-received", "id": "e1", "ticket_id": "t1", "channel": "web"}',
    "wrong-key": b'{"type": "message-received", "id": "e1", "ticket_id": "tb-9", "channel": "web", "occurred_at": "2024-01-01T00:00:00Z"}',
    "bad-instant": b'{"type": "message-received", "id": "e1", "ticket_id": "t1", "channel": "web", "occurred_at": "yesterday"}',
    "too-deep": b'{"type": "message-received", "x": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "too-large": b'{"type": "message-received", "x": "' + b"x" * 70_000 + b'"}',
}


@pytest.fixture(scope="session")
def shuffled(log: list[Record]) -> Office:
    """As if sent by many: up to 23 hours late, every tenth event twice, every hundredth record no event at all."""
    return computed(disordered(log, 23 * HOUR), 3, batch=20_001)


def disordered(log: list[Record], late_ms: int) -> list[Record]:
    """Every record is read after its instant by a random part of `late_ms`: so none after stream time has passed it by more."""
    chance = random.Random(20260302)
    arrivals: list[tuple[float, Record]] = []
    for record in log:
        at_ms = instant_ms(json.loads(record.value or b"")["occurred_at"])
        times = 1 + (chance.random() < 0.1)
        arrivals += [(at_ms + chance.random() * late_ms, record) for _ in range(times)]
        if chance.random() < 0.01:
            garbage = list(GARBAGE.values())[chance.randrange(len(GARBAGE))]
            arrivals.append((at_ms + chance.random() * late_ms, Record(0, 0, b"t1", garbage)))
    arrivals.sort(key=lambda arrival: arrival[0])
    return [record._replace(offset=offset) for offset, (_, record) in enumerate(arrivals)]


def test_samples_do_not_depend_on_the_order_of_arrival(shuffled: Office, in_order: Office) -> None:
    assert shuffled.figures().samples == in_order.figures().samples


def test_hours_and_days_do_not_depend_on_the_order_of_arrival(shuffled: Office, in_order: Office) -> None:
    assert of_kinds(shuffled, "hour", "day") == of_kinds(in_order, "hour", "day")


def test_levels_do_not_depend_on_the_order_of_arrival(shuffled: Office, in_order: Office) -> None:
    assert shuffled.figures().levels == in_order.figures().levels


def test_the_last_states_of_clocks_do_not_depend_on_the_order_of_arrival(shuffled: Office, in_order: Office) -> None:
    assert shuffled.figures().clocks == in_order.figures().clocks


def test_minutes_do_not_depend_on_the_order_of_arrival_within_ten_of_them(log: list[Record], in_order: Office) -> None:
    office = computed(disordered(log, 9 * MINUTE), 3, batch=30_000)
    assert of_kinds(office, *KINDS) == of_kinds(in_order, *KINDS)


def test_every_record_that_is_no_event_is_a_dead_letter_once_with_its_reason(
    shuffled: Office, log: list[Record]
) -> None:
    names = {value: reason for reason, value in GARBAGE.items()}
    sent = [(one.offset, names[one.value or b""]) for one in disordered(log, 23 * HOUR) if one.value in names]
    assert Counter((letter.offset, letter.reason) for letter in shuffled.dead_letters) == Counter(sent)
