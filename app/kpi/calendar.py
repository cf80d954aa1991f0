"""Where weeks (from Monday, as ISO has them), months and quarters begin and end in the reporting zone."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.kpi.windows import Days


def _week(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def _months(day: date, length: int) -> tuple[date, date]:
    first = (day.month - 1) // length * length
    year, next_first = divmod(day.year * 12 + first + length, 12)
    return date(day.year, first + 1, 1), date(year, next_first + 1, 1)


_AROUND: Final[Mapping[str, Callable[[date], tuple[date, date]]]] = {
    "week": _week,
    "month": lambda day: _months(day, 1),
    "quarter": lambda day: _months(day, 3),
}
LONG_KINDS: Final = tuple(_AROUND)
"""The windows that are made of days."""


class Calendar:
    """Long windows in one zone. Each begins and ends where a day of that zone does."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._days = Days(zone)

    def around(self, kind: str, at_ms: int) -> tuple[int, int]:
        """(start, end) of the long window that an instant falls in."""
        day = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone).date()
        first, after = _AROUND[kind](day)
        return self._days.midnight_ms(first), self._days.midnight_ms(after)
