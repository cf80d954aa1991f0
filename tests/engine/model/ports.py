"""The engine's ports over the log in memory; a step of the scheduler before and after everything a broker does."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from app.engine.marker import MARKER_KEY
from app.engine.ports import Bounds, Change
from app.engine.processor import Output
from tests.engine.model.log import Broker, Partition, Visibility

MARKER_OUTSIDE = "marker outside the transaction"
OUTPUTS_OUTSIDE = "outputs outside the transaction"
READ_UNCOMMITTED = "reading what is not committed"
NO_FENCING = "no fencing"
STATE_KEPT = "state kept on revoke"
FAULTS = (MARKER_OUTSIDE, OUTPUTS_OUTSIDE, READ_UNCOMMITTED, NO_FENCING, STATE_KEPT)
SOURCE_UNCOMMITTED = "consuming what is not committed"
CHAIN_FAULTS = (*FAULTS, SOURCE_UNCOMMITTED)
"""Where one job reads what another one wrote, it too must read committed records only."""

Step = Callable[[], Awaitable[None]]


class LogProducer:
    """Transactional producer. A request and its answer are two steps: in between, the broker acted and nobody knows."""

    def __init__(
        self,
        broker: Broker,
        transactional_id: str,
        changelog: Partition,
        out: Callable[[Output], Partition],
        step: Step,
        fault: str | None,
    ) -> None:
        self.id = transactional_id
        self._broker = broker
        self._changelog = changelog
        self._out = out
        self._step = step
        self._fault = fault
        self._epoch = 0
        self._marker: list[Change] = []

    @property
    def is_fenced(self) -> bool:
        return self._broker.epochs.get(self.id) != self._epoch

    async def start(self) -> None:
        await self._step()
        self._epoch = self._broker.start_producer(self.id)
        await self._step()

    async def begin(self) -> None:
        """Nothing reaches the broker."""

    async def write_changes(self, changes: Sequence[Change]) -> None:
        if self._fault == MARKER_OUTSIDE:
            self._marker = [change for change in changes if change[0] == MARKER_KEY]
            changes = [change for change in changes if change[0] != MARKER_KEY]
        half = len(changes) // 2  # several batches
        for part in (changes[:half], changes[half:]):
            await self._step()
            self._broker.write(self.id, self._epoch, self._changelog, part)
            await self._step()

    async def write_outputs(self, outputs: Sequence[Output]) -> None:
        await self._step()
        for output in outputs:
            log, record = self._out(output), (output.key, output.value)
            if self._fault == OUTPUTS_OUTSIDE:
                log.append(*record, Visibility.COMMITTED)
            else:
                self._broker.write(self.id, self._epoch, log, [record])
        await self._step()

    async def commit(self) -> None:
        await self._step()
        self._broker.commit(self.id, self._epoch)
        await self._step()
        for change in self._marker:
            self._changelog.append(*change, Visibility.COMMITTED)

    async def stop(self) -> None:
        """Nothing to close."""


class LogChangelog:
    """Reads in small parts, so that compaction can come in between."""

    def __init__(self, changelog: Partition, step: Step, fault: str | None) -> None:
        self._changelog = changelog
        self._step = step
        self._committed = fault != READ_UNCOMMITTED

    async def read(self) -> AsyncIterator[Sequence[Change]]:
        await self._step()
        end = self._changelog.stable_end if self._committed else self._changelog.end
        position = 0
        while position < end:
            await self._step()
            part_end = min(end, position + 40)
            entries = self._changelog.read(position, part_end, committed=self._committed)
            yield [(entry.key or b"", entry.value) for entry in entries]
            position = part_end


class LogSource:
    """Bounds of the source; the group's offset is whatever somebody committed last."""

    def __init__(self, source: Partition, committed: Callable[[], int | None], step: Step) -> None:
        self._source = source
        self._committed = committed
        self._step = step

    async def bounds(self) -> Bounds:
        await self._step()
        return Bounds(self._source.begin, self._source.stable_end, self._committed())
