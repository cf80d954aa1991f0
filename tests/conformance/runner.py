"""A case as it is written, held against what Carebeat makes of it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from app import config
from app.cli.local_instants import local_instant_ms
from tests.conformance.cases import CASE, BusinessDuration, Configuration, Conversation, Deadline
from tests.conformance.figures import figures
from tests.conformance.settings import configuration, schedule_of

_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00Z")


def at(instant: datetime) -> int:
    """Milliseconds since 1970."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def compared(written: dict[str, Any], folder: Path) -> tuple[object, object]:
    """What Carebeat makes of a case, and what is right. Raises ValidationError, NotUnderstood, ConfigurationError on what it does not understand.

    Business time is in milliseconds, instants are milliseconds since 1970, a conversation gives the figures that its case names.
    """
    case = CASE.validate_python(written)
    match case:
        case BusinessDuration():
            found_ms = schedule_of(configuration(case)).open_ms(at(case.start), at(case.end))
            return found_ms, round(case.right_seconds * 1000)
        case Deadline():
            due_ms = schedule_of(configuration(case)).due_ms(at(case.start), round(case.target_business_seconds * 1000))
            return due_ms, at(case.right_due_at)
        case Conversation():
            return figures(case, folder), case.right_figures
        case Configuration():
            return local_instant_ms(case.config.local, _zone(case.config.timezone)), at(case.expected.utc)


def _zone(name: str) -> ZoneInfo:
    text = f"schedules: {{office: {{zone: {name}, week: {{mon-sun: 00:00-24:00}}}}}}"
    return config.parse(text).schedules["office"].compiled().zone
