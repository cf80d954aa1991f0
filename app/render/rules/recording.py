"""Recording rules: what several alerts read, and what is configured but not exported. Named level:metric:operation."""

from typing import Any, Final

from app.config import Config
from app.render.burn import WINDOWS, ObjectiveGroup, objective_groups
from app.render.promql import JOB, RULES, breach_ratio

OBJECTIVE: Final = "channel:support_sla_objective:ratio"
_LABELS: Final = {"job": JOB}


def breach_ratio_of(window: str) -> str:
    """The recorded breach ratio over a window, by channel and SLA metric."""
    return f"channel_metric:support_sla_breach:ratio_rate{window}"


def recordings(config: Config) -> list[dict[str, Any]]:
    """The rules, in Prometheus' own form."""
    ratios = [
        {"record": breach_ratio_of(window), "expr": breach_ratio(RULES, window), "labels": _LABELS}
        for window in WINDOWS
    ]
    objective = "\nor ".join(_objective(group) for group in objective_groups(config))
    return [*ratios, {"record": OBJECTIVE, "expr": objective, "labels": _LABELS}]


def _objective(group: ObjectiveGroup) -> str:
    """The objective of each channel there is: channels are known by their targets, also where any is accepted."""
    targets = RULES.channel("support_sla_target_seconds", group.matcher)
    return f"(0 * group by (channel) ({targets}) + {group.objective:g})"
