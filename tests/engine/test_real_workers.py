"""Real workers on a real broker, killed, joining, leaving: state and outputs end as those of one quiet process."""

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from app.engine.kafka import KafkaChangelog
from app.engine.marker import MARKER_KEY, decode
from tests.engine.model.subject import ToySubject, toy_fault

pytestmark = pytest.mark.kafka

PARTITIONS = 4
RECORDS = 24_000
END_SECONDS = 90.0


class Workers:
    """The processes of one group."""

    def __init__(self, bootstrap: str, name: str, folder: Path) -> None:
        self._command = [sys.executable, "-m", "tests.engine.real_worker", bootstrap, name]
        self._folder = folder
        self.running: list[subprocess.Popen[bytes]] = []
        self._started = 0

    def start(self) -> None:
        self._started += 1
        with (self._folder / f"worker-{self._started}.log").open("wb") as log:
            self.running.append(subprocess.Popen(self._command, stdout=log, stderr=log))

    def end_one(self, how: signal.Signals) -> subprocess.Popen[bytes]:
        worker = self.running.pop(0)
        worker.send_signal(how)
        return worker

    def keep_alive(self, count: int) -> None:
        """What a supervisor does."""
        self.running = [worker for worker in self.running if worker.poll() is None]
        while len(self.running) < count:
            self.start()

    def end_all(self) -> None:
        for worker in self.running:
            worker.kill()
        for worker in self.running:
            worker.wait()


@pytest.fixture
async def topics(kafka: Any) -> AsyncIterator[str]:
    name = f"toy{random.randrange(10**9)}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics(
            [
                NewTopic(f"{name}.events", PARTITIONS, 1, topic_configs={"retention.ms": "-1"}),  # from 1970
                NewTopic(f"{name}.out", PARTITIONS, 1),
                NewTopic(f"{name}.plain", 1, 1),
                NewTopic(f"{name}.echo", 1, 1),
                NewTopic(f"{name}-toy-changelog", PARTITIONS, 1, topic_configs={"cleanup.policy": "compact"}),
                NewTopic(f"{name}-tally-changelog", PARTITIONS, 1, topic_configs={"cleanup.policy": "compact"}),
            ]
        )
        yield name
    finally:
        await admin.close()


async def produce(bootstrap: str, topic: str) -> None:
    rng, subject = random.Random(1), ToySubject()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for number in range(RECORDS):
            key, verb, timestamp_ms = subject.value(rng, number)
            key += b" %d" % (number % 50)
            await producer.send(topic, verb, key=key, timestamp_ms=timestamp_ms, partition=number % PARTITIONS)
            if number % 100 == 0:
                await asyncio.sleep(0.1)


async def read(bootstrap: str, topic: str, partition: int) -> list[Any]:
    tp, records = TopicPartition(topic, partition), []
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed") as consumer:
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        end = (await consumer.end_offsets([tp]))[tp]
        while await consumer.position(tp) < end:
            for part in (await consumer.getmany(timeout_ms=200)).values():
                records += part
    return records


async def state(bootstrap: str, changelog_topic: str, partition: int) -> dict[bytes, bytes]:
    newest: dict[bytes, bytes | None] = {}
    changelog = KafkaChangelog({"bootstrap_servers": bootstrap}, TopicPartition(changelog_topic, partition))
    async for changes in changelog.read():
        newest.update(changes)
    return {key: value for key, value in newest.items() if value is not None}


async def everything_is_included(bootstrap: str, source: str, changelog: str) -> None:
    async with asyncio.timeout(END_SECONDS):
        for partition in range(PARTITIONS):
            last = (await read(bootstrap, source, partition))[-1].offset
            included = -1
            while included <= last:
                await asyncio.sleep(0.5)
                marker = (await state(bootstrap, changelog, partition)).get(MARKER_KEY)
                included = decode(marker).next_offset if marker else -1


async def echo(bootstrap: str, name: str) -> set[bytes | None]:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for number in range(20):
            await producer.send_and_wait(f"{name}.plain", b"%d" % number)
    await asyncio.sleep(2)
    return {record.value for record in await read(bootstrap, f"{name}.echo", 0)}


async def disturb(workers: Workers) -> None:
    for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP, signal.SIGKILL):
        await asyncio.sleep(4)
        ended = workers.end_one(how)
        workers.keep_alive(2)
        if how is signal.SIGTERM:
            assert await asyncio.to_thread(ended.wait, 10) == 0
        elif how is signal.SIGSTOP:  # long enough to lose its partitions; then a zombie
            await asyncio.sleep(9)
            ended.send_signal(signal.SIGCONT)
            workers.running.append(ended)  # fenced it ends; with nothing to write it may join again: the totals judge
    workers.start()
    workers.keep_alive(3)


async def test_totals_are_right_whoever_dies(kafka: Any, topics: str, tmp_path: Path) -> None:
    workers = Workers(kafka.bootstrap, topics, tmp_path)
    try:
        workers.keep_alive(2)
        producing = asyncio.create_task(produce(kafka.bootstrap, f"{topics}.events"))
        await disturb(workers)
        await producing
        await everything_is_included(kafka.bootstrap, f"{topics}.events", f"{topics}-toy-changelog")
        await everything_is_included(kafka.bootstrap, f"{topics}.out", f"{topics}-tally-changelog")
        assert await echo(kafka.bootstrap, topics) == {b"%d" % number for number in range(20)}
    finally:
        workers.end_all()
    for partition in range(PARTITIONS):
        seen = await state(kafka.bootstrap, f"{topics}-toy-changelog", partition)
        seen.pop(MARKER_KEY)
        records = await read(kafka.bootstrap, f"{topics}.events", partition)
        outputs = await read(kafka.bootstrap, f"{topics}.out", partition)
        assert toy_fault(records, seen, outputs) is None, f"partition {partition}"
        counted = await state(kafka.bootstrap, f"{topics}-tally-changelog", partition)
        assert counted[b"total"] == b"%d" % len(outputs), f"partition {partition}"
