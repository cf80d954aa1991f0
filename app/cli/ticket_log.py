"""One ticket's records, out of its partition of the events topic or out of files, with the time that passed beside them.

What a ticket's figures are depends on its own records and on how far the time of its partition had come before each; so of all others only that is
kept.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from app.broker.partitions import partition_of
from app.cli.backwards import batches, reading
from app.kpi.explain import Passing
from app.kpi.rules import Rules
from app.record import Record
from app.traffic.lines import lines, size_bytes
from app.traffic.route import route

_EVERY: Final = 5000
"""Lines between two words of progress."""

Progress = Callable[[int, int, int], None]
"""Told now and then: how much is read, of how much, how many records of the ticket were found."""


class TicketLog(NamedTuple):
    """`records` in order of the log, each with the stream time reached before it; `reached_ms` at the end."""

    records: list[tuple[int, Record]]
    reached_ms: int
    where: str
    """What was read, in words."""


class _Line(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Gathering:
    """Takes one record of the partition after the other; keeps those of the ticket, each with the stream time reached before it."""

    def __init__(self, ticket_id: str, rules: Rules) -> None:
        self.records: list[tuple[int, Record]] = []
        self.reached_ms = 0
        self._key = ticket_id.encode()
        self._passing = Passing(rules)

    def put(self, record: Record) -> None:
        """The next record of the partition, whoever's it is."""
        if record.key == self._key:
            self.records.append((self.reached_ms, record))
        at_ms = self._passing(record)
        if at_ms > self.reached_ms:
            self.reached_ms = at_ms


def from_files(files: Iterable[Path], ticket_id: str, rules: Rules, progress: Progress) -> TicketLog:
    """The ticket's lines; lines that are no events are left out unless they name the ticket. Raises ConfigurationError."""
    paths, gathering, before = list(files), Gathering(ticket_id, rules), 0
    total, number = sum(map(size_bytes, paths)), 0
    for path in paths:
        for line in lines(path):
            gathering.put(_Line(number, 0, route(line.value, 1).key, line.value))
            number += 1
            if number % _EVERY == 0:
                progress(before + line.bytes_read, total, len(gathering.records))
        before += size_bytes(path)
    where = f"{', '.join(map(str, paths))}: {number:,} lines"
    return TicketLog(gathering.records, gathering.reached_ms, where)


async def from_topic(
    bootstrap: str,
    topic: str,
    ticket_id: str,
    rules: Rules,
    *,
    since: datetime | None,
    security: Mapping[str, Any],
    progress: Progress,
) -> TicketLog:
    """The ticket's records in its partition, from `since` (None: from the first there is) to the present end.

    Raises BrokerUnreachableError and TopicRefusedError.
    """
    async with reading(bootstrap, topic, security, lambda _: None) as (consumer, partitions):
        partition = TopicPartition(topic, partition_of(ticket_id, partitions))
        consumer.assign([partition])
        first, end = await _bounds(consumer, partition, since)
        gathering = Gathering(ticket_id, rules)
        consumer.seek(partition, first)
        async for batch in batches(consumer, partition, end):
            for record in batch:
                gathering.put(record)
            progress(batch[-1].offset + 1 - first, end - first, len(gathering.records))
        where = f"{topic}, partition {partition.partition} of {partitions}, offsets {first:,} to {end:,}"
        return TicketLog(gathering.records, gathering.reached_ms, where)


async def _bounds(consumer: AIOKafkaConsumer, partition: TopicPartition, since: datetime | None) -> tuple[int, int]:
    first = (await consumer.beginning_offsets([partition]))[partition]
    end = (await consumer.end_offsets([partition]))[partition]
    if since is not None:
        found = (await consumer.offsets_for_times({partition: round(since.timestamp() * 1000)}))[partition]
        first = end if found is None else found.offset
    return first, end
