"""The board of goals: what is aimed at, beside what is promised, and how far away it is."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from app.config import Config
from app.config_goals import Levels
from app.render import promql
from app.render.alert import GOALS_UID, runbook_url
from app.render.boards.frame import board
from app.render.boards.glance import FIRST_RESPONSE, RANGE
from app.render.boards.limits import section
from app.render.boards.panels import AMBER, BLUE, GREEN, RED, Panel, Query, Steps, bars, figure, lines
from app.render.promql import BOARD

_RATE: Final = "$__rate_interval"
_DESCRIPTION: Final = "What is aimed at, beside what is promised, and how far away it is. Colours follow the goals."
_DURATIONS: Final = (
    ("first_response", "First response", FIRST_RESPONSE, "without the time that a bot held the ticket"),
    ("response", "Response", "support_response_seconds", "every wait that a person ended"),
    ("resolution", "Resolution", "support_resolution_seconds", "from the first message to the first resolving close"),
)
_CHANNELS_NAMED: Final = "{{channel}}"


def goals_board(config: Config) -> Any:
    """The board, built."""
    panels = [*_figures(config), *_by_channel(config), *_over_time(config)]
    return board("Support goals", GOALS_UID, _DESCRIPTION, runbook_url(config), panels)


def steps(goal: Levels) -> Steps:
    """Green where it is good, red where it is no longer acceptable or alarming, amber between."""
    values = dict(goal.values())
    good, bad = values.get("good"), values.get("alarm", values.get("acceptable"))
    edges = [(good, GREEN, AMBER), (bad, AMBER, RED)]
    known = [(edge, better, worse) for edge, better, worse in edges if edge is not None]
    if not known:
        return ((None, BLUE),)
    if goal.RISING:
        return ((None, known[0][1]), *((edge, worse) for edge, _, worse in known))
    return ((None, known[-1][2]), *((edge, better) for edge, better, _ in reversed(known)))


def _figures(config: Config) -> Iterator[Any]:
    """One figure a goal, by the goals of the defaults."""
    width, height, goals = 4, 4, config.defaults.goals
    for name, title, metric, what in _DURATIONS:
        text = f"Half of them in the time range took no longer: {what}. Colours: {_words(getattr(goals, name))}."
        yield figure(
            Panel(f"{title} p50", text, "s", width, height, steps(getattr(goals, name))),
            Query(promql.quantile_seconds(BOARD, 0.5, metric, RANGE)),
        )
    yield figure(
        Panel(
            "Response rate",
            "Waits in the time range that a person answered within `reply_limit`, of those answered so or expired. "
            f"Colours: {_words(goals.response_rate)}.",
            "percentunit",
            width,
            height,
            steps(goals.response_rate),
            section(config, "SupportResponseRateLow"),
        ),
        Query(promql.response_rate(BOARD, RANGE, by="")),
    )
    yield figure(
        Panel(
            "Open tickets", "The backlog now; each channel against its own ceiling is below.", "short", width, height
        ),
        Query(promql.level(BOARD, "support_open_tickets", by="")),
    )
    yield figure(
        Panel("Schedules open", "How many of the configured schedules are open now.", "short", width, height),
        Query(f"sum(max by (schedule) ({BOARD.process('support_schedule_open')}))"),
    )


def _words(goal: Levels) -> str:
    """Its levels as the configuration writes them."""
    values = ((level, getattr(goal, level)) for level, _ in goal.values())
    return ", ".join(f"{level} {_written(value)}" for level, value in values) or "no goal"


def _written(value: timedelta | float) -> str:
    if isinstance(value, timedelta):
        return (
            f"{value.total_seconds() / 3600:g} h"
            if value >= timedelta(hours=1)
            else f"{value.total_seconds() / 60:g} min"
        )
    return f"{value:g}"


def _by_channel(config: Config) -> Iterator[Any]:
    height, usual = 9, steps(config.defaults.goals.response_rate)
    own = {name: steps(config.of(name).goals.response_rate) for name in sorted(config.channels or {})}
    yield bars(
        Panel(
            "Response rate by channel",
            "Waits in the time range that a person answered within `reply_limit`, of those answered so or expired.",
            "percentunit",
            8,
            height,
            usual,
            section(config, "SupportResponseRateLow"),
        ),
        Query(promql.response_rate(BOARD, RANGE), _CHANNELS_NAMED),
        {name: each for name, each in own.items() if each != usual},
    )
    yield lines(
        Panel(
            "Backlog and its ceiling",
            "Open tickets by channel, with the ceiling of those channels that have one (`goals: backlog: alarm`).",
            "short",
            8,
            height,
            runbook=section(config, "SupportBacklogAboveCeiling"),
        ),
        Query(promql.level(BOARD, "support_open_tickets"), _CHANNELS_NAMED),
        Query(promql.goal(BOARD, "backlog_alarm"), f"{_CHANNELS_NAMED} ceiling"),
    )
    yield lines(
        Panel("Opening hours", "1 while a schedule is open, 0 while it is closed, by stream time.", "short", 8, height),
        Query(f"max by (schedule) ({BOARD.process('support_schedule_open')})", "{{schedule}}"),
    )


def _over_time(config: Config) -> Iterator[Any]:
    """Durations with the goals of the channels chosen as lines."""
    for name, title, metric, what in _DURATIONS:
        yield lines(
            Panel(
                f"{title} and its goals",
                f"Median and 90th percentile of that moment, {what}; goals of the channels chosen, the largest where they "
                f"differ. Dashed: {_words(getattr(config.defaults.goals, name))}.",
                "s",
                8,
                9,
                steps(getattr(config.defaults.goals, name)),
            ),
            Query(promql.quantile_seconds(BOARD, 0.5, metric, _RATE), "p50"),
            Query(promql.quantile_seconds(BOARD, 0.9, metric, _RATE), "p90"),
            Query(promql.goals(BOARD, name), "{{goal}}"),
        )
