"""What is in the state of the owned partitions now: how many tickets wait, since when, and how much there is."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.kpi.ages import BANDS
from app.kpi.partition import Partition
from app.metrics.labels import Channels, priority_label


class PartitionLevels(NamedTuple):
    """One owned partition at one instant."""

    partition: str
    stream_ms: int
    """0 before the first record."""
    lag_records: int | None
    state_entries: int
    timers: int
    figures: Mapping[tuple[str, str], tuple[int, ...]]
    """(channel, priority) -> how many, in the order of `catalogue.LEVELS`."""
    oldest_wait_ms: Mapping[str, int]
    ages: Mapping[str, tuple[int, ...]]
    """Channel -> open tickets, in the order of `BANDS`."""


def levels_of(partition: Partition, lag_records: int | None, channels: Channels) -> PartitionLevels:
    """The levels of a partition. Priorities are there from their first ticket on, `none` in every channel."""
    return PartitionLevels(
        str(partition.number),
        partition.now_ms,
        lag_records,
        len(partition.tickets.resting) + len(partition.windows.cells),
        len(partition.due),
        _figures(partition, channels),
        _oldest_waits_ms(partition, channels),
        _ages(partition, channels),
    )


def _figures(partition: Partition, channels: Channels) -> dict[tuple[str, str], tuple[int, ...]]:
    figures: dict[tuple[str, str], tuple[int, ...]] = {}
    for name, channel in partition.levels.channels.items():
        label = channels.label(name)
        for priority, levels in channel.by_priority.items():
            key = label, priority_label(priority)
            figures[key] = _sum(figures[key], levels) if key in figures else tuple(levels)
    for label in channels.known():
        figures.setdefault((label, "none"), (0, 0, 0, 0, 0))
    return figures


def _sum(one: Iterable[int], other: Iterable[int]) -> tuple[int, ...]:
    return tuple(left + right for left, right in zip(one, other, strict=True))


def _oldest_waits_ms(partition: Partition, channels: Channels) -> dict[str, int]:
    oldest: dict[str, int] = {}
    for name, channel in partition.levels.channels.items():
        wait_ms = channel.level().oldest_wait_ms
        if wait_ms is not None:
            label = channels.label(name)
            oldest[label] = min(wait_ms, oldest.get(label, wait_ms))
    return oldest


def _ages(partition: Partition, channels: Channels) -> dict[str, tuple[int, ...]]:
    ages: dict[str, tuple[int, ...]] = dict.fromkeys(channels.known(), (0,) * len(BANDS))
    for name, channel in partition.levels.channels.items():
        label, bands = channels.label(name), channel.ages.bands(partition.now_ms)
        ages[label] = _sum(ages[label], bands) if label in ages else bands
    return ages
