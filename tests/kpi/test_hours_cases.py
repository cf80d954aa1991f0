"""Worked cases of other help desks: business durations, due instants, local times that clocks skip or repeat."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.kpi.business_hours import Schedule
from app.kpi.openings import local_ms
from tests.kpi.hours import at, schedule

Case = dict[str, Any]


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[Case]:
    path = shared / "conformance" / "kpi_cases.json"
    if not path.is_file():
        pytest.skip(f"NO WORKED CASES at {path}: business time is not compared with other help desks")
    found: list[Case] = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return found


def of_kind(cases: list[Case], kind: str) -> list[Case]:
    found = [case for case in cases if case["kind"] == kind]
    assert found, f"no case of kind {kind} is left"
    return found


def schedule_of(case: Case) -> Schedule:
    def texts(by_day: dict[str, list[list[str]]]) -> dict[str, list[str]]:
        return {day: ["-".join(interval) for interval in intervals] for day, intervals in by_day.items()}

    return schedule(
        case["timezone"],
        texts(case["schedule"]),
        breaks=texts(case.get("breaks", {})),
        holidays=case["holidays"],
        special=texts(case.get("date_overrides", {})),
    )


def test_business_durations(cases: list[Case]) -> None:
    """Ours where we decided differently from the source."""
    for case in of_kind(cases, "business_duration"):
        expected = case.get("recommended_business_seconds", case["expected_business_seconds"])
        found_ms = schedule_of(case).open_ms(at(case["from"]), at(case["to"]))
        assert found_ms == round(expected * 1000), case["id"]


def test_due_instants(cases: list[Case]) -> None:
    for case in of_kind(cases, "deadline"):
        expected = case.get("recommended_due_at", case["expected_due_at"])
        due_ms = schedule_of(case).due_ms(at(case["start"]), case["target_business_seconds"] * 1000)
        assert due_ms == at(expected), case["id"]


def test_local_times(cases: list[Case]) -> None:
    for case in of_kind(cases, "configuration"):
        if "local" not in case["config"]:
            continue
        day, _, time = case["config"]["local"].partition("T")
        hour, minute, second = map(int, time.split(":"))
        found_ms = local_ms(
            datetime.fromisoformat(day).toordinal(), hour * 60 + minute, ZoneInfo(case["config"]["timezone"])
        )
        assert found_ms + second * 1000 == at(case["expected"]["utc"]), case["id"]
