"""Kafka's log as far as the protocol leans on it: transactions, fencing, committed reads, compaction, retention."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from operator import attrgetter


class FencedError(Exception):
    """The broker knows a newer producer of this transactional id."""


class Visibility(Enum):
    """Of an entry in the log."""

    OPEN = "open"
    COMMITTED = "committed"
    ABORTED = "aborted"
    CONTROL = "control"


@dataclass(slots=True)
class Entry:
    """A record, or the end of a transaction."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    visibility: Visibility


_offset = attrgetter("offset")


@dataclass
class Partition:
    """Entries by offset, with holes."""

    begin: int = 0
    end: int = 0
    entries: list[Entry] = field(default_factory=list)
    unsettled: dict[int, None] = field(default_factory=dict)
    """Offsets of entries whose transaction is open, in order."""

    def append(self, key: bytes | None, value: bytes | None, visibility: Visibility, timestamp: int = 0) -> Entry:
        entry = Entry(self.end, timestamp, key, value, visibility)
        self.entries.append(entry)
        self.end += 1
        if visibility is Visibility.OPEN:
            self.unsettled[entry.offset] = None
        return entry

    def settle(self, entry: Entry, visibility: Visibility) -> None:
        """Its transaction ended."""
        entry.visibility = visibility
        del self.unsettled[entry.offset]

    @property
    def stable_end(self) -> int:
        """Where committed reads end: the first entry of an open transaction."""
        return next(iter(self.unsettled), self.end)

    def read(self, start: int, end: int, *, committed: bool = True) -> Iterator[Entry]:
        for entry in self.entries[bisect_left(self.entries, start, key=_offset) :]:
            if entry.offset >= end:
                return
            if entry.visibility is Visibility.COMMITTED or (
                not committed and entry.visibility is not Visibility.CONTROL
            ):
                yield entry

    def compact(self) -> None:
        """Keep the newest of each key, and no tombstone; as far as transactions are settled."""
        stable_end = self.stable_end
        newest = {entry.key: entry.offset for entry in self.read(0, stable_end)}
        self.entries = [
            entry
            for entry in self.entries
            if entry.offset >= stable_end
            or (
                entry.visibility is Visibility.COMMITTED
                and newest[entry.key] == entry.offset
                and entry.value is not None
            )
        ]

    def trim(self, begin: int) -> None:
        """Retention."""
        self.begin = max(self.begin, begin)
        self.entries = self.entries[bisect_left(self.entries, self.begin, key=_offset) :]


@dataclass
class Broker:
    """Transaction coordinator. Every method is one atomic step."""

    epochs: dict[str, int] = field(default_factory=dict)
    open: dict[str, list[tuple[Partition, Entry]]] = field(default_factory=dict)

    def start_producer(self, transactional_id: str) -> int:
        """Fence earlier producers and abort what they left open; the new epoch."""
        self._end(transactional_id, Visibility.ABORTED)
        self.epochs[transactional_id] = self.epochs.get(transactional_id, 0) + 1
        return self.epochs[transactional_id]

    def time_out(self, transactional_id: str) -> None:
        """An open transaction became too old: aborted, and its producer fenced."""
        if self.open.get(transactional_id):
            self.start_producer(transactional_id)

    def write(
        self,
        transactional_id: str,
        epoch: int,
        partition: Partition,
        records: Iterable[tuple[bytes | None, bytes | None]],
    ) -> None:
        self._fence(transactional_id, epoch)
        written = self.open.setdefault(transactional_id, [])
        written.extend((partition, partition.append(key, value, Visibility.OPEN)) for key, value in records)

    def commit(self, transactional_id: str, epoch: int) -> None:
        self._fence(transactional_id, epoch)
        self._end(transactional_id, Visibility.COMMITTED)

    def _fence(self, transactional_id: str, epoch: int) -> None:
        if self.epochs[transactional_id] != epoch:
            raise FencedError(transactional_id)

    def _end(self, transactional_id: str, visibility: Visibility) -> None:
        written = self.open.pop(transactional_id, [])
        for partition, entry in written:
            partition.settle(entry, visibility)
        for partition in {id(partition): partition for partition, _ in written}.values():
            partition.append(None, None, Visibility.CONTROL)
