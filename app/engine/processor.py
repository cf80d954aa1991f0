"""What the engine asks of the code it makes exact: one plain object per source partition, wholly in memory.

The engine gives a processor the changelog when it takes a partition over, then records in order, and takes from it, at one instant, all
that must become visible together. The processor is synchronous and deterministic: it knows no clock, no Kafka and no Faust.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from app.record import Record


class Output(msgspec.Struct, frozen=True, gc=False):
    """One record for another topic. Without a partition, the key decides (murmur2)."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


class Taken(NamedTuple):
    """What one flush makes visible: changed entries of the state (None = gone), outputs, and a note that comes back with the marker."""

    changes: list[tuple[bytes, bytes | None]]
    outputs: list[Output]
    note: bytes


class Processor(Protocol):
    """State of one source partition."""

    def load(self, key: bytes, value: bytes | None) -> None:
        """Take one changelog entry; a later one of the same key replaces it, None removes it."""

    def start(self, note: bytes | None) -> None:
        """The changelog is read. `note` is what the last flush said; None means that there was none."""

    def apply(self, records: Sequence[Record]) -> int:
        """Include records in the state; how many of them are included from the first on.

        Fewer than all means: flush now, then come again with the rest (long work stops between two timers; the note then names the
        time reached). Bad input is the processor's business; an exception is a fault and ends the process.
        """
        ...

    def take(self) -> Taken:
        """What changed since the last call, as of this instant."""
        ...

    def size(self) -> int:
        """How many entries the next `take` would write, about; 0 means that nothing but the position changed."""
        ...


ProcessorFactory = Callable[[int], Processor]
"""Makes the empty processor of a source partition, by its number."""
