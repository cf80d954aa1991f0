"""The catalogue against what it names: measures, design rules for names, closed lists."""

import re

import pytest

from app.kpi.measures import COUNT_NAMES, DURATION_NAMES
from app.metrics.catalogue import COUNTERS, HISTOGRAMS, METRICS, NOT_EXPORTED
from app.metrics.gateway_catalogue import GATEWAY_METRICS
from app.metrics.metric import Metric

ALL = (*METRICS, *(metric for metric in GATEWAY_METRICS if metric not in METRICS))
named = pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)


@named
def test_names_have_our_prefix_and_nothing_odd(metric: Metric) -> None:
    assert re.fullmatch(r"(support|carebeat)(_[a-z0-9]+)+", metric.name)


@named
def test_counters_and_only_they_are_totals(metric: Metric) -> None:
    assert (metric.kind == "counter") == metric.name.endswith("_total")


@named
def test_seconds_and_ratios_say_so(metric: Metric) -> None:
    assert metric.unit not in ("seconds", "ratio") or metric.name.endswith(metric.unit)


@named
def test_levels_and_only_they_are_by_partition(metric: Metric) -> None:
    assert metric.kind == "gauge" or "partition" not in metric.labels


@named
def test_every_metric_says_what_it_means(metric: Metric) -> None:
    assert metric.meaning


def test_no_name_is_there_twice() -> None:
    """In one process; a worker and a gateway may each tell of themselves by one name."""
    for metrics in (METRICS, GATEWAY_METRICS):
        names = [metric.name for metric in metrics]
        assert len(names) == len(set(names))


def test_every_count_feeds_a_counter() -> None:
    fed = {measure.partition("|")[0] for metric in COUNTERS for measure in metric.feeds}
    assert fed == set(COUNT_NAMES) - NOT_EXPORTED.keys()


def test_what_feeds_no_counter_is_a_measure_and_says_why() -> None:
    assert set(COUNT_NAMES) >= NOT_EXPORTED.keys()
    assert all(NOT_EXPORTED.values())


@pytest.mark.parametrize("reason", NOT_EXPORTED.values())
def test_metrics_that_tell_the_same_are_there(reason: str) -> None:
    assert set(re.findall(r"support_\w+", reason)) <= {metric.name for metric in METRICS}


def test_every_duration_feeds_a_histogram() -> None:
    assert [measure for metric in HISTOGRAMS for measure in metric.feeds] == list(DURATION_NAMES)


@pytest.mark.parametrize("metric", COUNTERS, ids=lambda metric: metric.name)
def test_what_feeds_a_label_is_in_its_closed_list(metric: Metric) -> None:
    assert set(metric.feeds.values()) <= set(metric.values or ("",))


def test_what_a_gateway_says_of_itself_is_not_what_a_worker_says() -> None:
    (worker,) = (metric for metric in METRICS if metric.name == "carebeat_ready")
    (gateway,) = (metric for metric in GATEWAY_METRICS if metric.name == "carebeat_ready")
    assert "partitions" in worker.meaning
    assert "partitions" not in gateway.meaning
