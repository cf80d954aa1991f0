"""The ports on a real broker keep what `ports.py` promises."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import ProducerFenced
from aiokafka.partitioner import DefaultPartitioner

from app.engine import topics
from app.engine.crash import OperatorNeededError
from app.engine.drain import drain
from app.engine.kafka import KafkaChangelog, KafkaProducer
from app.engine.ports import Batch, Change
from app.engine.processor import Output

pytestmark = pytest.mark.kafka

OUT_PARTITIONS = 3


class Place:
    """Topics of one test."""

    def __init__(self, bootstrap: str) -> None:
        self.cluster: dict[str, Any] = {"bootstrap_servers": [bootstrap]}
        self.name = f"ports{random.randrange(10**9)}"
        self.out = f"{self.name}.out"
        self.changelog = TopicPartition(f"{self.name}.changelog", 1)
        self.producers: list[KafkaProducer] = []

    async def producer(self) -> KafkaProducer:
        producer = KafkaProducer(self.cluster, self.name, self.changelog, 20.0)
        self.producers.append(producer)
        await producer.start()
        return producer

    async def recovered(self) -> list[Change]:
        """What the next owner reads: starting its producer waits for the end marks of the last commit; readers do not."""
        await self.producer()
        return await self.changes()

    async def changes(self) -> list[Change]:
        return [change async for part in KafkaChangelog(self.cluster, self.changelog).read() for change in part]


@pytest.fixture
async def place(kafka: Any) -> AsyncIterator[Place]:
    place = Place(kafka.bootstrap)
    admin = AIOKafkaAdminClient(**place.cluster)
    await admin.start()
    await admin.create_topics([NewTopic(place.out, OUT_PARTITIONS, 1), NewTopic(place.changelog.topic, 2, 1)])
    await admin.close()
    yield place
    for producer in place.producers:
        await producer.stop()


async def flush(producer: KafkaProducer, *changes: Change, outputs: tuple[Output, ...] = ()) -> None:
    await producer.begin()
    await producer.write_outputs(outputs)
    await producer.write_changes(changes)
    await producer.commit()


async def test_an_empty_changelog_has_an_end(place: Place) -> None:
    assert await place.changes() == []


async def test_what_was_committed_is_read_back_in_order(place: Place) -> None:
    producer = await place.producer()
    await flush(producer, (b"a", b"1"), (b"b", b"2"))
    await flush(producer, (b"a", None))
    assert await place.recovered() == [(b"a", b"1"), (b"b", b"2"), (b"a", None)]


async def test_a_flush_may_be_larger_than_any_batch(place: Place) -> None:
    changes = [(b"key %d" % number, bytes(1000)) for number in range(5000)]
    await flush(await place.producer(), *changes)
    assert await place.recovered() == changes


async def test_a_new_producer_fences_the_old_and_nothing_of_it_shows(place: Place) -> None:
    old = await place.producer()
    await old.begin()
    await old.write_changes([(b"a", b"old")])
    new = await place.producer()
    assert await place.changes() == []
    await flush(new, (b"a", b"new"))
    with pytest.raises(ProducerFenced):
        await old.write_changes([(b"a", b"older")])
        await old.commit()
    assert await place.recovered() == [(b"a", b"new")]


async def test_a_record_no_broker_accepts_needs_an_operator(place: Place) -> None:
    producer = await place.producer()
    await producer.begin()
    with pytest.raises(OperatorNeededError, match=r"larger than a broker accepts"):
        await producer.write_changes([(b"a", bytes(1_100_000))])


async def test_outputs_go_where_any_kafka_client_would_send_their_key(place: Place) -> None:
    keys = [b"key %d" % number for number in range(20)]
    outputs = [Output(place.out, key, b"value", None, (("header", b"x"),)) for key in keys]
    await flush(await place.producer(), outputs=(*outputs, Output(place.out, b"fixed", b"value", 2)))
    partitions = list(range(OUT_PARTITIONS))
    wanted = {key: DefaultPartitioner()(key, partitions, partitions) for key in keys} | {b"fixed": 2}
    async with AIOKafkaConsumer(place.out, **place.cluster, auto_offset_reset="earliest") as consumer:
        seen = [await consumer.getone() for _ in range(len(wanted))]
    assert {record.key: record.partition for record in seen} == wanted
    assert all(record.headers == (("header", b"x"),) for record in seen if record.key != b"fixed")


async def test_batches_tell_positions_over_the_holes_that_transactions_leave(place: Place) -> None:
    producer = await place.producer()
    for number in range(3):
        await flush(producer, outputs=(Output(place.out, b"key", b"%d" % number, 0),))
    async with AIOKafkaConsumer(**place.cluster, isolation_level="read_committed") as consumer:
        consumer.assign([TopicPartition(place.out, 0)])
        consumer.seek(TopicPartition(place.out, 0), 0)
        batches = await read(consumer, TopicPartition(place.out, 0), 6)
    assert [record.value for batch in batches for record in batch.records] == [b"0", b"1", b"2"]
    assert [batch.start for batch in batches] == [0, *(batch.end for batch in batches[:-1])]


async def read(consumer: Any, partition: TopicPartition, end: int) -> list[Batch]:
    batches: list[Batch] = []
    async with asyncio.timeout(10):
        while not batches or batches[-1].end < end:
            drained = await drain(consumer._fetcher, {partition}, 2, 1.0, lambda _: True)
            batches += drained.values()
    return batches


async def test_a_missing_topic_is_not_created_by_asking(place: Place) -> None:
    missing = f"{place.name}.missing"
    assert missing not in await topics.partition_counts(place.cluster)
    counts = await topics.partition_counts(place.cluster)
    assert (counts[place.out], counts.get(missing)) == (OUT_PARTITIONS, None)


async def test_an_ordinary_producer_may_write_to_the_same_topics(place: Place) -> None:
    async with AIOKafkaProducer(**place.cluster) as producer:
        await producer.send_and_wait(place.changelog.topic, b"1", key=b"a", partition=1)
    assert await place.recovered() == [(b"a", b"1")]
