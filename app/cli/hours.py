"""`carebeat hours`: business time of a span, due instants, and what a schedule looks like."""

import re
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
from pydantic_core import PydanticCustomError
from rich.table import Table
from rich.text import Text

from app import clock, config, settings
from app.cli import week
from app.cli.local_instants import local_instant_ms
from app.cli.terminal import console, write_json
from app.config import Config
from app.config_schedules import ScheduleConfig
from app.errors import ConfigurationError
from app.kpi.business_hours import Schedule
from app.spans import milliseconds, parse_span, write_span

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_EXAMPLES = """\b
For example:
  carebeat hours office                                         the week, and what comes next
  carebeat hours office 2026-03-02T16:30 2026-03-03T09:10       business time between two instants
  carebeat hours office "2026-03-27 16:00" --target 4h          when 4 h of it are used up
  carebeat hours office now --target 90m --json                 {"due_at": "2026-03-02T10:30:00Z"}
"""


@click.command("hours", epilog=_EXAMPLES)
@click.argument("schedule")
@click.argument("start", metavar="[FROM", required=False)
@click.argument("end", metavar="[TO]]", required=False)
@click.option("--target", help="Instead of TO: so much business time, such as 4h, 90m, 1h30m, or seconds.")
@click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Support configuration; without, that of CAREBEAT_CONFIG, else the packaged one.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object; instants in UTC, durations in seconds.")
def command(
    schedule: str, start: str | None, end: str | None, target: str | None, config_path: Path | None, as_json: bool
) -> None:
    """Business time by a SCHEDULE of the support configuration.

    With FROM and TO: how much of that span is inside the opening hours. With FROM and --target: the instant at which the target is
    used up; at closing time exactly, it is the closing instant. With neither: the week, what comes next, holidays.

    Instants are RFC 3339 (2026-03-02T09:00:00+01:00), or local in the schedule's zone (2026-03-02T09:00, 2026-03-02), or now.
    Local times that clocks skip are later by the length of the gap; those that come twice are the first.
    """
    support = config.load(config_path or settings.load().config)
    written = _find(support, schedule)
    compiled = written.compiled()
    if start is None:
        if target is not None:
            raise click.UsageError("--target needs FROM, for example: carebeat hours office now --target 4h")
        now_ms = clock.wall_milliseconds()
        if as_json:
            write_json(week.as_json(schedule, written, compiled, now_ms))
        else:
            _print(*week.rows(schedule, written, compiled, now_ms))
        return
    start_ms = _instant(start, compiled.zone, "FROM")
    if (end is None) == (target is None):
        raise click.UsageError("Give either TO or --target, such as --target 4h")
    if end is not None:
        _tell_span(compiled, start_ms, _instant(end, compiled.zone, "TO"), as_json)
    elif target is not None:
        _tell_due(compiled, start_ms, _target_ms(target), as_json)


def _find(support: Config, name: str) -> ScheduleConfig:
    found = support.schedules.get(name)
    if found is not None:
        return found
    if not support.schedules:
        raise ConfigurationError(
            f"The configuration has no schedules: add `schedules: {{{name}: {ScheduleConfig.EXAMPLE}}}`, or name "
            "another file with --config"
        )
    near = get_close_matches(name, support.schedules, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(support.schedules)}"
    raise ConfigurationError(f"There is no schedule {name!r} in the configuration: {hint}")


def _instant(text: str, zone: ZoneInfo, name: str) -> int:
    if text == "now":
        return clock.wall_milliseconds()
    try:
        return local_instant_ms(text, zone)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=name) from None


def _target_ms(text: str) -> int:
    try:
        return milliseconds(parse_span(float(text) if _NUMBER.fullmatch(text) else text))
    except PydanticCustomError as error:
        raise click.BadParameter(f"{text!r} {error.message()}", param_hint="--target") from None


def _tell_span(schedule: Schedule, start_ms: int, end_ms: int, as_json: bool) -> None:
    open_ms = schedule.open_ms(start_ms, end_ms)
    if as_json:
        write_json({"business_seconds": _seconds(open_ms)})
        return
    note = " (TO is before FROM)" if end_ms < start_ms else ""
    _print(
        ("business time", f"{_span(open_ms)}{note}"),
        ("of", _span(max(end_ms - start_ms, 0))),
        ("from", week.local_text(start_ms, schedule.zone)),
        ("to", week.local_text(end_ms, schedule.zone)),
    )


def _tell_due(schedule: Schedule, start_ms: int, target_ms: int, as_json: bool) -> None:
    due_ms = schedule.due_ms(start_ms, target_ms)
    if as_json:
        write_json({"due_at": week.utc_text(due_ms)})
        return
    _print(
        ("due", week.local_text(due_ms, schedule.zone)),
        ("after", f"{_span(target_ms)} of business time"),
        ("from", week.local_text(start_ms, schedule.zone)),
    )


def _span(span_ms: int) -> str:
    return f"{write_span(timedelta(milliseconds=span_ms))} ({_seconds(span_ms)} s)"


def _seconds(span_ms: int) -> int | float:
    return span_ms / 1000 if span_ms % 1000 else span_ms // 1000


def _print(*rows: tuple[str, str]) -> None:
    table = Table.grid(padding=(0, 3))
    for name, value in rows:
        table.add_row(Text(name, "dim"), Text(value))
    console().print(table)
