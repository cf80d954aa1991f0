"""`carebeat tickets`: who waits, is at risk or breached."""

from datetime import datetime
from typing import Any, Final

import click
import msgspec
from rich import box
from rich.table import Table
from rich.text import Text

from app import settings as environment
from app.cli.board.words import NOTHING, instant_of, safe_text, seconds_text
from app.cli.stopping import run_to_end
from app.cli.terminal import console, write_json
from app.clock import wall_milliseconds
from app.errors import UnavailableError
from app.kpi.instants import instant_ms
from app.kpi.waiting import STATES, WaitState
from app.settings import Settings, worker_urls
from app.tickets.asking import Gathered, gather
from app.tickets.query import Query
from app.tickets.shape import TicketRow

_MOST: Final = 100_000
_BEHIND_SECONDS: Final = 60
"""From here on it is worth saying that a worker has not read the present yet."""
_ID_SIGNS: Final = 200
_STYLES: Final[dict[WaitState, str]] = {"breached": "bold red", "at_risk": "yellow", "waiting": ""}

_EXAMPLES = """\b
For example:
  carebeat tickets --state breached --channel whatsapp
  carebeat tickets --worker http://worker-1:9465 --worker http://worker-2:9465
  carebeat tickets --state at_risk --json | jq -r .link
"""


class _Address(click.ParamType):
    name = "URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return worker_urls(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("tickets", epilog=_EXAMPLES)
@click.option(
    "--state",
    type=click.Choice(STATES),
    default="waiting",
    show_default=True,
    help="Waiting: a message is not answered, in time still or not. At risk and breached: as pages count them.",
)
@click.option("--channel", help="Only this channel, named as on the page.")
@click.option("--limit", type=click.IntRange(1, _MOST), default=50, show_default=True, help="The oldest so many.")
@click.option(
    "--worker",
    "workers",
    type=_Address(),
    multiple=True,
    help="Where a worker answers; once for each. Without: CAREBEAT_TICKETS_WORKERS.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line instead of a table.")
def command(state: WaitState, channel: str | None, limit: int, workers: tuple[str, ...], as_json: bool) -> None:
    """List the tickets behind a page, the longest wait first, with their links (`ticket_url` in the configuration).

    Each worker knows the tickets of the partitions it owns, so all of them are asked. When some do not answer, what is
    listed is incomplete: that is said, and the exit status is 69.

    Reads CAREBEAT_TICKETS_WORKERS and, where workers ask for one, CAREBEAT_TICKETS_TOKEN (or _FILE).
    """
    settings = environment.load()
    asked = list(dict.fromkeys(url for each in workers for url in each.split(","))) or settings.workers()
    found = run_to_end(gather(asked, Query(state, channel, limit), settings.token()))
    if as_json:
        for ticket in found.tickets:
            write_json({**msgspec.structs.asdict(ticket), "overdue_seconds": _overdue_seconds(ticket, found)})
    elif found.partitions:
        _show(found, state, channel, settings)
    _complain(found, channel)


def _show(found: Gathered, state: WaitState, channel: str | None, settings: Settings) -> None:
    if found.tickets:
        console().print(_table(found))
    what = f"{_words(state)}{f' in {safe_text(channel, _ID_SIGNS)}' if channel else ''}"
    answered = f"{len(found.partitions)} of {found.of_partitions} partitions answered{_as_of(found, settings)}"
    if not found.total:
        click.echo(f"no tickets {what}; {answered}")
        return
    more = f"the oldest {len(found.tickets):,} of " if len(found.tickets) < found.total else ""
    hint = "; --limit shows more" if more else ""
    click.echo(f"{more}{found.total:,} {'ticket' if found.total == 1 else 'tickets'} {what}{hint}; {answered}")


def _words(state: WaitState) -> str:
    return state.replace("_", " ")


