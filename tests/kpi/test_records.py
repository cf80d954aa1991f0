"""What is published has the shape of the contract and says what the core gave."""

import base64
import json
from typing import Any

import pytest

from app.kpi.aggregate import Cell, Spread
from app.kpi.harvest import DeadLetter
from app.kpi.levels import Level
from app.kpi.measures import sla_measure
from app.kpi.merge import MergedWindow, Span
from app.kpi.records import dead_letter_record, kpi_record, sample_record, spread_record, transition
from schemas.dead_letters import DeadLetter as DeadLetterRecord
from schemas.kpis import KPIS, DimensionKpis
from schemas.samples import Sample
from schemas.sla import SlaTransition
from tests.kpi.story import HOUR, Desk, ms, told


def window(cell: Cell, level: Level = Level(0, 0, None)) -> MergedWindow:  # noqa: B008 - a tuple
    span = Span("hour", ms("10:00"))
    return MergedWindow("web", span, span.start_ms + HOUR, 41, False, ms("10:41:07.120"), cell, level)


def published(cell: Cell, level: Level = Level(0, 0, None)) -> dict[str, Any]:  # noqa: B008 - a tuple
    value = kpi_record(window(cell, level)).value
    KPIS.validate_json(value)
    record: dict[str, Any] = json.loads(value)
    return record


def lived() -> Desk:
    return told("10:00 message priority=high, 10:05 reply bot, 10:10 handover, 15:00 reply, 15:05 close, d9 10:00 now")


def test_a_window_says_which_and_in_what_version() -> None:
    record = published(Cell({"messages_received": 1}))
    names = ("channel", "window", "revision", "final", "stream_time")
    assert [record[name] for name in names] == [
        "web",
        {"kind": "hour", "start": "2026-03-02T10:00:00Z", "end": "2026-03-02T11:00:00Z"},
        41,
        False,
        "2026-03-02T10:41:07.120Z",
    ]


def test_its_key_is_channel_window_and_start() -> None:
    assert kpi_record(window(Cell())).key == b"web|hour|2026-03-02T10:00:00Z"


def test_counts_with_a_label_unfold() -> None:
    record = published(Cell({"replies_sent|agent": 180, "replies_sent|bot": 22, "waits_opened": 150}))
    assert record["counts"] == {"replies_sent": {"agent": 180, "bot": 22}, "waits_opened": 150}


def test_verdicts_stand_together_by_policy_version_and_metric() -> None:
    cell = Cell({sla_measure("a|b", "v1", "first_response", outcome): 7 for outcome in ("met", "breached")})
    assert published(cell)["sla"] == [
        {
            "policy": "a|b",
            "version": "v1",
            "metric": "first_response",
            "met": 7,
            "breached": 7,
            "cancelled": 0,
            "historic": 0,
        }
    ]


def test_a_response_rate_is_two_counts() -> None:
    record = published(Cell({"waits_answered_in_time": 135, "waits_expired": 16, "waits_answered": 140}))
    assert record["rates"] == {"response": {"of": 151, "value": 0.89404}}


def test_a_resolution_rate_is_closes_of_openings_and_reopenings() -> None:
    record = published(
        Cell({"tickets_closed|resolved": 3, "tickets_closed|spam": 1, "tickets_opened": 3, "tickets_reopened": 2})
    )
    assert record["rates"]["resolution"] == {"of": 5, "value": 0.8}


def test_settled_counts_are_rates_of_what_settled() -> None:
    record = published(Cell({"settled": 4, "one_touch": 1}))
    assert {name: rate["value"] for name, rate in record["rates"].items()} == {
        "first_contact_resolved": 0.0,
        "one_touch": 0.25,
        "no_human_reply": 0.0,
        "automated": 0.0,
    }


def test_there_is_no_rate_where_the_denominator_is_0() -> None:
    assert published(Cell({"replies_sent|agent": 1}))["rates"] == {}


def test_levels_name_the_start_of_the_oldest_wait() -> None:
    levels = published(Cell(), Level(3, 1, ms("09:14:09")))["levels"]
    assert levels == {"open": 3, "waiting": 1, "oldest_wait_started_at": "2026-03-02T09:14:09Z"}


def test_durations_are_in_seconds_with_an_exact_sum() -> None:
    spread = Spread()
    spread.add_samples([1_001, 2_002, 2_003])
    record = spread_record(spread)
    assert (record["count"], record["sum"], record["mean"]) == (3, 5.006, 1.669)


def test_minimum_and_maximum_come_from_the_outer_buckets() -> None:
    spread = Spread()
    spread.add_samples([60_000, 600_000])
    record = spread_record(spread)
    assert (record["min"], record["max"]) == (pytest.approx(60, rel=0.01), pytest.approx(600, rel=0.01))


