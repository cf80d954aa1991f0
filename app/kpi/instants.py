"""Instants as text: what is written on topics."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE_MS: Final = 60_000
_REMEMBERED: Final = 10_000
_SECONDS: Final = tuple(f"{second:02d}" for second in range(60))
_FRACTIONS: Final = ("Z", *(f".{milliseconds:03d}Z" for milliseconds in range(1, 1000)))
_minutes: dict[int, str] = {}


def text_of(at_ms: int) -> str:
    """RFC 3339 in UTC of milliseconds since 1970; no fraction where it is zero. Instants that share a minute share the work."""
    minute = at_ms // _MINUTE_MS
    rest_ms = at_ms - minute * _MINUTE_MS
    return (_minutes.get(minute) or _prefix(minute)) + _SECONDS[rest_ms // 1000] + _FRACTIONS[rest_ms % 1000]


def _prefix(minute: int) -> str:
    if len(_minutes) >= _REMEMBERED:
        _minutes.clear()
    text = _minutes[minute] = (_EPOCH + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:")
    return text
