from typing import get_args

import pytest

from app.kpi.measures import COUNT_NAMES
from app.kpi.rates import RATES, rates
from schemas.kpis import RateName


def test_every_rate_of_the_contract_is_made() -> None:
    assert set(RATES) == set(get_args(RateName))


def test_rates_are_of_measures() -> None:
    assert {measure.partition("|")[0] for share in RATES.values() for measure in (*share.part, *share.of)} <= set(
        COUNT_NAMES
    )


@pytest.mark.parametrize(
    ("name", "counts", "expected"),
    [
        ("response", {"waits_answered_in_time": 3, "waits_expired": 1}, (4, 0.75)),
        ("resolution", {"tickets_closed|idle": 1, "tickets_closed|resolved": 2, "tickets_opened": 2}, (2, 1.5)),
        ("messages_answered", {"messages_answered": 1, "messages_received": 3}, (3, 0.333333)),
        ("satisfied", {f"survey_scores|{score}": score for score in range(1, 6)}, (15, 0.6)),
        ("surveys_answered", {"surveys_sent": 4, "surveys_answered": 1}, (4, 0.25)),
        ("conversion", {"tickets_converted": 1, "tickets_opened": 2, "tickets_reopened": 2}, (2, 0.5)),
        ("deflection", {"deflections_offered": 5, "deflections_accepted": 2}, (5, 0.4)),
    ],
)
def test_a_rate_is_two_counts(name: str, counts: dict[str, int], expected: tuple[int, float]) -> None:
    assert rates(counts)[name] == expected


def test_without_a_denominator_there_is_no_rate() -> None:
    assert rates({"waits_answered": 1, "surveys_answered": 1}) == {}
