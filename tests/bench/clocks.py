"""What running SLA clocks cost: to fire, one after the other, and to keep."""

import gc
import json
import tracemalloc
from time import process_time

import click

from app.kpi.instants import instant_ms, text_of
from app.kpi.partition import Partition
from tests.bench.core import collect_as_worker, default_rules
from tests.bench.traffic import Record

CLOCKS = 100_000
LIMIT_US, LIMIT_BYTES = 5.0, 200
_ROUNDS = 3
_START = "2026-03-02T10:00:00Z"
_HOUR_MS = 3_600_000


def measure() -> dict[str, float]:
    """Microseconds of one firing (a warning, a breach, the end of a wait's limit), and bytes of one clock."""
    collect_as_worker()
    return {"us_per_firing": min(_firing_us() for _ in range(_ROUNDS)), "bytes_per_clock": _clock_bytes()}


def _firing_us() -> float:
    """Before ids and encoding: what fires is thrown away as it comes."""
    partition = _filled("message-received")
    tick = [Record(CLOCKS, 0, None, b'{"type": "clock-ticked", "occurred_at": "2026-04-02T10:00:00Z"}')]
    fired, began = 0, process_time()
    while not partition.apply(tick):
        fired += len(partition._transitions)
        partition._transitions.clear()
    spent_seconds = process_time() - began
    fired += len(partition._transitions)
    if fired != 2 * CLOCKS:
        raise AssertionError(f"{fired} transitions of {CLOCKS} clocks, each of which warns and breaks once")
    return spent_seconds / (fired + CLOCKS // 2) * 1e6  # the limit of each wait passes too


def _clock_bytes() -> float:
    """Tickets with two clocks, and all that a wait is, against tickets with none: what Python allocated and keeps."""
    kept = []
    for type_ in ("ticket-opened", "message-received"):
        tracemalloc.start()
        partition = _filled(type_)
        gc.collect()
        kept.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        del partition
    return (kept[1] - kept[0]) / CLOCKS


def _filled(type_: str) -> Partition:
    """Each ticket's clocks start at an instant of their own within an hour, in no order: the hardest for whatever keeps timers."""
    partition, start_ms = Partition(0, 1, default_rules()), instant_ms(_START)
    for number in range(CLOCKS // 2):
        body = {
            "type": type_,
            "id": f"e{number}",
            "ticket_id": f"t{number}",
            "channel": "email",
            "occurred_at": text_of(start_ms + number * 7919 % _HOUR_MS),
        }
        partition.apply([Record(number, start_ms + _HOUR_MS, f"t{number}".encode(), json.dumps(body).encode())])
    partition.take()
    return partition


@click.command("clocks")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
def command(as_json: bool) -> None:
    """100,000 SLA clocks in one partition: time passes them all; what each costs to fire and to keep."""
    found = measure()
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, limit in (("us_per_firing", LIMIT_US), ("bytes_per_clock", LIMIT_BYTES)):
        verdict = "holds" if found[name] <= limit else "FAILS"
        click.echo(f"{name.replace('_', ' ')}: {found[name]:.2f}; {verdict}: at most {limit:g}")
