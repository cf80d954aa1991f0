"""Instants as people write them where a zone is understood: with a zone of their own, or in local time."""

import re
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.kpi.business_hours import YEARS
from app.kpi.instants import instant_ms
from app.kpi.openings import DAY_MINUTES, local_ms

_LOCAL: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,12}))?)?)?", re.ASCII)


def local_instant_ms(text: str, zone: ZoneInfo) -> int:
    """Milliseconds of an RFC 3339 instant, or of a date and time in the zone (the date alone is its midnight).

    Finer digits are cut off. Raises ValueError with what to write instead.
    """
    try:
        at_ms = _local(text, zone) if _LOCAL.fullmatch(text) else instant_ms(text)
        year = datetime.fromtimestamp(at_ms // 1000, UTC).year
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is no instant: write 2026-03-02T09:00:00Z, or 2026-03-02T09:00 in {zone.key}, or now"
        ) from None
    if year not in YEARS:
        raise ValueError(f"{text!r} is outside the years {YEARS[0]} to {YEARS[-1]}")
    return at_ms


def _local(text: str, zone: ZoneInfo) -> int:
    match = _LOCAL.fullmatch(text)
    assert match is not None
    day, *time = match.groups()
    hour, minute, second, fraction = (part or "0" for part in time)
    of_day = int(hour) * 60 + int(minute)
    if of_day > DAY_MINUTES:
        raise ValueError(text)
    midnight = date.fromisoformat(day).toordinal()
    return local_ms(midnight, of_day, zone) + int(second) * 1000 + int((fraction + "00")[:3])
