"""How many tickets are open, waiting, at risk, now, per channel; and what windows say of it at their end.

Levels are sums over the tickets of a partition, kept up to date by what each ticket adds before and after a change. They are not stored: loading
the tickets gives them again. When stream time enters another minute, the levels that changed in the minute it leaves are noted with that
minute's end (`Note`), so that a window which ends there, or is first written later, can say how many were open when it ended.
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from app.kpi.ages import Ages
from app.kpi.instants import MINUTE_MS, NEVER
from app.kpi.state import TicketLevel

ALL = "all"
"""All channels together. A reserved name: no channel is called that."""


class Level(NamedTuple):
    """What a window record says of a channel at one instant. `oldest_wait_ms` is the start of its oldest wait."""

    open: int
    waiting: int
    oldest_wait_ms: int | None


class Note(NamedTuple):
    """The level of a channel at the end of a minute in which it changed; it holds until the next note."""

    channel: str
    end_ms: int
    level: Level


def total(levels: Iterable[Level]) -> Level:
    """Several levels together."""
    open_, waiting, oldest_ms = 0, 0, None
    for level in levels:
        open_ += level.open
        waiting += level.waiting
        wait_ms = level.oldest_wait_ms
        if wait_ms is not None and (oldest_ms is None or wait_ms < oldest_ms):
            oldest_ms = wait_ms
    return Level(open_, waiting, oldest_ms)


class _Oldest:
    """The smallest of a changing multiset: a heap whose removed entries are skipped when they come up."""

    __slots__ = ("_gone", "_heap", "_left")

    def __init__(self) -> None:
        self._heap: list[int] = []
        self._gone: dict[int, int] = {}
        self._left = 0

    def add(self, at_ms: int) -> None:
        heappush(self._heap, at_ms)

    def remove(self, at_ms: int) -> None:
        gone = self._gone
        gone[at_ms] = gone.get(at_ms, 0) + 1
        self._left += 1
        if self._left > 1000 and self._left * 2 > len(self._heap):
            self._clean()

    def first(self) -> int:
        """NEVER if there is nothing."""
        heap, gone = self._heap, self._gone
        while heap and heap[0] in gone:
            self._skip(heappop(heap))
        return heap[0] if heap else NEVER

    def _skip(self, at_ms: int) -> bool:
        count = self._gone.get(at_ms, 0)
        if not count:
            return False
        self._left -= 1
        if count == 1:
            del self._gone[at_ms]
        else:
            self._gone[at_ms] = count - 1
        return True

    def _clean(self) -> None:
        self._heap = [at_ms for at_ms in self._heap if not self._skip(at_ms)]
        heapify(self._heap)


class ChannelLevels:
    """The levels of one channel; by priority for the gauges."""

    __slots__ = ("ages", "by_priority", "oldest", "open", "waiting")

    def __init__(self) -> None:
        self.open = 0
        self.waiting = 0
        self.oldest = _Oldest()
        self.ages = Ages()
        self.by_priority: dict[str | None, list[int]] = {}
        """Priority -> [open, waiting, unassigned, at risk, breached]."""

    def wait(self, start_ms: int, figures: list[int], sign: int) -> None:
        """A wait that started then begins (`sign` 1) or ends to count, here and in the figures of its priority."""
        self.waiting += sign
        figures[1] += sign
        if sign > 0:
            self.oldest.add(start_ms)
        else:
            self.oldest.remove(start_ms)

    def level(self) -> Level:
        """What windows say."""
        return Level(self.open, self.waiting, self.oldest.first() if self.waiting else None)


class Levels:
    """The levels of one partition."""

    def __init__(self) -> None:
        self.channels: dict[str, ChannelLevels] = {}
        self.changed: dict[str, None] = {}
        """Channels whose level changed in the running minute of stream time."""
        self.minute_end_ms = 0
        """Call `enter` when stream time comes so far."""
        self._notes: list[Note] = []

    def move(self, before: TicketLevel | None, after: TicketLevel | None) -> None:
        """A ticket that added `before` now adds `after`."""
        if before is not None and after is not None and before[0] == after[0] and before[1] == after[1]:
            self._change(before, after)
            return
        if before is not None:
            self._add(before, -1)
        if after is not None:
            self._add(after, 1)

    def _change(self, before: TicketLevel, after: TicketLevel) -> None:
        """The same channel and priority, as nearly always."""
        name, priority, was_ms, was_free, was_phase, was_begun_ms = before
        _, _, is_ms, is_free, is_phase, is_begun_ms = after
        channel = self.channels[name]
        figures = channel.by_priority[priority]
        self.changed[name] = None
        if was_ms != is_ms:
            if was_ms is not None:
                channel.wait(was_ms, figures, -1)
            if is_ms is not None:
                channel.wait(is_ms, figures, 1)
        if was_phase != is_phase:
            if was_phase:
                figures[2 + was_phase] -= 1
            if is_phase:
                figures[2 + is_phase] += 1
        if was_free != is_free:
            figures[2] += is_free - was_free
        if was_begun_ms != is_begun_ms:  # a revision found an earlier beginning
            channel.ages.add(was_begun_ms, -1)
            channel.ages.add(is_begun_ms, 1)

    def _add(self, level: TicketLevel, sign: int) -> None:
        name, priority, wait_ms, is_free, phase, begun_ms = level
        channel = self.channels.get(name)
        if channel is None:
            channel = self.channels[name] = ChannelLevels()
        self.changed[name] = None
        channel.open += sign
        channel.ages.add(begun_ms, sign)
        figures = channel.by_priority.get(priority)
        if figures is None:
            figures = channel.by_priority[priority] = [0, 0, 0, 0, 0]
        figures[0] += sign
        if wait_ms is not None:
            channel.wait(wait_ms, figures, sign)
        if is_free:
            figures[2] += sign
        if phase:
            figures[2 + phase] += sign

    def enter(self, now_ms: int) -> None:
        """Stream time reaches `now_ms`; call before anything happens at that instant."""
        if now_ms < self.minute_end_ms:
            return
        if self.changed:
            end_ms, channels = self.minute_end_ms, self.channels
            self._notes += [Note(name, end_ms, channels[name].level()) for name in self.changed]
            self._notes.append(Note(ALL, end_ms, self._all()))
            self.changed.clear()
        self.minute_end_ms = now_ms - now_ms % MINUTE_MS + MINUTE_MS

    def _all(self) -> Level:
        open_, waiting, oldest_ms = 0, 0, NEVER
        for channel in self.channels.values():
            open_ += channel.open
            if channel.waiting:
                waiting += channel.waiting
                oldest_ms = min(oldest_ms, channel.oldest.first())
        return Level(open_, waiting, None if oldest_ms == NEVER else oldest_ms)

    def present(self) -> dict[str, Level]:
        """The levels of every channel, and of all together, as of now."""
        return {**{name: channel.level() for name, channel in self.channels.items()}, ALL: self._all()}

    def size(self) -> int:
        """How many notes wait to be taken."""
        return len(self._notes)

    def resume(self, now_ms: int, changed: list[str]) -> None:
        """After loading: stream time is `now_ms`, and these channels had changed in its minute."""
        self.minute_end_ms = now_ms - now_ms % MINUTE_MS + MINUTE_MS
        self.changed = dict.fromkeys(changed)
        for name in changed:
            self.channels.setdefault(name, ChannelLevels())

    def take_notes(self) -> list[Note]:
        """Notes since the last call."""
        notes, self._notes = self._notes, []
        return notes
