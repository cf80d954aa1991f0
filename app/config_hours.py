"""Opening hours as people write them: `09:00-12:00, 13:00-17:30`, overnight `22:00-06:00`; days `mon-fri`; dates."""

import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Final

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from app.kpi.business_hours import YEARS
from app.kpi.openings import DAY_MINUTES, Hours

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBERS: Final = {name: number for number, name in enumerate(WEEKDAYS)}
_INTERVAL: Final = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)", re.ASCII)
_DAYS: Final = re.compile(rf"({'|'.join(WEEKDAYS)})(?:\s*-\s*({'|'.join(WEEKDAYS)}))?")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _wrong(text: str, **values: object) -> PydanticCustomError:
    return PydanticCustomError("hours", text, values)


def parse_hours(value: Any) -> Hours:
    """Intervals in minutes of the local day, in order; none for `closed`. Raises a pydantic error that says how to write them."""
    if isinstance(value, tuple):
        return value
    if value == "closed":
        return ()
    texts = value.split(",") if isinstance(value, str) else [""]
    hours = tuple(sorted(map(_interval, texts)))
    for (_, closing), (opening, _) in pairwise(hours):
        if opening < closing:
            raise _wrong("has hours that overlap at {at}: join them into one interval", at=write_minute(opening))
    return hours


def _interval(text: str) -> tuple[int, int]:
    match = _INTERVAL.fullmatch(text.strip())
    if match is None:
        raise _wrong('is no list of hours: write "09:00-12:00, 13:00-17:30", overnight "22:00-06:00", or closed')
    opening, closing = _minute(*match.group(1, 2)), _minute(*match.group(3, 4))
    if opening == DAY_MINUTES:
        raise _wrong("opens at 24:00, which is the next day: write 00:00 under that day")
    if opening == closing:
        raise _wrong("opens and closes at {at}: for a whole day write 00:00-24:00", at=write_minute(opening))
    return opening, closing if closing > opening else closing + DAY_MINUTES


def _minute(hour: str, minute: str) -> int:
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > DAY_MINUTES:
        raise _wrong("{time} is no time of day: 00:00 to 24:00", time=f"{hour}:{minute}")
    return found


def write_minute(minute: int) -> str:
    """As a clock shows it; a minute after the day's end as the next day's."""
    if minute > DAY_MINUTES:
        minute -= DAY_MINUTES
    return f"{minute // 60:02d}:{minute % 60:02d}"


def write_hours(hours: Hours) -> str:
    """Hours as the configuration writes them."""
    return ", ".join(f"{write_minute(opening)}-{write_minute(closing)}" for opening, closing in hours) or "closed"


def parse_days(value: Any) -> tuple[int, ...]:
    """Weekdays, Monday is 0: `mon`, `mon-fri`, `sat-mon`, `mon, wed, fri`."""
    if isinstance(value, tuple):
        return value
    days: list[int] = []
    for part in str(value).split(","):
        match = _DAYS.fullmatch(part.strip())
        if match is None:
            raise _wrong('names no weekdays: write mon, tue, wed, thu, fri, sat, sun, such as `mon-fri: "09:00-17:00"`')
        first, last = _NUMBERS[match[1]], _NUMBERS[match[2] or match[1]]
        days += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return tuple(days)


def parse_date(value: Any) -> date:
    """A date as text."""
    if isinstance(value, date):
        return value
    try:
        found = date.fromisoformat(value) if _DATE.fullmatch(str(value)) else None
    except ValueError:
        found = None
    if found is None:
        raise _wrong("is no date: write year, month and day, such as 2026-12-24")
    if found.year not in YEARS:
        raise _wrong("is outside the years {first} to {last}", first=YEARS.start, last=YEARS.stop - 1)
    return found


def _days_or_date(value: Any) -> tuple[int, ...] | date:
    is_date = isinstance(value, date) or str(value)[:1].isdigit()
    return parse_date(value) if is_date else parse_days(value)


HoursText = Annotated[Hours, BeforeValidator(parse_hours)]
Days = Annotated[tuple[int, ...], BeforeValidator(parse_days)]
Date = Annotated[date, BeforeValidator(parse_date)]
DaysOrDate = Annotated[tuple[int, ...] | date, BeforeValidator(_days_or_date)]
