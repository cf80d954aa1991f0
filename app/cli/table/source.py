"""Where windows are read: all of the KPI topic up to its present end, or a file as `carebeat compute` writes it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from aiokafka import TopicPartition

from app.cli.backwards import batches, reading
from app.cli.table.selection import Newest
from app.traffic.lines import lines, size_bytes

_EVERY: Final = 5000
"""Lines between two words of progress."""

Progress = Callable[[int, int], None]
"""Told now and then: how much is read, of how much."""


def from_file(path: Path, newest: Newest, progress: Progress) -> None:
    """Every line. Raises ConfigurationError for what is no whole file."""
    total = size_bytes(path)
    for number, line in enumerate(lines(path)):
        newest.take(line.value)
        if number % _EVERY == 0:
            progress(line.bytes_read, total)


async def from_topic(
    bootstrap: str, topic: str, newest: Newest, *, security: Mapping[str, Any], progress: Progress
) -> None:
    """Every committed record. Raises BrokerUnreachableError and TopicRefusedError."""
    async with reading(bootstrap, topic, security, lambda _: None) as (consumer, partitions):
        places = [TopicPartition(topic, number) for number in range(partitions)]
        firsts, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        total, done = sum(ends[place] - firsts[place] for place in places), 0
        for place in places:
            consumer.assign([place])
            consumer.seek(place, firsts[place])
            async for batch in batches(consumer, place, ends[place]):
                for record in batch:
                    newest.take(record.value, record.key)
                progress(done + batch[-1].offset + 1 - firsts[place], total)
            done += ends[place] - firsts[place]
