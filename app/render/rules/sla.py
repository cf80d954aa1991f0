"""Alerts about promises. Pages hold back while the pipeline is behind: what is not read yet may hold the answer."""

from collections.abc import Iterator
from typing import Final

from app.config import Config
from app.render.alert import KEPT_INTERVALS, Alert
from app.render.burn import BURNS, Burn, ObjectiveGroup, breach_ratio, factor, objective_groups
from app.render.promql import RULES, level, oldest_wait_seconds, reply_targets, stream_lag_seconds, verdicts
from app.render.rules.recording import breach_ratio_of
from app.spans import write_span

_CHANNEL: Final = "{{ $labels.channel }}"
FLOOR: Final = 20
"""Verdicts in the long window below which a ratio means little."""
_THIN_BREACHES: Final = 3
_FORGOTTEN_TIMES: Final = 2


def sla_alerts(config: Config) -> list[Alert]:
    """All of them. Raises ConfigurationError where an objective allows none."""
    kept, now = memory(config), fresh(config)
    return [_breached(kept, now), _at_risk(kept, now), _forgotten(now), *_burns(config, now), _thin(now)]


def fresh(config: Config) -> str:
    """Only while the pipeline is not behind."""
    limit_seconds = config.operations.stalled_after.total_seconds()
    return f"\nand on () ({stream_lag_seconds(RULES)} < {limit_seconds:g})"


def memory(config: Config) -> str:
    """A worker that is gone says nothing of tickets: what it said last holds until another does, or the pipeline pages."""
    operations = config.operations
    return write_span(operations.stalled_after + KEPT_INTERVALS * operations.interval)


def _breached(memory: str, fresh: str) -> Alert:
    return Alert(
        name="SupportSlaBreached",
        expression=f"{level(RULES, 'support_breached_tickets', memory=memory)} > 0{fresh}",
        severity="page",
        scope="sla",
        summary=f"{_CHANNEL}: {{{{ $value }}}} past the deadline",
        description=f"Tickets of {_CHANNEL} that are past the deadline of their reply and still wait: {{{{ $value }}}}.",
        tickets="breached",
    )


def _at_risk(memory: str, fresh: str) -> Alert:
    return Alert(
        name="SupportTicketsAtRisk",
        expression=f"{level(RULES, 'support_at_risk_tickets', memory=memory)} > 0{fresh}",
        severity="ticket",
        scope="sla",
        summary=f"{_CHANNEL}: {{{{ $value }}}} close to the deadline",
        description=f"Tickets of {_CHANNEL} that have used up most of their time for a reply: {{{{ $value }}}}.",
        hold_intervals=2,
        tickets="at_risk",
    )


def _forgotten(fresh: str) -> Alert:
    """Asks the clock, not the state of SLA clocks: it finds a wait that a page did not get answered."""
    limit = f"{_FORGOTTEN_TIMES} * max by (channel) ({reply_targets(RULES)})"
    in_hours = reply_targets(RULES, "business")  # a wait over a weekend is old and in time
    return Alert(
        name="SupportOldestWaitTooLong",
        expression=f"({oldest_wait_seconds(RULES)}) > {limit}\nunless on (channel) {in_hours}{fresh}",
        severity="ticket",
        scope="sla",
        summary=f"{_CHANNEL}: a customer has waited {{{{ $value | humanizeDuration }}}}",
        description=(
            f"The oldest wait in {_CHANNEL} is {{{{ $value | humanizeDuration }}}} old, more than {_FORGOTTEN_TIMES} "
            "times the longest target for a reply."
        ),
        hold_intervals=4,
        tickets="waiting",
    )


def _burns(config: Config, fresh: str) -> Iterator[Alert]:
    for burn in BURNS:
        for group in objective_groups(config):
            yield _burn(burn, group, fresh)


def _burn(burn: Burn, group: ObjectiveGroup, fresh: str) -> Alert:
    times = factor(burn, group.objective)
    limit = breach_ratio(times, group.objective, group.whose)
    own = RULES._replace(by_channel=group.matcher)
    ratios = [f"{own.channel(breach_ratio_of(window))} > {limit:g}" for window in (burn.long, burn.short)]
    judged = verdicts(own, "met|breached", burn.long, "increase")
    return Alert(
        name=burn.alert,
        expression=f"{ratios[0]}\nand {ratios[1]}\nand on (channel, metric) ({judged} > {FLOOR}){fresh}",
        severity=burn.severity,
        scope="sla",
        summary=f"{_CHANNEL}: {{{{ $value | humanizePercentage }}}} of {{{{ $labels.metric }}}} breached",
        description=(
            f"{{{{ $value | humanizePercentage }}}} of the verdicts on {{{{ $labels.metric }}}} in {_CHANNEL} over the "
            f"last {burn.long} are breaches: {times:.3g} times the pace that the objective of {group.objective:g} "
            "allows, or more."
        ),
        hold_intervals=2,
        tickets="breached",
        labels=(("objective", f"{group.objective:g}"), ("window", burn.long)),
    )


def _thin(fresh: str) -> Alert:
    """Counts what no burn looks at: a burn has its floor for each metric, so this one leaves out the same ones."""
    breaches = verdicts(RULES, "breached", "30m", "increase")
    judged = verdicts(RULES, "met|breached", "1h", "increase")
    of_thin = f"sum by (channel) ({breaches} and on (channel, metric) ({judged} <= {FLOOR}))"
    # increase() extrapolates: three come out as a little less or more
    return Alert(
        name="SupportSlaBreachesInThinChannel",
        expression=f"{of_thin} > {_THIN_BREACHES - 0.5:g}{fresh}",
        severity="ticket",
        scope="sla",
        summary=f"{_CHANNEL}: {{{{ $value | printf `%.0f` }}}} breaches within 30 min",
        description=(
            f"About {{{{ $value | printf `%.0f` }}}} promises were broken in {_CHANNEL} within 30 min, of metrics "
            "with too few verdicts for a share of breaches to mean anything."
        ),
        tickets="breached",
    )
