"""What a board knows: the newest window of each channel, the latest SLA changes, how far time has come.

Records may come in any order and more than once; the highest revision of a window wins.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec
from pydantic import ValidationError

from app.kpi import partials
from schemas.kpis import KPIS, ChannelKpis, DurationName, Durations, Levels, Rate, RateName, SlaMetric, Window
from schemas.sla import SlaTransition
from schemas.topics import KPIS as KPIS_TOPIC
from schemas.topics import PARTIALS, SLA

WindowKind = Literal["minute", "hour", "day"]
ALL: Final = "all"
_TRANSITIONS: Final = 100
_WINDOWS: Final = 3
"""Of each channel: the running one, the one before, and one more while partitions disagree on the time."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """SLA clocks of one metric that were decided in the window, of all policies together."""

    met: int = 0
    breached: int = 0

    @property
    def attainment(self) -> float | None:
        """The share that was met; None where nothing was decided."""
        decided = self.met + self.breached
        return self.met / decided if decided else None


@dataclass(frozen=True, slots=True)
class Row:
    """One channel in the shown window. None where there is no figure."""

    channel: str
    open: int | None
    waiting: int | None
    oldest_wait_seconds: float | None
    opened: int
    closed: int
    replies: int
    durations: dict[DurationName, Durations]
    sla: dict[SlaMetric, Verdicts]
    rates: dict[RateName, Rate]

    @property
    def first_response(self) -> Durations | None:
        """By the queue clock, as all boards: without the time that a bot held the ticket."""
        return self.durations.get("first_response_queue")

    @property
    def breaches(self) -> int:
        """Of all metrics."""
        return sum(verdicts.breached for verdicts in self.sla.values())


@dataclass(frozen=True, slots=True)
class View:
    """What a board shows at one moment; rows by channel name, `all` last."""

    kind: WindowKind
    window: Window | None
    stream_at: datetime | None
    rows: tuple[Row, ...]
    transitions: tuple[SlaTransition, ...]
    """Newest first."""
    unreadable: int

    @property
    def total(self) -> Row | None:
        """The row of all channels together."""
        return self.rows[-1] if self.rows and self.rows[-1].channel == ALL else None


class Figures:
    """Takes records in, gives views."""

    def __init__(self, kind: WindowKind, prefix: str) -> None:
        self.kind: WindowKind = kind
        self.unreadable = 0
        self._prefix = prefix
        self._windows: dict[str, dict[datetime, ChannelKpis]] = {}
        self._levels: dict[str, tuple[datetime, Levels]] = {}
        self._transitions: dict[str, SlaTransition] = {}
        self._latest: deque[str] = deque()
        self._progress_ms: dict[int, int] = {}
        self._stream_at: datetime | None = None

    def wants(self, topic: str, key: bytes | None) -> bool:
        """Whether a record with this key could change anything, so that others need not be read."""
        name = topic.removeprefix(self._prefix)
        if name == KPIS_TOPIC.name:
            # an agent's or topic's name has a colon, a channel's has none
            return key is not None and f"|{self.kind}|".encode() in key and b":" not in key.partition(b"|")[0]
        return name != PARTIALS.name or (key is not None and key.startswith(b"|progress|"))

    def replaces(self, topic: str) -> bool:
        """Whether a later record of the same key makes the earlier one worthless."""
        return topic.removeprefix(self._prefix) in (KPIS_TOPIC.name, PARTIALS.name)

    def take(self, topic: str, value: bytes | None) -> None:
        """Take one record in. What cannot be read is counted."""
        if value is None:
            return
        try:
            match topic.removeprefix(self._prefix):
                case KPIS_TOPIC.name:
                    self._take_window(value)
                case SLA.name:
                    self._take_transition(SlaTransition.model_validate_json(value))
                case PARTIALS.name:
                    self._take_progress(value)
        except (ValidationError, msgspec.DecodeError):
            self.unreadable += 1

    def _take_window(self, value: bytes) -> None:
        record = KPIS.validate_json(value)
        if not isinstance(record, ChannelKpis) or record.window.kind != self.kind:
            return
        windows = self._windows.setdefault(record.channel, {})
        known = windows.get(record.window.start)
        if known is not None and known.revision > record.revision:
            return
        windows[record.window.start] = record
        if len(windows) > _WINDOWS:
            del windows[min(windows)]
        self._stream_at = max(self._stream_at or record.stream_time, record.stream_time)
        self._take_levels(record)

    def _take_levels(self, record: ChannelKpis) -> None:
        if record.levels is None:
            return
        at = min(record.window.end, record.stream_time)
        known = self._levels.get(record.channel)
        if known is None or known[0] <= at:
            self._levels[record.channel] = (at, record.levels)

    def _take_transition(self, transition: SlaTransition) -> None:
        if transition.id in self._transitions:
            return
        self._transitions[transition.id] = transition
        self._latest.appendleft(transition.id)
        if len(self._latest) > _TRANSITIONS:
            del self._transitions[self._latest.pop()]

    def _take_progress(self, value: bytes) -> None:
        progress = partials.decode_head(value)
        if isinstance(progress, partials.Progress):
            self._progress_ms[progress.partition] = progress.stream_ms

    @property
    def stream_at(self) -> datetime | None:
        """How far the slowest partition has come, also while nothing happens that a window would tell."""
        if not self._progress_ms:
            return self._stream_at
        slowest = datetime.fromtimestamp(min(self._progress_ms.values()) / 1000, UTC)
        return max(slowest, self._stream_at or slowest)

    def view(self) -> View:
        """What there is to show now."""
        window = self._shown_window()
        names = sorted(self._levels.keys() | self._windows.keys(), key=lambda name: (name == ALL, name))
        rows = tuple(self._row(name, window) for name in names) if window else ()
        latest = sorted((self._transitions[id_] for id_ in self._latest), key=_when, reverse=True)
        return View(self.kind, window, self.stream_at, rows, tuple(latest), self.unreadable)

    def _shown_window(self) -> Window | None:
        """The running window; of minutes the last whole one, since one that has just begun says nothing."""
        windows = {record.window.start: record.window for record in self._records()}
        if not windows:
            return None
        stream_at = self.stream_at
        if self.kind == "minute" and stream_at is not None:
            whole = [start for start, window in windows.items() if window.end <= stream_at]
            return windows[max(whole)] if whole else windows[max(windows)]
        return windows[max(windows)]

    def _records(self) -> Iterator[ChannelKpis]:
        for windows in self._windows.values():
            yield from windows.values()

    def _row(self, channel: str, window: Window) -> Row:
        record = self._windows.get(channel, {}).get(window.start)
        levels = self._levels[channel][1] if channel in self._levels else None
        counts = record.counts if record else None
        return Row(
            channel=channel,
            open=levels.open if levels else None,
            waiting=levels.waiting if levels else None,
            oldest_wait_seconds=self._age_seconds(levels.oldest_wait_started_at if levels else None),
            opened=counts.tickets_opened if counts else 0,
            closed=sum(counts.tickets_closed.values()) if counts else 0,
            replies=sum(counts.replies_sent.values()) if counts else 0,
            durations=record.durations if record else {},
            sla=_verdicts(record) if record else {},
            rates=record.rates if record else {},
        )

    def _age_seconds(self, started_at: datetime | None) -> float | None:
        if started_at is None or self.stream_at is None:
            return None
        return max(0.0, (self.stream_at - started_at).total_seconds())


def _verdicts(record: ChannelKpis) -> dict[SlaMetric, Verdicts]:
    found: dict[SlaMetric, Verdicts] = {}
    for entry in record.sla:
        known = found.get(entry.metric, Verdicts())
        found[entry.metric] = Verdicts(known.met + entry.met, known.breached + entry.breached)
    return found


def _when(transition: SlaTransition) -> datetime:
    return transition.occurred_at
