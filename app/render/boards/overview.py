"""The support overview: one glance says whether customers wait too long, and whether the figures can be believed."""

from collections.abc import Iterator
from typing import Any, Final

from app.config import Config
from app.render import promql
from app.render.alert import BOARD_UID, runbook_url
from app.render.boards.frame import board
from app.render.boards.glance import FIRST_RESPONSE, RANGE, glance
from app.render.boards.limits import SOME_AMBER, SOME_RED, behind, met, section
from app.render.boards.panels import (
    AMBER,
    BLUE,
    GREEN,
    RED,
    Column,
    Panel,
    Query,
    bars,
    channel_table,
    lines,
)
from app.render.promql import BOARD
from app.render.rules.recording import OBJECTIVE

_RATE: Final = "$__rate_interval"
_DESCRIPTION: Final = "Who waits, what is late, how promises are kept, and whether these figures are current."
_CHANNELS_NAMED: Final = "{{channel}}"


def overview(config: Config) -> Any:
    """The board, built."""
    panels = [*glance(config), *_channels(config), *_flow(config), *_belief(config)]
    return board("Support overview", BOARD_UID, _DESCRIPTION, runbook_url(config), panels)


def _channels(config: Config) -> Iterator[Any]:
    """Each channel against its own promises."""
    height = 9
    own = {name: met(config.of(name).objective) for name in sorted(config.channels or {})}
    yield bars(
        Panel(
            "Attainment by channel",
            "SLA verdicts in the time range that were met, of those met or breached. Green from the channel's objective.",
            "percentunit",
            8,
            height,
            met(config.defaults.objective),
            section(config, "SupportSlaBurnFast"),
        ),
        Query(promql.attainment(BOARD, RANGE), _CHANNELS_NAMED),
        {name: steps for name, steps in own.items() if steps != met(config.defaults.objective)},
    )
    of_target = f"({promql.oldest_wait_seconds(BOARD)}) / max by (channel) ({promql.reply_targets(BOARD)})"
    columns = [
        Column("Waiting", promql.level(BOARD, "support_waiting_tickets"), "short"),
        Column("At risk", promql.level(BOARD, "support_at_risk_tickets"), "short", SOME_AMBER),
        Column("Breached", promql.level(BOARD, "support_breached_tickets"), "short", SOME_RED),
        Column("Unassigned", promql.level(BOARD, "support_unassigned_tickets"), "short"),
        Column("Oldest wait", promql.oldest_wait_seconds(BOARD), "s"),
        Column("of target", of_target, "percentunit", ((None, GREEN), (config.defaults.at_risk, AMBER), (1, RED))),
        Column("Attainment", promql.attainment(BOARD, RANGE), "percentunit"),
        Column("Objective", f"max by (channel) ({BOARD.channel(OBJECTIVE)})", "percentunit"),
    ]
    yield channel_table(
        Panel(
            "Channels",
            "Each channel now, and its attainment over the time range. `of target`: the oldest wait against the "
            "longest target for a reply in calendar time.",
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
        Query(promql.quantile_seconds(BOARD, 0.5, FIRST_RESPONSE, _RATE), "p50"),
        Query(promql.quantile_seconds(BOARD, 0.9, FIRST_RESPONSE, _RATE), "p90"),
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
            behind(config),
            section(config, "CarebeatPipelineStalled"),
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
            section(config, "CarebeatPipelineStalled"),
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
            SOME_AMBER,
            section(config, "CarebeatDeadLetters"),
        ),
        Query(promql.per_minute(BOARD.process("carebeat_dead_letters_total"), _RATE, by="reason"), "{{reason}}"),
    )
