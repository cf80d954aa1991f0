"""A record of the events topic as it is written, and why it may be refused.

`Wire` refuses what the contract refuses (`schemas/events.py` says the same in pydantic and is the contract's source; a test holds the two
together). What decoding alone cannot tell apart (long, not UTF-8, refused, a field twice) is looked at here once more, slowly.
"""

import re
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.kpi.event import (
    CALL_OFFERED,
    CLOSE_REASONS,
    CLOSED,
    MERGED,
    ORDER,
    PAUSE_REASONS,
    PAUSED,
    RESUMED,
    SURVEY_ANSWERED,
)
from app.kpi.instants import EARLIEST_MS, LATEST_MS, instant_ms

RECORD_LIMIT_BYTES: Final = 64 * 1024


class Rejected(Exception):
    """A record that is no event. `reason` is one of the codes of `schemas/dead_letters.py`; `field`: which one was refused, where it was one."""

    def __init__(self, reason: str, detail: str = "", *, field: str | None = None) -> None:
        self.reason, self.field = reason, field
        self.detail = ": ".join(part for part in (field, detail) if part)
        super().__init__(f"{reason}: {self.detail}" if self.detail else reason)


Id = Annotated[str, Meta(min_length=1, max_length=200)]
Name = Annotated[str, Meta(max_length=200)]
Seconds = Annotated[float, Meta(ge=0)]
Amount = Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?\Z")]
"""In millionths it fits into 64 bits."""
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


class Wire(msgspec.Struct, gc=False):
    """A record of `support.events` as it is written. Unset: absent, where that is not the same as null."""

    type: str
    id: Id | UnsetType | None = UNSET
    ticket_id: Id | UnsetType | None = UNSET
    channel: str | UnsetType | None = UNSET
    occurred_at: str | UnsetType | None = UNSET
    account: Name | None = None
    source: Name | None = None
    received_at: str | None = None
    customer_id: Name | None = None
    priority: Name | UnsetType | None = UNSET
    team: Name | UnsetType | None = UNSET
    tags: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=32)] | UnsetType | None = UNSET
    topic: Name | UnsetType | None = UNSET
    author_kind: Literal["agent", "bot", "automation", "campaign", "unknown"] | None = None
    author_id: Name | None = None
    sentiment: Literal["positive", "neutral", "negative"] | None = None
    quick_reply: Name | None = None
    public: bool | None = None
    reason: str | None = None
    agent_id: Name | UnsetType | None = UNSET
    to: Literal["human", "bot"] | None = None
    into: Id | UnsetType | None = UNSET
    score: Annotated[int, Meta(ge=1, le=5)] | UnsetType | None = UNSET
    talk_seconds: Seconds | None = None
    hold_seconds: Seconds | None = None
    wrap_seconds: Seconds | None = None
    accepted: bool | UnsetType | None = UNSET
    order_id: Id | UnsetType | None = UNSET
    amount: Amount | None = None
    currency: Currency | None = None
    partition: Annotated[int, Meta(ge=0)] | None = None


REQUIRED: Final = {MERGED: "into", SURVEY_ANSWERED: "score", CALL_OFFERED: "accepted", ORDER: "order_id"}
_REASONS: Final = {CLOSED: CLOSE_REASONS, PAUSED: PAUSE_REASONS, RESUMED: PAUSE_REASONS}

SHORT_BYTES: Final = 400
"""In so few bytes, no record is too deep."""
_DEEPEST: Final = 200
"""How many arrays and objects may be inside each other, empty ones aside; as in pydantic's parser."""
_MOST_DIGITS: Final = 4300
"""Of a whole number, or of what stands before the point; as in pydantic's parser."""

