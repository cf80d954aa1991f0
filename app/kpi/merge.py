"""Partials of all partitions become whole windows: per channel and for `all`.

Theory of operation
===================
The newest partial of each (channel, window, partition) is kept as it was read until the window is final: when the stream time of *every*
partition is past the instant that the partials name. A partition says its stream time after the windows of the same flush, in one transaction,
so nothing that belongs to a final window can still come.

A window's levels are sums over partitions, also over those in which nothing else happened: each partition's newest note at or before the
window's end or, while its stream time has not come that far, its present level.

`revision` is the offset of the newest record that was read: it grows from one version of a window to the next.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Final, NamedTuple

import msgspec

from app.kpi.aggregate import Cell, merged
from app.kpi.instants import HOUR_MS
from app.kpi.levels import ALL, Level, total
from app.kpi.partials import LevelPartial, Progress, WindowHead, decode_head, decode_window
from app.kpi.windows import LATENESS_MS
from app.record import Record

_WINDOWS_AT_ONCE: Final = 4_000
_NOTHING: Final = Level(0, 0, None)


class Span(NamedTuple):
    """A stretch of time that windows of all channels share."""

    kind: str
    start_ms: int


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


class _Notes:
    """One partition's levels of one channel, over time."""

    __slots__ = ("ends_ms", "levels")

    def __init__(self) -> None:
        self.ends_ms: list[int] = []
        self.levels: list[Level] = []

    def note(self, end_ms: int, level: Level) -> None:
        index = bisect_right(self.ends_ms, end_ms)
        if index and self.ends_ms[index - 1] == end_ms:
            self.levels[index - 1] = level
        else:
            self.ends_ms.insert(index, end_ms)
            self.levels.insert(index, level)

    def at(self, end_ms: int) -> Level:
        index = bisect_right(self.ends_ms, end_ms)
        return self.levels[index - 1] if index else _NOTHING

    def forget(self, until_ms: int) -> list[int]:
        """Drop the notes that no window ending after `until_ms` can ask for; says which."""
        index = max(0, bisect_right(self.ends_ms, until_ms) - 1)
        gone = self.ends_ms[:index]
        del self.ends_ms[:index], self.levels[:index]
        return gone


