"""When a figure deserves attention: measured against what the support configuration promises."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.config import Config
from schemas.kpis import SlaMetric

Tone = Literal["good", "watch", "bad", "plain", "faint"]

_NEARLY = 0.1
"""So far below the objective, attainment is no longer something to watch but bad."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is promised in one channel."""

    objective: float
    """The share of clocks that should be met."""
    at_risk: float
    """The share of a target after which a clock is at risk."""
    first_response_seconds: float | None
    """None where several channels are taken together: each promises something else."""
    next_response_seconds: float | None

    def of_share(self, share: float | None) -> Tone:
        """How attainment stands to the objective."""
        if share is None:
            return "faint"
        if share >= self.objective:
            return "good"
        return "watch" if share >= self.objective - _NEARLY else "bad"

    def of_seconds(self, seconds: float | None, metric: SlaMetric) -> Tone:
        """How a duration stands to its target."""
        target = self.first_response_seconds if metric == "first_response" else self.next_response_seconds
        if seconds is None:
            return "faint"
        if target is None or seconds < target * self.at_risk:
            return "plain"
        return "watch" if seconds <= target else "bad"


LimitsOf = Callable[[str], Limits]


def limits_of(config: Config) -> LimitsOf:
    """The limits of each channel; of `all` only the objective that holds by default."""

    def of(channel: str) -> Limits:
        rules = config.of(channel)
        if channel == "all":
            return Limits(rules.objective, rules.at_risk, None, None)
        first, following = rules.sla.first_response, rules.sla.next_response
        return Limits(rules.objective, rules.at_risk, first.total_seconds(), following.total_seconds())

    return of
