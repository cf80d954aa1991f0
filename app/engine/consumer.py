"""The consumer of the worker, and the thread it fetches in."""

import asyncio
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from app.engine.conductor import BatchConductor
from app.engine.drain import drain
from app.engine.ports import Batch, Bounds

FETCH_MAX_WAIT_MS = 100
SEEK_SECONDS = 30.0


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Fetches batches (`_fetch_records`), hears the heartbeats, and does not die of a group commit."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        # Faust hard-codes a fetch wait of 1500 ms, and read_committed only for its own exactly_once
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        consumer._isolation_level = "read_committed"
        return consumer

    async def on_start(self) -> None:
        """Start as Faust does, then listen to the heartbeats: aiokafka keeps their time to itself."""
        await super().on_start()
        coordinator = self._consumer._coordinator
        heartbeat = coordinator._do_heartbeat
        watch = self.app.watch

        async def heard_heartbeat() -> bool:
            sent_at_seconds = watch.monotonic_seconds()
            is_good = await heartbeat()
            if is_good:
                watch.heard(sent_at_seconds)
            return bool(is_good)

        coordinator._do_heartbeat = heard_heartbeat

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: Any,
        timeout: float = 0,  # noqa: ASYNC109 - Faust's signature
        max_records: int = 0,
    ) -> dict[Any, Batch]:
        if not self.consumer.flow_active:
            return {}
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        app, generation = self.app, self.consumer.generation

        def is_current() -> bool:
            return bool(self.consumer.flow_active and app.consumer_generation_id == generation)

        with fetcher._subscriptions.fetch_context():
            drained = await drain(fetcher, active_partitions, max_records, timeout, app.topics.is_batched, is_current)
        return {partition: batch._replace(generation=generation) for partition, batch in drained.items()}

    async def _commit(self, offsets: Any) -> bool:
        # Faust crashes the app when a commit fails, yet for batch topics it is information only
        assigned = self.assignment()
        mine = {driver.ensure_aiokafka_TP(tp): offset for tp, offset in offsets.items() if tp in assigned}
        try:
            await self._ensure_consumer().commit(mine)
        except (CommitFailedError, IllegalStateError, KafkaError) as error:
            self.log.warning("Group offsets not committed: %s", error)
            return False
        return True

    async def bounds(self, tp: Any) -> Bounds:
        """What a source partition holds, and what the group committed."""
        consumer, partition = self._ensure_consumer(), TopicPartition(*tp)
        begin = await consumer.beginning_offsets([partition])
        end = await consumer.end_offsets([partition])
        return Bounds(begin[partition], end[partition], await consumer.committed(partition))

    @property
    def is_rejoin_needed(self) -> bool:
        """Whether aiokafka must join again and has not; stuck there it never recovers (its issue 1154)."""
        consumer = self._consumer
        return bool(consumer and consumer._coordinator and consumer._coordinator._rejoin_needed_fut.done())

    def stay_in_group(self) -> None:
        """Keep a member without partitions: aiokafka takes it for stuck, makes it leave, for ever (its issue 1187)."""
        consumer = self._consumer
        if consumer is not None and not consumer.assignment():
            consumer._subscription._last_fetch_ended = consumer._loop.time()  # a plain store, from another thread


class Consumer(driver.Consumer):
    """Delivers batches, starts owned partitions at their markers, and gives them up when they are revoked."""

    generation = -1
    """Of the group, for which records are being waited for: those of another are neither taken nor delivered."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def bounds(self, tp: Any) -> Bounds:
        """What a source partition holds."""
        bounds: Bounds = await self._thread.call_thread(self._thread.bounds, tp)
        return bounds

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Let go of every partition, also of those that come right back."""
        # Faust flushes by Consumer.commit(), which returns at once while another commit is under way
        await super().on_partitions_revoked(revoked)
        await self.app.release()

    async def perform_seek(self) -> None:
        """Start owned partitions at their markers, all others at the group's offsets."""
        # Faust goes to the group's offsets from four places, all of them through here. A source partition that is not
        # yet taken over stays where it is: nothing is delivered before.
        async with asyncio.timeout(SEEK_SECONDS):
            offsets = self.app.next_offsets()
            sources = self.app.sources()
            ordinary = {tp for tp in self.assignment() if tp.topic not in sources}
            if ordinary:
                await self._seek_to_committed(ordinary)
            if offsets:
                await self.seek_wait(offsets)

    async def _seek_to_committed(self, tps: Any) -> None:
        partitions = [driver.ensure_aiokafka_TP(tp) for tp in tps]
        consumer = self._thread._ensure_consumer()
        committed = await self._thread.call_thread(consumer.seek_to_committed, *partitions)
        for partition, offset in committed.items():
            tp = TP(partition.topic, partition.partition)
            self._read_offset[tp] = offset if offset is not None and offset >= 0 else None
            if offset is not None:
                self._committed_offset[tp] = offset or None

    async def _drain_messages(self, fetcher: Any) -> None:
        # Faust makes a task, a message and an account entry of every record; here it is one of each for a batch
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                generation = self.generation = self.app.consumer_generation_id  # before waiting
                batches, _ = await self._wait_next_records(1.0)
                await asyncio.sleep(0)
                for partition, batch in (batches or {}).items():
                    if not self.flow_active or self.app.consumer_generation_id != generation:
                        break  # a rebalance: the rest is read again from the marker
                    await self._deliver(TP(partition.topic, partition.partition), batch, generation)
        except (asyncio.CancelledError, *self.consumer_stopped_errors):
            if not self.app.should_stop:
                raise

    async def _deliver(self, tp: Any, batch: Batch, generation: int) -> None:
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        if self.app.topics.is_batched(tp):
            message = ConsumerMessage(
                *tp, batch.end - 1, None, None, None, None, batch, None, 0, 0, tp, generation_id=generation
            )
            await self.wait_first(self.callback(message), self.suspend_flow.wait())
            return
        for record in batch.records:
            if not self.flow_active or self.app.consumer_generation_id != generation:
                break
            await self._deliver_record(tp, record)

    async def _deliver_record(self, tp: Any, record: Any) -> None:
        # an ordinary topic: as Faust does it
        read_offset = self._read_offset[tp]
        if read_offset is not None and record.offset < read_offset:
            return
        if read_offset and record.offset - read_offset > 1 and self.app.topics.acks_enabled_for(tp.topic):
            await self._add_gap(tp, read_offset + 1, record.offset)
        await self.wait_first(self.callback(self._to_message(tp, record)), self.suspend_flow.wait())
        self._read_offset[tp] = record.offset

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Any:
        yield from super()._filter_tps_with_pending_acks(topics)
        if topics is None:
            yield from self.app.flushed_offsets()

    def _new_offset(self, tp: Any) -> int | None:
        # the group's offset of a source is information only (lag tools); it never runs ahead of the marker
        offset: int | None = self.app.flushed_offsets().get(tp)
        if offset is None:
            offset = super()._new_offset(tp)
        return offset


class Producer(driver.Producer):
    """Faust's producer, for ordinary topics: idempotent, so that a failed batch stops the rest and leaves no hole."""

    def _settings_extra(self) -> dict[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):
    """Puts our classes in place of Faust's."""

    Consumer = Consumer
    Conductor = BatchConductor
    Producer = Producer
