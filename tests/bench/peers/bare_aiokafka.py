"""A loop over aiokafka's consumer with a job in it and nothing durable: what there is to gain outside any framework.

python -m tests.bench.peers.bare_aiokafka BOOTSTRAP TOPIC EVENTS small|full PARTITIONS
"""

import asyncio
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any, Protocol

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from app.kpi.partition import Partition
from tests.bench.core import collect_as_worker, default_rules
from tests.bench.peers.steady import Steady
from tests.bench.small_job import SmallJob

TAKE_EVERY_SECONDS = 0.5


class Job(Protocol):
    """What both jobs can."""

    def apply(self, records: Any) -> int: ...
    def take(self) -> Any: ...


def factory(kind: str, partitions: int) -> Callable[[int], Job]:
    """Makes a partition's state: our core under the default configuration, or the small job."""
    if kind == "small":
        return lambda _: SmallJob()
    rules = default_rules()
    return lambda number: Partition(number, partitions, rules)


async def consume(bootstrap: str, topic: str, steady: Steady, jobs: list[Job]) -> None:
    """Read all partitions from the first record on, until `steady` has enough."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 << 20,
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    partitions = [TopicPartition(topic, number) for number in range(len(jobs))]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    taken_at_seconds = perf_counter()
    while True:
        for partition, records in (await consumer.getmany(timeout_ms=500, max_records=5000)).items():
            apply(jobs[partition.partition], records)
            steady.add(len(records))
        if perf_counter() - taken_at_seconds > TAKE_EVERY_SECONDS:
            taken_at_seconds = perf_counter()
            for job in jobs:
                job.take()


def apply(job: Job, records: list[Any]) -> None:
    """Apply all, with a take wherever timers stop it."""
    while (included := job.apply(records)) < len(records):
        job.take()
        records = records[included:]


if __name__ == "__main__":
    new_job = factory(sys.argv[4], int(sys.argv[5]))
    collect_as_worker()
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(
        consume(
            sys.argv[1], sys.argv[2], Steady(int(sys.argv[3])), [new_job(number) for number in range(int(sys.argv[5]))]
        )
    )
