"""The boards as Grafana reads them: what its linter wants, by our own rules."""

import json
import re
from typing import Any

import pytest

from app import config
from app.operations import Operations
from app.render.boards.frame import as_file
from app.render.boards.goals import goals_board
from app.render.boards.limits import section
from app.render.boards.overview import overview
from app.render.boards.runbook import sections
from tests.render.expressions import BOARDS, ROOT, rules

BOARD = json.loads((BOARDS / "support.json").read_text())
RUNBOOK = json.loads((BOARDS / "runbook.json").read_text())
GOALS = json.loads((BOARDS / "goals.json").read_text())
QUALITY = json.loads((BOARDS / "quality.json").read_text())
PANELS = [*BOARD["panels"], *GOALS["panels"], *QUALITY["panels"]]
panels = pytest.mark.parametrize("panel", PANELS, ids=[panel["title"] for panel in PANELS])
boards = pytest.mark.parametrize(
    "board", [BOARD, GOALS, QUALITY, RUNBOOK], ids=["support", "goals", "quality", "runbook"]
)
figures = pytest.mark.parametrize("board", [BOARD, GOALS, QUALITY], ids=["support", "goals", "quality"])


def made(text: str) -> Any:
    return json.loads(as_file(overview(config.parse(text))))


def panel_of(board: Any, title: str) -> Any:
    return next(panel for panel in board["panels"] if panel["title"] == title)


def steps_of(panel: Any) -> list[tuple[float | None, str]]:
    return [(step["value"], step["color"]) for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]


@panels
def test_a_panel_says_what_it_shows_and_in_which_unit(panel: Any) -> None:
    assert panel["title"]
    assert len(panel["description"]) > 20
    assert panel["fieldConfig"]["defaults"]["unit"]


@panels
def test_a_panel_and_its_queries_use_the_chosen_data_source(panel: Any) -> None:
    sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)


@panels
def test_a_query_is_of_the_chosen_job_and_channels(panel: Any) -> None:
    for target in panel["targets"]:
        assert 'job=~"$job"' in target["expr"]
        of_channels = target["expr"].replace("support_schedule_open", "")
        assert ('channel=~"$channel"' in of_channels) == ("support_" in of_channels)


@panels
def test_a_rate_follows_the_resolution_of_the_graph(panel: Any) -> None:
    for target in panel["targets"]:
        windows = set(re.findall(r"(?:rate|increase)\([^[]*\[([^]]*)]", target["expr"]))
        assert windows <= ({"$__rate_interval"} if panel["type"] == "timeseries" else {"$__range"})


@boards
def test_panels_have_numbers_of_their_own_and_do_not_overlap(board: Any) -> None:
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells


def test_the_first_row_is_the_glance() -> None:
    assert [panel["title"] for panel in BOARD["panels"] if panel["gridPos"]["y"] == 0] == [
        "Waiting",
        "At risk",
        "Breached now",
        "Oldest wait",
        "Attainment",
        "First response p50",
        "First response p90",
        "Data is behind by",
    ]


@figures
def test_all_of_it_fits_one_screen_of_28_rows(board: Any) -> None:
    assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"]) <= 28


@figures
def test_variables_are_as_dashboards_have_them(board: Any) -> None:
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    assert list(variables) == ["datasource", "job", "channel", "priority"]
    for name in ("channel", "priority"):
        chosen = variables[name]
        assert (chosen["multi"], chosen["includeAll"], chosen["allValue"], chosen["refresh"]) == (True, True, ".+", 2)


@boards
def test_a_board_has_a_stable_name_and_cannot_be_edited_in_place(board: Any) -> None:
    assert board["uid"].startswith("carebeat-")
    assert len(board["description"]) > 30
    assert (board["editable"], board["tags"]) == (False, ["carebeat"])
    assert "runbook" in json.dumps(board["links"])
    assert "inControlsMenu" not in json.dumps(board["links"])


def test_pages_are_marked_in_every_graph() -> None:
    (annotation,) = BOARD["annotations"]["list"]
    assert annotation["expr"].startswith('ALERTS{alertstate="firing",severity="page"')


