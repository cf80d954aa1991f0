"""One published window as one flat row."""

from typing import Any
from zoneinfo import ZoneInfo

from app.cli.table.columns import Row, columns, row
from schemas.kpis import KPIS
from tests.cli.records import window

BERLIN = ZoneInfo("Europe/Berlin")


def made(record: dict[str, Any] | None = None, zone: ZoneInfo = BERLIN) -> Row:
    return row(KPIS.validate_python(record or window(), strict=False), zone)


def anna() -> dict[str, Any]:
    record = {**window(), "dimension": "agent:anna", "slowest_reply": {"ticket_id": "t1", "seconds": 2.5}}
    del record["channel"], record["levels"]
    return record


def test_counts_have_their_names_and_those_with_labels_one_column_each() -> None:
    found = made()
    names = (
        "tickets_opened",
        "tickets_closed_resolved",
        "tickets_closed_idle",
        "replies_sent_agent",
        "replies_sent_bot",
    )
    assert [found[name] for name in names] == [12, 3, 2, 9, 0]


def test_durations_are_count_mean_and_quantiles_in_seconds() -> None:
    found = made()
    kinds = ("count", "mean_seconds", "p50_seconds", "p95_seconds")
    assert [found[f"first_response_queue_{kind}"] for kind in kinds] == [8, 112.5, 72.0, 754.0]
    assert [found[f"resolution_{kind}"] for kind in kinds] == [0, None, None, None]


def test_verdicts_of_all_policies_are_added_up() -> None:
    found = made()
    kinds = ("met", "breached", "cancelled", "attainment")
    assert [found[f"sla_first_response_{kind}"] for kind in kinds] == [8, 2, 0, 0.8]
    assert [found[f"sla_resolution_{kind}"] for kind in kinds] == [0, 0, 2, None]


def test_rates_are_a_share_and_what_it_is_of() -> None:
    found = made({**window(), "rates": {"response": {"of": 8, "value": 0.5}}})
    assert (found["response_rate"], found["response_rate_of"], found.get("resolution_rate")) == (0.5, 8, None)


def test_instants_are_local_with_their_offset() -> None:
    found = made()
    assert (found["start"], found["end"]) == ("2026-03-02T11:00:00+01:00", "2026-03-02T12:00:00+01:00")
    assert found["oldest_wait_started_at"] == "2026-03-02T11:00:00+01:00"


def test_a_dimension_has_its_slowest_reply_and_no_levels() -> None:
    found = made(anna())
    assert (found["dimension"], found["slowest_reply_ticket_id"], found["slowest_reply_seconds"]) == (
        "agent:anna",
        "t1",
        2.5,
    )
    assert {"channel", "open", "waiting"}.isdisjoint(found)


def test_columns_are_the_same_whatever_is_in_the_rows() -> None:
    record = window()
    empty = made({**record, "counts": {}, "durations": {}, "sla": [], "levels": None})
    assert columns([made()], None) == columns([empty], None) == columns([], None)
    assert columns([made(anna())], "agent") == columns([], "agent")


def test_every_column_of_a_row_is_there_once() -> None:
    for record, dimension in ((window(), None), (anna(), "agent")):
        names = columns([], dimension)
        assert len(set(names)) == len(names)
        assert made(record).keys() <= set(names)


def test_quick_replies_and_currencies_come_at_the_end_as_they_occur() -> None:
    counts = {"quick_replies": {"=yes": 3}}
    found = made({**window(), "counts": counts, "revenue": {"EUR": "12.5"}})
    assert columns([found], None)[-2:] == ["quick_replies_=yes", "revenue_EUR"]
    assert (found["quick_replies_=yes"], found["revenue_EUR"]) == (3, "12.5")
