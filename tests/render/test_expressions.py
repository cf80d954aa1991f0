"""Every expression parses, and asks only for what there is."""

import pytest

from app.metrics import GATEWAY_METRICS, METRICS
from tests.render.expressions import (
    board_expressions,
    counters_not_grown,
    measures,
    metric_names,
    rule_expressions,
    rules,
)

PROMETHEUS_OWN = {"up", "ALERTS"}
EVERY = [*rule_expressions(), *board_expressions()]
each = pytest.mark.parametrize("text", [one.text for one in EVERY], ids=[one.place for one in EVERY])


def _exported() -> set[str]:
    metrics = [*METRICS, *GATEWAY_METRICS]
    names = {metric.name for metric in metrics}
    histograms = [metric.name for metric in metrics if metric.kind == "histogram"]
    parts = {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}
    return (names - set(histograms)) | parts


def _recorded() -> set[str]:
    return {rule["record"] for rule in rules() if "record" in rule}


@each
def test_it_parses_and_names_at_least_one_metric_that_exists(text: str) -> None:
    names = metric_names(text)
    assert names <= _exported() | _recorded() | PROMETHEUS_OWN
    assert names or text == "vector(1)"


@each
def test_a_counter_is_only_asked_how_it_grows(text: str) -> None:
    assert counters_not_grown(text) == set()


@each
def test_it_keeps_to_one_job(text: str) -> None:
    assert all(name in PROMETHEUS_OWN or f"{name}{{job=" in text for name in metric_names(text))


def test_the_reader_of_expressions_sees_a_wrong_name() -> None:
    assert metric_names("sum(rate(no_such_total[5m])) / on () x > 1") == {"no_such_total", "x"}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("rate(x_total[5m]) / x_total", {"x_total"}),
        ("sum(increase(x_total[5m])) / sum(max_over_time(y_bucket[5m]))", {"y_bucket"}),
        ("sum by (le) (rate(x_bucket{a='b'}[5m])) > level", set()),
    ],
)
def test_the_reader_of_expressions_sees_one_wrong_use_beside_a_right_one(text: str, wrong: set[str]) -> None:
    assert counters_not_grown(text) == wrong


def test_a_measure_is_an_expression_without_its_comparison() -> None:
    assert measures("(sum(x) > 0) and on () (time() - min(y) < 120)") == ["sum(x)", "time() - min(y)"]
    assert measures('absent(x{job="a"} == 1)') == ['x{job="a"}']
