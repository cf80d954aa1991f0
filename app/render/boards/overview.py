"""The support overview: one glance says whether customers wait too long, and whether the figures can be believed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from app.config import ChannelConfig, Config
from app.render import promql
from app.render.alert import BOARD_UID, runbook_url
from app.render.boards.frame import board
from app.render.boards.panels import (
    AMBER,
    BLUE,
    GREEN,
    RED,
    Column,
    Panel,
    Query,
    Steps,
    bars,
    channel_table,
    figure,
    lines,
)
from app.render.promql import BOARD
from app.render.rules.recording import OBJECTIVE
from app.spans import write_span

_RANGE: Final = "$__range"
_RATE: Final = "$__rate_interval"
_SOME_RED: Final[Steps] = ((None, GREEN), (1, RED))
_SOME_AMBER: Final[Steps] = ((None, GREEN), (1, AMBER))
_FIRST_RESPONSE: Final = "support_first_response_queue_seconds"
_CHANNELS_NAMED: Final = "{{channel}}"


def overview(config: Config) -> Any:
    """The board, built."""
    panels = [*_glance(config), *_channels(config), *_flow(config), *_belief(config)]
    return board("Support overview", BOARD_UID, overview.__doc__ or "", runbook_url(config), panels)


def _rules(config: Config) -> list[ChannelConfig]:
    return [config.defaults, *(config.of(name) for name in sorted(config.channels or {}))]


def _reply_targets(config: Config) -> list[timedelta]:
    return [target for rules in _rules(config) for target in (rules.sla.first_response, rules.sla.next_response)]


def _met(objective: float) -> Steps:
    return (None, RED), (objective, GREEN)


def _behind(config: Config) -> Steps:
    limit_seconds = config.operations.stalled_after.total_seconds()
    return (None, GREEN), (limit_seconds / 2, AMBER), (limit_seconds, RED)


def _section(config: Config, alert: str) -> str:
    return f"{runbook_url(config)}#{alert.lower()}"


def _glance(config: Config) -> Iterator[Any]:
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
            _SOME_AMBER,
            _section(config, "SupportTicketsAtRisk"),
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
            _SOME_RED,
            _section(config, "SupportSlaBreached"),
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
            _behind(config),
            _section(config, "CarebeatPipelineStalled"),
        ),
        Query(promql.stream_lag_seconds(BOARD)),
    )


def _oldest(config: Config, width: int, height: int) -> Any:
    shortest, longest = min(_reply_targets(config)), max(_reply_targets(config))
    return figure(
        Panel(
            "Oldest wait",
            "How long the customer who has waited longest has waited by now, whatever the priority. Amber from the "
            f"shortest target for a reply ({write_span(shortest)}), red from the longest ({write_span(longest)}).",
            "s",
            width,
            height,
            ((None, GREEN), (shortest.total_seconds(), AMBER), (longest.total_seconds(), RED)),
            _section(config, "SupportOldestWaitTooLong"),
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
            _met(objective),
            _section(config, "SupportSlaBurnFast"),
        ),
        Query(promql.attainment(BOARD, _RANGE, by="")),
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
            Query(promql.quantile_seconds(BOARD, percent / 100, _FIRST_RESPONSE, _RANGE)),
        )


def _channels(config: Config) -> Iterator[Any]:
    """Each channel against its own promises."""
    height = 9
    own = {name: _met(config.of(name).objective) for name in sorted(config.channels or {})}
    yield bars(
        Panel(
            "Attainment by channel",
            "SLA verdicts in the time range that were met, of those met or breached. Green from the channel's objective.",
            "percentunit",
            8,
            height,
            _met(config.defaults.objective),
            _section(config, "SupportSlaBurnFast"),
        ),
        Query(promql.attainment(BOARD, _RANGE), _CHANNELS_NAMED),
        {name: steps for name, steps in own.items() if steps != _met(config.defaults.objective)},
    )
    targets = BOARD.channel("support_sla_target_seconds", 'metric=~"first_response|next_response"')
    of_target = f"({promql.oldest_wait_seconds(BOARD)}) / max by (channel) ({targets})"
    columns = [
        Column("Waiting", promql.level(BOARD, "support_waiting_tickets"), "short"),
        Column("At risk", promql.level(BOARD, "support_at_risk_tickets"), "short", _SOME_AMBER),
        Column("Breached", promql.level(BOARD, "support_breached_tickets"), "short", _SOME_RED),
        Column("Unassigned", promql.level(BOARD, "support_unassigned_tickets"), "short"),
        Column("Oldest wait", promql.oldest_wait_seconds(BOARD), "s"),
        Column("of target", of_target, "percentunit", ((None, GREEN), (config.defaults.at_risk, AMBER), (1, RED))),
        Column("Attainment", promql.attainment(BOARD, _RANGE), "percentunit"),
        Column("Objective", f"max by (channel) ({BOARD.channel(OBJECTIVE)})", "percentunit"),
    ]
    yield channel_table(
        Panel(
            "Channels",
            "Each channel now, and its attainment over the time range. `of target`: the oldest wait against the "
            "longer target for a reply.",
            "short",
            16,
            height,
        ),
        columns,
        f"/d/{BOARD_UID}?var-channel=${{__value.raw}}",
    )


def _flow(config: Config) -> Iterator[Any]:
    """What comes in against what goes out."""
    height = 8
    replies = BOARD.channel("support_replies_sent_total", 'author!~"automation|campaign"')
    yield lines(
        Panel(
            "Arrivals, replies, closures",
            "Per minute: customers' messages against replies by people and bots, tickets opened against closed.",
            "cpm",
            8,
            height,
        ),
        Query(promql.per_minute(BOARD.channel("support_messages_received_total"), _RATE), "messages"),
        Query(promql.per_minute(replies, _RATE), "replies"),
        Query(promql.per_minute(BOARD.channel("support_tickets_opened_total"), _RATE), "opened"),
        Query(promql.per_minute(BOARD.channel("support_tickets_closed_total"), _RATE), "closed"),
    )
    yield lines(
        Panel("Waiting by channel", "Tickets whose customer waits for a reply.", "short", 8, height),
        Query(promql.level(BOARD, "support_waiting_tickets"), _CHANNELS_NAMED),
    )
    target = config.defaults.sla.first_response.total_seconds()
    yield lines(
        Panel(
            "First response",
            "Median and 90th percentile of the first responses of that moment, from the histogram; all channels chosen.",
            "s",
            8,
            height,
            ((None, GREEN), (target, RED)),
        ),
        Query(promql.quantile_seconds(BOARD, 0.5, _FIRST_RESPONSE, _RATE), "p50"),
        Query(promql.quantile_seconds(BOARD, 0.9, _FIRST_RESPONSE, _RATE), "p90"),
    )


def _belief(config: Config) -> Iterator[Any]:
    """Whether the figures above can be believed."""
    height = 7
    yield lines(
        Panel(
            "Stream time behind, by partition",
            "A line that climbs is a partition that nobody reads, or not fast enough.",
            "s",
            8,
            height,
            _behind(config),
            _section(config, "CarebeatPipelineStalled"),
        ),
        Query(promql.stream_lag_seconds(BOARD, by="partition"), "{{partition}}"),
    )
    yield lines(
        Panel(
            "Records not yet read",
            "In the log of events, by partition, as its worker sees it.",
            "short",
            8,
            height,
            ((None, BLUE),),
            _section(config, "CarebeatPipelineStalled"),
        ),
        Query(f"max by (partition) ({BOARD.process('carebeat_lag_records')})", "{{partition}}"),
    )
    yield lines(
        Panel(
            "Dead letters",
            "Records that were refused, by reason, per minute. `carebeat dead-letters list` shows them.",
            "cpm",
            8,
            height,
            _SOME_AMBER,
            _section(config, "CarebeatDeadLetters"),
        ),
        Query(promql.per_minute(BOARD.process("carebeat_dead_letters_total"), _RATE, by="reason"), "{{reason}}"),
    )
