"""Records for the board from Kafka: first the end of each topic, then what follows. In no group, so nobody notices."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from app.broker.connection import connect
from app.broker.errors import TopicRefusedError
from app.broker.jars import Say
from schemas.topics import KPIS, PARTIALS, SLA

_ROUND_SECONDS: Final = 1.0
_ROUND_RECORDS: Final = 5000


@dataclass(frozen=True, slots=True)
class Source:
    """A topic, and how many offsets before each partition's end to begin at."""

    topic: str
    tail: int
    required: bool = True
    """False: left out where it is missing or may not be read."""


def board_sources(prefix: str) -> tuple[Source, ...]:
    """What a board needs. The partials only tell how far time has come while nothing happens."""
    return (
        Source(KPIS.full_name(prefix), 30_000),
        Source(SLA.full_name(prefix), 500),
        Source(PARTIALS.full_name(prefix), 2000, required=False),
    )


class Feed:
    """Made by `follow`."""

    def __init__(self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> None:
        self._consumer = consumer
        self._ends = dict(ends)

    async def past(self) -> list[Any]:
        """The records that were there at the start, in order within a partition."""
        found: list[Any] = []
        while behind := [partition for partition, end in self._ends.items() if await self._position(partition) < end]:
            records = await self._read(behind, _ROUND_SECONDS)
            if not records:  # the rest of the log may be a transaction that is still open
                break
            found += records
        return found

    async def more(self, limit_seconds: float) -> list[Any]:
        """What has come since; waits so long for the first."""
        return await self._read((), limit_seconds)

    async def _read(self, partitions: Iterable[TopicPartition], limit_seconds: float) -> list[Any]:
        timeout_ms = int(limit_seconds * 1000)
        batches = await self._consumer.getmany(*partitions, timeout_ms=timeout_ms, max_records=_ROUND_RECORDS)
        return [record for batch in batches.values() for record in batch]

    async def positions(self) -> dict[str, int]:
        """How far each topic is read: the sum of its partitions' next offsets."""
        found: dict[str, int] = {}
        for partition in self._ends:
            found[partition.topic] = found.get(partition.topic, 0) + await self._position(partition)
        return found

    async def _position(self, partition: TopicPartition) -> int:
        position: int = await self._consumer.position(partition)
        return position


@asynccontextmanager
async def follow(
    bootstrap: str, sources: Sequence[Source], *, security: Mapping[str, Any], say: Say = lambda _: None
) -> AsyncIterator[Feed]:
    """A feed of the topics. Raises BrokerUnreachableError; TopicRefusedError when a required topic is missing."""
    partitions = await _partitions(bootstrap, sources, security, say)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False, **security
    )
    try:
        await consumer.start()
        yield Feed(consumer, await _seek(consumer, sources, partitions))
    finally:
        await consumer.stop()


async def _partitions(
    bootstrap: str, sources: Sequence[Source], security: Mapping[str, Any], say: Say
) -> dict[str, int]:
    async with connect(bootstrap, security=security, say=say) as client:
        there = {topic["topic"]: len(topic["partitions"]) for topic in await client.describe_topics()}
    missing = [source.topic for source in sources if source.required and source.topic not in there]
    if missing:
        raise TopicRefusedError(
            f"{bootstrap} has no topic {' and no '.join(missing)}: run `carebeat topics create`, or name the "
            "deployment in CAREBEAT_TOPIC_PREFIX"
        )
    return {source.topic: there[source.topic] for source in sources if source.topic in there}


async def _seek(
    consumer: AIOKafkaConsumer, sources: Sequence[Source], partitions: Mapping[str, int]
) -> dict[TopicPartition, int]:
    """Begin before the ends; the ends."""
    ends: dict[TopicPartition, int] = {}
    starts: dict[TopicPartition, int] = {}
    for source in sources:
        own = [TopicPartition(source.topic, number) for number in range(partitions.get(source.topic, 0))]
        try:
            found = await consumer.end_offsets(own) if own else {}
            first = await consumer.beginning_offsets(own) if own else {}
        except KafkaError as error:
            if source.required:
                raise TopicRefusedError(
                    f"{source.topic} cannot be read ({error!r}): give this user the right to read it"
                ) from error
            continue
        ends |= found
        starts |= {partition: max(first[partition], end - source.tail) for partition, end in found.items()}
    consumer.assign(list(ends))
    for partition, start in starts.items():
        consumer.seek(partition, start)
    return ends
