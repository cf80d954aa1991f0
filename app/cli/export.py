"""`carebeat export`: windows as a table."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO
from zoneinfo import ZoneInfo

import click
from pydantic import ValidationError
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from app import clock
from app import config as support_config
from app import settings as environment
from app.cli.local_instants import local_instant_ms
from app.cli.stopping import run_to_end
from app.cli.table import source
from app.cli.table.columns import Row, columns, row
from app.cli.table.formats import FORMATS
from app.cli.table.selection import DIMENSIONS, KINDS, Newest, Selection
from app.cli.terminal import console
from app.config import Config
from app.errors import ConfigurationError
from app.settings import Settings
from schemas.kpis import KPIS
from schemas.topics import KPIS as KPIS_TOPIC

_NOTHING_STATUS: Final = 1
_EXAMPLES = """\b
For example:
  carebeat export --window day --from 2026-03-01 --to 2026-04-01 --out march.csv
  carebeat export --window week --channel all --format jsonl | jq .first_response_p95_seconds
  carebeat export --window month --dimension agent --out agents.csv
  carebeat export --window quarter --file kpis/kpis.jsonl
"""


@click.command("export", epilog=_EXAMPLES)
@click.option("--window", "kind", type=click.Choice(KINDS), default="day", show_default=True, help="Which windows.")
@click.option("--from", "start", metavar="INSTANT", help="Only windows that begin at or after it.")
@click.option("--to", "end", metavar="INSTANT", help="Only windows that begin before it.")
@click.option("--channel", "channels", multiple=True, help="Only this channel, or `all`; may be given several times.")
@click.option("--dimension", type=click.Choice(DIMENSIONS), help="Figures by this instead of by channel.")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="csv", show_default=True, help="How rows are written."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; without, standard output.")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="kpis.jsonl of `carebeat compute` (.gz too) instead of Kafka.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Support configuration; without, that of CAREBEAT_CONFIG, else the packaged one (with --file: as `compute`).",
)
@click.pass_context
def command(
    context: click.Context,
    kind: str,
    start: str | None,
    end: str | None,
    channels: tuple[str, ...],
    dimension: str | None,
    form: str,
    out: Path | None,
    path: Path | None,
    config_path: Path | None,
) -> None:
    """Write windows as a table: one row for each channel and window, its newest version, in order of time.

    Columns have the names of the KPI topic's fields (tickets_closed_resolved, first_response_p95_seconds) and are always the same;
    `final` says whether a row can still change. `all` is the sum of the other channels: leave one or the other out when you add up.

    INSTANT is RFC 3339, or a date or time in the reporting zone (2026-03-01, 2026-03-01T09:00), or now; instants in the table are in that
    zone too, with their offset. In CSV a name that a spreadsheet would run as a formula has an apostrophe before it.

    Reads CAREBEAT_KAFKA (and the security settings), CAREBEAT_TOPIC_PREFIX, CAREBEAT_CONFIG. Ends with status 1 when there is no such window.
    """
    if channels and dimension:
        raise click.UsageError("--channel and --dimension are two views of the same figures: leave one out")
    settings = environment.load()
    zone = ZoneInfo(_configured(settings, config_path, is_file=path is not None).reporting_zone)
    from_ms, to_ms = _instant(start, zone, "--from"), _instant(end, zone, "--to")
    if from_ms is not None and to_ms is not None and from_ms >= to_ms:
        raise click.UsageError(f"--from {start} is not before --to {end}: no window can begin in between")
    newest = Newest(Selection(kind, from_ms, to_ms, channels, dimension))
    where = _read(settings, path, newest)
    rows = _rows(newest, zone)
    if newest.unreadable:
        click.echo(f"{newest.unreadable:,} records were not readable: written by another version?", err=True)
    if not rows:
        click.echo(_nothing(kind, channels, dimension, start, end, newest.others, where), err=True)
        context.exit(_NOTHING_STATUS)
    with _opened(out) as to:
        FORMATS[form](to, columns(rows, dimension), rows)
    if out is not None:
        click.echo(f"{len(rows):,} {kind} windows in {out}", err=True)


def _configured(settings: Settings, path: Path | None, *, is_file: bool) -> Config:
    named = path or settings.config
    return Config() if is_file and named is None else support_config.load(named)


def _instant(text: str | None, zone: ZoneInfo, option: str) -> int | None:
    if text is None:
        return None
    if text == "now":
        return clock.wall_milliseconds()
    try:
        return local_instant_ms(text, zone)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _read(settings: Settings, path: Path | None, newest: Newest) -> str:
    """Take in all there is; where that was."""
    with _progress(newest) as progress:
        if path is not None:
            source.from_file(path, newest, progress)
            return str(path)
        topic = KPIS_TOPIC.full_name(settings.topic_prefix)
        security = settings.kafka_security()
        run_to_end(source.from_topic(settings.kafka, topic, newest, security=security, progress=progress))
        return f"{topic} at {settings.kafka}"


@contextmanager
def _progress(newest: Newest) -> Iterator[source.Progress]:
    parts = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[found]}"), TimeRemainingColumn())
    to = console(stderr=True)
    with Progress(*parts, console=to, transient=True, disable=not to.is_terminal) as bar:
        task = bar.add_task("reading", total=None, found="")

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, found=f"{len(newest):,} windows")

        yield tell


def _rows(newest: Newest, zone: ZoneInfo) -> list[Row]:
    rows: list[Row] = []
    for record in newest.records():
        try:
            rows.append(row(KPIS.validate_json(record), zone))
        except ValidationError:
            newest.unreadable += 1
    return rows


def _nothing(
    kind: str,
    channels: tuple[str, ...],
    dimension: str | None,
    start: str | None,
    end: str | None,
    others: int,
    where: str,
) -> str:
    of = f" by {dimension}" if dimension else f" of {' or '.join(channels)}" if channels else ""
    since, until = f" from {start}" if start else "", f" to {end}" if end else ""
    hint = (
        f"{others:,} other records are there: see --window, --from, --to, --channel"
        if others
        else "nothing else is there either: has the worker published yet, and is CAREBEAT_TOPIC_PREFIX that of the deployment?"
    )
    return f"no {kind} window{of}{since}{until} in {where}; {hint}"


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is there only when it is whole."""
    if out is None:
        yield sys.stdout
        return
    try:
        if out.exists() and not out.is_file():  # a pipe or a device
            with out.open("w", encoding="utf-8", newline="") as file:
                yield file
            return
        part = out.with_name(f".{out.name}.part")
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                yield file
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(f"--out {out} cannot be written ({error.strerror}): name another file") from None
