"""What an event costs with few and with many open tickets.

Two partitions take the same traffic, spread over 10,000 and over 300,000 open tickets, and each ticket hears of the
next event after as long as in the other: the more tickets, the more events a second of their time. Both are filled
before, until tickets are of every age, and then measured in turns.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import click
import msgspec

from app.kpi.partition import Partition
from app.kpi.rules import Rules
from tests.bench.core import SLICE_RECORDS, TAKE_EVERY, apply_all, collect_as_worker, default_rules, take
from tests.bench.traffic import ACTIVE_TICKETS, EVENTS_PER_SECOND, Happening, Record, happenings, in_contract_shape

FEW_TICKETS, MANY_TICKETS = 10_000, 300_000
TURNS = 9
_MIXED_EVENTS_PER_TICKET = 1.5
"""After so many events a ticket beyond the first, tickets are of every age."""


@dataclass
class Spread:
    """One partition with so many open tickets, and the traffic that goes on."""

    partition: Partition
    traffic: Iterator[Happening]
    offset: int = 0

    def turn(self, events: int) -> tuple[float, float]:
        """CPU microseconds an event of applying so many and of taking the outcome."""
        records = self._records(events)
        began = process_time()
        for start in range(0, events, SLICE_RECORDS):
            apply_all(self.partition, records[start : start + SLICE_RECORDS])
        applied = process_time()
        take(self.partition)
        return (applied - began) / events * 1e6, (process_time() - applied) / events * 1e6

    def _records(self, events: int) -> list[Record]:
        records = [
            Record(offset, event.at_ms, event.ticket_id.encode(), in_contract_shape(event))
            for offset, event in enumerate(islice(self.traffic, events), self.offset)
        ]
        self.offset += events
        return records


def spread_over(tickets: int, rules: Rules) -> Spread:
    """A partition in which so many tickets of every age are open."""
    events_per_second = EVENTS_PER_SECOND * tickets / ACTIVE_TICKETS
    traffic = happenings(active=tickets, events_per_second=events_per_second, all_open_first=True)
    made = Spread(Partition(0, 1, rules), traffic)
    for _ in range(0, round(tickets * (1 + _MIXED_EVENTS_PER_TICKET)), TAKE_EVERY):
        made.turn(TAKE_EVERY)
    return made


def compare(few: int, many: int, turns: int, state: Path | None) -> dict[str, Any]:
    """Medians of turns about, and what loading the larger state takes; the state itself goes to the file."""
    rules = default_rules()
    spreads = {few: spread_over(few, rules), many: spread_over(many, rules)}
    collect_as_worker()
    costs: dict[int, list[tuple[float, float]]] = {few: [], many: []}
    for _ in range(turns):
        for tickets, spread in spreads.items():
            costs[tickets].append(spread.turn(TAKE_EVERY))
    cheap, dear = (median(apply + take for apply, take in costs[tickets]) for tickets in (few, many))
    entries = open_entries(spreads[many].partition)
    if state is not None:
        state.write_bytes(msgspec.msgpack.encode(entries))
    return {
        "few_tickets": few,
        "many_tickets": many,
        "few_us_per_event": _split(costs[few]),
        "many_us_per_event": _split(costs[many]),
        "ratio": dear / cheap,
        "open_tickets_loaded": len(entries),
        "load_and_start_seconds": load_seconds(entries, rules),
    }


def _split(costs: list[tuple[float, float]]) -> dict[str, float]:
    return {
        "apply": median(apply for apply, _ in costs),
        "take": median(take for _, take in costs),
        "both": median(apply + take for apply, take in costs),
    }


def open_entries(partition: Partition) -> list[tuple[bytes, bytes]]:
    """The changelog's entries of all tickets that are open."""
    entries = []
    for ticket_id, encoded in partition.tickets.resting.items():
        if partition.tickets.wake(ticket_id).state.level() is not None:
            entries.append((b"t" + ticket_id.encode(), encoded))
    return entries


def load_seconds(entries: list[tuple[bytes, bytes]], rules: Rules) -> float:
    """How long a partition takes to load and start these, without Kafka."""
    began = perf_counter()
    partition = Partition(0, 1, rules)
    for key, value in entries:
        partition.load(key, value)
    partition.start(None)
    return perf_counter() - began


@click.command("cost")
@click.option("--few", default=FEW_TICKETS, show_default=True)
@click.option("--many", default=MANY_TICKETS, show_default=True)
@click.option("--turns", default=TURNS, show_default=True)
@click.option("--state", type=click.Path(path_type=Path), help="Where the open tickets go, as changelog entries.")
def command(few: int, many: int, turns: int, state: Path | None) -> None:
    """CPU of an event with few and with many open tickets, and seconds to load the many; as JSON."""
    click.echo(json.dumps(compare(few, many, turns, state)))
