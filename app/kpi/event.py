"""The event the core works on, and the way from a record's bytes to it.

A record is decoded once, into `Wire`, which refuses a wrong type in any field of the contract (`schemas/events.py` says the same in pydantic
and is the contract's source; a test holds the two together). What the state machine needs of it becomes an `Event`: small, because a ticket
keeps its events for days, and ordered, because the order of a ticket's events is the law of this project (`ticket.py`).
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

import msgspec

from app.kpi.rules import Rules

RECORD_LIMIT_BYTES: Final = 64 * 1024
FUTURE_LIMIT_MS: Final = 5 * 60_000
"""How far an instant may be ahead of its append time; less counts as the append time, more is refused."""
EARLIEST_MS: Final = 1_262_304_000_000  # 2010-01-01
LATEST_MS: Final = 4_102_444_800_000  # 2100-01-01

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

RANKS: Final = {OPENED: 0, REOPENED: 1, MESSAGE: 2, RESUMED: 4, CLOSED: 7, SURVEY_ANSWERED: 8}
"""Order among events of one instant; replies by author (`REPLY_RANKS`), all others are 5."""
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


class Wire(msgspec.Struct, gc=False):
    """A record of `support.events` as it is written. Absent optional fields are unset: absent = unchanged, null = cleared."""

    type: str
    id: str = ""
    ticket_id: str = ""
    channel: str = ""
    occurred_at: str = ""
    account: str | None = None
    source: str | None = None
    received_at: str | None = None
    customer_id: str | None = None
    priority: str | msgspec.UnsetType | None = msgspec.UNSET
    team: str | msgspec.UnsetType | None = msgspec.UNSET
    tags: list[str] | None = None
    topic: str | None = None
    author_kind: Literal["agent", "bot", "automation", "campaign", "unknown"] | None = None
    author_id: str | None = None
    sentiment: Literal["positive", "neutral", "negative"] | None = None
    quick_reply: str | None = None
    public: bool | None = None
    reason: str | None = None
    agent_id: str | msgspec.UnsetType | None = msgspec.UNSET
    to: Literal["human", "bot"] | None = None
    into: str | None = None
    score: int | None = None
    talk_seconds: float | None = None
    hold_seconds: float | None = None
    wrap_seconds: float | None = None
    accepted: bool | None = None
    order_id: str | None = None
    amount: str | None = None
    currency: str | None = None
    partition: int | None = None


_decode_wire = msgspec.json.Decoder(Wire).decode
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):([0-5]\d|60)(?:\.(\d{1,12}))?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)
_CACHE_LIMIT = 100_000
_minutes: dict[str, int] = {}
_tails: dict[str, int] = {}


def instant_ms(text: str) -> int:
    """Whole milliseconds since 1970 of an RFC 3339 instant; finer digits are cut off. Raises ValueError.

    Most instants share their minute with the one before and end in `SS.mmmZ`: both halves are looked up.
    """
    try:
        return _minutes[text[:17]] + _tails[text[17:]]
    except KeyError:
        return _parse_instant(text)


def _parse_instant(text: str) -> int:
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(f"not an RFC 3339 instant with a zone: {text[:40]!r}")
    minute, second, fraction, zone = match.groups()
    if len(_minutes) > _CACHE_LIMIT or len(_tails) > _CACHE_LIMIT:
        _minutes.clear()
        _tails.clear()
    tail_ms = int(second) * 1000 + int(((fraction or "") + "000")[:3])
    offset = "+00:00" if zone in "Zz" else zone
    minute_ms = int(datetime.fromisoformat(f"{minute}:00{offset}".upper()).timestamp()) * 1000
    if zone in "Zz":
        _minutes[text[:17]] = minute_ms
        _tails[text[17:]] = tail_ms
    return minute_ms + tail_ms


class Decoder:
    """Makes an `Event` or a `Tick` of a record, or says why not."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._live = rules.clock == "log"
        self._channels: dict[str, str] = {}

    def __call__(self, value: bytes | None, key: bytes | None, append_ms: int) -> tuple[str, Event] | Tick:
        """(ticket id, event). Raises Rejected."""
        wire = _wire(value)
        kind = KINDS.get(wire.type)
        if kind is None:
            raise Rejected("unknown-type", wire.type[:64])
        if kind == TICK:
            return Tick(None if self._live or not wire.occurred_at else self._instant(wire.occurred_at, append_ms))
        ticket_id = wire.ticket_id
        if not (0 < len(ticket_id) <= 200 and 0 < len(wire.id) <= 200):
            raise Rejected(
                "missing-field" if not (ticket_id and wire.id) else "bad-value", "id and ticket_id: 1 to 200 characters"
            )
        if key is None or key != ticket_id.encode():
            raise Rejected("wrong-key", "the record's key must be its ticket_id, or its events meet in no one place")
        check = _CHECKS.get(kind)
        if check is not None:
            check(wire)
        channel = self._channels.get(wire.channel) or self._channel(wire.channel)
        at_ms = self._instant(wire.occurred_at, append_ms)
        return ticket_id, _event(wire, kind, channel, at_ms)

    def _instant(self, text: str, append_ms: int) -> int:
        try:
            at_ms = _minutes[text[:17]] + _tails[text[17:]]
        except KeyError:
            at_ms = _refuse_bad_instant(text)
        if at_ms < EARLIEST_MS:
            raise Rejected("ancient", text)
        if self._live and at_ms > append_ms:
            if at_ms > append_ms + FUTURE_LIMIT_MS:
                raise Rejected("future", text)
            return append_ms
        if at_ms >= LATEST_MS:
            raise Rejected("future", text)
        return at_ms

    def _channel(self, name: str) -> str:
        if not name:
            raise Rejected("missing-field", "channel")
        if not _CHANNEL.fullmatch(name):
            raise Rejected("bad-value", "channel: a-z, 0-9, dot, dash, underscore; at most 64")
        if name in ("all", "other"):
            raise Rejected("reserved-channel", name)
        if len(self._channels) < _CACHE_LIMIT:
            self._channels[name] = self._rules.channel(name)
        return self._rules.channel(name)


