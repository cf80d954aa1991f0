"""The Faust app of the engine: Faust keeps agents, topics, group and rebalancing; exactness comes from owners.

A worker is put together like this:

app = EngineApp("carebeat", broker="kafka://...", source_clock="log", version="...")
job = app.processor("track", source="support.events", factory=Tracker)

@app.agent(job.topic)
async def track(stream):
    async for batch in stream:
        await job.apply(batch)
"""

import asyncio
import gc
import logging
import os
from collections.abc import Callable
from typing import Any

import faust
from aiokafka import TopicPartition
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth, server_list
from faust.types import TP

from app.clock import monotonic_seconds
from app.engine import topics
from app.engine.consumer import Transport
from app.engine.crash import RESTART_EXIT_CODE, CrashOnly, RestartNeededError
from app.engine.job import Job
from app.engine.owner import Limits, Owner
from app.engine.processor import ProcessorFactory
from app.engine.recovery import NoTables
from app.engine.versions import check_versions
from app.engine.watch import PartitionSight, Watch

SETTINGS: dict[str, Any] = {
    "broker_commit_interval": 1.0,  # the group's offsets are information only
    "broker_session_timeout": 20.0,
    "broker_heartbeat_interval": 3.0,
    "broker_rebalance_timeout": 60.0,
    "broker_request_timeout": 60.0,
    "broker_max_poll_interval": 300.0,
    "broker_max_poll_records": 5000,
    "consumer_max_fetch_size": 4 << 20,
    "consumer_auto_offset_reset": "earliest",
    "producer_acks": -1,
    "producer_request_timeout": 60.0,  # 20 minutes would hide a dead broker
    "producer_linger": 0.0,
    "stream_wait_empty": False,  # owners flush by themselves when revoked
    "stream_buffer_maxsize": 1024,
    "stream_recovery_delay": 0.0,
    "table_standby_replicas": 0,
    "topic_allow_declare": False,  # topics are made by `carebeat topics create`
    "topic_disable_leader": True,
    "web_enabled": False,  # Faust's own would serve to everyone
    "worker_redirect_stdouts": False,
    "store": "memory://",
}
log = logging.getLogger(__name__)
STOP_SECONDS = 9.0
END_OFFSETS_INTERVAL_SECONDS = 5.0


