"""Partials of all partitions become whole windows on `kpis`: the core's merge as a processor of the engine."""

import logging
from collections.abc import Callable, Sequence

from app.engine.processor import Taken
from app.kpi.merge import Merge, MergedWindow
from app.kpi.records import kpi_record
from app.record import Record
from app.streams.outputs import output
from schemas import topics

_log = logging.getLogger(__name__)


class Merging:
    """The one partition of partials.

    `seen` is told, in the event loop, of the windows that each flush gave, stream time, and how many records were refused since the last (metrics).
    """

    def __init__(self, merge: Merge, prefix: str, seen: Callable[[list[MergedWindow], int, int], None]) -> None:
        self._merge = merge
        self._prefix = prefix
        self._source = topics.PARTIALS.full_name(prefix)
        self._seen = seen
        self.load = merge.load
        self.start = merge.start
        self.size = merge.size

    def apply(self, records: Sequence[Record]) -> int:
        """Take partials in; how many are included (all)."""
        return self._merge.apply(records)

    def take(self) -> Taken:
        """The windows that changed since the last flush."""
        changes, windows = self._merge.take()
        refused, self._merge.refused = self._merge.refused, 0
        if refused:
            _log.warning(
                "%d records of %s are no partials and count nowhere: who else writes there?", refused, self._source
            )
        self._seen(windows, self._merge.stream_ms, refused)
        topic = topics.KPIS.full_name(self._prefix)
        outputs = [output(topic, kpi_record(window), self._prefix) for window in windows]
        return Taken(changes, outputs, self._merge.position())
