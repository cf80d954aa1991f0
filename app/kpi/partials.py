"""What one partition tells the merge: its part of each window, its stream time and levels, and levels at the ends of minutes.

The merge keeps these as they came in its changelog, and beside them two kinds of entries of its own, for long windows: `Bounds` and `Total`.
"""

from typing import NamedTuple

import msgspec

from app.kpi.aggregate import Cell
from app.kpi.levels import Level


class Span(NamedTuple):
    """A stretch of time that windows of all channels share."""

    kind: str
    start_ms: int


class WindowPartial(msgspec.Struct, tag="window", frozen=True, gc=False):
    """A partition's part of one window, whole each time."""

    partition: int
    channel: str
    kind: str
    start_ms: int
    end_ms: int
    final_from_ms: int
    """Final when stream time is past this."""
    cell: Cell


class LevelPartial(msgspec.Struct, tag="level", frozen=True, gc=False):
    """A partition's level of one channel at the end of a minute in which it changed; it holds until the next one."""

    partition: int
    channel: str
    end_ms: int
    level: Level


class Progress(msgspec.Struct, tag="progress", frozen=True, gc=False):
    """How far a partition's stream time has come, and its levels there. Comes after the window partials of the same flush."""

    partition: int
    partitions: int
    stream_ms: int
    levels: dict[str, Level]


class WindowHead(msgspec.Struct, tag="window", frozen=True, gc=False):
    """A `WindowPartial` without its cell."""

    partition: int
    channel: str
    kind: str
    start_ms: int
    end_ms: int
    final_from_ms: int


class Bounds(msgspec.Struct, tag="bounds", frozen=True, gc=False):
    """A long window that has begun, and its end."""

    span: Span
    end_ms: int


class Total(msgspec.Struct, tag="total", frozen=True, gc=False):
    """The final days of one channel's long window together."""

    span: Span
    channel: str
    cell: Cell


Partial = WindowPartial | LevelPartial | Progress
Entry = Bounds | Total

encode = msgspec.json.Encoder().encode
decode_head = msgspec.json.Decoder(WindowHead | LevelPartial | Progress).decode
decode_kept = msgspec.json.Decoder(WindowHead | LevelPartial | Progress | Bounds | Total).decode
"""An entry of the merge's changelog."""


class _CellOnly(msgspec.Struct, gc=False):
    cell: Cell


_decode_cell = msgspec.json.Decoder(_CellOnly).decode


def decode_window(encoded: bytes) -> Cell:
    """The cell of an encoded `WindowPartial`."""
    return _decode_cell(encoded).cell


LEVEL = "level"
BOUNDS = "bounds"
TOTAL = "total"


class Key(NamedTuple):
    """What a record or an entry is of: a later one of the same key replaces the earlier. Written `channel|kind|instant|part`."""

    channel: str
    kind: str
    """Of the window, or `LEVEL`."""
    at_ms: int
    """The window's start; the instant of a level."""
    part: int | str
    """The partition; `TOTAL` or `BOUNDS` of what the merge itself keeps."""

    def written(self) -> bytes:
        """As the key of a record."""
        return f"{self.channel}|{self.kind}|{self.at_ms}|{self.part}".encode()


def read_key(key: bytes) -> Key:
    """What `Key.written` gave; the part as text."""
    channel, kind, at, part = key.decode().rsplit("|", 3)
    return Key(channel, kind, int(at), part)


def key_of(partial: Partial) -> bytes:
    """The key of a record."""
    match partial:
        case WindowPartial():
            return Key(partial.channel, partial.kind, partial.start_ms, partial.partition).written()
        case LevelPartial():
            return Key(partial.channel, LEVEL, partial.end_ms, partial.partition).written()
        case Progress():
            return f"|progress||{partial.partition}".encode()
