"""What stands on `support.dead-letters`: refused records, with the reason. The key is `topic:partition:offset`."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, ValidationError

from schemas.wire import RECORD_LIMIT_BYTES, Count, Instant, Name, WireModel

_BASE64_LIMIT: Final = 4 * -(-RECORD_LIMIT_BYTES // 3)

Base64Text = Annotated[str, Field(pattern="^[A-Za-z0-9+/]*={0,2}$", max_length=_BASE64_LIMIT)]


class Reason(StrEnum):
    """Why a record was refused."""

    NOT_JSON = "not-json"
    NOT_UTF8 = "not-utf8"
    TOO_LARGE = "too-large"
    TOO_DEEP = "too-deep"
    WRONG_TYPE = "wrong-type"
    MISSING_FIELD = "missing-field"
    BAD_VALUE = "bad-value"
    UNKNOWN_TYPE = "unknown-type"
    BAD_INSTANT = "bad-instant"
    ANCIENT = "ancient"
    FUTURE = "future"
    RESERVED_CHANNEL = "reserved-channel"
    WRONG_KEY = "wrong-key"
    FAULT = "fault"
    """Ours: a well-formed event that the core could not apply."""


class DeadLetter(WireModel):
    """One refused record."""

    topic: Name
    partition: Count
    offset: Count
    reason: Reason
    value: Base64Text | None
    """The record's first 64 KiB, in base64; null where it had no value."""
    value_bytes: Count
    """How long it was: more than `value` holds where it was cut."""
    key: Base64Text | None = None
    field: Name | None = None
    """Which field was refused; never its value."""
    failed_at: Instant
    """The record's append time, so that reading it again writes the same dead letter."""
    version: Name
    """Of the Carebeat that refused it."""


_REASONS: Final = {
    "missing": Reason.MISSING_FIELD,
    "union_tag_not_found": Reason.MISSING_FIELD,
    "literal_error": Reason.BAD_VALUE,
    "string_too_short": Reason.MISSING_FIELD,
    "string_too_long": Reason.BAD_VALUE,
    "string_pattern_mismatch": Reason.BAD_VALUE,
    "too_long": Reason.BAD_VALUE,
    "greater_than_equal": Reason.BAD_VALUE,
    "less_than_equal": Reason.BAD_VALUE,
    "finite_number": Reason.BAD_VALUE,
    "bad_instant": Reason.BAD_INSTANT,
    "ancient": Reason.ANCIENT,
    "future": Reason.FUTURE,
    "reserved_channel": Reason.RESERVED_CHANNEL,
}


def reason_of(error: ValidationError) -> Reason:
    """The code under which an event that `schemas/events.py` refuses becomes a dead letter: that of its first fault."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        return _reason_of_no_json(first["input"], first["msg"])
    if first["type"] == "literal_error" and not isinstance(first["input"], str):
        return Reason.WRONG_TYPE
    if first["type"] == "union_tag_invalid":
        tag = first["input"].get("type") if isinstance(first["input"], dict) else None
        return Reason.UNKNOWN_TYPE if isinstance(tag, str) else Reason.WRONG_TYPE
    return _REASONS.get(first["type"], Reason.WRONG_TYPE)


def _reason_of_no_json(value: object, complaint: str) -> Reason:
    if "recursion limit" in complaint:
        return Reason.TOO_DEEP
    try:
        bytes(value if isinstance(value, bytes) else b"").decode()
    except UnicodeDecodeError:
        return Reason.NOT_UTF8
    return Reason.NOT_JSON
