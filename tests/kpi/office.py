"""All partitions and the merge, as a worker runs them: records in any batches go in, whole windows come out."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

from app.kpi import partials
from app.kpi.aggregate import Cell
from app.kpi.effects import Transition
from app.kpi.harvest import DeadLetter, Harvest
from app.kpi.levels import Level
from app.kpi.merge import Merge, MergedWindow, Span
from app.kpi.partition import Partition
from app.kpi.rules import Rules
from tests.kpi.story import Record, event, record

ClockKey = tuple[str, str, int]
"""(ticket, metric, start)."""
Sample = tuple[str, int, str, str, int]
"""(ticket, window's instant, channel, measure, milliseconds)."""


class Figures(NamedTuple):
    """What the law says of a set of events and a stream time."""

    samples: Counter[Sample]
    windows: dict[tuple[str, Span], Cell]
    levels: dict[str, Level]
    clocks: dict[ClockKey, tuple[str, int, int]]
    """(state, due, instant) that was said last; retracted clocks are absent."""


class Office:
    """What a whole deployment computes. `restart` puts new owners in place of all."""

    def __init__(self, rules: Rules, partitions: int = 1, *, timers_at_once: int = 5_000) -> None:
        self.rules = rules
        self._timers_at_once = timers_at_once
        self.partitions = [self._partition(number, partitions) for number in range(partitions)]
        self.merge = Merge(partitions, rules.zone)
        self.windows: dict[tuple[str, Span], MergedWindow] = {}
        self.samples: Counter[Sample] = Counter()
        self.said: list[tuple[str, Transition]] = []
        self.dead_letters: list[DeadLetter] = []
        self.entries: list[dict[bytes, bytes]] = [{} for _ in range(partitions)]
        self.merge_entries: dict[bytes, bytes] = {}
        self._offset = 0

    def _partition(self, number: int, partitions: int) -> Partition:
        return Partition(number, partitions, self.rules, keep_samples=True, timers_at_once=self._timers_at_once)

    def number_of(self, record: Record) -> int:
        """The partition of a record, by its key."""
        return crc32(record.key or b"") % len(self.partitions)

    def read(self, records: Iterable[Record]) -> None:
        """One batch for each partition."""
        batches: list[list[Record]] = [[] for _ in self.partitions]
        for one in records:
            batches[self.number_of(one)].append(one)
        for number, batch in enumerate(batches):
            self.apply(number, batch)

    def apply(self, number: int, batch: list[Record]) -> None:
        """One batch for one partition, flushing where it asks for it."""
        done = self.partitions[number].apply(batch)
        while done < len(batch):
            self.take(number)
            done += self.partitions[number].apply(batch[done:])

    def tick(self, at_ms: int) -> None:
        """Stream time of all partitions reaches an instant; then everything is flushed and merged."""
        for number in range(len(self.partitions)):
            self.apply(number, [record(0, event(0, at_ms, "now"), at_ms)])
        self.flush()

    def flush(self) -> None:
        """All partitions, then the merge."""
        for number in range(len(self.partitions)):
            self.take(number)
        self.publish()

    def take(self, number: int) -> Harvest:
        """Flush one partition into the merge's topic."""
        harvest = self.partitions[number].take()
        _store(self.entries[number], harvest.changes)
        said = [
            Record(self._offset + index, 0, partials.key_of(partial), partials.encode(partial))
            for index, partial in enumerate(harvest.partials)
        ]
        self._offset += len(said)
        self.merge.apply(said)
        self.said += [(caused.ticket_id, caused.transition) for caused in harvest.transitions]
        for ticket_id, _, duration, retracted, _ in harvest.samples:
            self.samples[ticket_id, *duration[:4]] += -1 if retracted else 1
        self.dead_letters += harvest.dead_letters
        return harvest

    def publish(self) -> None:
        """Flush the merge, until it has nothing more to say."""
        while self.merge.size():
            changes, windows = self.merge.take()
            _store(self.merge_entries, changes)
            self.windows.update({(window.channel, window.span): window for window in windows})

    def restart(self, number: int, rules: Rules | None = None) -> None:
        """A new owner takes one partition over from its changelog, maybe under another configuration."""
        self.take(number)
        position = self.partitions[number].position()
        self.rules = rules or self.rules
        partition = self._partition(number, len(self.partitions))
        for key, value in self.entries[number].items():
            partition.load(key, value)
        partition.start(position)
        self.partitions[number] = partition

    def restart_merge(self) -> None:
        """A new owner takes the merge over from its changelog."""
        self.publish()
        position = self.merge.position()
        self.merge = Merge(len(self.partitions), self.rules.zone)
        for key, value in self.merge_entries.items():
            self.merge.load(key, value)
        self.merge.start(position)

    def figures(self, kinds: tuple[str, ...] = ("hour", "day")) -> Figures:
        """All that the law speaks of, as of the last flush."""
        levels: dict[str, list[Level]] = {}
        for partition in self.partitions:
            for channel, level in partition.levels.present().items():
                levels.setdefault(channel, []).append(level)
        return Figures(
            Counter({sample: count for sample, count in self.samples.items() if count}),
            {key: exact(window.cell) for key, window in self.windows.items() if window.cell and key[1].kind in kinds},
            {channel: level for channel, parts in levels.items() if (level := _sum(parts)).open},
            last_states(self.said),
        )


def last_states(said: Iterable[tuple[str, Transition]]) -> dict[ClockKey, tuple[str, int, int]]:
    """What was said last of each clock; what was taken back is as if it had never been."""
    last = {
        (ticket_id, transition.metric, transition.started_ms): (transition.state, transition.due_ms, transition.at_ms)
        for ticket_id, transition in said
    }
    return {clock: state for clock, state in last.items() if state[0] != "retracted"}


def exact(cell: Cell) -> Cell:
    """What the law speaks of: not the slowest sample and the first reply, which cannot be taken out again."""
    return Cell(cell.counts, cell.durations)


def _sum(levels: list[Level]) -> Level:
    waits = [level.oldest_wait_ms for level in levels if level.oldest_wait_ms is not None]
    return Level(sum(level.open for level in levels), sum(level.waiting for level in levels), min(waits, default=None))


def _store(entries: dict[bytes, bytes], changes: list[tuple[bytes, bytes | None]]) -> None:
    for key, value in changes:
        if value is None:
            entries.pop(key, None)
        else:
            entries[key] = value
