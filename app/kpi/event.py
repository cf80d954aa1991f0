"""The event the core works on, and the way from a record's bytes to it.

A record is decoded once, into `Wire`, which refuses what the contract refuses (`schemas/events.py` says the same in pydantic and is the
contract's source; a test holds the two together). What the state machine needs of it becomes an `Event`: small, because a ticket keeps its
events for days, and ordered, because the order of a ticket's events is the law of this project (`ticket.py`).

This runs for every record, so the first look is quick: types, lengths and ranges are checked while decoding, instants and channels are looked
up. Only what is odd (long, not ASCII, refused, seen for the first time) is looked at again.
"""

import re
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.kpi.instants import EARLIEST_MS, FRACTIONS, LATEST_MS, MINUTES, SECONDS, instant_ms
from app.kpi.rules import Rules

RECORD_LIMIT_BYTES: Final = 64 * 1024
FUTURE_LIMIT_MS: Final = 5 * 60_000
"""How far an instant may be ahead of its append time; less counts as the append time, more is refused."""

OPENED, REOPENED, MESSAGE, REPLY, NOTE, CLOSED, ASSIGNED, HANDED_OVER, LABELLED = range(9)
PAUSED, RESUMED, MERGED, SURVEY_SENT, SURVEY_ANSWERED, CALL_ENDED, CALL_OFFERED, ORDER, TICK = range(9, 18)

KINDS: Final = {
    "ticket-opened": OPENED,
    "ticket-reopened": REOPENED,
    "message-received": MESSAGE,
    "reply-sent": REPLY,
    "ticket-closed": CLOSED,
    "ticket-assigned": ASSIGNED,
    "ticket-handed-over": HANDED_OVER,
    "ticket-labelled": LABELLED,
    "ticket-paused": PAUSED,
    "ticket-resumed": RESUMED,
    "ticket-merged": MERGED,
    "survey-sent": SURVEY_SENT,
    "survey-answered": SURVEY_ANSWERED,
    "call-ended": CALL_ENDED,
    "call-offered-messaging": CALL_OFFERED,
    "order-placed": ORDER,
    "clock-ticked": TICK,
}

AGENT, BOT, AUTOMATION, CAMPAIGN, UNKNOWN = range(5)
AUTHORS: Final = {"agent": AGENT, "bot": BOT, "automation": AUTOMATION, "campaign": CAMPAIGN, "unknown": UNKNOWN}
AUTHOR_WORDS: Final = tuple(AUTHORS)

_RANKS: Final = {OPENED: 0, REOPENED: 1, MESSAGE: 2, RESUMED: 4, CLOSED: 7, SURVEY_ANSWERED: 8}
RANKS: Final = tuple(_RANKS.get(kind, 5) for kind in range(TICK + 1))
"""By kind: the order among events of one instant. Replies by author (`REPLY_RANKS`)."""
REPLY_RANKS: Final = {AGENT: 6, UNKNOWN: 6, BOT: 3, AUTOMATION: 3, CAMPAIGN: 3}

CLOSE_REASONS: Final = ("resolved", "idle", "spam", "merged", "deleted", "abandoned")
PAUSE_REASONS: Final = ("customer", "third_party", "snoozed", "on_hold", "other")


class Rejected(Exception):
    """A record that is no event. `reason` is one of the codes of `schemas/dead_letters.py`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class Event(msgspec.Struct, array_like=True, order=True, gc=False):
    """What happened to a ticket. Sorts by (instant, rank of its kind, id), the order in which a ticket is computed."""

    at_ms: int
    rank: int
    id: str
    kind: int
    channel: str
    author: int = AGENT
    who: str | None = None
    """The author's id."""
    word: str | None = None
    """What the kind adds: the reason of a close or pause, `human` or `bot` of a hand-over."""
    sets: dict[str, str | None] | None = None
    """Attributes that it changes: priority, team, agent."""


class Tick(msgspec.Struct, gc=False):
    """Nothing but time passing: up to `at_ms` where it says so (history), else up to its append time."""

    at_ms: int | None


Id = Annotated[str, Meta(min_length=1, max_length=200)]
Name = Annotated[str, Meta(max_length=200)]
Seconds = Annotated[float, Meta(ge=0)]
Amount = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?\Z")]
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
    tags: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=32)] | None = None
    topic: Name | None = None
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


_REQUIRED: Final = {MERGED: "into", SURVEY_ANSWERED: "score", CALL_OFFERED: "accepted", ORDER: "order_id"}
_REASONS: Final = {CLOSED: CLOSE_REASONS, PAUSED: PAUSE_REASONS, RESUMED: PAUSE_REASONS}

_SHORT_BYTES: Final = 400
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
_EMPTY: Final = "of length >= 1"

_decode_wire = msgspec.json.Decoder(Wire).decode
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CACHE_LIMIT = 100_000


