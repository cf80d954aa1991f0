"""From where on a figure is bad, by the configuration; and where the runbook says what then."""

from datetime import timedelta
from typing import Final

from app.config import Config
from app.kpi.rules import OTHER_CHANNEL
from app.render.alert import runbook_section
from app.render.boards.panels import AMBER, GREEN, RED, Steps

SOME_RED: Final[Steps] = ((None, GREEN), (1, RED))
SOME_AMBER: Final[Steps] = ((None, GREEN), (1, AMBER))


def reply_targets(config: Config) -> list[timedelta]:
    """All targets for replies that an age can be held against: those in calendar time, of every channel and policy."""
    names = (*config.named_channels(), OTHER_CHANNEL)
    promised = [each for name in names for each in config.promises_of(name)]
    compared = [each for each in promised if each.target_hours() is None] or promised
    return [target for each in compared for target in (each.sla.first_response, each.sla.next_response)]


def met(objective: float) -> Steps:
    """Attainment against an objective."""
    return (None, RED), (objective, GREEN)


def behind(config: Config) -> Steps:
    """How far figures may be behind."""
    limit_seconds = config.operations.stalled_after.total_seconds()
    return (None, GREEN), (limit_seconds / 2, AMBER), (limit_seconds, RED)


def section(config: Config, alert: str) -> str:
    """The section of the runbook about an alert."""
    return runbook_section(config, alert)