def test_thresholds_follow_the_configuration() -> None:
    board = made(
        "defaults: {objective: 0.7, at_risk: 0.5, sla: {first_response: 100s}}\n"
        "channels: {chat: {objective: 0.95, sla: {next_response: 20s}}, email: }\noperations: {stalled_after: 10m}"
    )
    assert steps_of(panel_of(board, "Attainment")) == [(None, "red"), (0.7, "green")]
    assert steps_of(panel_of(board, "First response p50")) == [(None, "green"), (50, "orange"), (100, "red")]
    assert steps_of(panel_of(board, "Oldest wait")) == [(None, "green"), (20, "orange"), (86_400, "red")]
    assert steps_of(panel_of(board, "Data is behind by")) == [(None, "green"), (300, "orange"), (600, "red")]
    (own,) = panel_of(board, "Attainment by channel")["fieldConfig"]["overrides"]
    assert own["matcher"]["options"] == "chat"
    assert own["properties"][0]["value"]["steps"][1]["value"] == 0.95


def test_the_age_of_a_wait_is_held_against_targets_in_calendar_time() -> None:
    text = (
        'schedules: {office: {zone: UTC, week: {mon: "09:00-17:00"}}}\n'
        "channels: {chat: {sla_schedule: office, sla: {first_response: 1m}}, email: }\n"
        "policies: [{name: vip, match: {channel: email, tags: x}, sla: {first_response: 10m}}]"
    )
    assert steps_of(panel_of(made(text), "Oldest wait")) == [(None, "green"), (600, "orange"), (86_400, "red")]


def test_goals_colour_their_figures() -> None:
    text = (
        "defaults: {goals: {resolution: {good: 2h, acceptable: off, alarm: 4h}, response_rate: {good: 0.8, alarm: 0.5}}}\n"
        "channels: {chat: {goals: {response_rate: {good: 0.9}}}, email: }"
    )
    board = json.loads(as_file(goals_board(config.parse(text))))
    assert steps_of(panel_of(board, "Resolution p50")) == [(None, "green"), (7200, "orange"), (14_400, "red")]
    assert steps_of(panel_of(board, "Response p50")) == [(None, "green"), (1200, "orange")]
    assert steps_of(panel_of(board, "Response rate")) == [(None, "red"), (0.5, "orange"), (0.8, "green")]
    (own,) = panel_of(board, "Response rate by channel")["fieldConfig"]["overrides"]
    assert own["matcher"]["options"] == "chat"
    assert "good 2 h, alarm 4 h" in panel_of(board, "Resolution p50")["description"]


def test_without_any_level_a_goal_has_no_colour() -> None:
    text = "defaults: {goals: {response: {good: off}}}"
    board = json.loads(as_file(goals_board(config.parse(text))))
    assert steps_of(panel_of(board, "Response p50")) == [(None, "blue")]
    assert "no goal" in panel_of(board, "Response p50")["description"]


def test_a_link_to_the_runbook_leads_to_a_section() -> None:
    """By the number of a panel that is there: Grafana knows no anchors."""
    shown = {f"{Operations().grafana_url}/d/{RUNBOOK['uid']}?viewPanel={panel['id']}" for panel in RUNBOOK["panels"]}
    linked = [link["url"] for panel in PANELS for link in panel.get("links", [])]
    paged = {rule["annotations"]["runbook_url"]: rule["alert"] for rule in rules() if "alert" in rule}
    assert linked
    assert {*linked, *paged} <= shown
    titles = {str(panel["id"]): panel["title"] for panel in RUNBOOK["panels"]}
    assert {url: titles[url.partition("viewPanel=")[2]] for url in paged} == paged
    assert len(titles) == len(RUNBOOK["panels"])


def test_a_runbook_elsewhere_has_an_anchor_for_each_section() -> None:
    elsewhere = config.parse("operations: {runbook_url: https://wiki.example.org/carebeat}")
    assert section(elsewhere, "SupportSlaBreached") == "https://wiki.example.org/carebeat#supportslabreached"


def test_each_section_of_the_runbook_is_a_panel() -> None:
    titles = [title for title, _ in sections((ROOT / "deploy" / "runbook.md").read_text())]
    assert [panel["title"] for panel in RUNBOOK["panels"]] == titles
