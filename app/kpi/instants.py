"""Instants as text: what is written on topics."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=10_000)
def text_of(at_ms: int) -> str:
    """RFC 3339 in UTC of milliseconds since 1970; no fraction where it is zero."""
    at = _EPOCH + timedelta(milliseconds=at_ms)
    return at.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds")[:-6] + "Z"
