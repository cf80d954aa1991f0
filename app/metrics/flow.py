"""What flows: counts, durations and verdicts since this process started, in plain arrays.

Nothing is restored and nothing is taken back, so `sum(rate())` over workers is right whoever owns a partition.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from itertools import filterfalse
from operator import attrgetter
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from app.kpi.harvest import Caused
from app.kpi.measures import DURATION_NAMES, REVENUE, apart
from app.kpi.partition import Partition
from app.kpi.rules import Policy, Rules
from app.kpi.windows import DIMENSION_SIGN, Gathering
from app.metrics.catalogue import COUNTERS, CURRENCY_LIMIT, IN_HOURS, SLA_OUTCOMES
from app.metrics.dimensions import Caps, DimensionFlow
from app.metrics.labels import Channels, FirstCome, priority_label

_EDGES_SECONDS: Final = (
    *(30, 60, 120, 300, 600, 900, 1200, 1800),
    *(hours * 3600 for hours in (1, 2, 4, 8, 24, 48, 72)),
)
_FED: Final = frozenset(measure for metric in COUNTERS for measure in metric.feeds)
"""What is kept: other labels, such as quick replies, are from lists that senders could make endless."""
_REVENUE: Final = f"{REVENUE.name}|"
_HOURS: Final = {"messages_received": 1, "messages_received_off_hours": -1}
"""What of them makes those in hours; both arise together, so that it never falls."""
_EVENTFUL: Final = {"messages_received", "replies_sent", "tickets_opened", "tickets_reopened", "tickets_closed"}


def edges_ms(rules: Rules) -> tuple[int, ...]:
    """Where the buckets of durations end: at every configured target too, or attainment would be interpolated."""
    edges = {seconds * 1000 for seconds in _EDGES_SECONDS}
    for channel in (rules.default, *rules.channels.values()):
        for policy in channel.policies:
            edges.update(targets_ms(policy).values())
    return tuple(sorted(edges))


def targets_ms(policy: Policy) -> dict[str, int]:
    """What a policy promises, by SLA metric."""
    return {
        "first_response": policy.first_response.target_ms,
        "next_response": policy.next_response.target_ms,
        "resolution": policy.resolution.target_ms,
    }


_TRANSITION = attrgetter("transition")
_IS_HISTORIC = attrgetter("historic")
_VERDICT = attrgetter("channel", "priority", "policy", "metric", "state")


class Distribution(NamedTuple):
    """A histogram at one instant: how many in each bucket, the last one above all edges; and the sum of the samples."""

    buckets: tuple[int, ...]
    sum: float


class Histogram:
    """A histogram that is being filled, in the unit of its edges."""

    __slots__ = ("_buckets", "_edges", "_sum")

    def __init__(self, edges: tuple[float, ...]) -> None:
        self._edges = edges
        self._buckets = [0] * (len(edges) + 1)
        self._sum: float = 0

    def observe(self, values: Iterable[float]) -> None:
        """Count samples in. A sample on an edge is up to it."""
        edges, buckets = self._edges, self._buckets
        for value in values:
            buckets[bisect_left(edges, value)] += 1
            self._sum += value

    def distribution(self) -> Distribution:
        """As it is now."""
        return Distribution(tuple(self._buckets), self._sum)


Key = tuple[str, str]
"""(channel, measure). Amounts are in millionths."""
VerdictLabels = tuple[str, ...]
"""Channel, priority, policy, metric, outcome."""


class Flow:
    """The flow metrics of the process. Only the event loop touches it."""

    def __init__(self, edges: tuple[int, ...], channels: Channels, caps: Caps | None = None) -> None:
        self.counts: Counter[Key] = Counter()
        self.verdicts: Counter[VerdictLabels] = Counter()
        self.core: Counter[str] = Counter()
        """By the name that partitions count under."""
        self.last_event_ms: dict[str, int] = {}
        self.dimensions = DimensionFlow(caps or {})
        self._currencies = FirstCome(CURRENCY_LIMIT)
        self._edges = edges
        self._channels = channels
        self._durations: dict[Key, Histogram] = {}
        self._told: WeakKeyDictionary[Partition, Counter[str]] = WeakKeyDictionary()

    def take(self, partition: Partition, transitions: Iterable[Caused]) -> None:
        """Count what one flush of a partition gave; empties its `flow`.

        Verdicts of events that were over a day old when they were read are history: no counter, so that nobody is paged.
        """
        for channel, gathering in partition.flow:
            if DIMENSION_SIGN in channel:
                self.dimensions.add(channel, gathering)
            else:
                self._add(self._channels.admit(channel), gathering, partition.now_ms)
        partition.flow.clear()
        told = Counter(map(_VERDICT, filterfalse(_IS_HISTORIC, map(_TRANSITION, transitions))))
        for (name, priority, policy, metric, state), count in told.items():
            if state in SLA_OUTCOMES:
                key = self._channels.admit(name), priority_label(priority), policy, metric, state
                self.verdicts[key] += count
        self._add_counters(partition)

    def _add(self, channel: str, gathering: Gathering, now_ms: int) -> None:
        counts = self.counts
        for measure, count in apart(gathering.counts):
            if measure in _FED or (measure.startswith(_REVENUE) and self._has_label(measure)):
                counts[channel, measure] += count
            if measure in _HOURS:
                counts[channel, IN_HOURS] += _HOURS[measure] * count
            if measure.partition("|")[0] in _EVENTFUL and measure != "tickets_closed|idle":  # that is a timer's
                self.last_event_ms[channel] = max(now_ms, self.last_event_ms.get(channel, 0))
        for measure, durations_ms in apart(gathering.durations):
            if measure in DURATION_NAMES:
                histogram = self._durations.get((channel, measure))
                if histogram is None:
                    histogram = self._durations[channel, measure] = Histogram(self._edges)
                histogram.observe(durations_ms)

    def _has_label(self, revenue: str) -> bool:
        return self._currencies.admit(revenue.removeprefix(_REVENUE))

    @property
    def overflow(self) -> dict[str, int]:
        """Label -> additions that had none of their own."""
        own = {"channel": self._channels.overflow, "currency": self._currencies.overflow}
        return {**own, **self.dimensions.overflow}

    def _add_counters(self, partition: Partition) -> None:
        """A partition counts from its loading on; what of that was told before is left out."""
        told = self._told.setdefault(partition, Counter())
        now = Counter(partition.counters)
        now["late"] = partition.windows.late
        now.update({f"event|{kind}": count for kind, count in partition.events.items()})
        self.core += now - told
        self._told[partition] = now

    def durations(self) -> dict[Key, Distribution]:
        """The durations as they are now, in milliseconds."""
        return {key: histogram.distribution() for key, histogram in self._durations.items()}
