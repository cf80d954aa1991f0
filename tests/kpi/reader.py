"""A merge as its process runs it: with a changelog, restarts, and a memory of all that it said."""

import random
from typing import Any, Self

from app.kpi import partials
from app.kpi.merge import Merge, MergedWindow
from app.kpi.partials import Partial
from tests.kpi.story import Record


class Reader:
    """`options` are those of Merge."""

    def __init__(self, partitions: int, zone: str = "UTC", **options: Any) -> None:
        self.entries: dict[bytes, bytes] = {}
        self.said: list[MergedWindow] = []
        self._partitions, self._options = partitions, options
        self.merge = self._new(zone)
        self._offset = 0

    def _new(self, zone: str) -> Merge:
        return Merge(self._partitions, zone, **self._options)

    def read(self, *said: Partial) -> Self:
        for one in said:
            self.merge.apply([Record(self._offset, 0, partials.key_of(one), partials.encode(one))])
            self._offset += 1
        return self

    def take(self) -> list[MergedWindow]:
        """Takes until nothing is left."""
        given: list[MergedWindow] = []
        while self.merge.size():
            given += self.take_once()
        return given

    def take_once(self) -> list[MergedWindow]:
        changes, windows = self.merge.take()
        for key, value in changes:
            if value is None:
                self.entries.pop(key, None)
            else:
                self.entries[key] = value
        self.said += windows
        return windows

    def restart(self, zone: str = "UTC", *, order: random.Random | None = None) -> Self:
        """A new merge from the changelog, whose compaction may have left entries in any order."""
        position, entries = self.merge.position(), list(self.entries.items())
        if order is not None:
            order.shuffle(entries)
        self.merge = self._new(zone)
        for key, value in entries:
            self.merge.load(key, value)
        self.merge.start(position)
        return self
