"""What partitions noted of their levels over time, so that a window can say how many were open when it ended."""

from bisect import bisect_right
from typing import Final

from app.kpi.levels import Level

NOTHING: Final = Level(0, 0, None)


class _Notes:
    """One partition's levels of one channel, in order of time."""

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
        return self.levels[index - 1] if index else NOTHING

    def remove(self, end_ms: int) -> None:
        index = bisect_right(self.ends_ms, end_ms) - 1
        if index >= 0 and self.ends_ms[index] == end_ms:
            del self.ends_ms[index], self.levels[index]

    def forget(self, until_ms: int) -> list[int]:
        index = max(0, bisect_right(self.ends_ms, until_ms) - 1)
        gone = self.ends_ms[:index]
        del self.ends_ms[:index], self.levels[:index]
        return gone


class LevelNotes:
    """The notes of all partitions and channels."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, int], _Notes] = {}

    def note(self, channel: str, partition: int, end_ms: int, level: Level) -> None:
        """The level at an instant; it holds until the next note."""
        self._notes.setdefault((channel, partition), _Notes()).note(end_ms, level)

    def at(self, channel: str, partition: int, end_ms: int) -> Level:
        """The newest note at or before an instant."""
        notes = self._notes.get((channel, partition))
        return NOTHING if notes is None else notes.at(end_ms)

    def forget(self, channel: str, partition: int, end_ms: int) -> None:
        """The note of this instant is gone."""
        notes = self._notes.get((channel, partition))
        if notes is not None:
            notes.remove(end_ms)

    def prune(self, until_ms: int) -> list[tuple[str, int, int]]:
        """Drop the notes that no window ending after `until_ms` can ask for: (channel, partition, instant) of each."""
        return [
            (channel, partition, end_ms)
            for (channel, partition), notes in self._notes.items()
            for end_ms in notes.forget(until_ms)
        ]
