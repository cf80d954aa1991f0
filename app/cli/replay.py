"""`carebeat replay`: recorded events onto a topic of their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import click
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app import settings as environment
from app.cli.amounts import Speed, TickType
from app.cli.board.words import seconds_text
from app.cli.meter import Meter, rate_text
from app.cli.reach import reach
from app.cli.stopping import Stopping, run
from app.cli.terminal import console, say_seconds
from app.settings import Settings
from app.traffic import replay as recorded
from schemas.topics import EVENTS

_INTERRUPTED: Final = 130


_EXAMPLES = """\b
For example:
  export CAREBEAT_CLOCK=events CAREBEAT_TOPIC_PREFIX=history.
  carebeat topics create
  carebeat worker &
  carebeat replay events.jsonl.gz --tick-at-end 2026-04-01T00:00:00Z
  carebeat watch --window day
"""


@click.command("replay", epilog=_EXAMPLES)
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--speed",
    type=Speed(),
    metavar="X|max",
    default="max",
    show_default=True,
    help="How many times faster than it happened.",
)
@click.option("--tick-at-end", type=TickType(), help="Let time pass up to this instant after the last event.")
@click.option("--prefix", help="The topic prefix of the deployment to replay into, instead of CAREBEAT_TOPIC_PREFIX.")
@click.pass_context
def command(
    context: click.Context, path: Path, speed: float | None, tick_at_end: datetime | None, prefix: str | None
) -> None:
    """Send recorded events (JSON Lines, plain or .gz) to a deployment of their own, whose clock is the events'.

    Every line goes as it is, in order, keyed by its ticket. Sending a file again changes no figure. A live
    deployment (CAREBEAT_CLOCK=log) is refused, since history would count there as happening now.

    Reads CAREBEAT_KAFKA (and the security settings) and CAREBEAT_TOPIC_PREFIX.
    """
    settings = environment.load() if prefix is None else environment.load(topic_prefix=prefix)
    meter = Meter()
    replayed = run(lambda stopping: _replay(stopping, settings, path, speed, tick_at_end, meter))
    if replayed is None:
        click.echo(
            f"stopped after {meter.count:,} events. Start again from the beginning: what is sent twice counts once"
        )
        context.exit(_INTERRUPTED)
    _print_summary(settings, replayed, meter)


def _print_summary(settings: Settings, replayed: recorded.Replayed, meter: Meter) -> None:
    topic = EVENTS.full_name(settings.topic_prefix)
    took = f"{seconds_text(meter.elapsed_seconds)} ({rate_text(meter.mean_rate)})"
    click.echo(f"sent {replayed.events:,} events to {topic} at {settings.kafka} in {took}")
    if replayed.keyless:
        click.echo(f"{replayed.keyless:,} of them name no ticket: ticks, or lines that become dead letters")
    if replayed.too_long:
        click.echo(f"{replayed.too_long:,} lines were left out: longer than any topic takes")


async def _replay(
    stopping: Stopping, settings: Settings, path: Path, speed: float | None, tick_at_end: datetime | None, meter: Meter
) -> recorded.Replayed | None:
    """What was sent; None when stopped before the end."""
    done: list[recorded.Replayed] = []
    if not await stopping.during(reach(settings)):
        return None
    with _telling(path, meter) as progress:

        async def work() -> None:
            done.append(
                await recorded.replay(
                    settings.kafka,
                    settings.topic_prefix,
                    path,
                    speed=speed,
                    tick_at_end=tick_at_end,
                    progress=progress,
                    security=settings.kafka_security(),
                )
            )

        await stopping.during(work())
    return done[0] if done else None


@contextmanager
def _telling(path: Path, meter: Meter) -> Iterator[Callable[[recorded.Progress], None]]:
    """Takes progress: a bar for who looks, else a line every few seconds."""
    target = console(stderr=True)
    if not target.is_terminal:
        yield _lines(path, meter)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[events]}", style="dim"),
        TimeRemainingColumn(),
        TextColumn("left", style="dim"),
    )
    with Progress(*columns, console=target, transient=True) as bar:
        task = bar.add_task(escape(path.name), total=None, events="")

        def show(progress: recorded.Progress) -> None:
            meter.reached(progress.events)
            events = f"{progress.events:,} events, {rate_text(meter.recent_rate)}"
            bar.update(task, total=progress.bytes_total, completed=progress.bytes_done, events=events)

        yield show


def _lines(path: Path, meter: Meter) -> Callable[[recorded.Progress], None]:
    told_seconds = 0.0

    def show(progress: recorded.Progress) -> None:
        nonlocal told_seconds
        meter.reached(progress.events)
        if meter.elapsed_seconds - told_seconds >= say_seconds():
            told_seconds = meter.elapsed_seconds
            share = progress.bytes_done / max(progress.bytes_total, 1)
            click.echo(
                f"{path.name}: {share:.0%}, {progress.events:,} events, {rate_text(meter.recent_rate)}", err=True
            )

    return show
