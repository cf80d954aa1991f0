"""Instants as sources write them, to whole milliseconds since 1970 and from there to RFC 3339.

The unit is the connector's to know; nothing here guesses it. A wrong one shows, since seconds taken
for milliseconds are in 1970 and milliseconds taken for seconds after 2100, and is refused.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final

from app.connectors.connector import Malformed
from schemas.wire import EARLIEST, TOO_LATE, format_instant, parse_instant

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_EARLIEST_MS: Final = (EARLIEST - _EPOCH) // _MILLISECOND
_TOO_LATE_MS: Final = (TOO_LATE - _EPOCH) // _MILLISECOND
_LONGEST: Final = 40
_DECIMAL: Final = re.compile(r"\d{1,12}(?:\.\d{1,9})?", re.ASCII)


def from_seconds(value: Any, name: str) -> int:
    """Of a number of seconds, whole or not. Raises Malformed."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(f"{name} must be a number of seconds")
    if not _EARLIEST_MS <= value * 1000 < _TOO_LATE_MS:
        raise Malformed(f"{name} must be seconds between 2010 and 2100")
    return int(Decimal(repr(value)) * 1000)  # the float that is written 1.001 is a little less


def from_seconds_text(value: Any, name: str) -> int:
    """Of whole seconds, written as a text of digits. Raises Malformed."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > _LONGEST:
        raise Malformed(f"{name} must be a text of digits: seconds since 1970")
    return from_seconds(int(value), name)


def from_decimal_text(value: Any, name: str) -> int:
    """Of seconds with a fraction, written as a text and cut to milliseconds. Raises Malformed."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise Malformed(f"{name} must be a text: seconds since 1970 with a fraction")
    at_ms = int(Decimal(value) * 1000)
    if not _EARLIEST_MS <= at_ms < _TOO_LATE_MS:
        raise Malformed(f"{name} must be seconds between 2010 and 2100")
    return at_ms


def from_milliseconds_text(value: Any, name: str) -> int:
    """Of whole milliseconds, written as a text of digits. Raises Malformed."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > _LONGEST:
        raise Malformed(f"{name} must be a text of digits: milliseconds since 1970")
    return from_milliseconds(int(value), name)


def from_milliseconds(value: Any, name: str) -> int:
    """Of a whole number of milliseconds. Raises Malformed."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{name} must be a whole number of milliseconds")
    if not _EARLIEST_MS <= value < _TOO_LATE_MS:
        raise Malformed(f"{name} must be milliseconds between 2010 and 2100")
    return value


def from_text(value: Any, name: str, *, unzoned_is_utc: bool = False) -> int:
    """Of RFC 3339, cut to milliseconds. Raises Malformed."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise Malformed(f"{name} must be an instant as text")
    try:
        at = parse_instant(value)
    except OverflowError:
        raise Malformed(f"{name} must be between 2010 and 2100") from None
    except ValueError:
        if unzoned_is_utc:
            return from_text(f"{value}Z", name)
        raise Malformed(f"{name} must be RFC 3339 with a zone") from None
    if not EARLIEST <= at < TOO_LATE:
        raise Malformed(f"{name} must be between 2010 and 2100")
    return (at - _EPOCH) // _MILLISECOND


def from_mail_text(value: Any, name: str) -> int:
    """Of RFC 5322; without a zone it is UTC. Raises Malformed."""
    try:
        at = parsedate_to_datetime(str(value).strip())
        utc = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, LookupError):
        raise Malformed(f"{name} must be an instant as in mails (RFC 5322)") from None
    if not EARLIEST <= utc < TOO_LATE:
        raise Malformed(f"{name} must be between 2010 and 2100")
    return (utc - _EPOCH) // _MILLISECOND


def written(at_ms: int) -> str:
    """RFC 3339 in UTC."""
    return format_instant(_EPOCH + at_ms * _MILLISECOND)
