import json
from typing import Any

import pytest
from rich.text import Text

from app.cli.board.displays import Display, JsonDisplay, PlainDisplay
from app.cli.board.figures import Figures
from app.cli.board.screen import Freshness
from tests.cli.records import at, encoded, transition, window


def _shown(display: Display, *steps: list[dict[str, Any]]) -> None:
    figures = Figures("hour", "support.")
    with display:
        for records in steps:
            for record in records:
                figures.take("support.kpis" if "window" in record else "support.sla", encoded(record))
            display.show(figures.view(), Freshness(at(30), 0), [Text("foot")])


def test_a_log_gets_one_line_for_all_channels(capsys: pytest.CaptureFixture[str]) -> None:
    _shown(PlainDisplay(), [window("email"), window("all")])
    assert capsys.readouterr().out.splitlines() == [
        (
            "10:30:00 open 30, waiting 7; opened 12, closed 5, replies 9; first response p50 1m12s, p95 12m34s; "
            "first-response SLA met 80%, breaches 2"
        )
    ]


def test_programs_get_rates_with_what_they_are_of(capsys: pytest.CaptureFixture[str]) -> None:
    _shown(JsonDisplay(), [window("all")])
    told = json.loads(capsys.readouterr().out)["channels"]["all"]
    assert (told["first_contact_resolved"], told["satisfied"]) == ({"of": 8, "value": 0.625}, None)


def test_a_log_gets_no_second_line_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    _shown(PlainDisplay(), [window("all")], [window("all", revision=2)])
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_log_gets_breaches_and_only_those(capsys: pytest.CaptureFixture[str]) -> None:
    _shown(PlainDisplay(), [window("all"), transition("t-1", "met"), transition("t-2", "breached")])
    told = capsys.readouterr().out.splitlines()[:-1]
    assert told == ["  10:00:00 BREACHED: whatsapp first response after 2m00s, ticket t-2"]


def test_a_log_is_not_flooded_by_breaches(capsys: pytest.CaptureFixture[str]) -> None:
    _shown(PlainDisplay(), [window("all"), *(transition(f"t-{number}", "breached") for number in range(9))])
    assert capsys.readouterr().out.splitlines()[5] == "  and 4 breaches before these"


def test_a_program_gets_a_line_for_each_change_with_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    first = [window("all"), transition("t-1", "at_risk", at(-1))]
    _shown(JsonDisplay(), first, first, [transition("t-1", "breached", at(0))])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [[change["state"] for change in line["transitions"]] for line in lines] == [["at_risk"], ["breached"]]
    assert {line["channels"]["all"]["open"] for line in lines} == {30}


def test_a_log_says_when_figures_are_stale(capsys: pytest.CaptureFixture[str]) -> None:
    figures = Figures("hour", "support.")
    figures.take("support.kpis", encoded(window("all")))
    PlainDisplay().show(figures.view(), Freshness(at(31), 0), [])
    assert capsys.readouterr().out.endswith("; STALE, 1m00s old\n")