def _as_of(found: Gathered, settings: Settings) -> str:
    as_of_ms = found.as_of_ms
    if as_of_ms is None:
        return ""
    behind_seconds = (wall_milliseconds() - as_of_ms) / 1000
    late = settings.clock == "log" and behind_seconds > _BEHIND_SECONDS
    behind = f", {seconds_text(behind_seconds)} ago: the workers have not read what came since" if late else ""
    return f", as of {instant_of(as_of_ms):%Y-%m-%d %H:%M:%S} UTC{behind}"


def _complain(found: Gathered, channel: str | None) -> None:
    """What is not as it should be, on stderr. Raises UnavailableError where partitions are missing."""
    if channel is not None and not found.total and found.channels and channel not in found.channels:
        from difflib import get_close_matches

        near = get_close_matches(channel, found.channels, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(found.channels[:20])}"
        click.echo(f"no worker has seen a channel {channel!r}; {safe_text(hint, 1000)}", err=True)
    if found.is_complete:
        for problem in found.problems:
            click.echo(safe_text(problem, 1000), err=True)
        return
    raise UnavailableError("\n".join([_incomplete(found), *(safe_text(problem, 1000) for problem in found.problems)]))


def _incomplete(found: Gathered) -> str:
    if not found.of_partitions:
        return "no worker answered, so nobody can say who waits. Name them all by --worker or CAREBEAT_TICKETS_WORKERS"
    silent = [str(number) for number in range(found.of_partitions) if number not in found.partitions]
    return (
        f"INCOMPLETE: {len(found.partitions)} of {found.of_partitions} partitions answered, not {', '.join(silent[:20])}"
        f"{' and others' if len(silent) > 20 else ''}. Name all workers by --worker or CAREBEAT_TICKETS_WORKERS;"
        " one that is loading or down answers later"
    )


def _table(found: Gathered) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, header_style="dim", border_style="dim", pad_edge=False)
    table.add_column("ticket", overflow="fold")
    for heading in ("channel", "priority", "who"):
        table.add_column(heading, overflow="fold")
    for heading in ("waiting since", "due (UTC)", "overdue by"):
        table.add_column(heading, no_wrap=True, justify="right" if heading == "overdue by" else "left")
    has_links = any(ticket.link for ticket in found.tickets)
    if has_links:
        table.add_column("link", overflow="fold")
    for ticket in found.tickets:
        table.add_row(*_cells(ticket, found), *([Text(safe_text(ticket.link or NOTHING, 2000))] if has_links else []))
    return table


def _cells(ticket: TicketRow, found: Gathered) -> list[Text]:
    overdue_seconds = _overdue_seconds(ticket, found)
    is_overdue = overdue_seconds is not None and overdue_seconds > 0
    return [
        Text(safe_text(ticket.ticket_id, _ID_SIGNS), _STYLES[ticket.state]),
        Text(safe_text(ticket.channel, _ID_SIGNS)),
        Text(safe_text(ticket.priority or NOTHING, 40)),
        Text(_who(ticket)),
        Text(_instant(ticket.since)),
        Text(NOTHING if ticket.due_at is None else _instant(ticket.due_at)),
        Text(seconds_text(overdue_seconds) if is_overdue else NOTHING, _STYLES[ticket.state]),
    ]


def _who(ticket: TicketRow) -> str:
    """The agent it is assigned to, else the team."""
    if ticket.agent_id is not None:
        return safe_text(ticket.agent_id, 60)
    return NOTHING if ticket.team is None else f"team {safe_text(ticket.team, 60)}"


def _instant(text: str) -> str:
    at: datetime = instant_of(instant_ms(text))
    return f"{at:%m-%d %H:%M:%S}"


def _overdue_seconds(ticket: TicketRow, found: Gathered) -> float | None:
    """How long it has been due, by the stream time of its partition; negative before. None without a promise."""
    as_of = found.partitions[ticket.partition].as_of
    return None if ticket.due_at is None or as_of is None else (instant_ms(as_of) - instant_ms(ticket.due_at)) / 1000
