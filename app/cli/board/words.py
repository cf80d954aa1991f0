"""Figures as short words: six characters at most for a duration, so that columns stay narrow and still."""

from datetime import UTC, datetime

NOTHING = "\N{EN DASH}"
"""Where there is no figure; never 0."""


def seconds_text(seconds: float | None) -> str:
    """A duration in at most six characters: `4.2s`, `42s`, `4m12s`, `3h05m`, `12d03h`."""
    if seconds is None:
        return NOTHING
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    days, hours = whole // 86_400, whole % 86_400 // 3600
    return f"{days}d{hours:02d}h" if days < 100 else f"{days}d"


def count_text(count: int | None) -> str:
    """A count in at most five characters: `0`, `9,999`, `123k`, `4.5M`."""
    if count is None:
        return NOTHING
    if count < 10_000:
        return f"{count:,}"
    return f"{count // 1000}k" if count < 1_000_000 else f"{count / 1_000_000:.1f}M"


def share_text(share: float | None) -> str:
    """A share as a percentage in at most four characters, cut off: 99.9 % is not yet 100 %."""
    return NOTHING if share is None else f"{int(share * 100 + 1e-9)}%"


def time_text(at: datetime) -> str:
    """The time of day, UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S}"


def minute_text(at: datetime) -> str:
    """The time of day to the minute, UTC."""
    return f"{at.astimezone(UTC):%H:%M}"


def instant_of(milliseconds: int) -> datetime:
    """The instant that so many milliseconds since 1970 are."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def safe_text(text: str, limit: int) -> str:
    """Foreign text that a terminal can show: control and direction marks escaped, cut to `limit` characters."""
    cut = text[:limit]
    shown = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in cut)
    return shown + ("…" if len(text) > limit else "")
