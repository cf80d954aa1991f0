"""The first row of the support overview: eight figures that one glance takes in."""

from collections.abc import Iterator
from typing import Any, Final

from app.config import Config
from app.render import promql
from app.render.boards.limits import SOME_AMBER, SOME_RED, behind, met, reply_targets, section
from app.render.boards.panels import AMBER, GREEN, RED, Panel, Query, figure
from app.render.promql import BOARD
from app.spans import write_span

RANGE: Final = "$__range"
"""The time range that is looked at."""
FIRST_RESPONSE: Final = "support_first_response_queue_seconds"
"""Boards lead with the clock that stops while a bot holds the ticket."""


def glance(config: Config) -> Iterator[Any]:
    """Eight figures over the whole width."""
    width, height = 3, 4
    yield figure(
        Panel("Waiting", "Tickets whose customer waits for a reply, now.", "short", width, height),
        Query(promql.level(BOARD, "support_waiting_tickets", by="")),
    )
    yield figure(
        Panel(
            "At risk",
            "Tickets that have used up most of their time for a reply and still wait, now.",
            "short",
            width,
            height,
            SOME_AMBER,
            section(config, "SupportTicketsAtRisk"),
        ),
        Query(promql.level(BOARD, "support_at_risk_tickets", by="")),
    )
    yield figure(
        Panel(
            "Breached now",
            "Tickets past the deadline of their reply that still wait. Each channel with one is paged.",
            "short",
            width,
            height,
            SOME_RED,
            section(config, "SupportSlaBreached"),
        ),
        Query(promql.level(BOARD, "support_breached_tickets", by="")),
    )
    yield _oldest(config, width, height)
    yield _attained(config, width, height)
    yield from _first_responses(config, width, height)
    yield figure(
        Panel(
            "Data is behind by",
            "How far stream time of the slowest partition is behind. When this is red, no other figure here is current.",
            "s",
            width,
            height,
            behind(config),
            section(config, "CarebeatPipelineStalled"),
        ),
        Query(promql.stream_lag_seconds(BOARD)),
    )


def _oldest(config: Config, width: int, height: int) -> Any:
    shortest, longest = min(reply_targets(config)), max(reply_targets(config))
    return figure(
        Panel(
            "Oldest wait",
            "How long the customer who has waited longest has waited by now, whatever the priority. Amber from the "
            f"shortest target for a reply ({write_span(shortest)}), red from the longest ({write_span(longest)}).",
            "s",
            width,
            height,
            ((None, GREEN), (shortest.total_seconds(), AMBER), (longest.total_seconds(), RED)),
            section(config, "SupportOldestWaitTooLong"),
        ),
        Query(promql.oldest_wait_seconds(BOARD, by="")),
    )


def _attained(config: Config, width: int, height: int) -> Any:
    objective = config.defaults.objective
    return figure(
        Panel(
            "Attainment",
            "SLA verdicts in the time range that were met, of those met or breached, all metrics together. Green from "
            f"the objective of the defaults on ({objective:.0%}); each channel's own is beside its bar.",
            "percentunit",
            width,
            height,
            met(objective),
            section(config, "SupportSlaBurnFast"),
        ),
        Query(promql.attainment(BOARD, RANGE, by="")),
    )


def _first_responses(config: Config, width: int, height: int) -> Iterator[Any]:
    target = config.defaults.sla.first_response
    steps = (None, GREEN), (target.total_seconds() * config.defaults.at_risk, AMBER), (target.total_seconds(), RED)
    for percent in (50, 90):
        yield figure(
            Panel(
                f"First response p{percent}",
                f"{percent} % of the first responses in the time range took no longer, whatever the priority; without "
                f"the time that a bot held the ticket. Red from the default target on ({write_span(target)}).",
                "s",
                width,
                height,
                steps,
            ),
            Query(promql.quantile_seconds(BOARD, percent / 100, FIRST_RESPONSE, RANGE)),
        )
