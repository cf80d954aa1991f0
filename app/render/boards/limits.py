"""From where on a figure is bad, by the configuration; and where the runbook says what then."""

from datetime import timedelta
from typing import Final

from app.config import Config
from app.render.alert import runbook_url
from app.render.boards.panels import AMBER, GREEN, RED, Steps

SOME_RED: Final[Steps] = ((None, GREEN), (1, RED))
SOME_AMBER: Final[Steps] = ((None, GREEN), (1, AMBER))


def reply_targets(config: Config) -> list[timedelta]:
    """All targets for replies: of the defaults and of each channel."""
    rules = [config.defaults, *(config.of(name) for name in sorted(config.channels or {}))]
    return [target for each in rules for target in (each.sla.first_response, each.sla.next_response)]


def met(objective: float) -> Steps:
    """Attainment against an objective."""
    return (None, RED), (objective, GREEN)


def behind(config: Config) -> Steps:
    """How far figures may be behind."""
    limit_seconds = config.operations.stalled_after.total_seconds()
    return (None, GREEN), (limit_seconds / 2, AMBER), (limit_seconds, RED)


def section(config: Config, alert: str) -> str:
    """The section of the runbook about an alert."""
    return f"{runbook_url(config)}#{alert.lower()}"
