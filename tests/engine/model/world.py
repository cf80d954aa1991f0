"""A seeded world of workers, group and broker: at every step the scheduler decides who goes on, who dies, who sleeps.

A worker is a set of tasks that wait at steps. Killing it is never letting them go on. A sleeper (SIGSTOP, a partitioned
network) stays silent while its partitions are given away, then goes on as if nothing had happened: the zombie.
Rebalances may wait for everybody to let go, or not.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from app.engine.crash import RestartNeededError
from app.engine.marker import MARKER_KEY, Identity, decode
from app.engine.owner import Limits, Owner
from app.engine.ports import Batch
from app.engine.processor import Processor
from tests.engine.model.log import Broker, Entry, FencedError, Partition, Visibility
from tests.engine.model.ports import NO_FENCING, STATE_KEPT, LogChangelog, LogProducer, LogSource
from tests.engine.model.subject import Subject

LIMITS = Limits(
    slice_records=3,
    flush_entries=8,
    idle_flush_interval_seconds=0.0,
    source_end_attempts=1,
    source_end_retry_seconds=0.0,
)
PARTITIONS = 2
STEPS = 260
STEPS_TO_END = 4000


@dataclass(eq=False)
class Worker:
    """One process."""

    number: int
    is_alive: bool = True
    is_asleep: bool = False
    owners: dict[int, Owner] = field(default_factory=dict)
    producers: list[LogProducer] = field(default_factory=list)
    kept: dict[int, Processor] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class World:
    """One schedule."""

    def __init__(self, seed: int, subject: Subject, fault: str | None = None) -> None:
        self.rng = random.Random(seed)
        self.subject = subject
        self.fault = fault
        self.broker = Broker()
        self.sources = [Partition() for _ in range(PARTITIONS)]
        self.changelogs = [Partition() for _ in range(PARTITIONS)]
        self.outs = [Partition() for _ in range(PARTITIONS)]
        self.history: list[list[Entry]] = [[] for _ in range(PARTITIONS)]
        self.committed: list[int | None] = [None] * PARTITIONS
        self.workers = [Worker(0), Worker(1)]
        self.waiting: list[tuple[Worker, asyncio.Future[None]]] = []
        self.violations: list[str] = []
        self.seen: Counter[str] = Counter()
        self._produced = 0
        self._producers = 0
        self._kindness = False

    async def run(self) -> str | None:
        """What went wrong under this schedule, or None."""
        try:
            self._append()
            self._rebalance()
            for _ in range(STEPS):
                await self._settle()
                self._disturb()
                self._go_on()
            return await self._finish()
        finally:
            await self._bury()

    async def _finish(self) -> str | None:
        # nobody dies any more; zombies wake up; everything must come to the right end
        self._kindness = True
        for worker in self.workers:
            worker.is_asleep = False
        for worker in (Worker(len(self.workers)), Worker(len(self.workers) + 1)):
            self.workers.append(worker)
        self._rebalance()
        for _ in range(STEPS_TO_END):
            await self._settle()
            if self.violations:
                return self.violations[0]
            if all(self._is_done(p) for p in range(PARTITIONS)):
                break
            if not self._lively():
                self._start_worker()
            self._go_on()
        return next(filter(None, (self._verdict(p) for p in range(PARTITIONS))), None)

    def _lively(self) -> bool:
        owned = {p for worker in self.workers if worker.is_alive for p in worker.owners}
        return len(owned) == PARTITIONS or any(
            worker.tasks for worker in self.workers if worker.is_alive and not worker.owners
        )

    def _is_done(self, p: int) -> bool:
        return any(
            worker.is_alive and p in worker.owners and worker.owners[p].flushed_offset == self.sources[p].end
            for worker in self.workers
        )

    def _verdict(self, p: int) -> str | None:
        if not self._is_done(p):
            return f"partition {p}: no progress to the end"
        visible = {e.key or b"": e.value for e in self.changelogs[p].read(0, self.changelogs[p].stable_end)}
        state = {key: value for key, value in visible.items() if value is not None and key != MARKER_KEY}
        outputs = list(self.outs[p].read(0, self.outs[p].stable_end))
        fault = self.subject.fault(self.history[p], state, outputs)
        return None if fault is None else f"partition {p}: {fault}"

    # one step

    async def _settle(self) -> None:
        # until every task waits at a step
        loop = asyncio.get_running_loop()
        while loop._ready:  # type: ignore[attr-defined]  # noqa: ASYNC110 - there is no event for quiet
            await asyncio.sleep(0)

    def _go_on(self) -> None:
        able = [each for each in self.waiting if each[0].is_alive and not each[0].is_asleep]
        if able:
            chosen = self.rng.choice(able)
            self.waiting.remove(chosen)
            if not chosen[1].done():
                chosen[1].set_result(None)

    async def _step(self, worker: Worker) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((worker, future))
        await future

    def _disturb(self) -> None:
        rng = self.rng
        chance = rng.random()
        if chance < 0.10:
            self._append()
        elif chance < 0.13:
            self.seen["a worker was killed"] += 1
            self._kill(rng.choice(self.workers))
        elif chance < 0.17:
            sleeper = rng.choice(self.workers)
            sleeper.is_asleep = not sleeper.is_asleep
        elif chance < 0.20:
            self._rebalance()
        elif chance < 0.24:
            rng.choice(self.changelogs).compact()
        elif chance < 0.26:
            self._trim(rng.randrange(PARTITIONS))
        elif chance < 0.28 and self.broker.open:
            self.seen["a transaction timed out"] += 1
            self.broker.time_out(rng.choice(sorted(self.broker.open)))

    def _append(self) -> None:
        for p in range(PARTITIONS):
            source = self.sources[p]
            for _ in range(self.rng.randrange(6)):
                key, value, timestamp = self.subject.value(self.rng, self._produced)
                self._produced += 1
                source.end += self.rng.choice((0, 0, 0, 1, 3))  # holes
                self.history[p].append(source.append(key, value, Visibility.COMMITTED, timestamp))

    def _trim(self, p: int) -> None:
        markers = [e for e in self.changelogs[p].read(0, self.changelogs[p].stable_end) if e.key == MARKER_KEY]
        if markers:
            self.sources[p].trim(decode(markers[-1].value or b"").next_offset)

    # workers

    def _spawn(self, worker: Worker, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guard(worker, work))
        worker.tasks.add(task)
        task.add_done_callback(worker.tasks.discard)

    async def _guard(self, worker: Worker, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except FencedError:
            self.seen["a zombie was fenced"] += 1
            self._kill(worker)  # crash only
        except RestartNeededError as error:
            if not any(producer.is_fenced for producer in worker.producers):
                self.violations.append(f"worker {worker.number}, though nobody fenced it: {error}")
            self._kill(worker)
        except Exception as error:
            self.violations.append(f"worker {worker.number}: {error!r}")
            self._kill(worker)

    def _kill(self, worker: Worker) -> None:
        worker.is_alive = False
        worker.owners.clear()
        self.waiting = [each for each in self.waiting if each[0] is not worker]

    def _start_worker(self) -> None:
        self.workers.append(Worker(len(self.workers)))
        self._rebalance()

    def _rebalance(self) -> None:
        members = [worker for worker in self.workers if worker.is_alive and not worker.is_asleep]
        if not members or (not self._kindness and self.rng.random() < 0.3):
            members.append(Worker(len(self.workers)))
            self.workers.append(members[-1])
        owners = {p: self.rng.choice(members) for p in range(PARTITIONS)}
        let_go = [asyncio.get_running_loop().create_future() for _ in members]
        is_patient = self.rng.random() < 0.7
        for worker, done in zip(members, let_go, strict=True):
            mine = [p for p in range(PARTITIONS) if owners[p] is worker]
            self._spawn(worker, self._change_hands(worker, mine, done, let_go if is_patient else []))

    async def _change_hands(
        self, worker: Worker, mine: list[int], done: asyncio.Future[None], let_go: list[asyncio.Future[None]]
    ) -> None:
        for p in list(worker.owners):
            owner = worker.owners.pop(p, None)
            if owner is not None:
                self.seen["a loading partition was released"] += not owner.is_loaded
                await owner.release()
        done.set_result(None)
        for other in let_go:  # the join barrier, until the group loses patience with the dead and the sleeping
            for _ in range(20):
                if not other.done():
                    await self._step(worker)
        for p in mine:
            if p not in worker.owners:
                owner = worker.owners[p] = self._owner(worker, p)
                await owner.take_over()
                if not owner.is_released:
                    self._spawn(worker, self._consume(worker, p, owner))
                    self._spawn(worker, self._keep_flushing(worker, p, owner))

    def _owner(self, worker: Worker, p: int) -> Owner:
        self._producers += 1
        transactional_id = f"producer {self._producers}" if self.fault == NO_FENCING else f"source {p}"

        async def step() -> None:
            await self._step(worker)

        processor = self.subject.make(p)
        if self.fault == STATE_KEPT:
            processor = worker.kept.setdefault(p, processor)
        worker.producers.append(
            LogProducer(self.broker, transactional_id, self.changelogs[p], self.outs[p], step, self.fault)
        )
        return Owner(
            Identity("toy", "source", p, PARTITIONS, "log", "1"),
            processor,
            worker.producers[-1],
            LogChangelog(self.changelogs[p], step, self.fault),
            LogSource(self.sources[p], lambda: self.committed[p], step),
            LIMITS,
            lambda: 0.0,
        )

    async def _consume(self, worker: Worker, p: int, owner: Owner) -> None:
        position = owner.next_offset
        source = self.sources[p]
        while not owner.is_released:
            await self._step(worker)
            if (
                not self._kindness and self.rng.random() < 0.1
            ):  # the group's offset, an old fetch: anything may come again
                self.seen["records came again"] += 1
                position = self.rng.randint(source.begin, max(position, source.begin))
            end = min(source.end, position + self.rng.randint(1, 9))
            if end > position:
                start, position = position, end
                await owner.apply(Batch("source", p, start, end, list(source.read(start, end))))

    async def _keep_flushing(self, worker: Worker, p: int, owner: Owner) -> None:
        while not owner.is_released:
            await self._step(worker)
            if owner.is_due:
                await owner.flush()
            if self.rng.random() < 0.3 and owner.has_marker:
                self.committed[p] = owner.flushed_offset

    async def _bury(self) -> None:
        tasks = [task for worker in self.workers for task in worker.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def verdict(seed: int, subject: Subject, fault: str | None = None) -> str | None:
    """Run one schedule; what went wrong, or None."""
    return await World(seed, subject, fault).run()