class Decoder:
    """Makes an `Event` or a `Tick` of a record, or says why not."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._live = rules.clock == "log"
        self._channels: dict[str | UnsetType | None, str] = {}

    def __call__(self, value: bytes | None, key: bytes | None, append_ms: int) -> tuple[str, Event] | Tick:
        """(ticket id, event). Raises Rejected."""
        if value is None:
            raise Rejected("not-json", "no value")
        if len(value) > _SHORT_BYTES:
            _look_closely(value)
        try:
            wire = _decode_wire(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            wire = _second_look(value, error)
        if not value.isascii():
            _require_utf8(value)
        kind = KINDS.get(wire.type)
        if kind is None:
            raise Rejected("unknown-type")
        if wire.received_at is not None:
            _source_instant(wire.received_at, "received_at")
        if kind == TICK:
            return self._tick(wire)
        id_, ticket_id = wire.id, wire.ticket_id
        if id_ is UNSET or id_ is None:
            raise _missing("id", id_)
        if ticket_id is UNSET or ticket_id is None:
            raise _missing("ticket_id", ticket_id)
        if kind in _REQUIRED or wire.reason is not None:
            _check(wire, kind)
        channel = self._channels.get(wire.channel) or self._channel(wire.channel)
        text = wire.occurred_at
        try:
            at_ms = MINUTES[text[:17]] + SECONDS[text[17:19]] + FRACTIONS[text[19:]]  # type: ignore[index]  # absent ones fail on purpose
        except (KeyError, TypeError):
            at_ms = _source_instant(text, "occurred_at")
        if self._live and at_ms > append_ms:
            if at_ms > append_ms + FUTURE_LIMIT_MS:
                raise Rejected("future", "occurred_at: more than 5 minutes ahead of its append time")
            at_ms = append_ms
        if key is None or key != ticket_id.encode():
            raise Rejected("wrong-key", "the record's key must be its ticket_id, or its events meet in no one place")

        author = AUTHORS.get(wire.author_kind, AGENT)  # type: ignore[arg-type]  # None: absent
        rank = RANKS[kind]
        word: str | None = None
        if kind == REPLY:
            rank = REPLY_RANKS[author]
            if wire.public is False:
                kind = NOTE
        elif kind == CLOSED:
            word = wire.reason or "resolved"
        elif kind == HANDED_OVER:
            word = wire.to or "human"
        elif kind == PAUSED:
            word = wire.reason or "other"
        sets: dict[str, str | None] | None = None
        if wire.priority is not UNSET:
            sets = {"priority": wire.priority}
        if wire.team is not UNSET:
            sets = {**(sets or {}), "team": wire.team}
        if kind == ASSIGNED and wire.agent_id is not UNSET:
            sets = {**(sets or {}), "agent": wire.agent_id}
        who = wire.author_id if kind == REPLY else None  # the other authors decide nothing
        return ticket_id, Event(at_ms, rank, id_, kind, channel, author, who, word, sets)

    def _tick(self, wire: Wire) -> Tick:
        if wire.occurred_at is UNSET or wire.occurred_at is None:
            return Tick(None)
        at_ms = _source_instant(wire.occurred_at, "occurred_at")
        return Tick(None if self._live else at_ms)

    def _channel(self, name: str | UnsetType | None) -> str:
        if name is UNSET or name is None:
            raise _missing("channel", name)
        if not _CHANNEL.fullmatch(name):
            raise Rejected("bad-value", "channel: a-z, 0-9, dot, dash, underscore; at most 64")
        if name in ("all", "other"):
            raise Rejected("reserved-channel", name)
        channel = self._rules.channel(name)
        if len(self._channels) < _CACHE_LIMIT:
            self._channels[name] = channel
        return channel


def _look_closely(value: bytes) -> None:
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


def _second_look(value: bytes, error: Exception) -> Wire:
    """Of a field that is there twice, the last counts, though the first be wrong. Otherwise: why it is refused."""
    if isinstance(error, RecursionError):
        raise Rejected("too-deep") from None
    _require_utf8(value)
    if not isinstance(error, msgspec.ValidationError):
        raise Rejected("not-json", str(error)) from None
    try:
        return msgspec.convert(msgspec.json.decode(value), Wire)
    except msgspec.DecodeError as malformed:
        if not isinstance(malformed, msgspec.ValidationError):
            raise Rejected("not-json", str(malformed)) from None
    raise Rejected(_reason_of(str(error)), str(error).partition(" - at ")[2].strip("`$.")) from None


def _reason_of(complaint: str) -> str:
    if "missing required field" in complaint or _EMPTY in complaint:
        return "missing-field"
    return "bad-value" if _OUT_OF_BOUNDS.match(complaint) or "out of range" in complaint else "wrong-type"


def _require_utf8(value: bytes) -> None:
    try:
        value.decode()
    except UnicodeDecodeError:
        raise Rejected("not-utf8") from None


def _source_instant(text: str | UnsetType | None, field: str) -> int:
    """An instant that somebody else's clock gave. Raises Rejected."""
    if text is UNSET or text is None:
        raise _missing(field, text)
    try:
        at_ms = instant_ms(text)
    except (ValueError, OverflowError):
        raise Rejected("bad-instant", field) from None
    if at_ms < EARLIEST_MS:
        raise Rejected("ancient", f"{field}: before 2010")
    if at_ms >= LATEST_MS:
        raise Rejected("future", f"{field}: after 2099")
    return at_ms


def _check(wire: Wire, kind: int) -> None:
    """What must hold of a kind's own fields, beyond their types."""
    name = _REQUIRED.get(kind)
    if name is not None and getattr(wire, name) in (UNSET, None):
        raise _missing(name, getattr(wire, name))
    reasons = _REASONS.get(kind)
    if reasons is not None and wire.reason is not None and wire.reason not in reasons:
        raise Rejected("bad-value", f"reason: one of {', '.join(reasons)}")


def _missing(field: str, value: UnsetType | None) -> Rejected:
    """Of a field that must be there: absent, or null."""
    return Rejected("missing-field" if value is UNSET else "wrong-type", field)
