"""One source partition, owned by this process: the whole protocol, over ports, without Kafka or Faust.

Theory of operation
-------------------
State and outputs are a function of a prefix of the source partition. The marker says how long that prefix is. It is
written in the same transaction as the changes and outputs of that prefix, so for every reader of committed records the
three agree, whatever died in between.

* take over: start the producer FIRST. That fences the former owner and settles what it left open, so nothing can be
  added to the changelog behind our back. Then read the changelog to its end, then check the marker, then go on reading
  the source at the marker.
* apply: records before `next_offset` are skipped (replays are harmless); a batch that starts after it is a fault (a
  record would be lost). Work goes on in slices, so that other partitions get their turn.
* flush: changes, outputs and marker are taken in ONE synchronous step; nothing may await between them. Then they are
  written, then committed. Applying may go on meanwhile; its effects belong to the next flush. One flush at a time.
* release: no more records; flush; stop the producer; forget the state. Always, also when the partition comes right
  back: somebody else may have owned it in between, and state that was kept would bring back what he removed.

Every failure is raised and ends the process (crash.py); an owner that has failed is never used again.
"""

import asyncio
import logging
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from app.engine.crash import OperatorNeededError, RestartNeededError
from app.engine.marker import MARKER_KEY, PROOF_KEY, Identity, Marker, decode, encode, starting_offset
from app.engine.ports import Batch, Bounds, Changelog, Source, TransactionalProducer
from app.engine.processor import Processor, Taken

log = logging.getLogger(__name__)
_offset = attrgetter("offset")


@dataclass(frozen=True)
class Limits:
    """How often and how long. The flush deadline stays below the transaction timeout, which aborts under our feet."""

    flush_interval_seconds: float = 0.5
    behind_flush_interval_seconds: float = 2.0
    """Where more than `behind_records` wait to be read: what is written of so much at once is less for each record."""
    behind_records: int = 10_000
    flush_deadline_seconds: float = 15.0
    transaction_timeout_seconds: float = 20.0
    stop_flush_deadline_seconds: float = 5.0
    idle_flush_interval_seconds: float = 5.0
    """Where nothing but the position changed, a marker this rarely: reading those records once more changes nothing."""
    flush_entries: int = 60_000
    """A flush at once when it would write more than this, for memory."""
    slice_records: int = 1000
    source_end_attempts: int = 10
    """A new partition leader may not know the true end of the log at once."""
    source_end_retry_seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.flush_deadline_seconds >= self.transaction_timeout_seconds:
            raise ValueError(
                f"flush_deadline_seconds ({self.flush_deadline_seconds:g}) must be below transaction_timeout_seconds "
                f"({self.transaction_timeout_seconds:g})"
            )


