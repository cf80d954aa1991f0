"""How much memory an open ticket takes: six events and its timers, in a process of its own.

As in the traffic, 20,000 tickets at a time hear of their events in turn, so that their state is made anew again and
again; what the allocator cannot use again counts too.
"""

import gc
import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import click

from app.kpi.instants import instant_ms
from app.kpi.partition import Partition
from tests.bench.core import apply_all, collect_as_worker, default_rules, take
from tests.bench.traffic import ACTIVE_TICKETS, CHANNELS, MESSAGE, REPLY, Happening, Record, in_contract_shape

TICKETS = 200_000
EVENTS_EACH = 6
_TAKE_EVERY = 2_000
_START_MS = 1_767_225_600_000
_ROUND_MS = 40_000  # from one event of a ticket to its next, as in traffic.py
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes() -> int:
    """What this process has in memory (Linux)."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


def fill(partition: Partition, tickets: int, name: str) -> None:
    """Give each of so many tickets its events, and leave it open."""
    waiting = list[Record]()
    for event in _six_events_each(tickets, name):
        waiting.append(Record(0, event.at_ms, event.ticket_id.encode(), in_contract_shape(event)))
        if len(waiting) == _TAKE_EVERY:
            apply_all(partition, waiting)
            take(partition)
            waiting.clear()
    apply_all(partition, waiting)
    take(partition)


def _six_events_each(tickets: int, name: str) -> Iterator[Happening]:
    dice, at_ms = Random(name), float(_START_MS)
    for first in range(0, tickets, ACTIVE_TICKETS):
        cohort = range(first, min(first + ACTIVE_TICKETS, tickets))
        for turn in range(EVENTS_EACH):
            for ticket in cohort:
                at_ms += _ROUND_MS / len(cohort)
                ticket_id, event_id = f"{name}-{ticket:012d}".rjust(36, "0"), f"{dice.getrandbits(144):036x}"
                kind = REPLY if turn % 2 else MESSAGE
                yield Happening(int(at_ms), kind, ticket, ticket_id, event_id, dice.randrange(100_000))


def _know_all_instants() -> None:
    """What the process keeps to read instants fast is there once, however many tickets there are."""
    for tail_ms in range(60_000):
        instant_ms(f"2026-01-01T00:00:{tail_ms // 1000:02d}.{tail_ms % 1000:03d}Z")


def bytes_per_ticket(tickets: int) -> float:
    """Growth of this process by so many tickets, for each."""
    rules = default_rules()
    collect_as_worker()
    _know_all_instants()
    fill(Partition(0, 1, rules), 2 * _TAKE_EVERY, "warm")
    before = resident_bytes()
    partition = Partition(0, 1, rules)
    fill(partition, tickets, "kept")
    grown = resident_bytes() - before
    are_open = partition.levels.present()["all"].open
    if are_open != tickets:
        raise AssertionError(f"{are_open} tickets are open, not {tickets}")
    return grown / tickets


@click.command("memory")
@click.option("--tickets", default=TICKETS, show_default=True)
def command(tickets: int) -> None:
    """Bytes of memory for each open ticket with six events and its timers; as JSON."""
    figures = {"tickets": tickets, "events_each": EVENTS_EACH, "channels": len(CHANNELS)}
    click.echo(json.dumps({**figures, "bytes_per_open_ticket": bytes_per_ticket(tickets)}))
