"""What the protocol of `owner.py` needs of Kafka: `kafka.py` answers with aiokafka, the tests with a log in memory."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from app.engine.processor import Output
from app.record import Record

Change = tuple[bytes, bytes | None]
"""One changelog entry: key and value; None removes the key."""


class Batch(NamedTuple):
    """Records of one source partition, in order: all that the log holds from `start` up to `end`.

    There may be fewer records than offsets: compaction and transactions leave holes. The next batch starts at `end`.
    """

    topic: str
    partition: int
    start: int
    end: int
    records: Sequence[Record]
    generation: int = 0
    """Of the group when it was taken from the consumer: another one by now means that its partition was given away since."""


class Bounds(NamedTuple):
    """What the source partition holds, from `begin` up to, not including, `end`; and what its group committed."""

    begin: int
    end: int
    committed: int | None


class TransactionalProducer(Protocol):
    """Writes one source partition's transactions. Whoever started last is the only one the broker listens to."""

    async def start(self) -> None:
        """Fence every earlier producer of this partition and end what it left open; settled on return."""

    async def begin(self) -> None:
        """Open a transaction."""

    async def write_changes(self, changes: Sequence[Change]) -> None:
        """Write to this partition's changelog; returns when all of it is acknowledged."""

    async def write_outputs(self, outputs: Sequence[Output]) -> None:
        """Write to other topics; returns when all of it is acknowledged."""

    async def commit(self) -> None:
        """Make the transaction visible, all at once."""

    async def stop(self) -> None:
        """Let go, also when it never started. Never raises."""


class Changelog(Protocol):
    """One partition's changelog."""

    def read(self) -> AsyncIterator[Sequence[Change]]:
        """Every committed entry from the first to the present end, in order."""


class Source(Protocol):
    """The source partition."""

    async def bounds(self) -> Bounds:
        """What it holds now."""
