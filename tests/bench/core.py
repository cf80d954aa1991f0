"""What an event costs in the core alone: no Kafka, one process, CPU time.

The records are those of the full job, on so many partitions; slices and takes are like the worker's, and so is the
garbage collector.
"""

import cProfile
import gc
import json
import pstats
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from time import process_time

import click
from rich.console import Console
from rich.table import Table

from app import config
from app.engine.process import YOUNG_OBJECTS
from app.kpi.decoder import Decoder
from app.kpi.harvest import Harvest
from app.kpi.partition import Partition
from app.kpi.rules import Rules
from app.streams.track import Track
from tests.bench.traffic import Record, happenings, records

SLICE_RECORDS = 1000
TAKE_EVERY = 20_000
PARTITIONS = 4


@dataclass
class Cost:
    """CPU seconds and bytes of a run, by stage."""

    events: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    sizes_bytes: dict[str, int] = field(default_factory=dict)

    def add(self, stage: str, seconds: float) -> None:
        """More time for a stage."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    def weigh(self, what: str, size_bytes: int) -> None:
        """More bytes of a kind."""
        self.sizes_bytes[what] = self.sizes_bytes.get(what, 0) + size_bytes

    def us_per_event(self, stage: str) -> float:
        """Microseconds of CPU."""
        return self.seconds[stage] / self.events * 1e6

    def bytes_per_event(self, what: str) -> float:
        """Bytes."""
        return self.sizes_bytes[what] / self.events


def default_rules() -> Rules:
    """The default configuration, in the time of the events."""
    return config.rules(config.load(), "events")


def collect_as_worker() -> None:
    """From here on the garbage collector does what it does in the worker."""
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)
    gc.collect()
    gc.freeze()


def turns(by_partition: Sequence[Sequence[Record]]) -> Iterator[tuple[int, Sequence[Record]]]:
    """(partition, slice of its records), the partitions in turn."""
    longest = max(map(len, by_partition))
    for start in range(0, longest, SLICE_RECORDS):
        for number, there in enumerate(by_partition):
            if start < len(there):
                yield number, there[start : start + SLICE_RECORDS]


def apply_all(partition: Partition, part: Sequence[Record]) -> list[Harvest]:
    """Apply a slice; what had to be taken on the way, where timers stopped it."""
    taken = []
    while (included := partition.apply(part)) < len(part):
        taken.append(take(partition))
        part = part[included:]
    return taken


def take(partition: Partition) -> Harvest:
    """Take the outcome, and empty what the worker's metrics empty after each flush."""
    harvest = partition.take()
    partition.flow.clear()
    return harvest


def run(by_partition: Sequence[Sequence[Record]], rules: Rules) -> Cost:
    """The core over all records, from an empty state."""
    cost = Cost(events=sum(map(len, by_partition)))
    partitions = [Partition(number, len(by_partition), rules) for number in range(len(by_partition))]
    tracks = [Track(partition, "bench.", lambda *_: None) for partition in partitions]
    collect_as_worker()
    waiting = 0
    for number, part in turns(by_partition):
        began = process_time()
        taken = apply_all(partitions[number], part)
        cost.add("apply", process_time() - began)
        for harvest in taken:
            _write(cost, tracks[number], harvest)
        waiting += len(part)
        if waiting >= TAKE_EVERY:
            waiting = 0
            _take(cost, tracks)
    _take(cost, tracks)
    gc.unfreeze()
    cost.weigh("events in", sum(len(record.value) for there in by_partition for record in there))
    return cost


def _take(cost: Cost, tracks: Sequence[Track]) -> None:
    for track in tracks:
        began = process_time()
        harvest = take(track.partition)
        cost.add("take", process_time() - began)
        _write(cost, track, harvest)


def _write(cost: Cost, track: Track, harvest: Harvest) -> None:
    began = process_time()
    outputs = track._outputs(harvest)
    cost.add("encode outputs", process_time() - began)
    cost.weigh("changes out", sum(len(key) + len(value or b"") for key, value in harvest.changes))
    cost.weigh("outputs out", sum(len(output.key or b"") + len(output.value or b"") for output in outputs))


def _decoding(by_partition: Sequence[Sequence[Record]], rules: Rules) -> float:
    decode = Decoder(rules)
    began = process_time()
    for there in by_partition:
        for record in there:
            decode(record.value, record.key, record.timestamp)
    return process_time() - began


@click.command("core")
@click.option("--events", default=200_000, show_default=True, type=click.IntRange(1))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--partitions", default=PARTITIONS, show_default=True, type=click.IntRange(1))
@click.option("--profile", is_flag=True, help="Also one round under cProfile.")
@click.option("--json", "as_json", is_flag=True, help="Medians as JSON.")
def command(events: int, rounds: int, partitions: int, profile: bool, as_json: bool) -> None:
    """Microseconds of CPU and bytes per event in Partition.apply, Partition.take and encoding of the outputs."""
    by_partition = records(islice(happenings(), events), partitions)
    rules = default_rules()
    costs = [run(by_partition, rules) for _ in range(rounds)]
    for cost in costs:
        cost.add("decode (part of apply)", _decoding(by_partition, rules))
    medians = {stage: median(cost.us_per_event(stage) for cost in costs) for stage in costs[0].seconds}
    if as_json:
        click.echo(json.dumps({"events": events, "us_per_event": medians}))
    else:
        Console().print(_table(costs, medians))
    if profile:
        with cProfile.Profile() as profiler:
            run(by_partition, rules)
        pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(40)


def _table(costs: Sequence[Cost], medians: dict[str, float]) -> Table:
    table = Table(title=f"{costs[0].events:,} events, CPU us an event")
    for column in ("stage", "median", "lowest"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for stage, value in medians.items():
        table.add_row(stage, f"{value:.2f}", f"{min(cost.us_per_event(stage) for cost in costs):.2f}")
    whole = [sum(cost.us_per_event(stage) for stage in ("apply", "take", "encode outputs")) for cost in costs]
    table.add_row("apply + take + outputs", f"{median(whole):.2f}", f"{min(whole):.2f}", style="bold")
    for what in costs[0].sizes_bytes:
        table.add_row(f"bytes: {what}", f"{costs[0].bytes_per_event(what):.0f}", "")
    return table