def test_a_duration_without_samples_is_null_never_zero() -> None:
    assert spread_record(Spread()) == {"count": 0, "sum": 0, "mean": None}


def test_transitions_have_the_shape_of_the_contract() -> None:
    values = [transition(caused) for harvest in lived().harvests for caused in harvest.transitions]
    assert {SlaTransition.model_validate_json(value).ticket_id for value in values} == {"t1"}


def test_a_repeated_transition_has_the_same_id_and_others_have_others() -> None:
    caused = [caused for harvest in lived().harvests for caused in harvest.transitions]
    ids = [json.loads(transition(one))["id"] for one in caused]
    assert (len(set(ids)), [json.loads(transition(one))["id"] for one in caused]) == (len(ids), ids)


def test_a_transition_says_how_long_its_clock_has_run() -> None:
    caused = told("10:00 message, 10:05 reply").harvests[0].transitions[0]
    record = json.loads(transition(caused))
    assert (record["elapsed_seconds"], record["started_at"]) == (300.0, "2026-03-02T10:00:00Z")


def test_samples_have_the_shape_of_the_contract() -> None:
    records = [sample_record(sampled) for harvest in lived().harvests for sampled in harvest.samples]
    kpis = {Sample.model_validate_json(record.value).kpi for record in records}
    assert kpis >= {"first_response", "automated_response", "full_resolution"}


def test_a_retraction_has_the_id_of_what_it_takes_back() -> None:
    desk = told("10:00 message, 10:30 reply, 10:20 reply")
    records = [json.loads(sample_record(sampled).value) for sampled in desk.harvests[0].samples]
    given = {record["id"] for record in records if not record["retracted"]}
    assert {record["id"] for record in records if record["retracted"]} <= given


def test_a_dead_letter_holds_the_original_bytes() -> None:
    letter = DeadLetter(17, ms("10:00"), b"t1", b"\xffhello", "not-utf8", None)
    record = dead_letter_record(letter, "support.events", 3)
    checked = DeadLetterRecord.model_validate_json(record.value)
    assert (base64.b64decode(checked.value or ""), checked.value_bytes, record.key) == (
        b"\xffhello",
        6,
        b"support.events:3:17",
    )


def test_a_dead_letter_is_cut_at_64_kib_and_says_how_long_it_was() -> None:
    letter = DeadLetter(17, ms("10:00"), None, b"x" * 100_000, "too-large", None)
    checked = DeadLetterRecord.model_validate_json(dead_letter_record(letter, "support.events", 3).value)
    assert (len(base64.b64decode(checked.value or "")), checked.value_bytes) == (65_536, 100_000)


def test_a_dead_letter_of_no_value_has_none() -> None:
    letter = DeadLetter(17, ms("10:00"), None, None, "not-json", None)
    checked = DeadLetterRecord.model_validate_json(dead_letter_record(letter, "support.events", 3).value)
    assert (checked.value, checked.key) == (None, None)


def test_figures_of_a_dimension_name_it_and_have_no_levels() -> None:
    spread = Spread()
    spread.add_samples([754_250])
    cell = Cell({"replies_sent|agent": 1}, {"response": spread}, {"response": (754_250, "t1")})
    merged_window = window(cell)._replace(channel="agent:anna")
    record = json.loads(kpi_record(merged_window).value)
    KPIS.validate_python(record, strict=False)
    assert isinstance(KPIS.validate_json(kpi_record(merged_window).value), DimensionKpis)
    assert (record["dimension"], record["slowest_reply"]) == (
        "agent:anna",
        {"ticket_id": "t1", "seconds": 754.25},
    )
    assert {"channel", "levels"}.isdisjoint(record)
    assert kpi_record(merged_window).key == b"agent:anna|hour|2026-03-02T10:00:00Z"


@pytest.mark.parametrize(
    ("millionths", "text"),
    [
        (12_500_000, "12.5"),
        (12_000_000, "12"),
        (1, "0.000001"),
        (100_000_000, "100"),
        (10**20 - 1, "99999999999999.999999"),
    ],
)
def test_revenue_is_exact_decimal_text_and_no_count(millionths: int, text: str) -> None:
    record = published(Cell({"revenue|EUR": millionths, "revenue|USD": 1_000_000, "tickets_converted": 1}))
    assert (record["revenue"], record["counts"]) == ({"EUR": text, "USD": "1"}, {"tickets_converted": 1})


def test_without_orders_there_is_no_revenue() -> None:
    assert "revenue" not in published(Cell({"messages_received": 1}))
