"""What the model runs: records, the processor over them, and the law that says whether the end is right."""

import random
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from app.engine.processor import Output, Processor, Taken
from app.record import Record
from tests.engine.model.log import Entry


class Job(NamedTuple):
    """What reads a topic. The schedule appends to the first job's; the others read what those before them wrote."""

    name: str
    source: str
    partitions: int
    is_compacted: bool = False
    """Its source."""


Told = tuple[bytes | None, bytes | None, int]
"""Key, value and timestamp (ms, never falling in a partition) of a source record."""


class Left(NamedTuple):
    """What a schedule left behind, as readers of committed records see it."""

    told: list[list[Entry]]
    """By partition: all that the first job was to read, also what retention took since."""
    states: dict[tuple[str, int], dict[bytes, bytes]]
    """By job and partition."""
    notes: dict[tuple[str, int], bytes]
    """Of the markers."""
    outputs: dict[tuple[str, int], list[Entry]]
    """By topic and partition."""


class Subject(Protocol):
    """Processors to put through one schedule, and what they must come to."""

    jobs: tuple[Job, ...]
    steps: int
    """How long the schedule is out to break it, before it may come to an end."""
    flush_entries: int
    seen: Counter[str]
    """What happened in the schedule."""

    def tell(self, rng: random.Random, partition: int, number: int) -> Told | None:
        """The next source record, `number` in all; None if there is no more."""

    def end(self, partition: int) -> list[Told]:
        """The last source records."""

    def make(self, job: str, partition: int) -> Processor:
        """The factory given to the engine."""

    def fault(self, left: Left) -> str | None:
        """What is wrong in the end; None if nothing."""


class Ticket(NamedTuple):
    """An open ticket of the toy."""

    opened_ms: int
    messages: int
    is_late: bool


LATE_AFTER_MS = 40
TIMERS_AT_ONCE = 2
_ticket = struct.Struct(">qq?")
_sums = struct.Struct(">qqq")


class Toy:
    """Tickets are opened, added to, closed and forgotten; an open one turns late after a while. Sums and levels."""

    def __init__(self, out: str = "out", partition: int = 0) -> None:
        self.out = out
        self.partition = partition
        self.tickets: dict[bytes, Ticket] = {}
        self.sums = [0, 0, 0]  # opened, messages, closed
        self.now_ms = 0
        self._changed: dict[bytes, None] = {}
        self._outputs: list[Output] = []

    def load(self, key: bytes, value: bytes | None) -> None:
        if key == b"sums":
            self.sums = list(_sums.unpack(value or b""))
        elif value is None:
            self.tickets.pop(key, None)
        else:
            self.tickets[key] = Ticket(*_ticket.unpack(value))

    def start(self, note: bytes | None) -> None:
        self.now_ms = int(note or 0)

    def apply(self, records: Sequence[Record]) -> int:
        budget = TIMERS_AT_ONCE
        for done, record in enumerate(records):
            for key in self._due(record.timestamp):
                if not budget:
                    return done
                budget -= 1
                self._turn_late(key)
            self.now_ms = max(self.now_ms, record.timestamp)
            self._include(record.key or b"", record.value or b"")
        return len(records)

    def _due(self, now_ms: int) -> list[bytes]:
        due = [
            (t.opened_ms, key)
            for key, t in self.tickets.items()
            if not t.is_late and t.opened_ms + LATE_AFTER_MS <= now_ms
        ]
        return [key for _, key in sorted(due)]

    def _turn_late(self, key: bytes) -> None:
        ticket = self.tickets[key]
        self.now_ms = ticket.opened_ms + LATE_AFTER_MS
        self._set(key, ticket._replace(is_late=True))
        self._send(key, b"late %d" % self.now_ms)

    def _include(self, key: bytes, verb: bytes) -> None:
        ticket = self.tickets.get(key)
        if verb == b"open" and ticket is None:
            self._set(key, Ticket(self.now_ms, 0, is_late=False))
            self._count(0)
        elif verb == b"add" and ticket is not None:
            self._set(key, ticket._replace(messages=ticket.messages + 1))
            self._count(1)
        elif verb == b"close" and ticket is not None:
            self._set(key, None)
            self._count(2)
            self._send(key, b"closed with %d" % ticket.messages)

    def _send(self, key: bytes, value: bytes) -> None:
        self._outputs.append(Output(self.out, key, value, self.partition))

    def _set(self, key: bytes, ticket: Ticket | None) -> None:
        self._changed[key] = None
        if ticket is None:
            del self.tickets[key]
        else:
            self.tickets[key] = ticket

    def _count(self, which: int) -> None:
        self.sums[which] += 1
        self._changed[b"sums"] = None

    def take(self) -> Taken:
        changes: list[tuple[bytes, bytes | None]] = []
        for key in self._changed:
            if key == b"sums":
                changes.append((key, _sums.pack(*self.sums)))
            else:
                ticket = self.tickets.get(key)
                changes.append((key, None if ticket is None else _ticket.pack(*ticket)))
        taken = Taken(changes, self._outputs, b"%d" % self.now_ms)
        self._changed, self._outputs = {}, []
        return taken

    def size(self) -> int:
        return len(self._changed) + len(self._outputs)


class ToySubject:
    """The toy, and its law: as if one process had read everything at once."""

    jobs = (Job("toy", "source", 2),)
    steps = 260
    flush_entries = 8

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def tell(self, rng: random.Random, partition: int, number: int) -> Told:  # noqa: ARG002 - its partitions are alike
        return self.value(rng, number)

    def value(self, rng: random.Random, number: int) -> tuple[bytes, bytes, int]:
        """Any number of records."""
        verb = rng.choice((b"open", b"open", b"add", b"add", b"close"))
        return b"ticket %d" % rng.randrange(8), verb, number * 3 + rng.randrange(3)

    def end(self, partition: int) -> list[Told]:  # noqa: ARG002
        return []

    def make(self, job: str, partition: int) -> Processor:  # noqa: ARG002
        return Toy("out", partition)

    def fault(self, left: Left) -> str | None:
        for p, records in enumerate(left.told):
            fault = toy_fault(records, left.states["toy", p], left.outputs.get(("out", p), []))
            if fault is not None:
                return f"partition {p}: {fault}"
        return None


def toy(rng: random.Random) -> Subject:  # noqa: ARG001 - each schedule has the same one
    """The toy, for one schedule."""
    return ToySubject()


def toy_fault(records: Sequence[Record], state: dict[bytes, bytes], outputs: Sequence[Entry]) -> str | None:
    """What is wrong with state and outputs of the toy after all these records; None if nothing."""
    uninterrupted = Toy()
    uninterrupted.start(None)
    done = 0
    while done < len(records):
        done += uninterrupted.apply(records[done:])
    taken = uninterrupted.take()
    expected = {key: value for key, value in taken.changes if value is not None}
    if state != expected:
        return f"state {difference(state, expected)}"
    seen = [(output.key, output.value) for output in outputs]
    wanted = [(output.key, output.value) for output in taken.outputs]
    return None if seen == wanted else f"outputs {seen} instead of {wanted}"


def difference(seen: Mapping[Any, Any], expected: Mapping[Any, Any]) -> str:
    """Where two mappings differ, in words."""
    missing = object()
    keys = [key for key in {**seen, **expected} if seen.get(key, missing) != expected.get(key, missing)]
    return ", ".join(f"{key!r}: {seen.get(key)!r} instead of {expected.get(key)!r}" for key in keys)
