"""Contact points of customers, written in one way whichever source says them: by them a shop's customer is that of a ticket.

They leave the gateway as keyed hashes only. What cannot be the same for two sources is none: a number without its country,
or what is no address. Letter case is ignored; what stands behind a plus is not, since it may be somebody else's box.
"""

import re
from typing import Any, Final

_MAIL: Final = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,255}")
_LONGEST_NUMBER: Final = 40
_NUMBER: Final = re.compile(r"(?:\+|00)?([1-9]\d{7,14})", re.ASCII)
"""E.164: at most 15 digits, of which the first are the country's."""
_PUNCTUATION: Final = re.compile(r"[\s().\-/]", re.ASCII)


def mail(value: Any) -> str | None:
    """Of an address."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return f"mailto:{text}" if _MAIL.fullmatch(text) else None


def phone(value: Any, *, has_country: bool = False) -> str | None:
    """Of a telephone number; `has_country`: the source leaves the plus out."""
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        return None
    text = _PUNCTUATION.sub("", value)
    found = _NUMBER.fullmatch(text)
    return f"tel:+{found[1]}" if found and (has_country or text.startswith(("+", "00"))) else None


def known(*points: str | None) -> tuple[str, ...]:
    """Those that there are, each once."""
    return tuple(sorted({point for point in points if point is not None}))