def _wire(value: bytes | None) -> Wire:
    if value is None:
        raise Rejected("not-json", "no value")
    if len(value) > RECORD_LIMIT_BYTES:
        raise Rejected("too-large", f"{len(value)} bytes, limit {RECORD_LIMIT_BYTES}")
    try:
        return _decode_wire(value)
    except msgspec.ValidationError as error:
        text = str(error)
        raise Rejected("missing-field" if "missing required field" in text else "wrong-type", text[:200]) from None
    except msgspec.DecodeError as error:
        raise Rejected("not-json", str(error)[:200]) from None
    except RecursionError:
        raise Rejected("too-deep") from None
    except UnicodeDecodeError:
        raise Rejected("not-utf8") from None


def _refuse_bad_instant(text: str) -> int:
    if not text:
        raise Rejected("missing-field", "occurred_at")
    try:
        return instant_ms(text)
    except (ValueError, OverflowError) as error:
        raise Rejected("bad-instant", str(error)) from None


def _event(wire: Wire, kind: int, channel: str, at_ms: int) -> Event:
    author = AUTHORS[wire.author_kind] if wire.author_kind is not None else AGENT
    rank = RANKS.get(kind, 5)
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
    if wire.priority is not msgspec.UNSET:
        sets = {"priority": wire.priority}
    if wire.team is not msgspec.UNSET:
        sets = {**(sets or {}), "team": wire.team}
    if kind == ASSIGNED and wire.agent_id is not msgspec.UNSET:
        sets = {**(sets or {}), "agent": wire.agent_id}
    return Event(at_ms, rank, wire.id, kind, channel, author, wire.author_id, word, sets)


def _require(condition: bool, reason: str, detail: str) -> None:
    if not condition:
        raise Rejected(reason, detail)


def _check_closed(wire: Wire) -> None:
    _require(
        wire.reason is None or wire.reason in CLOSE_REASONS, "bad-value", f"reason: one of {', '.join(CLOSE_REASONS)}"
    )


def _check_paused(wire: Wire) -> None:
    _require(
        wire.reason is None or wire.reason in PAUSE_REASONS, "bad-value", f"reason: one of {', '.join(PAUSE_REASONS)}"
    )


def _check_merged(wire: Wire) -> None:
    _require(bool(wire.into), "missing-field", "into: the ticket that this one goes on in")


def _check_survey(wire: Wire) -> None:
    _require(wire.score is not None, "missing-field", "score")
    _require(wire.score is not None and 1 <= wire.score <= 5, "bad-value", "score: 1 to 5")


def _check_offer(wire: Wire) -> None:
    _require(wire.accepted is not None, "missing-field", "accepted")


def _check_order(wire: Wire) -> None:
    _require(bool(wire.order_id), "missing-field", "order_id")


_CHECKS: Final[dict[int, Callable[[Wire], None]]] = {
    CLOSED: _check_closed,
    PAUSED: _check_paused,
    MERGED: _check_merged,
    SURVEY_ANSWERED: _check_survey,
    CALL_OFFERED: _check_offer,
    ORDER: _check_order,
}
"""What a kind's own fields must be, beyond their types."""
