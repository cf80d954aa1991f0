"""Instants as text, read and written. There are several for every event, and most share their minute with the one before."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

EARLIEST_MS: Final = 1_262_304_000_000  # 2010-01-01
LATEST_MS: Final = 4_102_444_800_000  # 2100-01-01
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
LATE_LIMIT_MS: Final = DAY_MS
"""How late an event may be read and still count exactly: hours and days stay open so long, and so does what is forgotten."""
NEVER: Final = 1 << 62
"""Later than every instant."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_REMEMBERED: Final = 100_000
"""Minutes, each way."""
_SECOND_TEXTS: Final = tuple(f"{second:02d}" for second in range(60))
_FRACTION_TEXTS: Final = ("Z", *(f".{milliseconds:03d}Z" for milliseconds in range(1, 1000)))
_minute_texts: dict[int, str] = {}
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):([0-5]\d|60)(?:\.(\d{1,12}))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
MINUTES: dict[str, int] = {}
"""`2026-03-02T10:41:` -> milliseconds; only of the years of the contract."""
SECONDS: Final = {f"{second:02d}": second * 1000 for second in range(60)}
FRACTIONS: Final = {"Z": 0, **{f".{milliseconds:03d}Z": milliseconds for milliseconds in range(1000)}}


def instant_ms(text: str) -> int:
    """Whole milliseconds since 1970 of an RFC 3339 instant; finer digits are cut off. Raises ValueError.

    Most instants share their minute with the one before and end in `SS.mmmZ`: the three parts are looked up.
    """
    try:
        return MINUTES[text[:17]] + SECONDS[text[17:19]] + FRACTIONS[text[19:]]
    except KeyError:
        return _parse_instant(text)


def _parse_instant(text: str) -> int:
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 instant with a zone")
    minute, second, fraction, zone = match.groups()
    tail_ms = int(second) * 1000 + int(((fraction or "") + "000")[:3])
    offset = "+00:00" if zone in "Zz" else zone
    minute_ms = int(datetime.fromisoformat(f"{minute}:00{offset}".upper()).timestamp()) * 1000
    if zone in "Zz" and second != "60" and EARLIEST_MS <= minute_ms < LATEST_MS:
        if len(MINUTES) >= _REMEMBERED:
            MINUTES.clear()
        MINUTES[text[:17]] = minute_ms
    return minute_ms + tail_ms


def text_of(at_ms: int) -> str:
    """RFC 3339 in UTC of milliseconds since 1970; no fraction where it is zero. Instants that share a minute share the work."""
    rest_ms = at_ms % MINUTE_MS
    minute_ms = at_ms - rest_ms
    minute = _minute_texts.get(minute_ms) or _minute_text(minute_ms)
    return f"{minute}{_SECOND_TEXTS[rest_ms // 1000]}{_FRACTION_TEXTS[rest_ms % 1000]}"


def _minute_text(minute_ms: int) -> str:
    if len(_minute_texts) >= _REMEMBERED:
        _minute_texts.clear()
    text = _minute_texts[minute_ms] = (_EPOCH + timedelta(milliseconds=minute_ms)).strftime("%Y-%m-%dT%H:%M:")
    return text
