"""The collector: a snapshot in the words of prometheus-client, metric by metric, in the order of the catalogue.

What flows is there at 0 from the start, so that the first breach is an increase and not a new series.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product

from prometheus_client.core import InfoMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from app.kpi.measures import BUSINESS_DURATIONS, REVENUE, SLA_METRICS
from app.kpi.merge import MergedWindow
from app.kpi.orders import OUTCOMES
from app.kpi.rules import Policy
from app.metrics import catalogue
from app.metrics.catalogue import OVERFLOW_LABELS, PRIORITIES, SLA_OUTCOMES
from app.metrics.dimension_catalogue import DIMENSIONS
from app.metrics.families import MS, Labels, Samples, family, filled, histogram, summary
from app.metrics.flow import Distribution
from app.metrics.gauges import channel_families, level_families, partition_families, window_families
from app.metrics.labels import priority_label
from app.metrics.metric import Metric
from app.metrics.snapshot import Facts, Snapshot
from app.metrics.windows import WindowFigures, figures_of

_BUSINESS = frozenset(measure.name for measure in BUSINESS_DURATIONS)
_MILLIONTHS = 1_000_000


class SnapshotCollector(Collector):
    """Renders the latest snapshot; one thread at a time."""

    def __init__(self, facts: Facts, latest: Callable[[], Snapshot], is_ready: Callable[[], bool]) -> None:
        self._facts = facts
        self._latest = latest
        self._is_ready = is_ready
        self._figures: dict[tuple[str, str, int, int, bool], WindowFigures] = {}

    def describe(self) -> Iterable[Family]:
        """Nothing, so that registering reads no state."""
        return ()

    def collect(self) -> Iterator[Family]:
        """All families that have samples."""
        facts, snapshot = self._facts, self._latest()
        yield from _flow_families(facts, snapshot)
        yield from level_families(snapshot)
        yield from window_families(self._figures_of(snapshot.windows))
        yield from channel_families(facts, snapshot)
        yield from _core_families(snapshot)
        yield from partition_families(snapshot)
        yield from _work_families(facts, snapshot)
        yield family(catalogue.READY, [((), float(self._is_ready()))])
        yield from _info_families(facts)

    def _figures_of(self, windows: Iterable[MergedWindow]) -> list[WindowFigures]:
        """The figures of windows, read from their sketches once per version."""
        known = self._figures
        self._figures = {
            version: known.get(version) or figures_of(window)
            for version, window in ((_version(window), window) for window in windows)
        }
        return list(self._figures.values())


def _version(window: MergedWindow) -> tuple[str, str, int, int, bool]:
    return window.channel, window.span.kind, window.span.start_ms, window.revision, window.final


def _flow_families(facts: Facts, snapshot: Snapshot) -> Iterator[Family]:
    for metric in catalogue.COUNTERS:
        yield family(metric, _counted(metric, snapshot))
    yield from filled([family(catalogue.REVENUE_TOTAL, _revenue(snapshot))])
    yield from filled(_durations(metric, facts, snapshot) for metric in catalogue.HISTOGRAMS)
    yield family(catalogue.SLA_VERDICTS, _verdicts(facts, snapshot).items())
    yield from filled(_dimension(metric, snapshot) for metrics in DIMENSIONS.values() for metric in metrics)


def _counted(metric: Metric, snapshot: Snapshot) -> Samples:
    counts = snapshot.counts
    measure_of = {value: measure for measure, value in metric.feeds.items()}
    for channel, value in product(snapshot.channels, metric.values or ("",)):
        count = counts.get((channel, measure_of[value]), 0) if value in measure_of else 0
        yield ((channel, value) if value else (channel,)), count


def _revenue(snapshot: Snapshot) -> Samples:
    for (channel, measure), millionths in snapshot.counts.items():
        name, _, currency = measure.partition("|")
        if name == REVENUE.name:
            yield (channel, currency), millionths / _MILLIONTHS


def _dimension(metric: Metric, snapshot: Snapshot) -> Family:
    figures = snapshot.dimensions.get(metric.name, {})
    if metric.kind == "counter":
        return family(metric, (((label,), summed.samples) for label, summed in figures.items()))
    per_unit = MS if metric.unit == "seconds" else 1
    return summary(metric, (((label,), summed) for label, summed in figures.items()), per_unit)


def _durations(metric: Metric, facts: Facts, snapshot: Snapshot) -> Family:
    """Business time only of channels that have a schedule."""
    (measure,) = metric.feeds
    channels = snapshot.channels
    if measure in _BUSINESS:
        channels = tuple(channel for channel in channels if facts.rules.of(channel).schedule is not None)
    edges_ms = facts.duration_edges_ms
    nothing = Distribution((0,) * (len(edges_ms) + 1), 0)
    samples = [((channel,), snapshot.durations.get((channel, measure), nothing)) for channel in channels]
    return histogram(metric, edges_ms, samples, per_second=MS)


def _verdicts(facts: Facts, snapshot: Snapshot) -> Mapping[Labels, float]:
    verdicts: dict[Labels, float] = {
        (channel, priority, policy.name, metric, outcome): 0
        for channel in snapshot.channels
        for policy in facts.rules.of(channel).policies
        for priority, metric, outcome in product(_priorities(policy), SLA_METRICS, SLA_OUTCOMES)
    }
    verdicts.update(snapshot.verdicts)
    return verdicts


def _priorities(policy: Policy) -> Iterable[str]:
    """The labels of the tickets that it can match."""
    return dict.fromkeys(map(priority_label, sorted(policy.priorities))) or PRIORITIES


def _core_families(snapshot: Snapshot) -> Iterator[Family]:
    for metric in catalogue.CORE:
        yield family(metric, _core_counted(metric, snapshot.core).items())
    if snapshot.orders is not None:
        yield family(catalogue.ORDERS, [((name,), snapshot.orders.get(name, 0)) for name in OUTCOMES])
    yield family(catalogue.OVERFLOW, [((label,), snapshot.overflow.get(label, 0)) for label in OVERFLOW_LABELS])


def _core_counted(metric: Metric, counters: Mapping[str, int]) -> Mapping[Labels, float]:
    if not metric.values:
        return {(): sum(counters.get(counter, 0) for counter in metric.feeds)}
    counted: dict[Labels, float] = {(value,): 0 for value in metric.values}
    for counter, count in counters.items():
        if counter in metric.feeds:
            counted[metric.feeds[counter],] += count
        elif "other" in metric.values and counter.startswith("rejected|"):
            counted["other",] += count
    return counted


def _work_families(facts: Facts, snapshot: Snapshot) -> Iterator[Family]:
    edges_seconds = facts.work_edges_seconds
    yield histogram(catalogue.FLUSH, edges_seconds, [((), snapshot.flushes)])
    yield histogram(catalogue.APPLY, edges_seconds, [((), snapshot.applications)])
    yield histogram(catalogue.RECOVERY, edges_seconds, [((), snapshot.recoveries)])


def _info_families(facts: Facts) -> Iterator[Family]:
    rules = facts.rules
    configuration = {
        "version": rules.version,
        "policy": rules.default.default_policy.name,
        "clock": rules.clock,
        "zone": rules.zone,
    }
    for metric, value in ((catalogue.BUILD, facts.build), (catalogue.CONFIG, configuration)):
        yield InfoMetricFamily(metric.name.removesuffix("_info"), metric.meaning, value=dict(value))
