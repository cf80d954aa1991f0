"""What business time costs: one question at a time, for spans of an hour up to ten years."""

import json
from collections.abc import Callable, Iterator
from random import Random
from statistics import median, quantiles
from time import perf_counter_ns

import click
from rich.console import Console
from rich.table import Table

from app import config
from app.kpi.business_hours import Schedule
from tests.bench.core import collect_as_worker

LIMIT_US = 5.0
"""At the median, for a span of a week."""
_CONFIGURATION = """
schedules:
  office:
    zone: Europe/Berlin
    week: {mon-fri: "09:00-12:00, 13:00-17:30", sat: "10:00-14:00"}
    breaks: {mon-fri: "15:00-15:15"}
    holidays: {country: DE, subdivision: BY}
    special: {2026-12-24: "09:00-12:00"}
"""
_HOUR_MS = 3_600_000
_SPANS_MS = {
    name: hours * _HOUR_MS
    for name, hours in {"an hour": 1, "a day": 24, "a week": 168, "a year": 8760, "ten years": 87_600}.items()
}
_FIRST_MS, _LAST_MS = 1_262_304_000_000, 1_767_225_600_000  # 2010 and 2026


def made() -> Schedule:
    """A schedule as people have one."""
    return config.parse(_CONFIGURATION).schedules["office"].compiled()


def measure(calls: int) -> dict[str, dict[str, float]]:
    """Microseconds of each question: median and 99th percentile."""
    schedule, dice = made(), Random(5)
    schedule.open_ms(_FIRST_MS, _LAST_MS + _SPANS_MS["a year"])  # in a worker the table is there too
    collect_as_worker()
    found = {}
    for name, span_ms in _SPANS_MS.items():
        starts = [dice.randrange(_FIRST_MS, _LAST_MS - _SPANS_MS["ten years"]) for _ in range(calls)]
        found[f"open time of {name}"] = _figures(
            _timed(lambda at, span=span_ms: schedule.open_ms(at, at + span), starts)
        )
    for name in ("an hour", "a day", "a week"):
        target_ms, starts = _SPANS_MS[name], [dice.randrange(_FIRST_MS, _LAST_MS) for _ in range(calls)]
        found[f"due after {name}"] = _figures(_timed(lambda at, goal=target_ms: schedule.due_ms(at, goal), starts))
    return found


def _timed(ask: Callable[[int], int], starts: list[int]) -> Iterator[float]:
    for start_ms in starts:
        began_ns = perf_counter_ns()
        ask(start_ms)
        yield (perf_counter_ns() - began_ns) / 1000


def _figures(us: Iterator[float]) -> dict[str, float]:
    all_us = sorted(us)
    return {"p50_us": median(all_us), "p99_us": quantiles(all_us, n=100)[98]}


def first_us(years: int = 20) -> float:
    """Microseconds that a year takes when it is first asked for."""
    schedule, began_ns = made(), perf_counter_ns()
    schedule.open_ms(_FIRST_MS, _FIRST_MS + years * _SPANS_MS["a year"])
    return (perf_counter_ns() - began_ns) / 1000 / years


@click.command("hours")
@click.option("--calls", default=100_000, show_default=True, type=click.IntRange(100), help="Of each kind.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
def command(calls: int, as_json: bool) -> None:
    """Microseconds by the clock for open time and due instants, whatever the length of the span."""
    found = measure(calls)
    year_us = first_us()
    if as_json:
        click.echo(json.dumps({"calls": calls, "us": found, "first_year_us": year_us}))
        return
    table = Table(title=f"{calls:,} calls each, us a call")
    for column in ("question", "p50", "p99"):
        table.add_column(column, justify="left" if column == "question" else "right")
    for question, figures in found.items():
        table.add_row(question, f"{figures['p50_us']:.2f}", f"{figures['p99_us']:.2f}")
    console = Console()
    console.print(table)
    week_us = found["open time of a week"]["p50_us"]
    console.print(
        f"A week at the median: {week_us:.2f} us; {'holds' if week_us < LIMIT_US else 'FAILS'}: under {LIMIT_US} us"
    )
    console.print(f"A year, the first time it is asked for: {year_us / 1000:.1f} ms")
