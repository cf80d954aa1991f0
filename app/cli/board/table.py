"""The table of the board: a row per channel, `all` below; columns as many as the terminal is wide."""

from collections.abc import Callable
from typing import Final, NamedTuple

from rich import box
from rich.table import Table
from rich.text import Text

from app.cli.board.figures import ALL, Row, View
from app.cli.board.limits import Limits, LimitsOf, Tone
from app.cli.board.words import count_text, seconds_text, share_text
from schemas.kpis import RateName, SlaMetric

WIDE_COLUMNS: Final = 132
"""From this width on there is room for everything about time and promises."""
ROOMY_COLUMNS: Final = 150
"""From this width on there is room for what came of it, too."""

_AIRY_COLUMNS: Final = 96

STYLES: Final[dict[Tone, str]] = {
    "good": "green",
    "watch": "yellow",
    "bad": "bold red",
    "plain": "",
    "faint": "dim",
}

_Cell = Callable[[Row, Limits], tuple[str, Tone]]


class _Column(NamedTuple):
    wide: str
    narrow: str | None
    """The heading where there is little room; None: left out there."""
    cell: _Cell
    least: int = 4
    """Columns; enough for what the cell may hold, so that nothing moves."""
    room: int = 0
    """How wide the terminal has to be."""


def channel_table(view: View, limits_of: LimitsOf, width: int) -> Table:
    """The figures of the shown window, at most `width` columns wide."""
    is_wide = width >= WIDE_COLUMNS
    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0) if width >= _AIRY_COLUMNS else 0,
        pad_edge=False,
        header_style="dim",
        border_style="dim",
    )
    table.add_column("channel", vertical="bottom", no_wrap=True, min_width=9, max_width=24 if is_wide else 10)
    columns = [column for column in _COLUMNS if (is_wide or column.narrow is not None) and width >= column.room]
    for column in columns:
        heading = column.wide if is_wide else column.narrow
        table.add_column(heading or "", justify="right", vertical="bottom", no_wrap=True, min_width=column.least)
    for row in view.rows:
        if row.channel == ALL:
            table.add_section()
        _add(table, columns, row, limits_of(row.channel))
    return table


def _add(table: Table, columns: list[_Column], row: Row, limits: Limits) -> None:
    cells = [Text(text, STYLES[tone]) for text, tone in (column.cell(row, limits) for column in columns)]
    table.add_row(Text(row.channel), *cells, style="bold" if row.channel == ALL else None)


def _count(value: int | None) -> tuple[str, Tone]:
    return count_text(value), "plain" if value else "faint"


def _oldest_wait(row: Row, limits: Limits) -> tuple[str, Tone]:
    return seconds_text(row.oldest_wait_seconds), limits.of_oldest_wait(row.oldest_wait_seconds)


def _first_response(name: str) -> _Cell:
    def cell(row: Row, limits: Limits) -> tuple[str, Tone]:
        seconds = getattr(row.first_response, name, None)
        return seconds_text(seconds), limits.of_seconds(seconds, "first_response")

    return cell


def _response(row: Row, limits: Limits) -> tuple[str, Tone]:
    response = row.durations.get("response")
    seconds = response.p50 if response else None
    return seconds_text(seconds), limits.of_seconds(seconds, "next_response")


def _attainment(metric: SlaMetric) -> _Cell:
    def cell(row: Row, limits: Limits) -> tuple[str, Tone]:
        verdicts = row.sla.get(metric)
        share = verdicts.attainment if verdicts else None
        return share_text(share), limits.of_share(share)

    return cell


def _rate(name: RateName) -> _Cell:
    def cell(row: Row, _: Limits) -> tuple[str, Tone]:
        rate = row.rates.get(name)
        return share_text(rate.value if rate else None), "plain" if rate else "faint"

    return cell


def _breaches(row: Row, _: Limits) -> tuple[str, Tone]:
    return count_text(row.breaches), "bad" if row.breaches else "faint"


_COLUMNS: Final = (
    _Column("open", "open", lambda row, _: _count(row.open)),
    _Column("waiting", "wait", lambda row, _: _count(row.waiting)),
    _Column("oldest\nwait", "oldest", _oldest_wait, 6),
    _Column("opened", "in", lambda row, _: _count(row.opened)),
    _Column("closed", "out", lambda row, _: _count(row.closed)),
    _Column("replies", None, lambda row, _: _count(row.replies)),
    _Column("first\nresponse\np50", "first\np50", _first_response("p50"), 6),
    _Column("\n\np95", "resp.\np95", _first_response("p95"), 6),
    _Column("\n\ncount", None, lambda row, _: _count(row.first_response.count if row.first_response else None)),
    _Column("each\nresponse\np50", "each\np50", _response, 6),
    _Column("SLA met:\nfirst\nresponse", "SLA\nfirst", _attainment("first_response")),
    _Column("\nnext\nresponse", "met\nnext", _attainment("next_response")),
    _Column("\nreso-\nlution", "\nres.", _attainment("resolution")),
    _Column("\n\nbreaches", "\nlate", _breaches),
    _Column("\nfirst\ncontact", None, _rate("first_contact_resolved"), room=ROOMY_COLUMNS),
    _Column("\nsatis-\nfied", None, _rate("satisfied"), room=ROOMY_COLUMNS),
)
