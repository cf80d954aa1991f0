"""Instants as text: what is written on topics."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE_MS: Final = 60_000
_REMEMBERED: Final = 10_000
_SECONDS: Final = tuple(f"{second:02d}" for second in range(60))
_minutes: dict[int, str] = {}


def text_of(at_ms: int) -> str:
    """RFC 3339 in UTC of milliseconds since 1970; no fraction where it is zero. Instants that share a minute share the work."""
    minute, rest_ms = divmod(at_ms, _MINUTE_MS)
    prefix = _minutes.get(minute) or _prefix(minute)
    second, milliseconds = divmod(rest_ms, 1000)
    if milliseconds:
        return f"{prefix}{_SECONDS[second]}.{milliseconds:03d}Z"
    return f"{prefix}{_SECONDS[second]}Z"


def _prefix(minute: int) -> str:
    if len(_minutes) >= _REMEMBERED:
        _minutes.clear()
    text = _minutes[minute] = (_EPOCH + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:")
    return text