_TOKEN: Final = re.compile(
    rb'"[^"\\]*(?:\\.[^"\\]*)*"|(?P<empty>\[\s*\]|\{\s*\})|(?P<open>[\[{])|(?P<close>[\]}])|(?P<fraction>\.\d+)|(?P<digits>\d+)',
    re.DOTALL,
)
_OUT_OF_BOUNDS: Final = re.compile(r"Invalid enum value|out of range|Expected `\w+` (of length|matching|[<>]=)")
_MISSING: Final = re.compile(r"missing required field `(\w+)`")
_EMPTY: Final = "of length >= 1"


def look_closely(value: bytes) -> None:
    """What is long may be too long, or deeper than every parser goes, or hold longer numbers than every parser takes."""
    if len(value) > RECORD_LIMIT_BYTES:
        raise Rejected("too-large", f"{len(value)} bytes, limit {RECORD_LIMIT_BYTES}")
    if len(value) > _MOST_DIGITS or value.count(b"[") + value.count(b"{") > _DEEPEST:
        _measure(value)


def _measure(value: bytes) -> None:
    depth = 0
    for token in _TOKEN.finditer(value):
        if token.lastgroup == "open":
            depth += 1
            if depth > _DEEPEST:
                raise Rejected("too-deep", f"more than {_DEEPEST} arrays and objects inside each other")
        elif token.lastgroup == "close":
            depth -= 1
        elif token.lastgroup == "digits" and token.end() - token.start() > _MOST_DIGITS:
            raise Rejected("not-json", f"a number of more than {_MOST_DIGITS} digits")


def second_look(value: bytes, error: Exception) -> Wire:
    """Of a field that is there twice, the last counts, though the first be wrong. Otherwise: why it is refused."""
    if isinstance(error, RecursionError):
        raise Rejected("too-deep") from None
    require_utf8(value)
    if not isinstance(error, msgspec.ValidationError):
        raise Rejected("not-json", str(error)) from None
    try:
        return msgspec.convert(msgspec.json.decode(value), Wire)
    except msgspec.DecodeError as malformed:
        if not isinstance(malformed, msgspec.ValidationError):
            raise Rejected("not-json", str(malformed)) from None
    raise Rejected(reason_of(str(error)), field=field_of(str(error))) from None


def field_of(complaint: str) -> str | None:
    """The field of which msgspec says this; the path to what is inside of it."""
    named = _MISSING.search(complaint)
    return named[1] if named else complaint.partition(" - at ")[2].strip("`$.") or None


def reason_of(complaint: str) -> str:
    """The code under which a record is refused of which msgspec says this."""
    if "missing required field" in complaint or _EMPTY in complaint:
        return "missing-field"
    return "bad-value" if _OUT_OF_BOUNDS.match(complaint) or "out of range" in complaint else "wrong-type"


def require_utf8(value: bytes) -> None:
    """Decoding looks at the fields it knows only."""
    try:
        value.decode()
    except UnicodeDecodeError:
        raise Rejected("not-utf8") from None


def source_instant(text: str | UnsetType | None, field: str) -> int:
    """An instant that somebody else's clock gave. Raises Rejected."""
    if text is UNSET or text is None:
        raise missing(field, text)
    try:
        at_ms = instant_ms(text)
    except (ValueError, OverflowError):
        raise Rejected("bad-instant", field=field) from None
    if at_ms < EARLIEST_MS:
        raise Rejected("ancient", "before 2010", field=field)
    if at_ms >= LATEST_MS:
        raise Rejected("future", "after 2099", field=field)
    return at_ms


def check(wire: Wire, kind: int) -> None:
    """What must hold of a kind's own fields, beyond their types."""
    name = REQUIRED.get(kind)
    if name is not None and getattr(wire, name) in (UNSET, None):
        raise missing(name, getattr(wire, name))
    reasons = _REASONS.get(kind)
    if reasons is not None and wire.reason is not None and wire.reason not in reasons:
        raise Rejected("bad-value", f"one of {', '.join(reasons)}", field="reason")


def missing(field: str, value: UnsetType | None) -> Rejected:
    """Of a field that must be there: absent, or null."""
    return Rejected("missing-field" if value is UNSET else "wrong-type", field=field)
