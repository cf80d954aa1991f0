"""What all runs stand on: the traffic in files, and topics filled with it on the embedded broker."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from app.broker import admin
from app.broker.connection import connect
from app.broker.partitions import partition_of
from app.broker.topics import KafkaTopic
from app.traffic.sender import Sender
from tests.bench.traffic import happenings, in_contract_shape, in_small_shape, small_id

PARTITIONS = 4
_SEPARATOR = b"\t"


@dataclass(frozen=True)
class Ground:
    """A broker, and a folder with so many events in both shapes and their keys beside."""

    bootstrap: str
    folder: Path
    events: int

    @property
    def contract_file(self) -> Path:
        """Events as on the events topic, one a line."""
        return self.folder / "contract.jsonl"

    def write_traffic(self) -> None:
        """Generate both files, and the keys of both shapes."""
        with (
            self.contract_file.open("wb") as contract,
            (self.folder / "small.jsonl").open("wb") as small,
            (self.folder / "keys").open("wb") as keys,
        ):
            for event in islice(happenings(), self.events):
                contract.write(in_contract_shape(event) + b"\n")
                small.write(in_small_shape(event) + b"\n")
                keys.write(event.ticket_id.encode() + _SEPARATOR + small_id(event).encode() + b"\n")

    async def fill_contract(self, topic: str) -> None:
        """Write the contract's events to a topic that is there."""
        await self._fill(topic, self.contract_file, lambda keys: keys[0])

    async def fill_small(self, topic: str) -> None:
        """Make a topic and write the small job's events to it."""
        await self.make_topics([KafkaTopic(topic, PARTITIONS, {})])
        await self._fill(topic, self.folder / "small.jsonl", lambda keys: keys[1])

    async def make_topics(self, topics: Iterable[KafkaTopic]) -> None:
        """Make topics, and wait until they can be used."""
        async with connect(self.bootstrap) as client:
            await admin.create(client, list(topics), 1)

    async def remove_topics(self, names: Iterable[str]) -> None:
        """Make room on the disk."""
        async with connect(self.bootstrap) as client:
            await client.delete_topics(list(names))

    async def _fill(self, topic: str, file: Path, key_of: Callable[[list[bytes]], bytes]) -> None:
        async with Sender(self.bootstrap, topic) as sender:
            with file.open("rb") as values, (self.folder / "keys").open("rb") as keys:
                for value, line in zip(values, keys, strict=True):
                    key = key_of(line.rstrip(b"\n").split(_SEPARATOR))
                    await sender.put(partition_of(key.decode(), PARTITIONS), key, value.rstrip(b"\n"))
