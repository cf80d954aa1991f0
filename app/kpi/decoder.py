"""The way from a record's bytes to an event of the core.

This runs for every record, so the first look is quick: types, lengths and ranges are checked while decoding, instants and channels are looked
up. Only what is odd (long, not ASCII, refused, seen for the first time) is looked at again (`wire.py`).
"""

import re
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from app.kpi.channels import Channels
from app.kpi.event import (
    AGENT,
    ASSIGNED,
    AUTHORS,
    CLOSED,
    HANDED_OVER,
    KINDS,
    MESSAGE,
    NOTE,
    PAUSED,
    RANKS,
    REPLY,
    REPLY_RANKS,
    TICK,
    Event,
    Tick,
)
from app.kpi.instants import FRACTIONS, LATE_LIMIT_MS, MINUTES, SECONDS
from app.kpi.own_fields import OWN
from app.kpi.rules import Rules
from app.kpi.wire import (
    REQUIRED,
    SHORT_BYTES,
    Rejected,
    Wire,
    check,
    look_closely,
    missing,
    require_utf8,
    second_look,
    source_instant,
)

FUTURE_LIMIT_MS: Final = 5 * 60_000
"""How far an instant may be ahead of its append time; less counts as the append time, more is refused."""
_decode_wire = msgspec.json.Decoder(Wire).decode
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CACHE_LIMIT = 100_000
_CREDITED: Final = (REPLY, CLOSED)


class Decoder:
    """Makes an `Event` or a `Tick` of a record, or says why not."""

    def __init__(self, rules: Rules, channels: Channels | None = None) -> None:
        self._names = channels or Channels(rules)
        self._live = rules.clock == "log"
        self._channels: dict[str | UnsetType | None, str] = {}

    def __call__(self, value: bytes | None, key: bytes | None, append_ms: int) -> tuple[str, Event] | Tick:
        """(ticket id, event). Raises Rejected."""
        if value is None:
            raise Rejected("not-json", "no value")
        if len(value) > SHORT_BYTES:
            look_closely(value)
        try:
            wire = _decode_wire(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            wire = second_look(value, error)
        if not value.isascii():
            require_utf8(value)
        kind = KINDS.get(wire.type)
        if kind is None:
            raise Rejected("unknown-type")
        if wire.received_at is not None:
            source_instant(wire.received_at, "received_at")
        if kind == TICK:
            return self._tick(wire)
        id_, ticket_id = wire.id, wire.ticket_id
        if id_ is UNSET or id_ is None:
            raise missing("id", id_)
        if ticket_id is UNSET or ticket_id is None:
            raise missing("ticket_id", ticket_id)
        if kind in REQUIRED or wire.reason is not None:
            check(wire, kind)
        channel = self._channels.get(wire.channel) or self._channel(wire.channel)
        text = wire.occurred_at
        try:
            at_ms = MINUTES[text[:17]] + SECONDS[text[17:19]] + FRACTIONS[text[19:]]  # type: ignore[index]  # absent ones fail on purpose
        except (KeyError, TypeError):
            at_ms = source_instant(text, "occurred_at")
        if self._live and at_ms > append_ms:
            if at_ms > append_ms + FUTURE_LIMIT_MS:
                raise Rejected("future", "more than 5 minutes ahead of its append time", field="occurred_at")
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
        sets: dict[str, str | list[str] | None] | None = None
        if wire.priority is not UNSET:
            sets = {"priority": wire.priority}
        if wire.team is not UNSET:
            sets = {**(sets or {}), "team": wire.team}
        if wire.topic is not UNSET:
            sets = {**(sets or {}), "topic": wire.topic}
        if wire.tags is not UNSET:
            sets = {**(sets or {}), "tags": sorted(dict.fromkeys(wire.tags or ()))}
        if kind == ASSIGNED and wire.agent_id is not UNSET:
            sets = {**(sets or {}), "agent": wire.agent_id}
        more = None
        if kind in OWN and (kind != MESSAGE or wire.sentiment is not None or wire.quick_reply is not None):
            more = OWN[kind](wire)
        who = wire.author_id if kind in _CREDITED else None  # the other authors decide nothing
        historic = self._live and at_ms < append_ms - LATE_LIMIT_MS
        return ticket_id, Event(at_ms, rank, id_, kind, channel, author, who, word, sets, more, historic)

    def _tick(self, wire: Wire) -> Tick:
        if wire.occurred_at is UNSET or wire.occurred_at is None:
            return Tick(None)
        at_ms = source_instant(wire.occurred_at, "occurred_at")
        return Tick(None if self._live else at_ms)

    def _channel(self, name: str | UnsetType | None) -> str:
        if name is UNSET or name is None:
            raise missing("channel", name)
        if not _CHANNEL.fullmatch(name):
            raise Rejected("bad-value", "a-z, 0-9, dot, dash, underscore; at most 64", field="channel")
        if name in ("all", "other"):
            raise Rejected("reserved-channel", name, field="channel")
        channel = self._names.admit(name)
        if len(self._channels) < _CACHE_LIMIT:
            self._channels[name] = channel
        return channel
