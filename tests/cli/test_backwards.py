"""Reading to an end that does not come, or over records that are gone, is told and never taken for a short log."""

from typing import Any, NamedTuple

import pytest
from aiokafka import TopicPartition

from app.broker.errors import BrokerUnreachableError, TopicRefusedError
from app.cli.backwards import batches

PARTITION = TopicPartition("events", 0)


class Told(NamedTuple):
    offset: int


class Consumer:
    """Gives these batches, then nothing. `jumps_to`: where the position is once a batch is empty."""

    def __init__(self, *batches: list[int], begin: int = 0, jumps_to: int | None = None) -> None:
        self._batches = list(batches)
        self._begin = begin
        self._jumps_to = jumps_to
        self._position = 0

    async def position(self, _: TopicPartition) -> int:
        return self._position

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self._begin)

    async def getmany(self, partition: TopicPartition, **_: Any) -> dict[TopicPartition, list[Told]]:
        batch = self._batches.pop(0) if self._batches else []
        if batch:
            self._position = batch[-1] + 1
        elif self._jumps_to is not None:
            self._position = self._jumps_to
        return {partition: [Told(offset) for offset in batch]} if batch else {}


async def read(consumer: Consumer, end: int) -> list[int]:
    return [record.offset async for batch in batches(consumer, PARTITION, end) for record in batch]


async def test_what_is_appended_meanwhile_is_left_out() -> None:
    assert await read(Consumer([0, 1, 2], [3, 4, 5]), 4) == [0, 1, 2, 3]


async def test_a_pause_is_waited_for() -> None:
    assert await read(Consumer([0], [], [], [1]), 2) == [0, 1]


async def test_holes_of_transactions_at_the_end_are_no_gap() -> None:
    assert await read(Consumer([0], jumps_to=3), 3) == [0]


async def test_records_that_are_gone_are_told() -> None:
    with pytest.raises(TopicRefusedError, match="deleted by age while they were read: try again"):
        await read(Consumer(begin=10, jumps_to=20), 20)


async def test_a_broker_that_gives_nothing_is_not_waited_for_without_end() -> None:
    with pytest.raises(BrokerUnreachableError, match="no record of events/0 from offset 1 on for 30 s"):
        await read(Consumer([0]), 5)
