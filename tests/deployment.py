"""A deployment for tests: topics under a prefix of its own and real worker processes, to start, kill and look at."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from app.broker import admin
from app.broker.connection import connect
from app.broker.topics import topics

SESSION_SECONDS = 6
_POLL_SECONDS = 0.2


class Deployment:
    """`folder` holds the workers' logs. Workers are named; a name may be started again after it ended."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, *, partitions: int, **environment: str) -> None:
        self.bootstrap, self.prefix, self.folder, self.partitions = bootstrap, prefix, folder, partitions
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            "CAREBEAT_KAFKA": bootstrap,
            "CAREBEAT_TOPIC_PREFIX": prefix,
            "CAREBEAT_PARTITIONS": str(partitions),
            "CAREBEAT_REPLICATION_FACTOR": "1",
            "CAREBEAT_SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
            "CAREBEAT_HEARTBEAT_INTERVAL_SECONDS": "1",
            "CAREBEAT_METRICS_PORT": "0",
            "CAREBEAT_TICKETS_PORT": "0",
            **{f"CAREBEAT_{name.upper()}": value for name, value in environment.items()},
        }

    async def create_topics(self, *, orders: bool = False) -> None:
        """Make this deployment's topics."""
        clock: Any = self._environment.get("CAREBEAT_CLOCK", "log")
        async with connect(self.bootstrap) as client:
            await admin.create(client, topics(self.prefix, self.partitions, clock, orders=orders), 1)

    def start(self, name: str, **environment: str) -> None:
        """Start a worker."""
        extra = {f"CAREBEAT_{key.upper()}": value for key, value in environment.items()}
        with self.log_of(name).open("ab") as log:
            self.workers[name] = subprocess.Popen(
                [sys.executable, "-m", "app", "worker"],
                env={**os.environ, **self._environment, **extra},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def log_of(self, name: str) -> Path:
        """Where a worker writes its log."""
        return self.folder / f"{name}.log"

    def stop(self, name: str, how: signal.Signals) -> int:
        """Send a signal and wait for the end; the exit status."""
        worker = self.workers.pop(name)
        worker.send_signal(how)
        return worker.wait(30)

    def restart_dead(self) -> list[str]:
        """Start again, as a supervisor would, what ended by itself; says which."""
        dead = [name for name, worker in self.workers.items() if worker.poll() is not None]
        for name in dead:
            self.start(name)
        return dead

    def close(self) -> None:
        """End all workers at once."""
        for worker in self.workers.values():
            worker.kill()
            worker.wait()

    async def read(self, topic: str) -> list[Any]:
        """All committed records of a topic."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            isolation_level="read_committed",
            max_partition_fetch_bytes=8 << 20,
            fetch_max_wait_ms=50,
        )
        await consumer.start()
        try:
            partitions = [TopicPartition(self.prefix + topic, p) for p in await self._partitions(consumer, topic)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            records: list[Any] = []
            while any([await consumer.position(partition) < end for partition, end in ends.items()]):
                for batch in (await consumer.getmany(timeout_ms=100, max_records=50_000)).values():
                    records += batch
            return records
        finally:
            await consumer.stop()

    async def _partitions(self, consumer: AIOKafkaConsumer, topic: str) -> list[int]:
        await consumer._client.add_topic(self.prefix + topic)
        return sorted(consumer.partitions_for_topic(self.prefix + topic) or {0})

    async def end(self, topic: str) -> int:
        """How many offsets a topic has; markers of transactions count."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await consumer.start()
        try:
            partitions = [TopicPartition(self.prefix + topic, p) for p in await self._partitions(consumer, topic)]
            return sum((await consumer.end_offsets(partitions)).values())
        finally:
            await consumer.stop()

    async def committed(self, topic: str) -> int:
        """How many records of a topic the group says are done; 0 while there is no group."""
        try:
            async with connect(self.bootstrap) as client:
                offsets = await client.list_consumer_group_offsets(f"{self.prefix}worker")
        except KafkaError:
            return 0
        return sum(max(0, at.offset) for tp, at in offsets.items() if tp.topic == self.prefix + topic)


@contextmanager
def deployment(*arguments: Any, **options: Any) -> Iterator[Deployment]:
    """A deployment whose workers are gone afterwards."""
    made = Deployment(*arguments, **options)
    try:
        yield made
    finally:
        made.close()


async def until(holds: Callable[[], Any], limit_seconds: float, what: str) -> Any:
    """Wait until the (possibly awaitable) condition is true; what it gave. Fails after the limit."""
    deadline = time.monotonic() + limit_seconds
    while time.monotonic() < deadline:
        value = holds()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        await asyncio.sleep(_POLL_SECONDS)
    raise AssertionError(f"not within {limit_seconds:g} s: {what}")
