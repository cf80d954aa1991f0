"""A metric of the catalogue and its samples as a family of prometheus-client."""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.metrics_core import Metric as Family

from app.metrics.dimensions import Summed
from app.metrics.flow import Distribution
from app.metrics.metric import Metric

Labels = tuple[str, ...]
Samples = Iterable[tuple[Labels, float]]
MS: Final = 1000
"""Milliseconds in a second."""


def family(metric: Metric, samples: Samples) -> Family:
    """A counter or gauge."""
    family_of = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    made = family_of(metric.name, metric.meaning, labels=metric.labels, unit=_unit(metric))
    for labels, value in samples:
        made.add_metric(labels, value)
    return made


def histogram(
    metric: Metric, edges: Iterable[float], samples: Iterable[tuple[Labels, Distribution]], per_second: int = 1
) -> Family:
    """A histogram. Edges and samples count so many units to the second."""
    made = HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels, unit=_unit(metric))
    names = [*(str(float(edge / per_second)) for edge in edges), "+Inf"]
    for labels, distribution in samples:
        buckets = list(zip(names, accumulate(distribution.buckets), strict=True))
        made.add_metric(labels, buckets, distribution.sum / per_second)
    return made


def summary(metric: Metric, samples: Iterable[tuple[Labels, Summed]], per_unit: int) -> Family:
    """Count and sum. Sums count so many to the unit."""
    made = SummaryMetricFamily(metric.name, metric.meaning, labels=metric.labels, unit=_unit(metric))
    for labels, summed in samples:
        made.add_metric(labels, count_value=summed.samples, sum_value=summed.sum / per_unit)
    return made


def filled(families: Iterable[Family]) -> Iterator[Family]:
    """Without those that have no sample."""
    return (made for made in families if made.samples)


def _unit(metric: Metric) -> str:
    """OpenMetrics knows a unit only where the name ends in it."""
    return metric.unit if metric.unit and metric.name.endswith(f"_{metric.unit}") else ""
