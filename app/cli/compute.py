"""`carebeat compute`: KPIs of recorded events, without a broker."""

from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from app.cli.amounts import TickType
from app.errors import ConfigurationError

_PARTITIONS_LIMIT = 1000


@click.command("compute")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
@click.option(
    "--partitions",
    default=1,
    show_default=True,
    type=click.IntRange(1, _PARTITIONS_LIMIT),
    help="Spread tickets as a topic with as many partitions would. The figures are the same.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Support configuration. Without: SLA 4 h, 24 h, 72 h, settle 72 h, UTC, nothing is forgotten.",
)
@click.option(
    "--tick-at-end",
    type=TickType(),
    help="Let time pass to this instant after the last event, so that deadlines and windows after it come due.",
)
def command(
    files: tuple[Path, ...], out: Path, partitions: int, config_path: Path | None, tick_at_end: datetime | None
) -> None:
    """Compute the KPIs of events in FILES (.jsonl or .jsonl.gz, one event a line, in order of arrival).

    The same core as the worker's, without a broker; time is that of the events. Writes to the folder OUT:

    \b
    kpis.jsonl          the last version of every window, as on the topic support.kpis
    sla.jsonl           every change of every SLA clock, as on support.sla
    samples.jsonl       every measured duration with its ticket, and what was taken back
    dead-letters.jsonl  lines that are no events, and why

    Example: carebeat compute events.jsonl.gz --tick-at-end 2025-03-01 --out kpis
    """  # noqa: D301 - the backslash is click's own: keep these lines as they are
    from app import config
    from app.compute import Compute
    from app.traffic.lines import size_bytes
    from app.traffic.replay import tick

    rules = config.rules(config.load(config_path), "events") if config_path else config.truth_rules()
    end = tick(tick_at_end, None) if tick_at_end else None
    try:
        run = Compute(rules, partitions, out)
    except OSError as error:
        raise ConfigurationError(f"--out {out} cannot be written ({error.strerror}): name another folder") from None
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task("computing", total=sum(map(size_bytes, files)), rate="")

        def progress(events: int, bytes_read: int) -> None:
            elapsed_seconds = bar.tasks[task].elapsed or 0
            rate = f"{events:,} events, {events / elapsed_seconds:,.0f}/s" if elapsed_seconds else ""
            bar.update(task, completed=bytes_read, rate=rate)

        totals = run.run(files, end, progress)
        bar.update(task, completed=bar.tasks[task].total, rate=f"{totals.events:,} events")
    console.print(
        f"{totals.events:,} events: {totals.windows:,} windows, {totals.transitions:,} SLA transitions, "
        f"{totals.samples:,} samples, {totals.dead_letters:,} dead letters in {out}"
    )
