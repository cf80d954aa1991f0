"""What is on a topic, for tests."""

from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from app.broker.admin import create
from app.broker.connection import connect
from app.broker.topics import topics
from app.kpi.rules import Clock


class Found(NamedTuple):
    partition: int
    key: bytes | None
    value: bytes


async def make_events_topic(bootstrap: str, prefix: str, partitions: int, clock: Clock) -> None:
    async with connect(bootstrap) as client:
        await create(client, topics(prefix, partitions, clock)[:1], 1)


async def make_customers_topic(bootstrap: str, prefix: str) -> None:
    async with connect(bootstrap) as client:
        wanted = [topic for topic in topics(prefix, 1, "log", orders=True) if topic.name == f"{prefix}customers"]
        await create(client, wanted, 1)


async def read_all(bootstrap: str, topic: str, partitions: int) -> list[Found]:
    """Every record that is there now, partition after partition, each in order."""
    found = []
    for number in range(partitions):
        partition = TopicPartition(topic, number)
        async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
            consumer.assign([partition])
            end = (await consumer.end_offsets([partition]))[partition]
            while await consumer.position(partition) < end:
                record = await consumer.getone()
                found.append(Found(number, record.key, record.value))
    return found
