"""Events on their way to Kafka, in batches that form by themselves.

Theory of operation
-------------------
Events go in rounds: all that waits is sent at once, a batch for each partition, and the next round begins when every
replica has answered for this one. What comes meanwhile is the next round, so batches grow with the load, a lone event
waits for nothing, and a partition's events keep their order. Rounds of all partitions together, not of each alone, since
a broker and we pay for each request more than for each event. A partition that cannot be written to holds the others up,
which changes nothing: what it does not take goes to the spool, and then so does everything.

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

from app.broker.partitions import partition_of
from app.gateway.events import Ready
from schemas.topics import CUSTOMERS, EVENTS

log = logging.getLogger(__name__)

_BATCH_BYTES: Final = 256 * 1024
_REQUEST_LIMIT_MS: Final = 10_000
_RETRY_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.1
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


class _Batch:
    """What goes to one partition in one round, and who waits for it."""

    __slots__ = ("builder", "is_full", "waitings")

    def __init__(self, builder: Any) -> None:
        self.builder = builder
        self.is_full = False
        self.waitings: list[_Waiting] = []

    def put(self, event: Ready, waiting: _Waiting) -> bool:
        """Whether it fits. Nothing goes in behind what did not: events keep their order."""
        if self.is_full or self.builder.append(timestamp=None, key=event.key, value=event.value) is None:
            self.is_full = True
            return False
        self.waitings.append(waiting)
        return True


class Outbox:
    """Sends events, and what is known of customers where that has a topic.

    `start` returns at once and connects in the background, again and again.
    """

    def __init__(
        self, bootstrap: str, topic: str, *, customers: str | None = None, security: Mapping[str, Any] | None = None
    ) -> None:
        self._topics = {EVENTS.name: topic, **({CUSTOMERS.name: customers} if customers else {})}
        """By `Ready.topic`."""
        self._arguments: dict[str, Any] = {
            "bootstrap_servers": bootstrap,
            "acks": "all",
            "max_batch_size": _BATCH_BYTES,
            "request_timeout_ms": _REQUEST_LIMIT_MS,
            **(security or {}),
        }
        self._producer: AIOKafkaProducer | None = None
        self._partitions: dict[str, int] = {}
        """Of each topic; empty until Kafka has answered."""
        self._queue: list[tuple[Ready, _Waiting]] = []
        self._filled = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._failures = 0
        self.problem = "not connected to Kafka yet"
        """Why events cannot be sent; empty when they can."""

    @property
    def is_connected(self) -> bool:
        """Whether Kafka has answered. It may be away since."""
        return bool(self._partitions)

    def start(self) -> None:
        """Begin to connect."""
        self._connecting = asyncio.create_task(self._connect())

    async def send(self, events: Sequence[Ready], seconds: float) -> bool:
        """Whether all replicas have all of them by then. If not, some may arrive all the same."""
        if not self._partitions:
            return False
        loop = asyncio.get_running_loop()
        waiting = _Waiting(loop.create_future(), len(events))
        self._queue += [(event, waiting) for event in events]
        self._filled.set()
        timer = loop.call_later(seconds, waiting.expire)
        try:
            return await waiting.future
        finally:
            timer.cancel()
            waiting.expire()

    async def stop(self) -> None:
        """Give up what is under way after some seconds. Whoever still waits hears False."""
        for task in (self._connecting, self._running):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        for _, waiting in self._queue:
            waiting.expire()
        if self._producer is not None:
            await _stopped(self._producer)

    async def _connect(self) -> None:
        self._producer, self._partitions = await self._new_producer()
        self.problem = ""
        self._running = asyncio.create_task(self._run())
        for name, topic in self._topics.items():
            log.info("%s go to %s, %d partitions", name.capitalize(), topic, self._partitions[name])

    async def _new_producer(self) -> tuple[AIOKafkaProducer, dict[str, int]]:
        """A producer that has reached Kafka, tried until it does; and the number of partitions by topic."""
        while True:
            producer, counts = AIOKafkaProducer(**self._arguments), dict[str, int]()
            try:
                await producer.start()
                for name, topic in self._topics.items():
                    async with asyncio.timeout(_REQUEST_LIMIT_MS / 1000):
                        counts[name] = len(await producer.partitions_for(topic))
            except TimeoutError:
                missing = next(topic for name, topic in self._topics.items() if name not in counts)
                self._say(f"no topic {missing}: run `carebeat topics create`")
            except (KafkaError, OSError) as error:
                self._say(f"Kafka does not answer: {error}")
            except BaseException:
                await _stopped(producer)
                raise
            else:
                return producer, counts
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

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            await asyncio.sleep(0)  # so that all requests of one turn of the loop go in one round
            self._filled.clear()
            if not await self._round():
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _round(self) -> bool:
        """Send what waits, wait for all answers; whether all of it is safe."""
        batches = self._batches()
        outcomes = await asyncio.gather(*(self._sent(batch.builder, *place) for place, batch in batches.items()))
        for batch, is_safe in zip(batches.values(), outcomes, strict=True):
            for waiting in batch.waitings:
                waiting.settle(is_safe)
        return all(outcomes)

    def _batches(self) -> dict[tuple[str, int], _Batch]:
        """The queue as a batch for each partition, without what nobody waits for; what is too much stays queued.

        What a former run spooled for a topic that is in use no more is of no use either.
        """
        batches: dict[tuple[str, int], _Batch] = {}
        left: list[tuple[Ready, _Waiting]] = []
        for event, waiting in self._queue:
            if waiting.future.done():
                continue
            topic = event.topic
            if topic not in self._partitions:
                waiting.settle(is_safe=True)
                continue
            place = topic, partition_of(event.key.decode(), self._partitions[topic])
            batch = batches.get(place)
            if batch is None:
                batch = batches[place] = _Batch(self._builder())
            if not batch.put(event, waiting):
                left.append((event, waiting))
        self._queue = left
        if left:
            self._filled.set()
        return batches

    def _builder(self) -> Any:
        assert self._producer is not None
        return self._producer.create_batch()

    async def _sent(self, builder: Any, topic: str, partition: int) -> bool:
        builder.close()
        assert self._producer is not None
        try:
            await (await self._producer.send_batch(builder, self._topics[topic], partition=partition))
        except (
            Exception
        ) as error:  # whatever the client raises: Kafka has not acknowledged, and the next round must come
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
