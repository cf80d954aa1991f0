"""The board of quality: what customers said, what held at the first contact, how much work it was, and what is left lying."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from app.config import Config
from app.render import promql
from app.render.alert import QUALITY_UID, runbook_url
from app.render.boards.frame import board
from app.render.boards.glance import RANGE
from app.render.boards.panels import Panel, Query, bars, figure, lines
from app.render.promql import BOARD

_RATE: Final = "$__rate_interval"
_DESCRIPTION: Final = "What customers said, what held at the first contact, how much work it was, what is left lying."
_CHANNELS_NAMED: Final = "{{channel}}"
_HANDLE: Final = "support_handle_seconds"


class _Share(NamedTuple):
    """A share of two counters in the time range."""

    title: str
    description: str
    part: str
    of: str


_SATISFIED: Final = _Share(
    "Satisfied",
    "Answers of 4 or 5, of all answers to surveys. A round counts once, an hour after its first answer.",
    BOARD.channel("support_survey_answers_total", 'score=~"4|5"'),
    BOARD.channel("support_survey_answers_total"),
)
_FIRST_CONTACT: Final = _Share(
    "First contact resolved",
    "Of the closes that held: answered, one round, one person, one team, not on hold. A close counts when it has held for the "
    "settle window (72 h unless configured), so this tells of tickets closed so long ago.",
    BOARD.channel("support_first_contact_resolved_total"),
    BOARD.channel("support_settled_total"),
)
_AUTOMATED: Final = _Share(
    "Automated",
    "Of the closes that held: no human reply, and a bot replied or closed. Counts when the close has held, as beside it.",
    BOARD.channel("support_automated_total"),
    BOARD.channel("support_settled_total"),
)
_DEFLECTED: Final = _Share(
    "Calls deflected",
    "Callers who took the offer to write instead, of those who were offered it.",
    BOARD.channel("support_deflections_accepted_total"),
    BOARD.channel("support_deflections_offered_total"),
)
_CONVERTED: Final = _Share(
    "Conversion",
    "Tickets with an order within 5 days of their opening, of tickets opened in the time range.",
    BOARD.channel("support_tickets_converted_total"),
    BOARD.channel("support_tickets_opened_total"),
)


def quality_board(config: Config) -> Any:
    """The board, built."""
    panels = [*_figures(), *_by_channel(), *_over_time()]
    return board("Support quality", QUALITY_UID, _DESCRIPTION, runbook_url(config), panels)


def _figures() -> Iterator[Any]:
    width, height = 4, 4
    for share in (_SATISFIED, _FIRST_CONTACT, _AUTOMATED):
        yield _figure_of(share, width, height)
    yield figure(
        Panel(
            "Handle time p50",
            "Half of the rounds and calls that ended in the time range took no longer to handle: as a call told, else the time "
            "that agents had the ticket, else the length of the round.",
            "s",
            width,
            height,
        ),
        Query(promql.quantile_seconds(BOARD, 0.5, _HANDLE, RANGE)),
    )
    for share in (_DEFLECTED, _CONVERTED):
        yield _figure_of(share, width, height)


def _figure_of(share: _Share, width: int, height: int) -> Any:
    panel = Panel(share.title, f"{share.description} In the time range.", "percentunit", width, height)
    return figure(panel, Query(promql.share(share.part, share.of, RANGE)))


def _by_channel() -> Iterator[Any]:
    width, height = 8, 9
    yield lines(
        Panel(
            "Open tickets by age",
            "How long ago the round of each open ticket began. What climbs in the older bands is left lying.",
            "short",
            width,
            height,
        ),
        Query(promql.open_by_age(BOARD), "{{age}}"),
    )
    for share in (_SATISFIED, _FIRST_CONTACT):
        panel = Panel(f"{share.title} by channel", share.description, "percentunit", width, height)
        yield bars(panel, Query(promql.share(share.part, share.of, RANGE, by="channel"), _CHANNELS_NAMED), {})


def _over_time() -> Iterator[Any]:
    width, height = 8, 8
    yield lines(
        Panel("Survey answers", "Answers to surveys a minute, by score from 1 to 5.", "cpm", width, height),
        Query(promql.per_minute(_SATISFIED.of, _RATE, by="score"), "{{score}}"),
    )
    yield lines(
        Panel(
            "Handle time",
            "Median and 90th percentile of the rounds and calls that ended at that moment; all channels chosen.",
            "s",
            width,
            height,
        ),
        Query(promql.quantile_seconds(BOARD, 0.5, _HANDLE, _RATE), "p50"),
        Query(promql.quantile_seconds(BOARD, 0.9, _HANDLE, _RATE), "p90"),
    )
    yield lines(
        Panel(
            "Offers, orders",
            "Per minute: callers offered to write instead, those who took it, tickets with an order.",
            "cpm",
            width,
            height,
        ),
        Query(promql.per_minute(_DEFLECTED.of, _RATE), "offered"),
        Query(promql.per_minute(_DEFLECTED.part, _RATE), "taken"),
        Query(promql.per_minute(_CONVERTED.part, _RATE), "with an order"),
    )
