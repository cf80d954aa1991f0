"""The whole board: what is shown and how fresh it is, the table, the latest SLA changes, where it all comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.cli.board.figures import View
from app.cli.board.limits import LimitsOf, Tone
from app.cli.board.table import STYLES, WIDE_COLUMNS, channel_table
from app.cli.board.words import minute_text, safe_text, seconds_text, time_text
from schemas.kpis import Window
from schemas.sla import VERBOSE_STATES, SlaState, SlaTransition

STALE_SECONDS: Final = 15.0
"""A worker says every second or so how far it is: so much silence is a fault, not a quiet hour."""

_FIXED_LINES: Final = 11
"""Headline, headings and rule of the table, the line above `all`, the title of the changes, blank lines."""
_FEWEST_CHANGES: Final = 3
_MOST_CHANGES: Final = 12
"""More would only rush by."""
_CHANGE_COLUMNS: Final = (8, 10, 10, 14, 11)
"""Time, state, channel, metric, margin: fixed, so that nothing moves. The ticket has the rest."""
_UNTOLD: Final[tuple[SlaState, ...]] = ("cancelled", *VERBOSE_STATES)
_STATES: Final[dict[SlaState, tuple[str, Tone]]] = {
    "at_risk": ("at risk", "watch"),
    "breached": ("BREACHED", "bad"),
    "met": ("met", "good"),
    "met_late": ("met late", "watch"),
    "retracted": ("taken back", "faint"),
}


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the figures are. `now` is None for history, where only the silence tells."""

    now: datetime | None
    silent_seconds: float
    """Since anything was read."""

    def age_seconds(self, stream_at: datetime) -> float:
        """How far the figures are behind."""
        return self.silent_seconds if self.now is None else max(0.0, (self.now - stream_at).total_seconds())


def screen(
    view: View,
    limits_of: LimitsOf,
    freshness: Freshness,
    *,
    width: int,
    height: int,
    foot: Sequence[Text],
) -> RenderableType:
    """Everything, at most `width` by `height`; SLA changes take what room the rest leaves."""
    parts: list[RenderableType] = [headline(view, freshness), Text()]
    if view.rows:
        room = height - _FIXED_LINES - len(view.rows) - len(foot)
        limit = min(max(room, _FEWEST_CHANGES), _MOST_CHANGES)
        parts += [channel_table(view, limits_of, width), Text(), *_changes(view.transitions, limit, width)]
    else:
        parts += [Text("No figures yet. They come with the first events, from a running worker.")]
    return Group(*parts, Text(), *foot)


def headline(view: View, freshness: Freshness) -> Text:
    """Which window, and as of when; red when the figures are stale."""
    line = Text.assemble(("carebeat", "bold"), "  ")
    if view.window is not None:
        line.append(f"{window_text(view.window)}  ")
    if view.stream_at is None:
        return line.append("nothing yet", "dim")
    age = freshness.age_seconds(view.stream_at)
    text = f"as of {time_text(view.stream_at)}, {seconds_text(age)} ago"
    if age <= STALE_SECONDS:
        return line.append(text, "dim")
    return line.append(f"{text}: STALE, is a worker running?", "bold red")


def window_text(window: Window) -> str:
    """The window as people say it; its day too, since history is shown as well."""
    start = window.start
    if window.kind in ("minute", "hour"):
        return f"{window.kind} {start:%Y-%m-%d} {minute_text(start)} to {minute_text(window.end)} UTC"
    return f"{window.kind} from {start:%Y-%m-%d} {minute_text(start)} UTC"


def _changes(transitions: Sequence[SlaTransition], limit: int, width: int) -> list[RenderableType]:
    told = [transition for transition in transitions if transition.state not in _UNTOLD][:limit]
    if not told:
        return [Text("no SLA clock has changed yet", "dim")]
    gap = 1 if width < WIDE_COLUMNS else 2
    table = Table.grid(padding=(0, gap, 0, 0))
    for least in _CHANGE_COLUMNS:
        table.add_column(no_wrap=True, min_width=least, max_width=least)
    used = sum(_CHANGE_COLUMNS) + gap * len(_CHANGE_COLUMNS)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=width - used)
    for transition in told:
        table.add_row(*_change(transition))
    return [Text("latest SLA changes", "dim"), table]


def _change(transition: SlaTransition) -> list[Text]:
    state, tone = _STATES.get(transition.state, (transition.state.replace("_", " "), "plain"))
    return [
        Text(time_text(transition.occurred_at), "dim"),
        Text(state, STYLES[tone]),
        Text(transition.channel),
        Text(transition.metric.replace("_", " ")),
        Text(margin_text(transition)),
        Text(safe_text(transition.ticket_id, 200), "dim"),
    ]


def margin_text(transition: SlaTransition) -> str:
    """How much time was left at the change, or how late it was."""
    margin_seconds = (transition.due_at - transition.occurred_at).total_seconds()
    match transition.state:
        case "breached":
            return f"after {seconds_text(transition.elapsed_seconds)}"
        case "met_late":
            return f"{seconds_text(-margin_seconds)} late"
        case "at_risk" | "met":
            return f"{seconds_text(margin_seconds)} left"
        case _:
            return ""
