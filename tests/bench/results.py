"""What came out: as JSON, as a page, and as tables on the terminal."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table

from tests.bench.contest import PEERS, RATIOS, Contest
from tests.bench.machine import machine

FOLDER: Final = Path(__file__).parent
FULL_RATIO_AT_LEAST, COST_RATIO_AT_MOST, BYTES_AT_MOST, RECOVERY_SECONDS_AT_MOST = 25.0, 1.25, 1000.0, 5.0

Results = dict[str, Any]

_PREFACE = (
    "Made by `make bench` on {measured_on}: {rounds} rounds, peers in turns, medians. Real Kafka on the same machine takes "
    "its share of the cores, so ratios say more than rates. A figure is that of the steady part of a run, from 15 % to "
    "85 % of its events, with a backlog all the time. CPU time is that of the peer's process, without the broker's."
)


class Bar(NamedTuple):
    """Something that must hold."""

    what: str
    value: float
    limit: float
    at_least: bool

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def of_contest(contest: Contest, loads: list[float]) -> Results:
    """Figures of the peers."""
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "rounds": max(map(len, contest.figures.values()), default=0),
        "load_average_before_each_round": loads,
        "ratios": _rounded(contest.ratios(lambda figure: figure.events_per_second)),
        "cpu_ratios": _rounded(contest.ratios(lambda figure: figure.events_per_cpu_second)),
        "events_per_second": {
            name: {
                "median": round(contest.rate(name)),
                "rounds": [round(figure.events_per_second) for figure in figures],
                "per_cpu_second": [round(figure.events_per_cpu_second) for figure in figures],
            }
            for name, figures in contest.figures.items()
        },
        "full_partials": [{"written": run.partials, "unmerged": run.unmerged} for run in contest.full_runs],
    }


def _rounded(ratios: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in ratios.items()}


def bars(results: Results) -> list[Bar]:
    """What must hold, of what was measured."""
    found = []
    if "full_vs_naive_faust_small" in results.get("ratios", {}):
        ratio = results["ratios"]["full_vs_naive_faust_small"]
        found.append(Bar("full job against naive Faust's small job", ratio, FULL_RATIO_AT_LEAST, True))
    if "cost" in results:
        cost = results["cost"]
        what = f"cost of an event at {cost['many_tickets']:,} open tickets against {cost['few_tickets']:,}"
        found.append(Bar(what, cost["ratio"], COST_RATIO_AT_MOST, False))
    if "memory" in results:
        value = results["memory"]["bytes_per_open_ticket"]
        found.append(Bar("bytes of memory for an open ticket with six events", value, BYTES_AT_MOST, False))
    if "recovery" in results:
        recovery = results["recovery"]
        what = f"seconds from assignment to {recovery['open_tickets']:,} open tickets loaded"
        found.append(Bar(what, recovery["assigned_to_loaded_seconds"], RECOVERY_SECONDS_AT_MOST, False))
    return found


def show(console: Console, results: Results) -> None:
    """Tables."""
    for title, header, rows in _tables(results):
        table = Table(title=title, title_justify="left")
        for index, column in enumerate(header):
            table.add_column(column, justify="right" if index else "left")
        for row in rows:
            table.add_row(*row)
        console.print(table)


def write(results: Results) -> None:
    """`results.json` and `RESULTS.md` beside this file."""
    (FOLDER / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    (FOLDER / "RESULTS.md").write_text(page(results))


def page(results: Results) -> str:
    """The results as Markdown."""
    loads = ", ".join(f"{load:g}" for load in results["load_average_before_each_round"])
    lines = [
        "# Benchmark results",
        "",
        _PREFACE.format(**results),
        "",
        f"Load average before each round (from the second on, this benchmark is part of it): {loads}.",
    ]
    for title, header, rows in _tables(results):
        lines += ["", f"## {title}", "", _row(header), _row("---:" if index else "---" for index in range(len(header)))]
        lines += [_row(row) for row in rows]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


_Content = tuple[str, list[str], list[list[str]]]


def _tables(results: Results) -> list[_Content]:
    tables: list[_Content] = [
        ("What must hold", ["", "measured", "limit", ""], [_bar_row(bar) for bar in bars(results)])
    ]
    rates = results.get("events_per_second", {})
    if rates:
        header = ["ratio of events per second", "by the clock", "by CPU time"]
        tables.append(("Ratios", header, [_ratio_row(results, name) for name in RATIOS if name in results["ratios"]]))
        header = ["peer", "events/s", "each round", "per CPU second"]
        tables.append(("Peers", header, [_peer_row(name, rates[name]) for name in PEERS if name in rates]))
    tables += [
        (f"State: {name}", ["", "value"], [list(row) for row in _flat(results[name])])
        for name in ("cost", "memory", "recovery")
        if name in results
    ]
    if "machine" in results:
        tables.append(("Machine", ["", ""], [[name, value] for name, value in results["machine"].items()]))
    return tables


def _bar_row(bar: Bar) -> list[str]:
    limit = f"{'at least' if bar.at_least else 'at most'} {bar.limit:g}"
    return [bar.what, f"{bar.value:,.2f}", limit, "holds" if bar.holds else "FAILS"]


def _ratio_row(results: Results, name: str) -> list[str]:
    return [name, f"{results['ratios'][name]:.2f}", f"{results['cpu_ratios'][name]:.2f}"]


def _peer_row(name: str, rate: dict[str, Any]) -> list[str]:
    each, per_cpu = (", ".join(f"{value:,}" for value in rate[key]) for key in ("rounds", "per_cpu_second"))
    return [f"{name}: {PEERS[name]}", f"{rate['median']:,}", each, per_cpu]


def _flat(figures: dict[str, Any], before: str = "") -> Iterable[tuple[str, str]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name} ")
        else:
            yield f"{before}{name}".replace("_", " "), f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
