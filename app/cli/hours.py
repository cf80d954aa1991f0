"""`carebeat hours`: business time of a span, due instants, and what a schedule looks like."""

import re
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from pydantic_core import PydanticCustomError
from rich.table import Table
from rich.text import Text

from app import clock, config, settings
from app.cli.local_instants import local_instant_ms
from app.cli.terminal import console, write_json
from app.config import Config
from app.config_hours import WEEKDAYS, write_hours
from app.config_schedules import Opening, ScheduleConfig
from app.errors import ConfigurationError
from app.kpi.business_hours import Schedule
from app.kpi.instants import NEVER, text_of
from app.public_holidays import public_holidays
from app.spans import milliseconds, parse_span, write_span

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_SHOWN_DAYS: Final = 5
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
        _tell_schedule(schedule, written, compiled, as_json)
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
        ("from", _text(start_ms, schedule.zone)),
        ("to", _text(end_ms, schedule.zone)),
    )


def _tell_due(schedule: Schedule, start_ms: int, target_ms: int, as_json: bool) -> None:
    due_ms = schedule.due_ms(start_ms, target_ms)
    if as_json:
        write_json({"due_at": _at(due_ms)})
        return
    _print(
        ("due", _text(due_ms, schedule.zone)),
        ("after", f"{_span(target_ms)} of business time"),
        ("from", _text(start_ms, schedule.zone)),
    )


def _tell_schedule(name: str, written: ScheduleConfig, schedule: Schedule, as_json: bool) -> None:
    now_ms = clock.wall_milliseconds()
    today = _moment(now_ms, schedule.zone).date()
    opening = [opening for valid_from, opening in written.openings() if valid_from <= today][-1]
    opens_ms, closes_ms = schedule.next_opening_ms(now_ms), schedule.next_closing_ms(now_ms)
    holidays = [(day, title) for day, title in _holidays(opening) if day >= today][:_SHOWN_DAYS]
    if as_json:
        content: dict[str, Any] = {
            "schedule": name,
            "zone": schedule.zone.key,
            "week": _week(opening),
            "is_open": schedule.is_open(now_ms),
            "next_opening_at": _at(opens_ms),
            "next_closing_at": _at(closes_ms),
            "next_holidays": [{"date": day.isoformat(), "name": title} for day, title in holidays],
        }
        write_json(content)
        return
    state = "open" if schedule.is_open(now_ms) else "closed"
    _print(
        (name, f"{schedule.zone.key}, {state} now ({_text(now_ms // 60_000 * 60_000, schedule.zone)})"),
        *((day, hours) for day, hours in _week(opening).items()),
        *(
            (f"break {_day_words(days)}", write_hours(hours))
            for days, hours in opening.breaks.items()
            if _is_ahead(days, today)
        ),
        ("next opening", _text(opens_ms, schedule.zone)),
        ("next closing", _text(closes_ms, schedule.zone)),
        *((f"{day:%a %Y-%m-%d}", f"holiday {title}".rstrip()) for day, title in holidays),
        *((f"{day:%a %Y-%m-%d}", write_hours(hours)) for day, hours in sorted(opening.special.items()) if day >= today),
        *(
            (f"{change.valid_from:%a %Y-%m-%d}", "other hours from here on")
            for change in written.changes
            if change.valid_from > today
        ),
    )


def _week(opening: Opening) -> dict[str, str]:
    hours = {day: hours for days, hours in opening.week.items() for day in days}
    return {name: write_hours(hours.get(day, ())) for day, name in enumerate(WEEKDAYS)}


def _holidays(opening: Opening) -> list[tuple[date, str]]:
    of = opening.holidays
    names = dict.fromkeys(of.dates, "") | (dict(public_holidays(of.country, of.subdivision)) if of.country else {})
    return [(day, name) for day, name in sorted(names.items()) if day not in opening.special]


def _day_words(days: tuple[int, ...] | date) -> str:
    return days.isoformat() if isinstance(days, date) else " ".join(WEEKDAYS[day] for day in days)


def _is_ahead(days: tuple[int, ...] | date, today: date) -> bool:
    return not isinstance(days, date) or days >= today


def _moment(at_ms: int, zone: Any) -> datetime:
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)


def _text(at_ms: int, zone: ZoneInfo) -> str:
    """As a person there reads it; parts that are zero are left out."""
    if at_ms == NEVER:
        return "never"
    local = _moment(at_ms, zone)
    rest_ms = at_ms % 60_000
    seconds = f":{rest_ms // 1000:02d}" if rest_ms else ""
    fraction = f".{rest_ms % 1000:03d}" if rest_ms % 1000 else ""
    return f"{local:%a %Y-%m-%d %H:%M}{seconds}{fraction} {local:%Z}"


def _at(at_ms: int) -> str | None:
    return None if at_ms == NEVER else text_of(at_ms)


def _span(span_ms: int) -> str:
    return f"{write_span(timedelta(milliseconds=span_ms))} ({_seconds(span_ms)} s)"


def _seconds(span_ms: int) -> int | float:
    return span_ms / 1000 if span_ms % 1000 else span_ms // 1000


def _print(*rows: tuple[str, str]) -> None:
    table = Table.grid(padding=(0, 3))
    for name, value in rows:
        table.add_row(Text(name, "dim"), Text(value))
    console().print(table)
