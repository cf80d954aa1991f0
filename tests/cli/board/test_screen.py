from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from app import config
from app.cli.board.figures import Figures, View
from app.cli.board.limits import limits_of
from app.cli.board.screen import Freshness, headline, margin_text, screen
from app.cli.board.words import NOTHING
from schemas.sla import SlaTransition
from tests.cli.records import at, encoded, transition, window

_CHANNELS = ("email", "instagram", "messenger", "phone", "web-chat", "whatsapp", "x", "all")
_LIMITS_OF = limits_of(config.parse("{}"))


def _view(*transitions: dict[str, Any]) -> View:
    figures = Figures("hour", "support.")
    for channel in _CHANNELS:
        figures.take("support.kpis", encoded(window(channel)))
    for record in transitions:
        figures.take("support.sla", encoded(record))
    return figures.view()


def _drawn(view: View, width: int, height: int = 40, now_minutes: float = 30) -> list[str]:
    console = Console(width=width, height=height, force_terminal=False, no_color=True)
    foot = [Text("the foot")]
    with console.capture() as capture:
        console.print(screen(view, _LIMITS_OF, Freshness(at(now_minutes), 0), width=width, height=height, foot=foot))
    return capture.get().splitlines()


@pytest.mark.parametrize("width", [80, 100, 131, 132, 149, 150, 160])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = _drawn(_view(transition("t" * 200, "breached")), width)
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines[:14])


def test_a_narrow_board_has_the_figures_that_matter() -> None:
    row = next(line for line in _drawn(_view(), 80) if line.startswith("whatsapp"))
    assert row.split() == f"whatsapp 30 7 30m00s 12 5 1m12s 12m34s 45s 80% {NOTHING} {NOTHING} 2".split()


def test_a_wide_board_has_all_figures_of_time_and_promises() -> None:
    row = next(line for line in _drawn(_view(), 149) if line.startswith("all"))
    assert row.split() == f"all 30 7 30m00s 12 5 9 1m12s 12m34s 8 45s 80% {NOTHING} {NOTHING} 2".split()


def test_where_there_is_room_the_board_says_what_came_of_it() -> None:
    row = next(line for line in _drawn(_view(), 150) if line.startswith("all"))
    assert row.split()[-3:] == ["2", "62%", NOTHING]


@pytest.mark.parametrize("height", [30, 40, 60])
@pytest.mark.parametrize("width", [80, 160])
def test_the_board_fits_the_terminal(width: int, height: int) -> None:
    lines = _drawn(_view(*(transition(f"t{number}", "met") for number in range(50))), width, height)
    assert len(lines) <= height
    assert lines[-1] == "the foot"


def test_changes_name_ticket_channel_metric_state_and_margin() -> None:
    lines = _drawn(_view(transition("t-7", "met_late", at(0.2))), 80)
    (line,) = [line for line in lines if "t-7" in line]
    assert line.split() == ["10:00:12", "met", "late", "whatsapp", "first", "response", "12s", "late", "t-7"]


def test_cancelled_clocks_are_no_news() -> None:
    assert not any("t-7" in line for line in _drawn(_view(transition("t-7", "cancelled")), 80))


def test_without_records_the_board_says_what_is_missing() -> None:
    lines = _drawn(Figures("hour", "support.").view(), 80)
    assert any("No figures yet" in line for line in lines)


def test_fresh_figures_have_a_quiet_headline() -> None:
    line = headline(_view(), Freshness(at(30.05), 0))
    assert line.plain == "carebeat  hour 2026-03-02 10:00 to 11:00 UTC  as of 10:30:00, 3.0s ago"
    assert not any("red" in str(span.style) for span in line.spans)


def test_stale_figures_turn_red() -> None:
    line = headline(_view(), Freshness(at(31), 0))
    assert "1m00s ago: STALE" in line.plain
    assert any("red" in str(span.style) for span in line.spans)


def test_history_is_stale_only_when_nothing_comes() -> None:
    assert "STALE" not in headline(_view(), Freshness(None, 1)).plain
    assert "STALE" in headline(_view(), Freshness(None, 60)).plain


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (transition("t", "at_risk", at(-0.5)), "30s left"),
        (transition("t", "met", at(-1)), "1m00s left"),
        (transition("t", "breached", at(0)), "after 2m00s"),
        (transition("t", "met_late", at(3)), "3m00s late"),
        (transition("t", "retracted", at(3)), ""),
    ],
)
def test_a_change_says_how_late_it_was(record: dict[str, Any], text: str) -> None:
    assert margin_text(SlaTransition.model_validate_json(encoded(record))) == text
