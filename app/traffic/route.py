"""Where a recorded line goes on the events topic, whatever it is: nothing that was recorded is left out."""

import zlib
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from app.broker.partitions import partition_of
from schemas.wire import parse_instant


class _Ticketed(msgspec.Struct):
    ticket_id: str


class _Ticked(msgspec.Struct):
    type: Literal["clock-ticked"]
    partition: int | None = None


class _Timed(msgspec.Struct):
    occurred_at: str


_TICKETED = msgspec.json.Decoder(_Ticketed)
_TICKED = msgspec.json.Decoder(_Ticked)
_TIMED = msgspec.json.Decoder(_Timed)


class Route(NamedTuple):
    """The key and the partitions of one line: one, except for a tick that is meant for all."""

    key: bytes | None
    partitions: Sequence[int]


def route(line: bytes, partitions: int) -> Route:
    """Where the line goes: by its ticket; a tick to the partition it names, or to all.

    A line without a readable ticket has no key and goes where its bytes say, so that it becomes a dead letter, and the
    same one each time.
    """
    try:
        ticket = _TICKETED.decode(line).ticket_id
        return Route(ticket.encode(), (partition_of(ticket, partitions),))
    except (msgspec.DecodeError, UnicodeError):
        pass
    try:
        named = _TICKED.decode(line).partition
    except msgspec.DecodeError:
        return Route(None, (zlib.crc32(line) % partitions,))
    return Route(None, range(partitions) if named is None else (named % partitions,))


def instant_ms(line: bytes) -> int | None:
    """When the line's event happened, in milliseconds since 1970; None when that cannot be read."""
    try:
        return round(parse_instant(_TIMED.decode(line).occurred_at).timestamp() * 1000)
    except (msgspec.DecodeError, ValueError, OverflowError):
        return None
