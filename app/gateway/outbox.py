"""Events on their way to Kafka, in batches that form by themselves.

Theory of operation
-------------------
Each partition of the events topic has a lane: a task that takes all that waits for its partition, sends it as one batch
and waits until all replicas have it. What comes meanwhile is the next batch, so batches grow with the load and a lone
event waits for nothing. One batch of a partition is under way at a time, so its events keep their order.

The producer is not an idempotent one. That would retry a batch for as long as a broker is away and would end for good
when its sequence breaks; here a batch fails after a while, its events are in the spool long before, and whatever arrives
twice has the same id, which the worker recognises.

Who waits, waits for `seconds` at most. An event that nobody waits for any more is not sent if it is not yet under way.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from app.broker.partitions import partition_of_key
from app.gateway.events import Ready

log = logging.getLogger(__name__)

_BATCH_BYTES: Final = 256 * 1024
_REQUEST_LIMIT_MS: Final = 10_000
_RETRY_SECONDS: Final = 1.0
_STOP_LIMIT_SECONDS: Final = 3.0
_FAILURES_UNTIL_RENEWED: Final = 50


class _Waiting:
    """One `send`: done when all its events are."""

    __slots__ = ("future", "left")

    def __init__(self, future: "asyncio.Future[bool]", left: int) -> None:
        self.future = future
        self.left = left

    def settle(self, is_safe: bool) -> None:
        self.left -= 1
        if not self.future.done() and (not is_safe or not self.left):
            self.future.set_result(is_safe)

    def expire(self) -> None:
        if not self.future.done():
            self.future.set_result(False)


class _Lane:
    """What waits for one partition."""

    __slots__ = ("idle", "queue")

    def __init__(self) -> None:
        self.queue: list[tuple[Ready, _Waiting]] = []
        self.idle: asyncio.Future[None] | None = None

    def put(self, event: Ready, waiting: _Waiting) -> None:
        self.queue.append((event, waiting))
        if self.idle is not None and not self.idle.done():
            self.idle.set_result(None)

    async def filled(self) -> None:
        if not self.queue:
            self.idle = asyncio.get_running_loop().create_future()
            await self.idle
            self.idle = None


class Outbox:
    """Sends events to one topic. `start` returns at once and connects in the background, again and again."""

    def __init__(self, bootstrap: str, topic: str, *, security: Mapping[str, Any] | None = None) -> None:
        self.topic = topic
        self._arguments: dict[str, Any] = {
            "bootstrap_servers": bootstrap,
            "acks": "all",
            "max_batch_size": _BATCH_BYTES,
            "request_timeout_ms": _REQUEST_LIMIT_MS,
            **(security or {}),
        }
        self._producer: AIOKafkaProducer | None = None
        self._lanes: list[_Lane] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._connecting: asyncio.Task[None] | None = None
        self._failures = 0
        self.problem = "not connected to Kafka yet"
        """Why events cannot be sent; empty when they can."""

    @property
    def is_connected(self) -> bool:
        """Whether Kafka has answered. It may be away since."""
        return bool(self._lanes)

    def start(self) -> None:
        """Begin to connect."""
        self._connecting = asyncio.create_task(self._connect())

    async def send(self, events: Sequence[Ready], seconds: float) -> bool:
        """Whether all replicas have all of them by then. If not, some may arrive all the same."""
        if not self._lanes:
            return False
        loop = asyncio.get_running_loop()
        waiting = _Waiting(loop.create_future(), len(events))
        for event in events:
            self._lanes[partition_of_key(event.key, len(self._lanes))].put(event, waiting)
        timer = loop.call_later(seconds, waiting.expire)
        try:
            return await waiting.future
        finally:
            timer.cancel()
            waiting.expire()

    async def stop(self) -> None:
        """Give up what is under way after some seconds. Whoever still waits hears False."""
        for task in (self._connecting, *self._tasks):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        for lane in self._lanes:
            for _, waiting in lane.queue:
                waiting.expire()
        if self._producer is not None:
            await _stopped(self._producer)

    async def _connect(self) -> None:
        self._producer, count = await self._new_producer()
        self.problem = ""
        self._lanes = [_Lane() for _ in range(count)]
        self._tasks = [asyncio.create_task(self._run(lane, number)) for number, lane in enumerate(self._lanes)]
        log.info("Events go to %s, %d partitions", self.topic, count)

    async def _new_producer(self) -> tuple[AIOKafkaProducer, int]:
        """A producer that has reached Kafka, tried until it does; and the number of partitions."""
        while True:
            producer = AIOKafkaProducer(**self._arguments)
            try:
                await producer.start()
                async with asyncio.timeout(_REQUEST_LIMIT_MS / 1000):
                    return producer, len(await producer.partitions_for(self.topic))
            except TimeoutError:
                self._say(f"no topic {self.topic}: run `carebeat topics create`")
            except (KafkaError, OSError) as error:
                self._say(f"Kafka does not answer: {error}")
            except BaseException:
                await _stopped(producer)
                raise
            await _stopped(producer)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _renew(self) -> None:
        """A producer that keeps failing may never recover by itself; a new one does when Kafka is back."""
        old, (self._producer, _) = self._producer, await self._new_producer()
        self._failures = 0
        if old is not None:
            await _stopped(old)

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            self.problem = problem
            log.warning("%s; events go to the spool meanwhile", problem)

    async def _run(self, lane: _Lane, partition: int) -> None:
        while True:
            await lane.filled()
            await asyncio.sleep(0)  # so that all requests of one turn of the loop share a batch
            taken = self._take(lane)
            if taken is None:
                continue
            batch, waitings = taken
            is_safe = await self._sent(batch, partition)
            for waiting in waitings:
                waiting.settle(is_safe)
            if not is_safe:
                await asyncio.sleep(_RETRY_SECONDS / 10)

    def _take(self, lane: _Lane) -> tuple[Any, list[_Waiting]] | None:
        """As much as fits into a batch, without what nobody waits for."""
        assert self._producer is not None
        batch = self._producer.create_batch()
        waitings: list[_Waiting] = []
        used = 0
        for event, waiting in lane.queue:
            if not waiting.future.done():
                if batch.append(timestamp=None, key=event.key, value=event.value) is None:
                    break
                waitings.append(waiting)
            used += 1
        del lane.queue[:used]
        if not waitings:
            return None
        batch.close()
        return batch, waitings

    async def _sent(self, batch: Any, partition: int) -> bool:
        assert self._producer is not None
        try:
            await (await self._producer.send_batch(batch, self.topic, partition=partition))
        except Exception as error:  # whatever the client raises: Kafka has not acknowledged, and a lane must go on
            log.warning("Kafka did not take a batch: %r", error)
            self.problem = f"Kafka did not take events: {type(error).__name__}"
            self._failed()
            return False
        self.problem, self._failures = "", 0
        return True

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= _FAILURES_UNTIL_RENEWED and (self._connecting is None or self._connecting.done()):
            self._connecting = asyncio.create_task(self._renew())


async def _stopped(producer: AIOKafkaProducer) -> None:
    with suppress(TimeoutError, KafkaError, OSError):
        async with asyncio.timeout(_STOP_LIMIT_SECONDS):
            await producer.stop()
