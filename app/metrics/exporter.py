"""The metrics of a worker: fed by its event loop, read by the thread that serves `/metrics`.

The two share one reference, `_snapshot`. The loop makes a new snapshot by `publish`, in far less than a flush;
rendering, which takes much longer, only ever sees snapshots. What stands under "from the loop" must be called there.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from types import MappingProxyType
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from app.kpi.business_hours import Schedule
from app.kpi.harvest import Caused
from app.kpi.merge import MergedWindow
from app.kpi.partition import Partition
from app.kpi.rules import Rules
from app.metrics.collector import SnapshotCollector
from app.metrics.dimensions import Caps
from app.metrics.flow import Flow, Histogram, edges_ms
from app.metrics.labels import Channels
from app.metrics.levels import PartitionLevels, levels_of
from app.metrics.snapshot import Facts, GoalsOf, Snapshot
from app.metrics.windows import WindowBoard

_WORK_EDGES_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_NOTHING: Final[Mapping[str, Schedule]] = MappingProxyType({})


def _without_goals(channel: str) -> Mapping[str, float]:  # noqa: ARG001 - like one with goals
    return {}


class Metrics:
    """One per process. `is_ready` is asked at each scrape, from the serving thread: it must not wait for the loop.

    `caps` says how many agents, teams, topics and tags have a label; they need windows of their own (`Rules.dimensions`).
    """

    def __init__(
        self,
        rules: Rules,
        *,
        build: Mapping[str, str],
        is_ready: Callable[[], bool],
        goals_of: GoalsOf = _without_goals,
        schedules: Mapping[str, Schedule] = _NOTHING,
        caps: Caps | None = None,
    ) -> None:
        self._hours = rules.schedules()
        self._schedules = dict(schedules)
        edges = edges_ms(rules)
        self.dimensions = frozenset(caps or ())
        """Which dimensions partitions must tell (`flow_of`)."""
        self._channels = Channels(rules)
        self._flow = Flow(edges, self._channels, caps)
        self._windows = WindowBoard(self._channels)
        self._flushes = Histogram(_WORK_EDGES_SECONDS)
        self._applications = Histogram(_WORK_EDGES_SECONDS)
        self._recoveries = Histogram(_WORK_EDGES_SECONDS)
        self._orders: Counter[str] | None = None
        self.publish((), {})
        self._rendering = Lock()
        self._registry = CollectorRegistry()
        facts = Facts(rules, dict(build), goals_of, edges, _WORK_EDGES_SECONDS)
        self._registry.register(SnapshotCollector(facts, lambda: self._snapshot, is_ready))

    # -- from the loop ------------------------------------------------------------------------------------------------

    def took(self, partition: Partition, transitions: Iterable[Caused]) -> None:
        """A partition was taken from, just now; empties its `flow`."""
        self._flow.take(partition, transitions)

    def saw_windows(self, windows: Iterable[MergedWindow], stream_ms: int, refused: int = 0) -> None:
        """The merge was taken from; also when it gave no window, since its time goes on. It refused so many records since the last time."""
        self._flow.core["partial_refused"] += refused
        self._windows.see(windows, stream_ms)

    def forget_windows(self) -> None:
        """The merge is given up; `publish` next."""
        self._windows.forget()

    def saw_orders(self, counted: Mapping[str, int]) -> None:
        """What became of orders since the last call, by outcome; once called, the metric is there."""
        self._orders = Counter(self._orders)
        self._orders.update(counted)

    def applied(self, seconds: float) -> None:
        """A batch of events was included."""
        self._applications.observe((seconds,))

    def flushed(self, seconds: float) -> None:
        """A partition's flush was committed."""
        self._flushes.observe((seconds,))

    def recovered(self, seconds: float) -> None:
        """A take-over is complete."""
        self._recoveries.observe((seconds,))

    def label(self, channel: str) -> str:
        """The name under which the levels count a channel."""
        return self._channels.label(channel)

    def publish(self, partitions: Iterable[Partition], lag_records: Mapping[int, int]) -> None:
        """Show all of the above from now on, with the levels of `partitions`: those owned and loaded, no other.

        `lag_records` is by partition number, where known. Call it once a second, and at once when partitions are
        given up.
        """
        levels = tuple(
            levels_of(partition, lag_records.get(partition.number), self._channels) for partition in partitions
        )
        flow = self._flow
        self._snapshot = Snapshot(
            self._channels.known(),
            dict(flow.counts),
            flow.durations(),
            dict(flow.verdicts),
            {**flow.core, "reversed_span": sum(schedule.reversed_spans for schedule in self._hours)},
            dict(flow.last_event_ms),
            flow.overflow,
            flow.dimensions.figures(),
            self._flushes.distribution(),
            self._applications.distribution(),
            self._recoveries.distribution(),
            levels,
            self._windows.newest(),
            self._open(levels),
            self._orders,
        )

    def _open(self, levels: Iterable[PartitionLevels]) -> dict[str, bool]:
        """Which schedules are open; asked here, since schedules belong to the loop."""
        stream_ms = max((one.stream_ms for one in levels), default=0)
        return {name: schedule.is_open(stream_ms) for name, schedule in self._schedules.items()} if stream_ms else {}

    # -- from any thread ----------------------------------------------------------------------------------------------

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """The newest snapshot in the form that an Accept header asks for, and its content type."""
        encode, content_type = choose_encoder(accept)
        with self._rendering:
            return encode(self._registry), content_type
