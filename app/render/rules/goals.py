"""Alerts about goals: nothing promised is broken, but somebody should look in the day. Only what has an `alarm` can fire."""

from typing import Final

from app.config import Config
from app.render.alert import GOALS_UID, Alert
from app.render.promql import RULES, goal, level, response_rate, waits_judged
from app.render.rules.sla import FLOOR, fresh, memory

_CHANNEL: Final = "{{ $labels.channel }}"
_DAY: Final = "24h"


def goal_alerts(config: Config) -> list[Alert]:
    """All of them."""
    return [_backlog(config), _response_rate(config)]


def _backlog(config: Config) -> Alert:
    open_tickets = level(RULES, "support_open_tickets", memory=memory(config))
    return Alert(
        name="SupportBacklogAboveCeiling",
        expression=f"{open_tickets} > on (channel) {goal(RULES, 'backlog_alarm')}{fresh(config)}",
        severity="ticket",
        scope="sla",
        summary=f"{_CHANNEL}: {{{{ $value }}}} tickets are open",
        description=(
            f"{{{{ $value }}}} tickets of {_CHANNEL} are open, more than its ceiling (`goals: backlog: alarm`): more comes "
            "in than goes out."
        ),
        hold_intervals=20,
        tickets="waiting",
        board=GOALS_UID,
    )


def _response_rate(config: Config) -> Alert:
    rate, judged = response_rate(RULES, _DAY), waits_judged(RULES, _DAY)
    return Alert(
        name="SupportResponseRateLow",
        expression=(
            f"{rate} < on (channel) {goal(RULES, 'response_rate_alarm')}\n"
            f"and on (channel) ({judged} > {FLOOR}){fresh(config)}"
        ),
        severity="ticket",
        scope="sla",
        summary=f"{_CHANNEL}: {{{{ $value | humanizePercentage }}}} of those who wait are answered",
        description=(
            f"Over {_DAY}, {{{{ $value | humanizePercentage }}}} of the waits in {_CHANNEL} were answered by a person within "
            "`reply_limit`, less than `goals: response_rate: alarm`."
        ),
        hold_intervals=20,
        tickets="waiting",
        board=GOALS_UID,
    )
