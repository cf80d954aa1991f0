"""One processor at work: its source, its changelog, and the partitions this worker owns."""

from typing import Any

from aiokafka import TopicPartition

from app.engine.kafka import KafkaChangelog, KafkaProducer
from app.engine.marker import Identity
from app.engine.owner import Owner
from app.engine.ports import Batch, Bounds
from app.engine.processor import ProcessorFactory
from app.engine.topic import batch_topic
from app.engine.watch import PartitionSight


class Job:
    """Made by EngineApp.processor. One agent on `topic`, concurrency 1, gives every batch to `apply`."""

    def __init__(self, app: Any, name: str, source: str, factory: ProcessorFactory) -> None:
        self.name = name
        self.source = source
        self.changelog = f"{app.conf.id}-{name}-changelog"
        self.topic: Any = batch_topic(app, source)
        self.owners: dict[int, Owner] = {}
        self._app = app
        self._factory = factory

    async def apply(self, batch: Batch) -> None:
        """Include a batch. Batches of a partition that is no longer ours are dropped; its owner reads them."""
        owner = self.owners.get(batch.partition)
        if owner is not None and owner.is_loaded and batch.generation == self._app.consumer_generation_id:
            with self._app.crash_only.on_failure(f"Applying {self.source}/{batch.partition} from {batch.start}"):
                await owner.apply(batch)

    async def take_over(self, partition: int, partitions: int) -> None:
        """Own this partition of so many."""
        owner = self.owners[partition] = self._owner(partition, partitions)
        await owner.take_over()

    async def flush(self, owner: Owner) -> None:
        """Flush, or end the process."""
        watch = self._app.watch
        began_at_seconds = watch.monotonic_seconds()
        with self._app.crash_only.on_failure(f"Flushing {owner.identity}"):
            await owner.flush()
        watch.flushed(watch.monotonic_seconds() - began_at_seconds)

    async def release(self, partition: int, *, is_stopping: bool) -> None:
        """Let go of a partition with all of it visible, or end the process."""
        owner = self.owners[partition]
        with self._app.crash_only.on_failure(f"Releasing {owner.identity}"):
            await owner.release(is_stopping=is_stopping)
        if self.owners.get(partition) is owner:  # a rebalance and the end of the process may both let go
            del self.owners[partition]

    def _owner(self, partition: int, partitions: int) -> Owner:
        app = self._app
        cluster, changelog = app.cluster, TopicPartition(self.changelog, partition)
        transactional_id = f"{app.conf.id}-{self.source}-{partition}"
        return Owner(
            Identity(self.name, self.source, partition, partitions, app.source_clock, app.version),
            self._factory(partition),
            KafkaProducer(cluster, transactional_id, changelog, app.limits.transaction_timeout_seconds),
            KafkaChangelog(cluster, changelog),
            _Source(app, TopicPartition(self.source, partition)),
            app.limits,
            app.watch.monotonic_seconds,
        )

    def sights(self, end_offsets: dict[tuple[str, int], int]) -> list[PartitionSight]:
        """What this worker owns of the source."""
        return [
            PartitionSight(
                self.name,
                self.source,
                partition,
                owner.is_loaded,
                owner.next_offset,
                owner.flushed_offset,
                owner.flushed_at_seconds,
                end_offsets.get((self.source, partition)),
            )
            for partition, owner in list(self.owners.items())
        ]


class _Source:
    """The port, answered by the consumer that reads the source."""

    def __init__(self, app: Any, partition: Any) -> None:
        self._app = app
        self._partition = partition

    async def bounds(self) -> Bounds:
        bounds: Bounds = await self._app.consumer.bounds(self._partition)
        return bounds