class EngineApp(faust.App):
    """`source_clock` and `version` go into every marker. `options` are Faust's settings, over SETTINGS."""

    def __init__(
        self,
        id: str,  # noqa: A002 - Faust's name
        *,
        source_clock: str,
        version: str,
        limits: Limits | None = None,
        exit_process: Callable[[int], Any] = os._exit,
        **options: Any,
    ) -> None:
        check_versions()
        self.source_clock = source_clock
        self.version = version
        self.limits = limits or Limits()
        self.crash_only = CrashOnly(exit_process)
        self.jobs: dict[str, Job] = {}
        self._taking_over: asyncio.Task[None] | None = None
        self._flushes: set[asyncio.Task[None]] = set()
        settings = {**SETTINGS, **options}
        self.watch = Watch(monotonic_seconds, settings["broker_session_timeout"], self._sights)
        super().__init__(id, TableManager=NoTables, **settings)

    def processor(self, name: str, *, source: str, factory: ProcessorFactory) -> Job:
        """Declare a processor: `factory` makes the state of each partition of `source`. Give it batches by an agent."""
        if name in self.jobs or source in self.sources():
            raise ValueError(f"Processor {name}: its name or its source {source} has a processor already")
        job = self.jobs[name] = Job(self, name, source, factory)
        return job

    @property
    def cluster(self) -> dict[str, Any]:
        """How our own clients connect: like Faust's, security included."""
        servers = server_list(self.conf.broker_consumer, Transport.default_port)
        return {
            "bootstrap_servers": servers,
            **credentials_to_aiokafka_auth(self.conf.broker_credentials, self.conf.ssl_context),
        }

    def sources(self) -> set[str]:
        """The topics that have a processor."""
        return {job.source for job in self.jobs.values()}

    def _owned(self) -> list[tuple[Job, Owner]]:
        return [(job, owner) for job in self.jobs.values() for owner in job.owners.values() if owner.is_loaded]

    def next_offsets(self) -> dict[Any, int]:
        """Where owned partitions go on reading."""
        return {TopicPartition(job.source, owner.identity.partition): owner.next_offset for job, owner in self._owned()}

    def flushed_offsets(self) -> dict[Any, int]:
        """How far owned partitions are visible; only those with a marker, for the group must not know more."""
        return {
            TP(job.source, owner.identity.partition): owner.flushed_offset
            for job, owner in self._owned()
            if owner.has_marker
        }

    def _sights(self) -> tuple[PartitionSight, ...]:
        return tuple(sight for job in self.jobs.values() for sight in job.sights(self.watch.end_offsets))

    # what Faust calls

    def _new_transport(self) -> Any:
        return Transport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Any:
        return Transport(self.conf.broker_producer, self)

    def _create_directories(self) -> None:
        """No tables, no folders."""

    def _crash(self, reason: BaseException) -> None:
        # Faust marks services as crashed and often hangs then (its issue 684)
        self.crash_only.end(reason, "Running the worker")

    async def on_start(self) -> None:
        """Wait for a broker and check the topics, before Faust touches any."""
        with self.crash_only.on_failure("Starting"):
            counts = await topics.reach(self.cluster, lambda: self.should_stop)
            if not self.should_stop:
                topics.check(counts, self._topic_pairs())
        await super().on_start()
        self.add_future(self._keep_flushing())
        self.add_future(self._ask_end_offsets())

    def on_rebalance_start(self) -> None:
        """Note the time; called in the consumer's thread."""
        self.watch.rebalance_started()
        super().on_rebalance_start()

    def on_rebalance_end(self) -> None:
        """Note the time."""
        super().on_rebalance_end()
        self.watch.rebalance_ended()

    async def stop(self) -> None:
        """Stop in order, within STOP_SECONDS in any case."""
        if not self.should_stop:
            self.crash_only.exit_within(STOP_SECONDS, lambda: RESTART_EXIT_CODE if self._owned() else 0)
        await super().stop()

    async def _stop_consumer(self) -> None:
        await super()._stop_consumer()  # no more records
        await self.release(is_stopping=True)

    # owning partitions

    async def take_over(self, assigned: Any) -> bool:
        """Own these source partitions; true when all of them are loaded, false when `release` came in between."""
        taking_over = self._taking_over = asyncio.create_task(self._take_over(assigned))
        try:
            await asyncio.wait([taking_over])
        finally:
            taking_over.cancel()  # no more than a formality, unless we were cancelled ourselves
        if not taking_over.cancelled():
            taking_over.result()
        return not taking_over.cancelled()

    async def _take_over(self, assigned: Any) -> None:
        began_at_seconds = self.watch.monotonic_seconds()
        with self.crash_only.on_failure("Taking partitions over"):
            counts = await topics.partition_counts(self.cluster)
            topics.check(counts, self._topic_pairs())
            await asyncio.gather(
                *(
                    job.take_over(tp.partition, counts[job.source])
                    for job in self.jobs.values()
                    for tp in assigned
                    if tp.topic == job.source
                )
            )
        gc.freeze()  # millions of long-lived objects; walking them again and again costs a third of the time
        self.watch.taken_over_seconds = self.watch.monotonic_seconds() - began_at_seconds
        owned = sorted(f"{job.source}/{partition}" for job in self.jobs.values() for partition in job.owners)
        log.info("Owning %s after %.1f s", ", ".join(owned) or "nothing yet", self.watch.taken_over_seconds)

    async def release(self, *, is_stopping: bool = False) -> None:
        """Own nothing any more; what was applied is visible on return."""
        if self._taking_over is not None and not self._taking_over.done():
            self._taking_over.cancel()
            await asyncio.wait([self._taking_over])
        await asyncio.gather(
            *(job.release(p, is_stopping=is_stopping) for job in self.jobs.values() for p in list(job.owners))
        )
        gc.unfreeze()

    def _topic_pairs(self) -> list[tuple[str, str]]:
        return [(job.source, job.changelog) for job in self.jobs.values()]

    # what goes on all the time

    async def _keep_flushing(self) -> None:
        while not self.should_stop:
            await self.sleep(self.limits.flush_interval_seconds)
            self._look_around()
            for job, owner in self._owned():
                end = self.watch.end_offsets.get((job.source, owner.identity.partition), 0)
                if owner.is_due(end - owner.next_offset):
                    flush = asyncio.create_task(job.flush(owner))
                    self._flushes.add(flush)
                    flush.add_done_callback(self._flushes.discard)

    def _look_around(self) -> None:
        thread = self._consumer._thread if self._consumer is not None else None
        self.watch.loop_is_alive(is_rejoin_needed=thread is not None and thread.is_rejoin_needed)
        if thread is not None and thread._consumer is not None:
            thread.stay_in_group()
        if self.watch.must_fence_itself:
            self.crash_only.end(
                RestartNeededError("No heartbeat was answered for 0.8 of the session timeout"), "Owning partitions"
            )

    async def _ask_end_offsets(self) -> None:
        while not self.should_stop:
            await self.sleep(END_OFFSETS_INTERVAL_SECONDS)
            owned = [TopicPartition(job.source, owner.identity.partition) for job, owner in self._owned()]
            if owned:
                try:
                    ends = await asyncio.wait_for(self.consumer.highwaters(*owned), END_OFFSETS_INTERVAL_SECONDS)
                except Exception as error:  # only information is missing
                    self.log.warning("End offsets unknown: %r", error)
                else:
                    self.watch.end_offsets = {(tp.topic, tp.partition): end for tp, end in ends.items()}
