"""One partition on a log in memory, with nobody disturbing: for tests of the owner alone."""

from collections.abc import Sequence
from typing import NamedTuple

from app.engine.marker import MARKER_KEY, Identity, Marker, decode, encode
from app.engine.owner import Limits, Owner
from app.engine.ports import Batch
from app.engine.processor import Output, Taken
from app.record import Record
from tests.engine.model.log import Broker, Entry, Partition, Visibility
from tests.engine.model.ports import LogChangelog, LogProducer, LogSource


class Row(NamedTuple):
    """A source record."""

    offset: int
    value: bytes = b"x"
    key: bytes | None = None
    timestamp: int = 0


class Tally:
    """A processor that counts records. `stops` are offsets it wants to stop before, once."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.total = 0
        self.note: bytes | None = b"not started"
        self.stops: set[int] = set()
        self._changed = False

    def load(self, key: bytes, value: bytes | None) -> None:
        assert key == b"total"
        self.total = int(value or 0)

    def start(self, note: bytes | None) -> None:
        self.note = note

    def apply(self, records: Sequence[Record]) -> int:
        for done, record in enumerate(records):
            if record.offset in self.stops:
                self.stops.discard(record.offset)
                return done
            self.offsets.append(record.offset)
            if record.value != b"nothing":
                self.total += 1
                self._changed = True
        return len(records)

    def take(self) -> Taken:
        self._changed = False
        total = b"%d" % self.total
        return Taken([(b"total", total)], [Output("out", None, total)], b"note " + total)

    def size(self) -> int:
        return int(self._changed)


class Clock:
    """Time that stands until told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Place:
    """The log of one source partition, and owners of it."""

    def __init__(self) -> None:
        self.broker = Broker()
        self.source = Partition(end=1000)
        self.changelog = Partition()
        self.out = Partition()
        self.committed: int | None = None
        self.clock = Clock()
        self.identity = Identity("tally", "source", 0, 4, "log", "1")
        self.tally = Tally()
        self.producer: LogProducer

    async def step(self) -> None:
        """Something the broker does; tests may put something in between."""

    def owner(self, limits: Limits | None = None) -> Owner:
        self.tally = Tally()
        self.producer = LogProducer(self.broker, "id", self.changelog, lambda _: self.out, lambda: self.step(), None)
        return Owner(
            self.identity,
            self.tally,
            self.producer,
            LogChangelog(self.changelog, lambda: self.step(), None),
            LogSource(self.source, lambda: self.committed, lambda: self.step()),
            limits or Limits(source_end_retry_seconds=0.0),
            self.clock,
        )

    async def owned(self, limits: Limits | None = None) -> Owner:
        owner = self.owner(limits)
        await owner.take_over()
        return owner

    def put_marker(self, next_offset: int, partitions: int = 4, clock: str = "log") -> None:
        marker = Marker(next_offset, partitions, clock, "0", b"note")
        self.changelog.append(MARKER_KEY, encode(marker), Visibility.COMMITTED)

    @property
    def markers(self) -> list[int]:
        return [decode(e.value or b"").next_offset for e in self._visible(self.changelog) if e.key == MARKER_KEY]

    @property
    def outputs(self) -> list[bytes | None]:
        return [entry.value for entry in self._visible(self.out)]

    def _visible(self, partition: Partition) -> list[Entry]:
        return list(partition.read(0, partition.stable_end))


def rows(*offsets: int) -> Batch:
    """A batch of just these offsets."""
    return batch(offsets[0], offsets[-1] + 1, *offsets)


def batch(start: int, end: int, *offsets: int, value: bytes = b"x") -> Batch:
    return Batch("source", 0, start, end, [Row(offset, value) for offset in offsets])
