"""What a case sets, as the configuration text that a user would write for it, and the rules that come of that text."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from app import config
from app.kpi.business_hours import Schedule
from app.kpi.rules import Rules
from tests.conformance.cases import OPENING, Conversation, Intervals, Scheduled

CHANNEL: Final = "web"
"""Where events happen that name no channel."""
_SCHEDULE: Final = "office"


def configuration(case: Scheduled) -> str:
    """The text of a file."""
    parts: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    if case.model_fields_set & OPENING:
        parts["schedules"] = {_SCHEDULE: _schedule(case)}
        defaults["schedule"] = _SCHEDULE
    if isinstance(case, Conversation):
        targets = case.sla.model_dump(exclude_none=True)
        defaults["sla"] = {name.removesuffix("_seconds"): seconds for name, seconds in targets.items()}
    return yaml.safe_dump(parts | {"defaults": defaults}, sort_keys=False)


def rules_of(text: str) -> Rules:
    """The rules that a configuration text gives."""
    return config.rules(config.parse(text), "events")


def schedule_of(text: str) -> Schedule:
    """The schedule by which a channel measures under a configuration text."""
    schedule = rules_of(text).of(CHANNEL).schedule
    assert schedule is not None, "no schedule in the configuration, and no business time without"
    return schedule


def _schedule(case: Scheduled) -> dict[str, Any]:
    return {
        "zone": case.timezone,
        "week": _written(case.schedule or {}),
        "breaks": _written(case.breaks),
        "holidays": case.holidays,
        "special": _written(case.date_overrides),
    }


def _written(by_day: Mapping[Any, Intervals]) -> dict[Any, str]:
    return {day: _hours(intervals) for day, intervals in by_day.items()}


def _hours(intervals: Iterable[tuple[str, str]]) -> str:
    return ", ".join("-".join(interval) for interval in intervals) or "closed"
