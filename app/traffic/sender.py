"""Many records to one topic, fast: whole batches per partition, in order, acknowledged by all replicas."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from app.broker.errors import BrokerUnreachableError, TopicRefusedError

RECORD_LIMIT_BYTES = 900_000
"""What surely fits into a batch that a broker with Kafka's defaults accepts (1 MiB)."""

_BATCH_BYTES = 256 * 1024
_UNACKNOWLEDGED_BATCHES = 64
_REQUEST_LIMIT_MS = 60_000
_STOP_LIMIT_SECONDS = 3.0
_TOPIC_LIMIT_SECONDS = 5.0


class Sender:
    """An async context manager that writes to one topic. Records of a partition keep their order.

    What was put is on its way after `submit` and safe after `settle`; leaving the context settles (for some seconds at
    most when cancelled). A record is time stamped now, never with its event's instant: retention would delete history
    as soon as it arrives.
    """

    def __init__(self, bootstrap: str, topic: str, *, security: Mapping[str, Any] | None = None) -> None:
        self.topic = topic
        self.partitions = 0
        self._bootstrap = bootstrap
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,  # a retry after a lost answer makes no duplicate and changes no order
            max_batch_size=_BATCH_BYTES,
            max_request_size=1 << 20,
            request_timeout_ms=_REQUEST_LIMIT_MS,
            **(security or {}),
        )
        self._open: dict[int, Any] = {}
        self._unacknowledged: deque[asyncio.Future[Any]] = deque()

    async def __aenter__(self) -> Self:
        try:
            await self._producer.start()
            self.partitions = await self._count_partitions()
        except KafkaError as error:
            await self._producer.stop()
            raise self._unreachable(error) from error
        except BaseException:
            await self._producer.stop()
            raise
        return self

    async def _count_partitions(self) -> int:
        # The producer itself would wait for a missing topic as long as for any answer.
        try:
            async with asyncio.timeout(_TOPIC_LIMIT_SECONDS):
                return len(await self._producer.partitions_for(self.topic))
        except TimeoutError:
            raise TopicRefusedError(f"there is no topic {self.topic}: run `carebeat topics create`") from None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self.settle()
            elif issubclass(kind, asyncio.CancelledError):
                await self._settle_soon()
        finally:
            await self._stop_soon()

    async def put(self, partition: int, key: bytes | None, value: bytes) -> None:
        """Add one record; waits while the partition's earlier batches are not yet under way."""
        batch = self._open.get(partition)
        if batch is None:
            batch = self._open[partition] = self._producer.create_batch()
        if batch.append(timestamp=None, key=key, value=value) is None:
            await self._submit(partition)
            batch = self._open[partition] = self._producer.create_batch()
            batch.append(timestamp=None, key=key, value=value)

    async def submit(self) -> None:
        """Send what was put so far."""
        for partition in list(self._open):
            await self._submit(partition)

    async def settle(self) -> None:
        """Wait until all that was put is acknowledged."""
        await self.submit()
        await self._acknowledged(leave=0)

    async def _settle_soon(self) -> None:
        with contextlib.suppress(TimeoutError, BrokerUnreachableError):
            async with asyncio.timeout(_STOP_LIMIT_SECONDS):
                await self.settle()

    async def _stop_soon(self) -> None:
        # The producer would wait for what is under way as long as Kafka is away, and never end.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_LIMIT_SECONDS):
                await self._producer.stop()

    async def _submit(self, partition: int) -> None:
        batch = self._open.pop(partition)
        batch.close()
        try:
            future = await self._producer.send_batch(batch, self.topic, partition=partition)
        except KafkaError as error:
            raise self._unreachable(error) from error
        self._unacknowledged.append(future)
        await self._acknowledged(leave=_UNACKNOWLEDGED_BATCHES)

    async def _acknowledged(self, *, leave: int) -> None:
        try:
            while len(self._unacknowledged) > leave:
                await self._unacknowledged[0]
                self._unacknowledged.popleft()
        except KafkaError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: KafkaError) -> Exception:
        if isinstance(error, KafkaTimeoutError) or error.retriable:
            return BrokerUnreachableError(
                f"Kafka at {self._bootstrap} stopped answering ({error}). When it is back, send again: "
                "an event that arrives twice counts once"
            )
        return TopicRefusedError(f"Kafka refuses records for {self.topic}: {error!r}")
