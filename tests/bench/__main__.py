"""`python -m tests.bench`: peers in turns and the costs of state. `core` and `hours` alone are for work on the core.

Takes about ten minutes of an otherwise idle machine; a busy one gives other ratios.
"""

import asyncio
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from app.broker.embedded import EmbeddedKafka
from tests.bench import clocks, core, cost, gateway, hours, memory, recovery, results
from tests.bench.contest import PEERS, Contest
from tests.bench.figure import answer_of, python
from tests.bench.ground import Ground
from tests.bench.machine import load

STATE = ("cost", "memory", "recovery")


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    events: int
    naive_events: int
    few_tickets: int = cost.FEW_TICKETS
    many_tickets: int = cost.MANY_TICKETS
    turns: int = cost.TURNS
    memory_tickets: int = memory.TICKETS


WHOLE = Size(600_000, 20_000)
QUICK = Size(60_000, 4_000, few_tickets=2_000, many_tickets=20_000, turns=3, memory_tickets=10_000)


@click.group(invoke_without_command=True)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--quick", is_flag=True, help="Small figures, to see that all works; they mean nothing.")
@click.option("--only", multiple=True, type=click.Choice([*PEERS, *STATE]), help="Only this; may be given again.")
@click.pass_context
def bench(context: click.Context, rounds: int, quick: bool, only: tuple[str, ...]) -> None:
    """Measure everything and write results.json and RESULTS.md (a part, or --quick, is only shown)."""
    if context.invoked_subcommand is not None:
        return
    logging.basicConfig(level="ERROR")  # topics just made are not led yet; clients try again
    console = Console()
    with tempfile.TemporaryDirectory(prefix="carebeat-bench-") as folder:
        found = asyncio.run(_measure(console, Path(folder), QUICK if quick else WHOLE, rounds, list(only)))
    results.show(console, found)
    if not quick and not only:
        results.write(found)
        console.print("Written to results.json and RESULTS.md in tests/bench")
    missed = [bar.what for bar in results.bars(found) if not bar.holds]
    if missed and not quick:
        raise click.ClickException(f"What must hold does not: {'; '.join(missed)}. The figures are above.")


async def _measure(console: Console, folder: Path, size: Size, rounds: int, only: list[str]) -> dict[str, Any]:
    peers = [name for name in PEERS if not only or name in only]
    state = [name for name in STATE if not only or name in only]
    with console.status("starting") as status, EmbeddedKafka(heap_megabytes=1024, say=status.update) as kafka:
        ground = Ground(kafka.bootstrap, folder, size.events)
        found = await _contest(console, ground, size, rounds, peers) if peers else {}
        found |= await _state(console, ground, size, state)
    return found


async def _contest(console: Console, ground: Ground, size: Size, rounds: int, names: list[str]) -> dict[str, Any]:
    console.print(f"{size.events:,} events: writing, filling topics")
    contest, loads = Contest(ground, size.naive_events), []
    ground.write_traffic()
    await contest.prepare(names)
    for number in range(1, rounds + 1):
        loads.append(load())
        for name in names:
            figure = await contest.run(name)
            cpu = f"{figure.events_per_cpu_second:,.0f} per CPU second"
            console.print(f"round {number} of {rounds}: {name:11} {figure.events_per_second:10,.0f} events/s, {cpu}")
    return results.of_contest(contest, loads)


async def _state(console: Console, ground: Ground, size: Size, names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    log, entries = ground.folder / "state.log", ground.folder / "entries"
    if {"cost", "recovery"} & set(names):
        console.print(f"{size.few_tickets:,} and {size.many_tickets:,} open tickets")
        counts = ["--few", size.few_tickets, "--many", size.many_tickets, "--turns", size.turns]
        found["cost"] = await answer_of(python("__main__", "cost", *counts, "--state", entries), log)
    if "recovery" in names:
        console.print("taking them over")
        loaded = recovery.entries_of(entries.read_bytes())[: size.many_tickets]
        found["recovery"] = await recovery.measure(ground, "bench-recovery.", loaded)
    if "memory" in names:
        console.print(f"memory of {size.memory_tickets:,} tickets")
        found["memory"] = await answer_of(python("__main__", "memory", "--tickets", size.memory_tickets), log)
    return found


for part in (clocks, core, cost, gateway, hours, memory):
    bench.add_command(part.command)

if __name__ == "__main__":
    bench()
