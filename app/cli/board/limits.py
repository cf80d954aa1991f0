"""When a figure deserves attention: measured against what the support configuration promises."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.config import Config
from app.config_channels import ChannelConfig
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
    """None where several channels are taken together, each of which promises something else, and where targets run in
    opening hours: durations here are in calendar time."""
    next_response_seconds: float | None
    replies_seconds: tuple[float, float] | None
    """The shortest and the longest target of a reply, by any policy; None as above, if only for some of its tickets."""

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

    def of_oldest_wait(self, seconds: float | None) -> Tone:
        """How a wait stands of which nobody knows to what reply it has a right: late for some target, or for all."""
        if seconds is None:
            return "faint"
        if self.replies_seconds is None or seconds <= self.replies_seconds[0]:
            return "plain"
        return "watch" if seconds <= self.replies_seconds[1] else "bad"


LimitsOf = Callable[[str], Limits]


def limits_of(config: Config) -> LimitsOf:
    """The limits of each channel; of `all` only the objective that holds by default."""

    def of(channel: str) -> Limits:
        rules = config.of(channel)
        if channel == "all":
            return Limits(rules.objective, rules.at_risk, None, None, None)
        first, following = (None, None) if rules.target_hours() else _replies_seconds(rules)
        return Limits(rules.objective, rules.at_risk, first, following, _range(config.promises_of(channel)))

    return of


def _range(promised: list[ChannelConfig]) -> tuple[float, float] | None:
    if any(each.target_hours() for each in promised):
        return None
    seconds = [target for each in promised for target in _replies_seconds(each)]
    return min(seconds), max(seconds)


def _replies_seconds(promised: ChannelConfig) -> tuple[float, float]:
    return promised.sla.first_response.total_seconds(), promised.sla.next_response.total_seconds()
