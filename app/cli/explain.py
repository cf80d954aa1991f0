"""`carebeat explain`: one ticket's events, what each did, and what happens next."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from app import config as support_config
from app import settings as environment
from app.cli import ticket_log
from app.cli.amounts import InstantType
from app.cli.board.words import safe_text
from app.cli.stopping import run_to_end
from app.cli.terminal import console, write_json
from app.cli.ticket_log import TicketLog
from app.cli.timeline.content import present_content, step_content
from app.cli.timeline.words import heading, lines, present_lines, when
from app.config import Config
from app.kpi.explain import Cause, Explainer, Step, explain
from app.kpi.rules import Rules
from app.settings import Settings
from schemas.topics import EVENTS

_NO_EVENTS_STATUS: Final = 1
_STYLES: Final = {Cause.EVENT: "bold", Cause.TIMER: "cyan", Cause.REFUSED: "bold red"}
_WITHOUT_EFFECT: Final = ("duplicate", "conflicting", "too_old")

_LATE_MS: Final = 1000
"""From here on it is worth saying when an event was read."""

_EXAMPLES = """\b
For example:
  carebeat explain 4711
  carebeat explain 4711 --since 2026-03-01T00:00:00Z
  carebeat explain 4711 --log events.jsonl.gz --until 2026-03-08T00:00:00Z
  carebeat explain 4711 --json | jq -c 'select(.outcome == "duplicate")'
"""


@click.command("explain", epilog=_EXAMPLES)
@click.argument("ticket_id", metavar="TICKET")
@click.option(
    "--log",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Recorded events (.jsonl, .jsonl.gz) instead of Kafka; several in order.",
)
@click.option("--since", type=InstantType(), help="Read Kafka from here on only; earlier events are then not known.")
@click.option("--until", type=InstantType(), help="Let time pass to this instant at the end, as if nothing else came.")
@click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Support configuration; without, that of CAREBEAT_CONFIG, else the packaged one (with --log: as `compute`).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line: each step, then the present.")
@click.pass_context
def command(
    context: click.Context,
    ticket_id: str,
    files: tuple[Path, ...],
    since: datetime | None,
    until: datetime | None,
    config_path: Path | None,
    as_json: bool,
) -> None:
    """Show every event of TICKET and every timer that fired, what each did, how the ticket stands and what happens next.

    Its events are read from its partition of the events topic, all of it unless --since says from where, and go through
    the same core as in the worker, under the present configuration. Duplicates, late and refused events are marked with
    the reason. Reading disturbs nobody: it joins no group and writes nothing.

    Reads CAREBEAT_KAFKA (and the security settings), CAREBEAT_TOPIC_PREFIX, CAREBEAT_CONFIG, CAREBEAT_CLOCK.
    """
    if files and since is not None:
        raise click.UsageError("--since is for Kafka; files are read whole. Leave out one of --log and --since")
    settings = environment.load()
    config, rules = _configured(settings, config_path, from_files=bool(files))
    log = _read(settings, rules, ticket_id, files, since)
    if not log.records:
        click.echo(f"no event of ticket {safe_text(ticket_id, 200)!r} in {log.where}{_hint(files, since)}", err=True)
        context.exit(_NO_EVENTS_STATUS)
    until_ms = 0 if until is None else round(until.timestamp() * 1000)
    explainer = explain(ticket_id, rules, log.records, max(log.reached_ms, until_ms))
    if as_json:
        for step in explainer.steps:
            write_json(step_content(step))
        write_json(present_content(explainer.present()))
    else:
        _print(console(), explainer, ticket_id, log, config)


def _configured(settings: Settings, path: Path | None, *, from_files: bool) -> tuple[Config, Rules]:
    """The configuration and what the core sees of it; files are history, whose clock is that of the events."""
    named = path or settings.config
    if from_files and named is None:
        return Config(), support_config.truth_rules()
    config = support_config.load(named)
    return config, support_config.rules(config, "events" if from_files else settings.clock)


def _hint(files: tuple[Path, ...], since: datetime | None) -> str:
    if files:
        return ". Ids are written as in the file; are its events in another one?"
    before = " or before --since" if since is not None else ""
    return f". Ids are as `carebeat tickets` shows them; what is older than the topic keeps{before} is not there"


def _read(
    settings: Settings, rules: Rules, ticket_id: str, files: tuple[Path, ...], since: datetime | None
) -> TicketLog:
    with _progress() as progress:
        if files:
            return ticket_log.from_files(files, ticket_id, rules, progress)
        return run_to_end(
            ticket_log.from_topic(
                settings.kafka,
                EVENTS.full_name(settings.topic_prefix),
                ticket_id,
                rules,
                since=since,
                security=settings.kafka_security(),
                progress=progress,
            )
        )


@contextmanager
def _progress() -> Iterator[ticket_log.Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[found]}"), TimeRemainingColumn())
    to = console(stderr=True)
    with Progress(*columns, console=to, transient=True, disable=not to.is_terminal) as bar:
        task = bar.add_task("reading", total=None, found="")

        def tell(done: int, total: int, found: int) -> None:
            bar.update(task, completed=done, total=total, found=f"{found} of the ticket")

        yield tell


def _print(to: Console, explainer: Explainer, ticket_id: str, log: TicketLog, config: Config) -> None:
    present = explainer.present()
    to.print(Text(f"ticket {safe_text(ticket_id, 200)}", "bold"), Text(f"from {log.where}", "dim"), soft_wrap=True)
    link = config.ticket_link(ticket_id, present.state.channel) if present.state.channel else None
    if link is not None:
        to.print(Text(safe_text(link, 2000), "dim"), soft_wrap=True)
    for step in explainer.steps:
        _print_step(to, step)
    to.print()
    to.print(Text(f"now, at stream time {when(present.stream_ms)} UTC", "bold"))
    for line in present_lines(present):
        to.print(Text(f"    {line}"), soft_wrap=True)


def _print_step(to: Console, step: Step) -> None:
    style = "yellow" if step.what in _WITHOUT_EFFECT else _STYLES[step.cause]
    read_late = step.event is not None and step.stream_ms >= step.at_ms + _LATE_MS
    read = f"  read at {when(step.stream_ms)}" if read_late else ""
    to.print()
    to.print(Text(f"{when(step.at_ms)}  "), Text(heading(step), style), Text(read, "dim"), sep="", soft_wrap=True)
    for line in lines(step):
        to.print(Text(f"    {line}"), soft_wrap=True)
