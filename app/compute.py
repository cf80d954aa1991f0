"""KPIs of recorded events without a broker: the same core, file by file in the order of their lines.

Lines go to partitions as Kafka's producers would send them (murmur2 of the ticket), so the outcome is that of a replay into a topic with as many.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, NamedTuple

from app.kpi import partials
from app.kpi.harvest import Harvest
from app.kpi.merge import Merge, MergedWindow
from app.kpi.partials import Span
from app.kpi.partition import Partition
from app.kpi.records import dead_letter_record, kpi_record, sample_record, transition
from app.kpi.rules import Rules
from app.traffic.lines import lines, size_bytes
from app.traffic.route import route

_TAKE_EVERY: Final = 20_000
"""Lines between two takes: windows gather in between, as they do between flushes."""


class _Record(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes


@dataclass
class Totals:
    """What a run came to."""

    events: int = 0
    windows: int = 0
    transitions: int = 0
    samples: int = 0
    dead_letters: int = 0
    counters: dict[str, int] = field(default_factory=dict)


class Compute:
    """One run: lines in, `kpis.jsonl`, `sla.jsonl`, `samples.jsonl` and `dead-letters.jsonl` out."""

    def __init__(self, rules: Rules, partitions: int, folder: Path) -> None:
        self.totals = Totals()
        self._partitions = [Partition(number, partitions, rules, keep_samples=True) for number in range(partitions)]
        self._merge = Merge(partitions, rules.zone, long_every_ms=0)
        self._offsets = [0] * partitions
        self._partial_offset = 0
        self._open_windows: dict[tuple[str, Span], MergedWindow] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._kpis = (folder / "kpis.jsonl").open("wb")
        self._sla = (folder / "sla.jsonl").open("wb")
        self._samples = (folder / "samples.jsonl").open("wb")
        self._dead_letters = (folder / "dead-letters.jsonl").open("wb")

    def run(self, files: Iterable[Path], tick: bytes | None, progress: Callable[[int, int], None]) -> Totals:
        """Compute all files, then a tick for all partitions. `progress` hears (events, bytes read) now and then."""
        for line, bytes_read in self._with_bytes(files):
            self._put(line)
            self.totals.events += 1
            if self.totals.events % _TAKE_EVERY == 0:
                self._take_all()
                progress(self.totals.events, bytes_read)
        if tick is not None:
            self._put(tick)
        self._take_all()
        self._finish()
        return self.totals

    def _with_bytes(self, files: Iterable[Path]) -> Iterator[tuple[bytes, int]]:
        before = 0
        for path in files:
            for line in lines(path):
                yield line.value, before + line.bytes_read
            before += size_bytes(path)

    def _put(self, line: bytes) -> None:
        key, targets = route(line, len(self._partitions))
        for number in targets:
            record = _Record(self._offsets[number], 0, key, line)
            self._offsets[number] += 1
            partition = self._partitions[number]
            while not partition.apply([record]):
                self._take(partition)

    def _take_all(self) -> None:
        for partition in self._partitions:
            self._take(partition)
        while True:
            _, windows = self._merge.take()
            self._keep(windows)
            if not self._merge.size():
                break

    def _keep(self, windows: list[MergedWindow]) -> None:
        """Final windows are written at once; of others the newest version waits for the end."""
        for window in windows:
            if window.final:
                self._open_windows.pop((window.channel, window.span), None)
            else:
                self._open_windows[window.channel, window.span] = window
        self.totals.windows += _append(self._kpis, (kpi_record(window).value for window in windows if window.final))

    def _take(self, partition: Partition) -> None:
        harvest = partition.take()
        partition.flow.clear()
        self._write(harvest, partition.number)
        records = []
        for partial in harvest.partials:
            records.append(_Record(self._partial_offset, 0, partials.key_of(partial), partials.encode(partial)))
            self._partial_offset += 1
        self._merge.apply(records)

    def _write(self, harvest: Harvest, number: int) -> None:
        totals = self.totals
        totals.transitions += _append(self._sla, map(transition, harvest.transitions))
        totals.samples += _append(self._samples, (sample_record(sampled).value for sampled in harvest.samples))
        letters = (dead_letter_record(letter, "events", number).value for letter in harvest.dead_letters)
        totals.dead_letters += _append(self._dead_letters, letters)

    def _finish(self) -> None:
        self.totals.windows += _append(self._kpis, (kpi_record(window).value for window in self._open_windows.values()))
        for file in (self._kpis, self._sla, self._samples, self._dead_letters):
            file.close()
        for partition in self._partitions:
            for name, count in partition.counters.items():
                self.totals.counters[name] = self.totals.counters.get(name, 0) + count


def _append(file: IO[bytes], values: Iterable[bytes]) -> int:
    count = 0
    for value in values:
        file.write(value)
        file.write(b"\n")
        count += 1
    return count
