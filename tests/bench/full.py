"""The full job: one real `carebeat worker` on a filled topic, measured by what it commits.

Each flush writes a marker, stamped by the worker as it is taken: so many records of this partition are included. Read
from the changelog afterwards, they say when 15 % and when 85 % of the events were, without a look at the worker
meanwhile.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from app.broker.topics import MERGE_CHANGELOG, TRACK_CHANGELOG, topics
from app.engine.marker import MARKER_KEY, decode
from schemas import topics as contract
from tests.bench.figure import Figure, PeerFailedError, cpu_seconds_of, tail
from tests.bench.ground import PARTITIONS, Ground
from tests.bench.peers.steady import FROM_SHARE, TO_SHARE
from tests.deployment import Deployment, deployment

_POLL_SECONDS = 0.25
_ENOUGH = 0.93
"""Of the events, by the group's offsets, which are a second behind."""
_LIMIT_SECONDS = 600.0

Point = tuple[float, float]
"""(when in seconds, how much by then); ascending."""


@dataclass(frozen=True)
class Run:
    """`unmerged` partials of all that the worker wrote waited for the merge when it was stopped."""

    figure: Figure
    partials: int
    unmerged: int


async def measure(ground: Ground, prefix: str) -> Run:
    """Fill topics under this prefix, let a worker loose on them, stop it before it runs dry."""
    settings = {"clock": "events", "session_timeout_seconds": "20", "heartbeat_interval_seconds": "3"}
    with deployment(ground.bootstrap, prefix, ground.folder, partitions=PARTITIONS, **settings) as made:
        await made.create_topics()
        await ground.fill_contract(contract.EVENTS.full_name(prefix))
        made.start(prefix)
        cpu = await _watch(made, prefix, ground.events)
    included = _together(await _markers(ground.bootstrap, prefix + TRACK_CHANGELOG, PARTITIONS))
    merged = (await _markers(ground.bootstrap, prefix + MERGE_CHANGELOG, 1))[0]
    partials = await _size(ground.bootstrap, contract.PARTIALS.full_name(prefix))
    began, ended = (when(included, ground.events * share) for share in (FROM_SHARE, TO_SHARE))
    events = round(ground.events * (TO_SHARE - FROM_SHARE))
    await ground.remove_topics(topic.name for topic in topics(prefix, PARTITIONS, "events"))
    return Run(Figure(events, ended - began, at(cpu, ended) - at(cpu, began)), partials, partials - int(merged[-1][1]))


async def _watch(made: Deployment, name: str, events: int) -> list[Point]:
    """CPU time of the worker as it goes, until nearly all events are done."""
    worker, cpu, done = made.workers[name], list[Point](), 0
    deadline = time.monotonic() + _LIMIT_SECONDS
    while done < events * _ENOUGH:
        for _ in range(4):
            cpu.append((time.time(), cpu_seconds_of(worker.pid)))
            await asyncio.sleep(_POLL_SECONDS)
        if worker.poll() is not None or time.monotonic() > deadline:
            raise PeerFailedError(f"the worker came to {done} of {events} events: {tail(made.log_of(name))}")
        done = await made.committed(contract.EVENTS.name)
    cpu.append((time.time(), cpu_seconds_of(worker.pid)))
    return cpu


async def _size(bootstrap: str, topic: str) -> int:
    """Where the only partition of a topic ends."""
    async with _reader(bootstrap) as consumer:
        only = TopicPartition(topic, 0)
        end: int = (await consumer.end_offsets([only]))[only]
        return end


@asynccontextmanager
async def _reader(bootstrap: str) -> AsyncIterator[Any]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", max_partition_fetch_bytes=8 << 20
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def _markers(bootstrap: str, changelog: str, count: int) -> list[list[Point]]:
    """For each partition, when how many of its records were included."""
    found: list[list[Point]] = [[] for _ in range(count)]
    partitions = [TopicPartition(changelog, number) for number in range(count)]
    async with _reader(bootstrap) as consumer:
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                found[partition.partition] += [
                    (record.timestamp / 1000, float(decode(record.value).next_offset))
                    for record in records
                    if record.key == MARKER_KEY
                ]
    return found


def _together(partitions: Sequence[Sequence[Point]]) -> list[Point]:
    """The sum over partitions at every instant that one of them knows."""
    started = min(points[0][0] for points in partitions) - 1e-3
    lines = [[(started, 0.0), *points] for points in partitions]
    instants = sorted({instant for line in lines for instant, _ in line})
    return [(instant, sum(at(line, instant) for line in lines)) for instant in instants]


def at(line: Sequence[Point], instant: float) -> float:
    """The value at an instant, straight between points, level beyond them."""
    index = bisect_left(line, (instant, float("-inf")))
    if index == 0:
        return line[0][1]
    if index == len(line):
        return line[-1][1]
    (before, low), (after, high) = line[index - 1], line[index]
    return low + (high - low) * (instant - before) / (after - before)


def when(line: Sequence[Point], value: float) -> float:
    """The first instant of a value, straight between points."""
    return at([(reached, instant) for instant, reached in line], value)
