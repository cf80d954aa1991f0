"""How fast the budget of breaches burns, and from when on that is worth an alert.

An objective of 90 % leaves a budget of 10 % of a day's verdicts. Spending a share of that budget within a window is a
burn of `share x day / window` times the even pace, and shows as a breach ratio of burn x budget. A ratio cannot pass
1, so a burn has a largest value (10 for 90 %, 5 for 80 %) and a fixed factor would be silent for ever under many an
objective: factors are derived from it, and one that could not be reached is refused.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple

from app.config import Config
from app.errors import ConfigurationError
from app.render.alert import Severity
from app.spans import parse_span

_DAY: Final = timedelta(days=1)
_HIGHEST_RATIO: Final = 0.95
"""A rule that waits for more breaches than this is as good as silent."""
_CALMEST_RATIO: Final = 0.8
"""Factors are lowered, but not below the even pace, until so many breaches are enough."""


class Burn(NamedTuple):
    """An alert by two windows: the long one says that it matters, the short one that it still goes on."""

    alert: str
    severity: Severity
    long: str
    short: str
    budget_share: float
    """Of the day's budget, spent within the long window."""


BURNS: Final = (
    Burn("SupportSlaBurnFast", "page", "1h", "5m", 0.20),
    Burn("SupportSlaBurnFast", "page", "3h", "15m", 0.25),
    Burn("SupportSlaBurnSlow", "ticket", "6h", "30m", 0.25),
)
WINDOWS: Final = tuple(sorted({window for burn in BURNS for window in (burn.long, burn.short)}, key=parse_span))
"""All windows that breach ratios are recorded over, shortest first."""


def factor(burn: Burn, objective: float) -> float:
    """How many times the even pace is too fast, as far as the objective lets such a pace be."""
    wanted = burn.budget_share * (_DAY / parse_span(burn.long))
    return max(1.0, min(wanted, _CALMEST_RATIO / (1 - objective)))


def breach_ratio(factor: float, objective: float, whose: str) -> float:
    """The breach ratio of a burn. Raises ConfigurationError for one that could never be seen."""
    ratio = factor * (1 - objective)
    if ratio >= _HIGHEST_RATIO:
        raise ConfigurationError(
            f"objective {objective:g} of {whose} leaves a budget of {1 - objective:.0%}: an alert at {factor:.3g} times "
            f"its even pace needs {ratio:.0%} breaches and could never fire (limit {_HIGHEST_RATIO:.0%}). "
            f"Raise the objective above {1 - _HIGHEST_RATIO / factor:.3g}."
        )
    return round(ratio, 4)


class ObjectiveGroup(NamedTuple):
    """The channels that share an objective."""

    objective: float
    matcher: str
    """Label matcher for them; "" for all channels."""
    whose: str


def objective_groups(config: Config) -> list[ObjectiveGroup]:
    """Who shares an objective: the defaults with every channel that is not named, then the others by objective."""
    default = config.defaults.objective
    others: dict[float, list[str]] = {}
    for name in sorted(config.channels or {}):
        if config.of(name).objective != default:
            others.setdefault(config.of(name).objective, []).append(name)
    named = sorted(name for names in others.values() for name in names)
    rest = f'channel!~"{_any_of(named)}"' if named else ""
    groups = [ObjectiveGroup(default, rest, "the defaults")]
    for objective, names in sorted(others.items()):
        groups.append(ObjectiveGroup(objective, f'channel=~"{_any_of(names)}"', ", ".join(names)))
    return groups


def _any_of(names: Iterable[str]) -> str:
    """A regular expression in a string of PromQL; dots are the only thing in names that means something there."""
    return "|".join(name.replace(".", r"\\.") for name in names)
