"""A seeded world of workers, group and broker: at every step the scheduler decides who goes on, who dies, who sleeps.

A worker is a set of tasks that wait at steps. Killing it is never letting them go on. A sleeper (SIGSTOP, a partitioned
network) stays silent while its partitions are given away, then goes on as if nothing had happened: the zombie.
Rebalances may wait for everybody to let go, or not. Where there are several jobs, each reads what the one before it
wrote, and one group owns the partitions of all.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from app.engine.crash import RestartNeededError
from app.engine.marker import MARKER_KEY, Identity, decode
from app.engine.owner import Limits, Owner
from app.engine.ports import Batch
from app.engine.processor import Output, Processor
from tests.engine.model.log import Broker, Entry, FencedError, Partition, Visibility
from tests.engine.model.ports import (
    NO_FENCING,
    SOURCE_UNCOMMITTED,
    STATE_KEPT,
    LogChangelog,
    LogProducer,
    LogSource,
)
from tests.engine.model.subject import Job, Left, Subject

STEPS_TO_END = 8000
STEPS_BETWEEN_LOOKS = 8


@dataclass(eq=False)
class Place:
    """One source partition of one job, and what belongs to it."""

    job: Job
    number: int
    source: Partition
    changelog: Partition = field(default_factory=Partition)
    committed: int | None = None

    def __str__(self) -> str:
        return f"{self.job.name} {self.number}"


@dataclass(eq=False)
class Worker:
    """One process."""

    number: int
    is_alive: bool = True
    is_asleep: bool = False
    owners: dict[Place, Owner] = field(default_factory=dict)
    producers: list[LogProducer] = field(default_factory=list)
    kept: dict[Place, Processor] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class World:
    """One schedule."""

    def __init__(self, seed: int, subject_of: Callable[[random.Random], Subject], fault: str | None = None) -> None:
        self.rng = random.Random(seed)
        self.subject = subject_of(self.rng)
        self.fault = fault
        self.broker = Broker()
        self.topics: defaultdict[tuple[str, int], Partition] = defaultdict(Partition)
        self.places = [
            Place(job, p, self.topics[job.source, p]) for job in self.subject.jobs for p in range(job.partitions)
        ]
        self.firsts = self.places[: self.subject.jobs[0].partitions]
        self.compacted = [place.changelog for place in self.places]
        self.compacted += [place.source for place in self.places if place.job.is_compacted]
        self.told: list[list[Entry]] = [[] for _ in self.firsts]
        self.workers = [Worker(0), Worker(1)]
        self.waiting: list[tuple[Worker, asyncio.Future[None]]] = []
        self.violations: list[str] = []
        self.seen = self.subject.seen
        self.limits = Limits(
            slice_records=3,
            flush_entries=self.subject.flush_entries,
            idle_flush_interval_seconds=0.0,
            source_end_attempts=1,
            source_end_retry_seconds=0.0,
        )
        self._produced = 0
        self._producers = 0
        self._kindness = False

    async def run(self) -> str | None:
        """What went wrong under this schedule, or None."""
        try:
            self._append()
            self._rebalance()
            for _ in range(self.subject.steps):
                await self._settle()
                self._disturb()
                self._go_on()
            return await self._finish()
        finally:
            await self._bury()

    async def _finish(self) -> str | None:
        # nobody dies any more; zombies wake up; everything must come to the right end
        self._kindness = True
        for place in self.firsts:
            for told in self.subject.end(place.number):
                self._tell(place, *told)
        for transactional_id in sorted(self.broker.open):
            self.broker.time_out(transactional_id)
        for worker in self.workers:
            worker.is_asleep = False
        for worker in (Worker(len(self.workers)), Worker(len(self.workers) + 1)):
            self.workers.append(worker)
        self._rebalance()
        for step in range(STEPS_TO_END):
            await self._settle()
            if self.violations:
                return self.violations[0]
            if step % STEPS_BETWEEN_LOOKS:
                self._go_on()
                continue
            if all(self._is_done(place) for place in self.places):
                return self.subject.fault(self._left())
            if not self._lively():
                self._start_worker()
            self._go_on()
        return f"no progress to the end: {', '.join(str(place) for place in self.places if not self._is_done(place))}"

    def _lively(self) -> bool:
        owned = {place for worker in self.workers if worker.is_alive for place in worker.owners}
        return len(owned) == len(self.places) or any(
            worker.tasks for worker in self.workers if worker.is_alive and not worker.owners
        )

    def _is_done(self, place: Place) -> bool:
        owners = [worker.owners[place] for worker in self.workers if worker.is_alive and place in worker.owners]
        return not place.source.unsettled and any(  # a flush under way: what it took is not visible yet
            owner.flushed_offset == place.source.end and not owner.processor.size() and not owner._flushing.locked()
            for owner in owners
        )

    def _left(self) -> Left:
        states = {}
        notes = {}
        for place in self.places:
            visible = {entry.key or b"": entry.value for entry in _committed(place.changelog)}
            notes[place.job.name, place.number] = decode(visible.pop(MARKER_KEY) or b"").note
            states[place.job.name, place.number] = {k: value for k, value in visible.items() if value is not None}
        return Left(self.told, states, notes, {name: _committed(log) for name, log in self.topics.items()})

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
            rng.choice(self.compacted).compact()
        elif chance < 0.26:
            self._trim(rng.choice(self.places))
        elif chance < 0.28 and self.broker.open:
            self.seen["a transaction timed out"] += 1
            self.broker.time_out(rng.choice(sorted(self.broker.open)))

    def _append(self) -> None:
        for place in self.firsts:
            for _ in range(self.rng.randrange(6)):
                told = self.subject.tell(self.rng, place.number, self._produced)
                if told is not None:
                    self._tell(place, *told)

    def _tell(self, place: Place, key: bytes | None, value: bytes | None, timestamp: int) -> None:
        self._produced += 1
        place.source.end += self.rng.choice((0, 0, 0, 1, 3))  # holes
        self.told[place.number].append(place.source.append(key, value, Visibility.COMMITTED, timestamp))

    def _trim(self, place: Place) -> None:
        markers = [entry for entry in _committed(place.changelog) if entry.key == MARKER_KEY]
        if markers:
            place.source.trim(decode(markers[-1].value or b"").next_offset)

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
        if self._kindness:  # the broker would, in time
            for producer in worker.producers:
                if not producer.is_fenced:
                    self.broker.time_out(producer.id)
        self.waiting = [each for each in self.waiting if each[0] is not worker]

    def _start_worker(self) -> None:
        self.workers.append(Worker(len(self.workers)))
        self._rebalance()

    def _rebalance(self) -> None:
        members = [worker for worker in self.workers if worker.is_alive and not worker.is_asleep]
        if not members or (not self._kindness and self.rng.random() < 0.3):
            members.append(Worker(len(self.workers)))
            self.workers.append(members[-1])
        owners = {place: self.rng.choice(members) for place in self.places}
        let_go = [asyncio.get_running_loop().create_future() for _ in members]
        is_patient = self.rng.random() < 0.7
        for worker, done in zip(members, let_go, strict=True):
            mine = [place for place in self.places if owners[place] is worker]
            self._spawn(worker, self._change_hands(worker, mine, done, let_go if is_patient else []))

    async def _change_hands(
        self, worker: Worker, mine: list[Place], done: asyncio.Future[None], let_go: list[asyncio.Future[None]]
    ) -> None:
        for place in list(worker.owners):
            owner = worker.owners.pop(place, None)
            if owner is not None:
                self.seen["a loading partition was released"] += not owner.is_loaded
                await owner.release()
        done.set_result(None)
        for other in let_go:  # the join barrier, until the group loses patience with the dead and the sleeping
            for _ in range(20):
                if not other.done():
                    await self._step(worker)
        for place in mine:
            if place not in worker.owners:
                owner = worker.owners[place] = self._owner(worker, place)
                await owner.take_over()
                if not owner.is_released:
                    self._spawn(worker, self._consume(worker, place, owner))
                    self._spawn(worker, self._keep_flushing(worker, place, owner))

    def _owner(self, worker: Worker, place: Place) -> Owner:
        self._producers += 1
        transactional_id = f"producer {self._producers}" if self.fault == NO_FENCING else str(place)

        async def step() -> None:
            await self._step(worker)

        processor = self.subject.make(place.job.name, place.number)
        if self.fault == STATE_KEPT:
            processor = worker.kept.setdefault(place, processor)
        worker.producers.append(
            LogProducer(self.broker, transactional_id, place.changelog, self._log, step, self.fault)
        )
        return Owner(
            Identity(place.job.name, place.job.source, place.number, place.job.partitions, "log", "1"),
            processor,
            worker.producers[-1],
            LogChangelog(place.changelog, step, self.fault),
            LogSource(place.source, lambda: place.committed, step),
            self.limits,
            lambda: 0.0,
        )

    def _log(self, output: Output) -> Partition:
        return self.topics[output.topic, output.partition or 0]

    async def _consume(self, worker: Worker, place: Place, owner: Owner) -> None:
        position = owner.next_offset
        source = place.source
        is_careful = self.fault != SOURCE_UNCOMMITTED
        while not owner.is_released:
            await self._step(worker)
            if (
                not self._kindness and self.rng.random() < 0.1
            ):  # the group's offset, an old fetch: anything may come again
                self.seen["records came again"] += 1
                position = self.rng.randint(source.begin, max(position, source.begin))
            end = min(
                source.stable_end if is_careful else source.end,
                position + self.rng.randint(1, 40 if self._kindness else 9),
            )
            if end > position:
                start, position = position, end
                records = list(source.read(start, end, committed=is_careful))
                await owner.apply(Batch(place.job.source, place.number, start, end, records))

    async def _keep_flushing(self, worker: Worker, place: Place, owner: Owner) -> None:
        while not owner.is_released:
            await self._step(worker)
            if owner.is_due():
                await owner.flush()
            if self.rng.random() < 0.3 and owner.has_marker:
                place.committed = owner.flushed_offset

    async def _bury(self) -> None:
        tasks = [task for worker in self.workers for task in worker.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _committed(log: Partition) -> list[Entry]:
    return list(log.read(0, log.stable_end))


async def verdict(seed: int, subject_of: Callable[[random.Random], Subject], fault: str | None = None) -> str | None:
    """Run one schedule; what went wrong, or None."""
    return await World(seed, subject_of, fault).run()
