"""Records of a topic, read in no group: the newest that are of interest from its end backwards, or all up to its present end."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from app.broker.connection import connect
from app.broker.errors import BrokerUnreachableError, TopicRefusedError
from app.broker.jars import Say

Found = TypeVar("Found")

_STEP: Final = 500
"""Offsets: small enough that a step of the largest records fits into memory."""
_WAIT_MS: Final = 1000
_WAITS: Final = 30
_BATCH_RECORDS: Final = 5000


async def newest(
    bootstrap: str,
    topic: str,
    limit: int,
    read: Callable[[Any], Found | None],
    *,
    security: Mapping[str, Any],
    say: Say = lambda _: None,
) -> list[Found]:
    """What `read` makes of the newest records for which it gives anything, oldest first; `limit` of each partition.

    Raises BrokerUnreachableError, and TopicRefusedError when the topic is missing or may not be read.
    """
    found: list[Found] = []
    async with reading(bootstrap, topic, security, say) as (consumer, partitions):
        for number in range(partitions):
            found += await _newest_of(consumer, TopicPartition(topic, number), limit, read, say)
    return found


@asynccontextmanager
async def reading(
    bootstrap: str, topic: str, security: Mapping[str, Any], say: Say
) -> AsyncIterator[tuple[AIOKafkaConsumer, int]]:
    """A consumer in no group that sees what is committed, and how many partitions the topic has.

    Raises BrokerUnreachableError, and TopicRefusedError when the topic is missing or may not be read.
    """
    async with connect(bootstrap, security=security, say=say) as client:
        there = {entry["topic"]: len(entry["partitions"]) for entry in await client.describe_topics()}
    if topic not in there:
        raise TopicRefusedError(f"{bootstrap} has no topic {topic}: run `carebeat topics create`")
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False, **security
    )
    try:
        await consumer.start()
        yield consumer, there[topic]
    except KafkaError as error:
        raise TopicRefusedError(f"{topic} cannot be read ({error!r}): give this user the right to read it") from error
    finally:
        await consumer.stop()


async def batches(consumer: AIOKafkaConsumer, partition: TopicPartition, end: int) -> AsyncIterator[list[Any]]:
    """The records before `end`. Raises BrokerUnreachableError, and TopicRefusedError when some were deleted in front of us."""
    waits = 0
    while (reached := await consumer.position(partition)) < end:
        batch = (await consumer.getmany(partition, timeout_ms=_WAIT_MS, max_records=_BATCH_RECORDS)).get(partition, [])
        if wanted := [record for record in batch if record.offset < end]:
            waits = 0
            yield wanted
            continue
        if (await consumer.beginning_offsets([partition]))[partition] > reached:
            raise TopicRefusedError(f"records of {partition.topic} were deleted by age while they were read: try again")
        waits += 1
        if waits >= _WAITS:
            raise BrokerUnreachableError(
                f"Kafka gave no record of {partition.topic}/{partition.partition} from offset {reached:,} on for"
                f" {_WAITS * _WAIT_MS // 1000} s: see whether all brokers are up, then try again"
            )


async def _newest_of(
    consumer: AIOKafkaConsumer, partition: TopicPartition, limit: int, read: Callable[[Any], Found | None], say: Say
) -> list[Found]:
    consumer.assign([partition])
    first = (await consumer.beginning_offsets([partition]))[partition]
    stop = (await consumer.end_offsets([partition]))[partition]
    found: list[Found] = []
    while stop > first and len(found) < limit:
        start = max(first, stop - _STEP)
        records = await _between(consumer, partition, start, stop)
        found = [result for record in records if (result := read(record)) is not None] + found
        stop = start
        say(f"reading {partition.topic} back from offset {stop:,}, {len(found)} found")
    return found[-limit:]


async def _between(consumer: AIOKafkaConsumer, partition: TopicPartition, start: int, stop: int) -> list[Any]:
    consumer.seek(partition, start)
    records: list[Any] = []
    while await consumer.position(partition) < stop:
        batches = await consumer.getmany(partition, timeout_ms=_WAIT_MS)
        if not batches:  # the rest may be a transaction that is still open
            break
        records += batches.get(partition, [])
    return [record for record in records if record.offset < stop]
