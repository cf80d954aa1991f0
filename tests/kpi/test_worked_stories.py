"""Conversations whose figures help desks have worked out: `explain` tells of each exactly those durations and verdicts."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.kpi.explain import Explainer, Passing, explain
from app.kpi.instants import instant_ms
from tests.kpi.story import Record, rules

_MEASURES = {"first_response_seconds": "first_response", "resolution_seconds": "resolution"}


def conversations(shared: Path) -> list[dict[str, Any]]:
    cases = json.loads((shared / "conformance" / "kpi_cases.json").read_text())["cases"]
    return [case for case in cases if case["kind"] == "conversation"]


def told(case: dict[str, Any]) -> Explainer:
    sla = ", ".join(f"{name.removesuffix('_seconds')}: {seconds}s" for name, seconds in case.get("sla", {}).items())
    of = rules(f"defaults: {{sla: {{{sla}}}}}" if sla else "")
    records, reached_ms, passing = [], 0, Passing(of)
    for number, event in enumerate(case["events"]):
        body = {"id": f"e{number}", "ticket_id": "t1", "channel": "web", **event}
        record = Record(number, 0, b"t1", json.dumps(body).encode())
        records.append((reached_ms, record))
        reached_ms = max(reached_ms, passing(record))
    return explain("t1", of, records, instant_ms(case["evaluate_at"]) if "evaluate_at" in case else reached_ms)


def seconds(explainer: Explainer, measure: str) -> list[float]:
    given = [each for step in explainer.steps for each in step.out.durations if each[2] == measure]
    return [duration_ms / 1000 for _, _, _, duration_ms, _, _ in given]


def test_every_conversation_is_told_with_the_figures_that_are_right(shared: Path) -> None:
    cases = conversations(shared)
    assert len(cases) >= 16
    compared = 0
    for case in cases:
        explainer, expected = told(case), {**case["expected"], **case.get("recommended", {})}
        for name, measure in _MEASURES.items():
            if name in expected:
                assert (case["id"], seconds(explainer, measure)) == (case["id"], [expected[name]])
                compared += 1
        if "response_seconds" in expected:
            assert (case["id"], seconds(explainer, "response")) == (case["id"], expected["response_seconds"])
            compared += 1
        for metric, state in expected.get("sla", {}).items():
            said = [each.state for step in explainer.steps for each in step.out.transitions if each.metric == metric]
            assert (case["id"], said) == (case["id"], [state])
            compared += 1
    assert compared >= len(cases)


@pytest.mark.parametrize("name", ["front-thank-you-then-close", "cw-pr13417-handoff-restarts-wait"])
def test_every_event_of_a_conversation_is_a_step(shared: Path, name: str) -> None:
    (case,) = (case for case in conversations(shared) if case["id"] == name)
    steps = [step for step in told(case).steps if step.event is not None]
    assert [step.what for step in steps] == ["stepped"] * len(case["events"])
