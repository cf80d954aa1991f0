"""The reference against what there is: nothing is left out, nothing is named that does not exist."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from pydantic import BaseModel

from app.cli import carebeat
from app.kpi.measures import COUNT_NAMES, DURATION_NAMES, REVENUE
from app.kpi.rates import RATES
from app.kpi.reference import KPIS, SECTIONS, Kpi
from app.kpi.reference.__main__ import PAGE, main
from app.kpi.reference.help_desks import DIFFERENCES, HELP_DESKS
from app.kpi.reference.page import page
from app.metrics import METRICS
from schemas.kpis import ChannelKpis

ROOT = Path(__file__).parents[2]
OF_PANELS = {
    f"{board['title']}: {panel['title']}"
    for board in (json.loads(path.read_text()) for path in (ROOT / "grafana" / "dashboards").glob("*.json"))
    for panel in board["panels"]
}
each = pytest.mark.parametrize("kpi", KPIS.values(), ids=list(KPIS))


def test_every_measure_is_part_of_a_kpi() -> None:
    told = {measure for kpi in KPIS.values() for measure in kpi.measures}
    assert told == {*COUNT_NAMES, *DURATION_NAMES, REVENUE.name, "sla"}


def test_every_rate_is_a_kpi() -> None:
    told = {field.removeprefix("rates.") for kpi in KPIS.values() for field in kpi.fields if field.startswith("rates.")}
    assert told == set(RATES)


def test_every_metric_of_support_belongs_to_a_kpi_or_to_what_is_configured() -> None:
    told = {metric for kpi in KPIS.values() for metric in kpi.metrics}
    beside = re.compile(
        r"support_(window|sla_target|goal|schedule|channel_last_event|(agent|team|topic|tag)_)"  # the same by another label
    )
    left_out = {
        metric.name for metric in METRICS if metric.name.startswith("support_") and not beside.match(metric.name)
    }
    assert left_out <= told


@each
def test_metrics_exist(kpi: Kpi) -> None:
    assert set(kpi.metrics) <= {metric.name for metric in METRICS}


def exists(field: str) -> bool:
    """Whether a record of the topic can have that field."""
    top, _, name = field.partition(".")
    annotation: Any = ChannelKpis.model_fields[top].annotation
    models = [
        one for one in (annotation, *get_args(annotation)) if isinstance(one, type) and issubclass(one, BaseModel)
    ]
    names = {word for one in get_args(annotation) if hasattr(one, "__args__") for word in get_args(one)}
    return not name or name in names or any(name in model.model_fields for model in models)


@each
def test_fields_exist(kpi: Kpi) -> None:
    assert all(exists(field) for field in kpi.fields)


def test_a_field_that_does_not_exist_is_seen() -> None:
    fields = ("durations.handle_business", "counts.nothing", "levels.at_risk", "rates.sla", "durations.handle")
    assert [exists(field) for field in fields] == [False, False, False, False, True]


@each
def test_boards_have_those_panels(kpi: Kpi) -> None:
    assert set(kpi.boards) <= OF_PANELS


@each
def test_commands_exist(kpi: Kpi) -> None:
    assert set(kpi.commands) <= set(carebeat.list_commands(click.Context(carebeat)))


@each
def test_it_can_be_found_somewhere(kpi: Kpi) -> None:
    assert kpi.fields or kpi.metrics
    assert kpi.question.endswith("?")
    assert all((kpi.meaning, kpi.leaves_out, kpi.unit, kpi.once_per))


def test_names_are_there_once() -> None:
    assert sum(map(len, SECTIONS.values())) == len(KPIS)


def test_differences_are_of_kpis_and_of_help_desks_that_have_a_column() -> None:
    assert {one.kpi for one in DIFFERENCES} <= KPIS.keys()
    assert all(one.theirs and one.theirs.keys() <= set(HELP_DESKS) for one in DIFFERENCES)


def test_links_on_the_page_lead_to_a_heading() -> None:
    made = page()
    headings = {line.removeprefix("### ") for line in made.splitlines() if line.startswith("### ")}
    assert set(re.findall(r"\(#(\w+)\)", made)) == headings


def test_rows_of_a_table_have_as_many_cells_as_its_head() -> None:
    rows = [line for line in page().splitlines() if line.startswith("|")]
    widths = [row.count("|") for row in rows if "---" in row]
    assert {row.count("|") for row in rows} == set(widths)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make schemas"


def test_a_page_that_was_changed_by_hand_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "docs" / "kpis.md"
    assert (main(["--check"], path), main([], path), main(["--check"], path)) == (1, 0, 0)
    path.write_text(path.read_text() + "more\n")
    assert main(["--check"], path) == 1
    assert "make schemas" in capsys.readouterr().err