class Merge:
    """The state of the merge: reads encoded partials, gives whole windows and the changes of its own state."""

    def __init__(self, partitions: int, *, windows_at_once: int = _WINDOWS_AT_ONCE) -> None:
        self.refused = 0
        self._windows_at_once = windows_at_once
        self._partitions = partitions
        self._progress: dict[int, Progress] = {}
        self._spans: dict[Span, _Parts] = {}
        self._closing: list[tuple[int, Span]] = []
        self._notes: dict[tuple[str, int], _Notes] = {}
        self._changed: dict[Span, dict[str, None]] = {}
        self._changes: dict[bytes, bytes | None] = {}
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
        """Take one entry of the changelog: a partial as it was read, or None."""
        if value is not None:
            self._take_in(value)
        else:
            self._forget_key(key)

    def start(self, position: bytes | None) -> None:
        """The changelog is loaded. Its windows are given once more: the last flush may have left some for the next."""
        self._revision = int(position) if position else 0
        for span, parts in self._spans.items():
            self._published.update({(channel, span): None for channel in (*parts.channels, ALL)})

    def position(self) -> bytes:
        """What `start` needs to go on from here."""
        return b"%d" % self._revision

    def apply(self, records: Sequence[Record]) -> int:
        """Take partials in; all of them."""
        for record in records:
            self._revision = record.offset
            try:
                self._take_in(record.value or b"")
            except msgspec.DecodeError:
                self.refused += 1  # nothing of ours: only workers write here
            else:
                self._changes[record.key or b""] = record.value
        return len(records)

    def _take_in(self, value: bytes) -> None:
        match decode_head(value):
            case WindowHead() as head:
                self._take_window(head, value)
            case LevelPartial(partition=partition, channel=channel, end_ms=end, level=level):
                self._notes.setdefault((channel, partition), _Notes()).note(end, level)
            case Progress() as progress:
                self._progress[progress.partition] = progress

    def _take_window(self, head: WindowHead, value: bytes) -> None:
        span = Span(head.kind, head.start_ms)
        parts = self._spans.get(span)
        if parts is None:
            parts = self._spans[span] = _Parts(head.end_ms, head.final_from_ms, {})
            heappush(self._closing, (head.final_from_ms, span))
        parts.channels.setdefault(head.channel, {})[head.partition] = value
        self._changed.setdefault(span, {})[head.channel] = None

    def _forget_key(self, key: bytes) -> None:
        channel, kind, start, partition = key.decode().rsplit("|", 3)
        if kind == "level":
            notes = self._notes.get((channel, int(partition)))
            if notes is not None:
                notes.forget(int(start) + 1)
            return
        parts = self._spans.get(Span(kind, int(start)))
        if parts is not None:
            parts.channels.get(channel, {}).pop(int(partition), None)
            if not any(parts.channels.values()):
                del self._spans[Span(kind, int(start))]
                self._changed.pop(Span(kind, int(start)), None)

    # -- giving ----------------------------------------------------------------------------------------------------------------------------

    def size(self) -> int:
        """How much waits for `take`: entries of the state, windows that changed or can be final."""
        return len(self._changes) + len(self._changed) + bool(self._closing and self._closing[0][0] < self.stream_ms)

    def take(self) -> tuple[list[tuple[bytes, bytes | None]], list[MergedWindow]]:
        """(changes of the state, windows in a new version) since the last call: final ones first, in order of time.

        After a jump in time there may be a great many: `windows_at_once`, about; the rest comes with the next call.
        """
        stream_ms = self.stream_ms
        windows: list[MergedWindow] = []
        while self._closing and self._closing[0][0] < stream_ms and len(windows) < self._windows_at_once:
            windows += self._close(heappop(self._closing)[1])
        while self._changed and len(windows) < self._windows_at_once:
            span = next(iter(self._changed))
            windows += self._versions(span, self._changed.pop(span), final=False)
        still_open_ms = self._closing[0][0] if self._closing else stream_ms
        self._prune(min(stream_ms, still_open_ms) - LATENESS_MS["day"])
        changes, self._changes = self._changes, {}
        return list(changes.items()), windows

    def _close(self, span: Span) -> list[MergedWindow]:
        """The last versions of a span's windows; then it is forgotten."""
        parts = self._spans.get(span)
        if parts is None:
            return []
        windows = self._versions(span, parts.channels, final=True)
        self._changed.pop(span, None)
        del self._spans[span]
        for channel, by_partition in parts.channels.items():
            self._published.pop((channel, span), None)
            for partition in by_partition:
                self._changes[f"{channel}|{span.kind}|{span.start_ms}|{partition}".encode()] = None
        self._published.pop((ALL, span), None)
        return windows

    def _versions(self, span: Span, channels: Iterable[str], *, final: bool) -> list[MergedWindow]:
        """The named channels' windows of a span, and the one of all channels together."""
        parts = self._spans[span]
        cells = {
            name: merged(map(decode_window, by_partition.values())) for name, by_partition in parts.channels.items()
        }
        cells[ALL] = merged(cells.values())
        versions = []
        for channel in (*channels, ALL):
            cell = cells[channel]
            if not cell and (channel, span) not in self._published:
                continue
            self._published[channel, span] = None
            level = self._level(channel, parts.end_ms)
            versions.append(
                MergedWindow(channel, span, parts.end_ms, self._revision, final, self.stream_ms, cell, level)
            )
        return versions

    def _level(self, channel: str, end_ms: int) -> Level:
        """The sum over partitions; `all` has notes of its own."""
        return total(
            self._noted(channel, partition, end_ms)
            if end_ms <= progress.stream_ms
            else progress.levels.get(channel, _NOTHING)
            for partition, progress in self._progress.items()
        )

    def _noted(self, channel: str, partition: int, end_ms: int) -> Level:
        notes = self._notes.get((channel, partition))
        return _NOTHING if notes is None else notes.at(end_ms)

    def _prune(self, until_ms: int) -> None:
        """Once an hour of stream time, forget the notes that only final windows could ask for."""
        if until_ms < self._pruned_ms + HOUR_MS:
            return
        self._pruned_ms = until_ms
        for (channel, partition), notes in self._notes.items():
            for end_ms in notes.forget(until_ms):
                self._changes[f"{channel}|level|{end_ms}|{partition}".encode()] = None
