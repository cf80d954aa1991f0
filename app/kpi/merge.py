"""Partials of all partitions become whole windows: per channel and for `all`.

Theory of operation
===================
The newest partial of each (channel, window, partition) is kept as it was read until the window is final: when the stream time of *every*
partition is past the instant that the partials name. A partition says its stream time after the windows of the same flush, in one transaction,
so nothing that belongs to a final window can still come.

A window's levels are sums over partitions, also over those in which nothing else happened: each partition's newest note at or before the
window's end or, while its stream time has not come that far, its present level.

Figures of dimensions (agents, teams, topics, tags) are merged alike. They have no levels and are not in `all`: each is there under its channel.

Weeks, months and quarters are made of days: `long_windows.py`.

`revision` is the offset of the newest record that was read: it grows from one version of a window to the next.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import Final, NamedTuple

import msgspec

from app.kpi.aggregate import Cell, merged
from app.kpi.calendar import LONG_KINDS
from app.kpi.instants import HOUR_MS, MINUTE_MS
from app.kpi.level_notes import NOTHING, LevelNotes
from app.kpi.levels import ALL, Level, total
from app.kpi.long_windows import LongWindows, is_channel
from app.kpi.partials import (
    BOUNDS,
    LEVEL,
    TOTAL,
    Bounds,
    Key,
    LevelPartial,
    Progress,
    Span,
    Total,
    WindowHead,
    decode_head,
    decode_kept,
    decode_window,
    read_key,
)
from app.kpi.windows import LATENESS_MS
from app.record import Record

_WINDOWS_AT_ONCE: Final = 4_000


class MergedWindow(NamedTuple):
    """One whole window, as known now."""

    channel: str
    span: Span
    end_ms: int
    revision: int
    final: bool
    stream_ms: int
    cell: Cell
    level: Level


class _Parts(NamedTuple):
    """What is known of a span that is not final: partials as read, by channel and partition."""

    end_ms: int
    final_from_ms: int
    channels: dict[str, dict[int, bytes]]


class Merge:
    """The state of the merge: reads encoded partials, gives whole windows and the changes of its own state.

    `zone` is that of weeks, months and quarters, which are given once in `long_every_ms` of stream time while they run (0: with every flush).
    """

    def __init__(
        self,
        partitions: int,
        zone: str = "UTC",
        *,
        windows_at_once: int = _WINDOWS_AT_ONCE,
        long_every_ms: int = MINUTE_MS,
    ) -> None:
        self.refused = 0
        """Records that are no partial; only workers should write to this topic."""
        self._windows_at_once = windows_at_once
        self._partitions = partitions
        self._progress: dict[int, Progress] = {}
        self._spans: dict[Span, _Parts] = {}
        self._long = LongWindows(zone, long_every_ms)
        self._closing: list[tuple[int, Span]] = []
        self._notes = LevelNotes()
        self._changed: dict[Span, dict[str, None]] = {}
        self._changes: dict[bytes, bytes | None] = {}
        self._decoded: dict[tuple[Span, str], Cell] = {}
        self._published: dict[tuple[str, Span], None] = {}
        self._pruned_ms = 0
        self._revision = 0

    @property
    def stream_ms(self) -> int:
        """How far the slowest partition has come; 0 until all have been heard of."""
        if len(self._progress) < self._partitions:
            return 0
        return min(progress.stream_ms for progress in self._progress.values())

    # -- loading and records ---------------------------------------------------------------------------------------------------------------

    def load(self, key: bytes, value: bytes | None) -> None:
        """Take one entry of the changelog: a partial as it was read, what is kept of a long window, or None."""
        if value is None:
            self._forget_key(key)
            return
        entry = decode_kept(value)
        if isinstance(entry, Bounds | Total):
            self._long.load(entry)
        else:
            self._take_in(entry, value)

    def start(self, position: bytes | None) -> None:
        """The changelog is loaded. Its windows are given once more: the last flush may have left some for the next."""
        self._revision = int(position) if position else 0
        for span in sorted(self._spans):
            parts = self._spans[span]
            self._published.update({(channel, span): None for channel in (*parts.channels, ALL)})
            for channel in parts.channels:
                self._see_day(span, parts.end_ms, channel)
        for final_from_ms, span in self._long.start():
            heappush(self._closing, (final_from_ms, span))
            self._published.update({(name, span): None for name in self._long.windows[span].names()})

    def position(self) -> bytes:
        """What `start` needs to go on from here."""
        return b"%d" % self._revision

    def apply(self, records: Sequence[Record]) -> int:
        """Take partials in; all of them."""
        for record in records:
            self._revision = record.offset
            value = record.value or b""
            try:
                partial = decode_head(value)
            except msgspec.DecodeError:
                self.refused += 1
            else:
                self._changes[record.key or b""] = value
                self._take_in(partial, value)
                if isinstance(partial, WindowHead):
                    self._see_day(Span(partial.kind, partial.start_ms), partial.end_ms, partial.channel)
        return len(records)

    def _take_in(self, partial: WindowHead | LevelPartial | Progress, value: bytes) -> None:
        match partial:
            case WindowHead() as head:
                self._take_window(head, value)
            case LevelPartial(partition=partition, channel=channel, end_ms=end, level=level):
                self._notes.note(channel, partition, end, level)
            case Progress() as progress:
                self._progress[progress.partition] = progress

    def _take_window(self, head: WindowHead, value: bytes) -> None:
        span = Span(head.kind, head.start_ms)
        parts = self._spans.get(span)
        if parts is None or parts.end_ms < head.end_ms:  # longer in a partition that had begun the day in another zone
            parts = self._spans[span] = _Parts(head.end_ms, head.final_from_ms, {} if parts is None else parts.channels)
            heappush(self._closing, (head.final_from_ms, span))
        parts.channels.setdefault(head.channel, {})[head.partition] = value
        self._changed.setdefault(span, {})[head.channel] = None

    def _see_day(self, span: Span, end_ms: int, channel: str) -> None:
        if span.kind == "day":
            for closing in self._long.see(span, end_ms, channel):
                heappush(self._closing, closing)

    def _forget_key(self, key: bytes) -> None:
        channel, kind, at_ms, partition = read_key(key)
        span = Span(kind, at_ms)
        if kind in LONG_KINDS:
            self._long.forget(span)
            return
        if kind == LEVEL:
            self._notes.forget(channel, int(partition), at_ms)
            return
        parts = self._spans.get(span)
        if parts is not None:
            parts.channels.get(channel, {}).pop(int(partition), None)
            if not any(parts.channels.values()):
                del self._spans[span]
                self._changed.pop(span, None)

    # -- giving ----------------------------------------------------------------------------------------------------------------------------

    def size(self) -> int:
        """How much waits for `take`: entries of the state, windows that changed or can be final."""
        stream_ms = self.stream_ms
        closing = bool(self._closing and self._closing[0][0] < stream_ms)
        return len(self._changes) + len(self._changed) + closing + self._long.size(stream_ms)

    def take(self) -> tuple[list[tuple[bytes, bytes | None]], list[MergedWindow]]:
        """(changes of the state, windows in a new version) since the last call: final ones first, in order of time.

        After a jump in time there may be a great many: `windows_at_once`, about; the rest comes with the next call.
        """
        stream_ms = self.stream_ms
        windows: list[MergedWindow] = []
        while self._closing and self._closing[0][0] < stream_ms and len(windows) < self._windows_at_once:
            windows += self._close(*heappop(self._closing))
        while self._changed and len(windows) < self._windows_at_once:
            span = next(iter(self._changed))
            windows += self._versions(span, self._changed.pop(span), final=False)
        while len(windows) < self._windows_at_once and (due := self._long.due(stream_ms)) is not None:
            windows += self._long_versions(*due, final=False)
        self._decoded.clear()
        self._changes.update(self._long.take_changes())
        still_open_ms = self._closing[0][0] if self._closing else stream_ms
        self._prune(min(stream_ms, still_open_ms) - LATENESS_MS["day"])
        changes, self._changes = self._changes, {}
        return list(changes.items()), windows

    def _close(self, final_from_ms: int, span: Span) -> list[MergedWindow]:
        """The last versions of a span's windows; then it is forgotten."""
        if span.kind in LONG_KINDS:
            return self._close_long(final_from_ms, span)
        parts = self._spans.get(span)
        if parts is None or parts.final_from_ms != final_from_ms:
            return []
        windows = self._versions(span, parts.channels, final=True)
        if span.kind == "day":
            self._long.fold(span, {channel: self._cell(span, channel) for channel in parts.channels})
        self._changed.pop(span, None)
        del self._spans[span]
        for channel, by_partition in parts.channels.items():
            self._published.pop((channel, span), None)
            for partition in by_partition:
                self._changes[Key(channel, *span, partition).written()] = None
        self._published.pop((ALL, span), None)
        return windows

    def _close_long(self, final_from_ms: int, span: Span) -> list[MergedWindow]:
        """The same of a long window: all days in it are final."""
        window = self._long.windows.get(span)
        if window is None or window.final_from_ms != final_from_ms:
            return []
        windows = self._long_versions(span, window.names(), final=True)
        for name in window.names():
            self._published.pop((name, span), None)
        self._changes[Key("", *span, BOUNDS).written()] = None
        self._changes.update({Key(name, *span, TOTAL).written(): None for name in window.totals})
        self._long.forget(span)
        return windows

    def _versions(self, span: Span, channels: Iterable[str], *, final: bool) -> list[MergedWindow]:
        """The named channels' windows of a span, and the one of all channels together if one of them is a channel."""
        parts = self._spans[span]
        cells = [(name, self._cell(span, name)) for name in channels]
        if any(is_channel(name) for name, _ in cells):
            cells.append((ALL, merged(self._cell(span, name) for name in parts.channels if is_channel(name))))
        return list(self._given(span, parts.end_ms, cells, final=final))

    def _long_versions(self, span: Span, names: Iterable[str], *, final: bool) -> list[MergedWindow]:
        """The named channels' (or `all`'s) versions of a long window."""
        cells = self._long.cells(span, names, self._cell)
        return list(self._given(span, self._long.windows[span].end_ms, cells, final=final))

    def _given(
        self, span: Span, end_ms: int, cells: Iterable[tuple[str, Cell]], *, final: bool
    ) -> Iterator[MergedWindow]:
        """Versions of what has figures, or had some."""
        for name, cell in cells:
            if cell or (name, span) in self._published:
                self._published[name, span] = None
                level = self._level(name, end_ms)
                yield MergedWindow(name, span, end_ms, self._revision, final, self.stream_ms, cell, level)

    def _cell(self, span: Span, name: str) -> Cell:
        """What all partitions say of a name. The same one until `take` ends: a day is asked for by its week, month and quarter too."""
        cell = self._decoded.get((span, name))
        if cell is None:
            cell = merged(map(decode_window, self._spans[span].channels[name].values()))
            self._decoded[span, name] = cell
        return cell

    def _level(self, channel: str, end_ms: int) -> Level:
        """The sum over partitions; `all` has notes of its own, dimensions have none."""
        if not is_channel(channel):
            return NOTHING
        return total(
            self._notes.at(channel, partition, end_ms)
            if end_ms <= progress.stream_ms
            else progress.levels.get(channel, NOTHING)
            for partition, progress in self._progress.items()
        )

    def _prune(self, until_ms: int) -> None:
        """Once an hour of stream time, forget the notes that only final windows could ask for."""
        if until_ms < self._pruned_ms + HOUR_MS:
            return
        self._pruned_ms = until_ms
        for channel, partition, end_ms in self._notes.prune(until_ms):
            self._changes[Key(channel, LEVEL, end_ms, partition).written()] = None