class Owner:
    """Exact once loaded: `take_over`, then `apply` and `flush` in any order, then `release`."""

    def __init__(
        self,
        identity: Identity,
        processor: Processor,
        producer: TransactionalProducer,
        changelog: Changelog,
        source: Source,
        limits: Limits,
        monotonic_seconds: Callable[[], float],
    ) -> None:
        self.identity = identity
        self.next_offset = 0
        self.flushed_offset = 0
        self.has_marker = False
        self.flushed_at_seconds = monotonic_seconds()
        self.is_loaded = False
        self.is_released = False
        self._processor = processor
        self._producer = producer
        self._changelog = changelog
        self._source = source
        self._limits = limits
        self._monotonic_seconds = monotonic_seconds
        self._flushing = asyncio.Lock()

    @property
    def processor(self) -> Processor:
        """The state of the partition, for who looks at it."""
        return self._processor

    async def take_over(self) -> None:
        """Become the only owner and load the state of the last flush, whoever made it."""
        await self._producer.start()
        bounds = await self._source.bounds()  # before the changelog: see _with_end
        try:
            marker = await self._load()
            bounds = await self._with_end(marker, bounds)
            self.next_offset = self.flushed_offset = starting_offset(self.identity, marker, bounds)
        except OperatorNeededError:
            await self._prove_ownership()
            raise
        self.has_marker = marker is not None
        self._processor.start(None if marker is None else marker.note)
        self.flushed_at_seconds = self._monotonic_seconds()
        self.is_loaded = True

    async def _load(self) -> Marker | None:
        load = self._processor.load
        encoded: bytes | None = None
        is_empty = True
        async for changes in self._changelog.read():
            for key, value in changes:
                if key == MARKER_KEY:
                    encoded = value
                elif key != PROOF_KEY:
                    is_empty = False
                    load(key, value)
        if encoded is None:
            if is_empty:
                return None
            raise OperatorNeededError(
                f"{self.identity}: the changelog has entries but no marker. Restore it, or delete it to begin anew"
            )
        marker = decode(encoded)
        if marker.version != self.identity.version:
            log.warning("%s: state of version %s, this is %s", self.identity, marker.version, self.identity.version)
        return marker

    async def _prove_ownership(self) -> None:
        # To a fenced owner that still reads, a changelog that goes on and is compacted looks damaged. Nobody is woken
        # for that: fenced, this raises and the process just restarts.
        async with asyncio.timeout(self._limits.flush_deadline_seconds):
            await self._producer.begin()
            await self._producer.write_changes([(PROOF_KEY, None)])
            await self._producer.commit()

    async def _with_end(self, marker: Marker | None, bounds: Bounds) -> Bounds:
        # We may have slept, and be fenced by an owner who went on. What he did since must not look like damage: the
        # source's begin and the group's offset follow a marker that was there before, so they are asked for before the
        # changelog is read; the source's end is ahead of every marker, so it is asked for after.
        for _ in range(self._limits.source_end_attempts):
            if marker is None or marker.next_offset <= bounds.end:
                break
            bounds = bounds._replace(end=(await self._source.bounds()).end)
            if marker.next_offset > bounds.end:
                await asyncio.sleep(self._limits.source_end_retry_seconds)
        return bounds

    async def apply(self, batch: Batch) -> None:
        """Include a batch, except what is included already. Returns early when the partition is being released."""
        if not self.is_loaded:
            raise RestartNeededError(f"{self.identity}: records came before the state was loaded")
        if batch.start > self.next_offset and not self.is_released:
            raise RestartNeededError(
                f"{self.identity}: records from {batch.start} came where {self.next_offset} was next"
            )
        records = batch.records
        position = bisect_left(records, self.next_offset, key=_offset)
        while position < len(records) and not self.is_released:
            part = records[position : position + self._limits.slice_records]
            included = self._processor.apply(part)
            if included:
                self.next_offset = part[included - 1].offset + 1
                position += included
            if included < len(part) or self._processor.size() > self._limits.flush_entries:
                await self.flush()
            else:
                await asyncio.sleep(0)
        if not self.is_released:
            self.next_offset = max(self.next_offset, batch.end)

    def is_due(self, waiting_records: int = 0) -> bool:
        """Whether to flush in the next round: something to write, or now and then a position; no flush under way.

        `waiting_records`: how many are known to wait in the source.
        """
        if not self.is_loaded or self.is_released or self._flushing.locked():
            return False
        limits, since_seconds = self._limits, self._monotonic_seconds() - self.flushed_at_seconds
        if self._processor.size():
            return waiting_records <= limits.behind_records or since_seconds >= limits.behind_flush_interval_seconds
        return self.next_offset != self.flushed_offset and since_seconds >= limits.idle_flush_interval_seconds

    async def flush(self) -> None:
        """Make all that was applied by now visible; returns when it is. After a flush under way, if there is one."""
        async with self._flushing:
            if not self.is_released:
                await self._flush(self._limits.flush_deadline_seconds)

    async def _flush(self, deadline_seconds: float) -> None:
        marker, taken = self._take()
        try:
            async with asyncio.timeout(deadline_seconds):
                await self._commit(marker, taken)
        except TimeoutError as error:
            raise RestartNeededError(f"{self.identity}: a flush took longer than {deadline_seconds:g} s") from error
        self.flushed_offset = marker.next_offset
        self.has_marker = True
        self.flushed_at_seconds = self._monotonic_seconds()

    def _take(self) -> tuple[Marker, Taken]:
        # one instant: never an await in here
        taken = self._processor.take()
        return self.identity.marker(self.next_offset, taken.note), taken

    async def _commit(self, marker: Marker, taken: Taken) -> None:
        await self._producer.begin()
        await self._producer.write_outputs(taken.outputs)
        await self._producer.write_changes([*taken.changes, (MARKER_KEY, encode(marker))])
        await self._producer.commit()

    async def release(self, *, is_stopping: bool = False) -> None:
        """Give the partition up with all that was applied visible. When the process stops there is less time for it."""
        if self.is_released:
            async with self._flushing:
                return  # somebody is at it: when he has flushed, it is done
        self.is_released = True
        limits = self._limits
        try:
            async with self._flushing:
                if self.is_loaded and (self._processor.size() or self.next_offset != self.flushed_offset):
                    await self._flush(
                        limits.stop_flush_deadline_seconds if is_stopping else limits.flush_deadline_seconds
                    )
        finally:
            await self._producer.stop()
