"""The ports of `owner.py` on aiokafka: one transactional producer and one changelog reader for each source partition.

aiokafka quirks that matter here (0.14.0):
* `commit_transaction` commits although a batch of the transaction failed, so every batch is awaited before;
* an idempotent producer retries for ever, so the deadline is the caller's;
* `stop` waits for unsent batches, for ever when the broker is gone.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import murmur2

from app.engine.crash import OperatorNeededError, RestartNeededError
from app.engine.drain import drain
from app.engine.ports import Change
from app.engine.processor import Output

MAX_BATCH_BYTES = 512 << 10
MAX_RECORD_BYTES = 1_000_000  # the broker's default message.max.bytes, less the batch header
REQUEST_TIMEOUT_MS = 10_000
STOP_SECONDS = 2.0
READ_STALL_SECONDS = 60.0
FETCH_BYTES = 4 << 20

Entry = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]
_NO_HEADERS: list[tuple[str, bytes]] = []  # never changed; aiokafka insists on lists
log = logging.getLogger(__name__)


class KafkaProducer:
    """Transactions of one source partition."""

    def __init__(
        self, cluster: dict[str, Any], transactional_id: str, changelog: TopicPartition, timeout_seconds: float
    ) -> None:
        self._cluster = cluster
        self._transactional_id = transactional_id
        self._changelog = changelog
        self._timeout_seconds = timeout_seconds
        self._producer: Any = None

    async def start(self) -> None:
        """InitProducerId: raises the epoch, aborts an open transaction, waits for one that is being committed."""
        self._producer = AIOKafkaProducer(
            **self._cluster,
            transactional_id=self._transactional_id,
            transaction_timeout_ms=int(self._timeout_seconds * 1000),
            max_batch_size=MAX_BATCH_BYTES,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        await self._producer.start()

    async def begin(self) -> None:
        """Open a transaction; the broker hears of it with the first batch."""
        await self._producer.begin_transaction()

    async def write_changes(self, changes: Sequence[Change]) -> None:
        """To the changelog, in order."""
        await self._write({self._changelog: [(key, value, _NO_HEADERS) for key, value in changes]})

    async def write_outputs(self, outputs: Sequence[Output]) -> None:
        """To wherever they go, in order for each partition."""
        counts = {
            topic: len(await self._producer.partitions_for(topic)) for topic in {output.topic for output in outputs}
        }
        places: dict[tuple[str, int], list[Entry]] = defaultdict(list)
        for output in outputs:
            partition = output.partition
            if partition is None:
                partition = self._partition(output.key, counts[output.topic])
            headers = list(output.headers) if output.headers else _NO_HEADERS
            places[output.topic, partition].append((output.key, output.value, headers))
        await self._write({TopicPartition(*place): entries for place, entries in places.items()})

    def _partition(self, key: bytes | None, count: int) -> int:
        if key is None:  # any will do, as long as order within this source partition is kept
            return int(self._changelog.partition) % count
        hashed: int = murmur2(key) & 0x7FFFFFFF
        return hashed % count

    async def _write(self, entries: dict[TopicPartition, list[Entry]]) -> None:
        acknowledged = await asyncio.gather(*(self._send(*each) for each in entries.items()))
        await asyncio.gather(*(future for futures in acknowledged for future in futures))

    async def _send(self, to: TopicPartition, entries: list[Entry]) -> list[Any]:
        return [
            await self._producer.send_batch(batch, to.topic, partition=to.partition)
            for batch in self._batches(to, entries)
        ]

    def _batches(self, to: TopicPartition, entries: Iterable[Entry]) -> Iterable[Any]:
        # BatchBuilder.append costs as much again as the builder inside, which it calls like this
        batch, count = self._producer.create_batch(), 0
        append = batch._builder.append
        for key, value, headers in entries:
            while append(count, None, key, value, headers) is None:
                yield _closed(batch, count, to)
                batch, count = self._producer.create_batch(), 0
                append = batch._builder.append
            count += 1
        yield _closed(batch, count, to)

    async def commit(self) -> None:
        """Returns when the coordinator has decided; readers see it a moment later."""
        await self._producer.commit_transaction()

    async def stop(self) -> None:
        """Close the connections, within STOP_SECONDS."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(Exception):  # nothing of ours is unsent; the next owner fences this one anyway
                await asyncio.wait_for(producer.stop(), STOP_SECONDS)


def _closed(batch: Any, count: int, to: TopicPartition) -> Any:
    batch._relative_offset = count
    batch.close()
    if batch.size() > MAX_RECORD_BYTES:
        raise OperatorNeededError(
            f"A record of {batch.size()} bytes for {to.topic}/{to.partition} is larger than a broker accepts "
            f"({MAX_RECORD_BYTES}). Whoever makes it must cap it"
        )
    return batch


class KafkaChangelog:
    """One changelog partition, read by a consumer of its own that belongs to no group."""

    def __init__(self, cluster: dict[str, Any], changelog: TopicPartition) -> None:
        self._cluster = cluster
        self._changelog = changelog

    async def read(self) -> AsyncIterator[Sequence[Change]]:
        """By position: the last offset may be a transaction's end or compacted away; no record can be waited for."""
        consumer = AIOKafkaConsumer(
            **self._cluster,
            isolation_level="read_committed",
            enable_auto_commit=False,
            max_partition_fetch_bytes=FETCH_BYTES,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        await consumer.start()
        try:
            async for changes in self._read(consumer):
                yield changes
        finally:
            await consumer.stop()

    async def _read(self, consumer: Any) -> AsyncIterator[Sequence[Change]]:
        partition = self._changelog
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        position = (await consumer.beginning_offsets([partition]))[partition]
        consumer.seek(partition, position)
        while position < end:
            drained = await drain(consumer._fetcher, {partition}, 5000, READ_STALL_SECONDS, lambda _: True)
            if not drained:
                raise RestartNeededError(
                    f"Reading {partition.topic}/{partition.partition} stands at {position} of {end}"
                )
            batch = drained[partition]
            position = batch.end
            yield [(record.key or b"", record.value) for record in batch.records]
