"""How far each account was polled, and which gateway polls: both on one partition of Kafka.

Theory of operation
-------------------
Cursors are records of a compacted topic with one partition: the one thing that every gateway has, and that outlives its
disk. What polling finds goes to Kafka too, so while it is away there is nothing to gain by polling; the source keeps it.

The gateways are one consumer group on that topic. Who is given the partition polls all accounts, whoever is not waits; so a
source is asked by one gateway at a time. When that one ends or is lost, another takes over, reads the cursors from the
beginning, and goes on. For the moment in which a lost one does not know it yet there may be two: both find the same events,
and an older cursor that is written last means that a little is read again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from app.connectors.connector import Malformed
from app.connectors.instants import from_text, written
from app.gateway.accounts import AccountPlace
from app.gateway.poll import Cursor

log = logging.getLogger(__name__)

GROUP: Final = "pollers"
_RETRY_SECONDS: Final = 5.0
_LISTEN_MS: Final = 500
_SESSION_MS: Final = 30_000


class Cursors:
    """Of all accounts of a deployment. `kafka` are aiokafka's keyword arguments."""

    def __init__(self, kafka: Mapping[str, Any], topic: str, group: str) -> None:
        self._kafka, self._topic, self._group = kafka, topic, group
        self._cursors: dict[str, Cursor] = {}
        self._producer: AIOKafkaProducer | None = None

    def of(self, place: AccountPlace) -> Cursor | None:
        """How far an account was polled; None if it never was."""
        return self._cursors.get("/".join(place))

    async def keep(self, place: AccountPlace, cursor: Cursor) -> None:
        """From now on it is this. Raises KafkaError."""
        assert self._producer is not None, "only who holds the partition keeps cursors"
        key = "/".join(place)
        value = " ".join(map(written, cursor)).encode()
        await self._producer.send_and_wait(self._topic, value, key.encode(), partition=0)
        self._cursors[key] = cursor

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Whenever this gateway holds the partition: read the cursors, then work until it is taken away. Never ends."""
        while True:
            try:
                async with self._member() as (consumer, turns):
                    await self._take_turns(consumer, turns, work)
            except (KafkaError, OSError) as error:
                log.info("Polling waits for Kafka (%s)", type(error).__name__)
            except Exception:  # a fault of ours must not end polling for good, nor stop the webhooks
                log.exception("Polling stopped, and begins again")
            await asyncio.sleep(_RETRY_SECONDS)

    @asynccontextmanager
    async def _member(self) -> AsyncIterator[tuple[AIOKafkaConsumer, "_Turns"]]:
        consumer = AIOKafkaConsumer(
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=_SESSION_MS,
            **self._kafka,
        )
        producer = AIOKafkaProducer(acks="all", **self._kafka)
        try:
            await consumer.start()
            if self._topic not in await consumer.topics():
                log.warning(
                    "The topic %s is not there, so nothing is polled: `carebeat topics create` makes it", self._topic
                )
                raise KafkaError
            await producer.start()
            self._producer = producer
            turns = _Turns()
            consumer.subscribe([self._topic], listener=turns)
            yield consumer, turns
        finally:
            self._producer = None
            await consumer.stop()
            await producer.stop()

    async def _take_turns(
        self, consumer: AIOKafkaConsumer, turns: "_Turns", work: Callable[[], Awaitable[None]]
    ) -> None:
        """One turn after the other. Records are fetched all the while: a member that fetches nothing is put out."""
        working: asyncio.Future[None] | None = None
        working_turn = turns.number
        try:
            while True:
                batches = await consumer.getmany(timeout_ms=_LISTEN_MS)
                self._learn(record for batch in batches.values() for record in batch)
                if working is not None and (working.done() or turns.number != working_turn):
                    await _ended(working)
                    working = None
                if working is None and turns.is_ours and await self._is_read(consumer):
                    log.info("This gateway polls")
                    working, working_turn = asyncio.ensure_future(work()), turns.number
        finally:
            if working is not None:
                await _ended(working)

    async def _is_read(self, consumer: AIOKafkaConsumer) -> bool:
        """Whether all cursors are known that were kept before our turn."""
        partition = TopicPartition(self._topic, 0)
        end = (await consumer.end_offsets([partition]))[partition]
        return bool(await consumer.position(partition) >= end)

    def _learn(self, records: Iterable[Any]) -> None:
        for record in records:
            with suppress(Malformed, AttributeError, ValueError):  # whoever else writes there
                complete, reached = record.value.decode().split(" ")
                cursor = Cursor(from_text(complete, "complete"), from_text(reached, "reached"))
                self._cursors[record.key.decode()] = cursor


class _Turns(ConsumerRebalanceListener):  # type: ignore[misc] # untyped
    """Whether the partition is ours, and the how-manieth time."""

    def __init__(self) -> None:
        self.is_ours = False
        self.number = 0

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:  # noqa: ARG002 - there is one
        """Somebody else may have it from now on."""
        self.is_ours = False
        self.number += 1

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """It is ours, if it is there."""
        self.is_ours = bool(list(assigned))


async def _ended(task: "asyncio.Future[None]") -> None:
    """Cancelled and over; a fault of its own is raised."""
    task.cancel()
    await asyncio.wait([task])  # not `await task`, where our own cancellation looks like that of the task
    if not task.cancelled():
        task.result()
