"""When a worker lives and is ready: rules over what the engine shows of itself.

Theory of operation
-------------------
A blocked event loop cannot report itself, so nothing here asks it: threads look at the engine's snapshot (plain
fields), and the rules are functions of that. One snapshot does not show that something stands still; what held in a
former look already, and since when (`still`), is carried from look to look. The watchdog looks every second, a probe
when it comes.

What fails ends the process by itself (`app/engine/crash.py`). These rules find what hangs without failing.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from app.engine.watch import PartitionSight, Snapshot


@dataclass(frozen=True)
class Limits:
    """How long each thing may take before the process counts as hanging."""

    loop_seconds: float = 10.0
    reading_seconds: float = 60.0
    """Records wait and neither the position nor the state moves."""
    flushing_seconds: float = 30.0
    """More than a flush with its deadline and the idle interval of markers."""
    rejoining_seconds: float = 60.0
    rebalancing_seconds: float = 120.0
    """Twice the rebalance timeout."""
    loading_seconds: float = 900.0
    """Instead of that while state is being loaded, which is part of a rebalance."""


class Stop(NamedTuple):
    """A partition that stays at `offset`. A flush since then makes it another stop: long work moves the state only."""

    doing: str
    topic: str
    partition: int
    offset: int
    flushed_at_seconds: float


def still(before: Mapping[Stop, float], snapshot: Snapshot) -> dict[Stop, float]:
    """Since when partitions stand where they stand with something to do. `before` is what the last look gave."""
    now_seconds = snapshot.taken_at_seconds
    return {stop: before.get(stop, now_seconds) for sight in snapshot.partitions for stop in _stops(sight)}


def _stops(sight: PartitionSight) -> Iterator[Stop]:
    if not sight.is_loaded:
        return
    if sight.end_offset is not None and sight.next_offset < sight.end_offset:
        yield Stop("reading", sight.topic, sight.partition, sight.next_offset, sight.flushed_at_seconds)
    if sight.flushed_offset < sight.next_offset:
        yield Stop("flushing", sight.topic, sight.partition, sight.flushed_offset, sight.flushed_at_seconds)


def why_not_live(snapshot: Snapshot, standing: Mapping[Stop, float], limits: Limits) -> tuple[str, ...]:
    """What hangs; empty for a live worker. `standing` is by `still`, of the same snapshot."""
    now_seconds = snapshot.taken_at_seconds
    is_loading = any(not sight.is_loaded for sight in snapshot.partitions)
    rebalancing = limits.loading_seconds if is_loading else limits.rebalancing_seconds
    running = [
        ("the event loop is blocked", snapshot.loop_alive_at_seconds, limits.loop_seconds),
        ("the group is to be joined again", snapshot.rejoin_needed_since_seconds, limits.rejoining_seconds),
        (
            "partitions are being loaded" if is_loading else "the group rebalances",
            snapshot.rebalancing_since_seconds,
            rebalancing,
        ),
        *(_standing_rule(stop, since_seconds, limits) for stop, since_seconds in standing.items()),
    ]
    return tuple(
        f"{what} since {now_seconds - since_seconds:.0f} s, limit {limit_seconds:g} s"
        for what, since_seconds, limit_seconds in running
        if since_seconds is not None and now_seconds - since_seconds > limit_seconds
    )


def _standing_rule(stop: Stop, since_seconds: float, limits: Limits) -> tuple[str, float, float]:
    limit_seconds = limits.reading_seconds if stop.doing == "reading" else limits.flushing_seconds
    return f"{stop.doing} {stop.topic}/{stop.partition} stands still at {stop.offset}", since_seconds, limit_seconds


def why_not_ready(snapshot: Snapshot) -> tuple[str, ...]:
    """What is missing before figures are right; empty for a ready worker."""
    reasons = []
    if snapshot.rebalancing_since_seconds is not None:
        reasons.append("the group rebalances")
    if not snapshot.partitions:
        reasons.append("no partitions are assigned")
    loading = [f"{sight.topic}/{sight.partition}" for sight in snapshot.partitions if not sight.is_loaded]
    if loading:
        reasons.append(f"loading {', '.join(loading)}")
    return tuple(reasons)


def lag_records(snapshot: Snapshot, topic: str) -> dict[int, int]:
    """How many records of a topic each owned partition has not read yet, where the end is known."""
    return {
        sight.partition: max(0, sight.end_offset - sight.next_offset)
        for sight in snapshot.partitions
        if sight.topic == topic and sight.end_offset is not None
    }


class Health:
    """The rules over what the engine shows. Safe from any thread."""

    def __init__(self, look: Callable[[], Snapshot], limits: Limits) -> None:
        self._look = look
        self._limits = limits
        self._standing: dict[Stop, float] = {}
        self._looking = threading.Lock()

    def why_not_live(self) -> tuple[str, ...]:
        """What hangs, as of now."""
        with self._looking:
            snapshot = self._look()
            self._standing = still(self._standing, snapshot)
            return why_not_live(snapshot, self._standing, self._limits)

    def why_not_ready(self) -> tuple[str, ...]:
        """What is missing, as of now."""
        return why_not_ready(self._look())

    def is_ready(self) -> bool:
        """Whether nothing is missing."""
        return not self.why_not_ready()
