"""All figures at one instant. Nothing in a snapshot changes any more, so any thread may read it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from app.kpi.merge import MergedWindow
from app.kpi.rules import Rules
from app.metrics.dimensions import Figures
from app.metrics.flow import Distribution, Key, VerdictLabels
from app.metrics.levels import PartitionLevels

GoalsOf = Callable[[str], Mapping[str, float]]
"""Channel -> its goals: seconds, tickets or a share, as the name says."""


class Facts(NamedTuple):
    """What stays the same while the process runs."""

    rules: Rules
    build: Mapping[str, str]
    goals_of: GoalsOf
    duration_edges_ms: tuple[int, ...]
    work_edges_seconds: tuple[float, ...]


class Snapshot(NamedTuple):
    """What changes."""

    channels: tuple[str, ...]
    """The labels that there are."""
    counts: Mapping[Key, int]
    durations: Mapping[Key, Distribution]
    """In milliseconds."""
    verdicts: Mapping[VerdictLabels, int]
    core: Mapping[str, int]
    last_event_ms: Mapping[str, int]
    overflow: Mapping[str, int]
    dimensions: Figures
    flushes: Distribution
    applications: Distribution
    recoveries: Distribution
    """In seconds, like the two before."""
    levels: tuple[PartitionLevels, ...]
    windows: tuple[MergedWindow, ...]
    schedules_open: Mapping[str, bool]
    """By name; empty before any stream time."""
    orders: Mapping[str, int] | None = None
    """By outcome; None where none are joined to tickets."""
