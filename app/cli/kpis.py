"""`carebeat kpis`: what each KPI means."""

from difflib import get_close_matches
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from app.cli.terminal import console, write_json
from app.kpi.reference import KPIS, SECTIONS, Kpi
from app.kpi.reference.help_desks import DIFFERENCES
from app.kpi.reference.page import facts

_EXAMPLES = """\b
For example:
  carebeat kpis
  carebeat kpis first_response_queue
  carebeat kpis support_handle_seconds        whose metric, field or figure is this?
  carebeat kpis --json | jq -r .name
"""


@click.command("kpis", epilog=_EXAMPLES)
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per KPI.")
def command(name: str | None, as_json: bool) -> None:
    """What each KPI answers; with NAME, what it means exactly, what it leaves out and where it is to be found.

    NAME is a KPI, or what it is called where it was seen: a metric (support_handle_seconds), a field of a record
    (rates.satisfied), a figure (first_response_business). Reads nothing and asks nobody.
    """
    chosen = list(KPIS.values()) if name is None else _find(name)
    if as_json:
        for kpi in chosen:
            write_json(_as_json(kpi))
    elif name is None:
        _show_list()
    else:
        for kpi in chosen:
            _show(kpi)


def _find(name: str) -> list[Kpi]:
    asked = name.strip().lower().replace("-", "_").replace(" ", "_")
    if asked in KPIS:
        return [KPIS[asked]]
    by_name = _by_name()
    if asked in by_name:
        return by_name[asked]
    near = get_close_matches(asked, [*KPIS, *by_name], n=1)
    hint = f"Did you mean `{near[0]}`?" if near else "`carebeat kpis` lists all."
    raise click.UsageError(f"There is no KPI {name!r}. {hint}")


def _by_name() -> dict[str, list[Kpi]]:
    """What a KPI is called elsewhere -> the KPIs that it is part of."""
    found: dict[str, list[Kpi]] = {}
    for kpi in KPIS.values():
        for name in dict.fromkeys((*kpi.metrics, *kpi.fields, *kpi.measures)):
            found.setdefault(name, []).append(kpi)
    return found


def _as_json(kpi: Kpi) -> dict[str, Any]:
    differences = [{"case": one.case, "carebeat": one.ours, **one.theirs} for one in DIFFERENCES if one.kpi == kpi.name]
    return {**kpi._asdict(), "differences": differences}


def _show_list() -> None:
    for heading, kpis in SECTIONS.items():
        table = _grid()
        for kpi in kpis:
            table.add_row(Text(kpi.name, "bold"), kpi.question)
        console().print(Text(heading, "dim"), table, Text(""))
    click.echo("carebeat kpis NAME says what one means, what it leaves out and where it is to be found.")


def _show(kpi: Kpi) -> None:
    table = _grid()
    for label, text in (("Means", kpi.meaning), *facts(kpi)):
        table.add_row(Text(label, "dim"), text)
    for one in DIFFERENCES:
        if one.kpi == kpi.name:
            theirs = "; ".join(f"{desk}: {text}" for desk, text in one.theirs.items())
            table.add_row(Text("Elsewhere", "dim"), f"{one.case}. Here: {one.ours}. {theirs}.")
    console().print(Text(f"{kpi.name}: {kpi.question}", "bold"), table)


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table
