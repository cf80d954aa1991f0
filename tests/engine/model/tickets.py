"""The real core in the model: tracks over two partitions of events, and the merge over what they write.

What must be right in the end is computed three times, by ways that share as little as can be:

* the uninterrupted run: one partition of the core reads the whole source log at once. State, SLA transitions, samples and
  dead letters of the schedule are its own, each once;
* the merge over the uninterrupted runs' partials: windows, and levels of final ones, are the same to the integer;
* the law: each ticket's set of events, sorted, run once (`tests/kpi/law.py`) gives the same windows, samples, levels and
  clocks.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec

from app.engine.processor import Output, Processor, Taken
from app.kpi.aggregate import Cell, merged
from app.kpi.calendar import LONG_KINDS
from app.kpi.decoder import Decoder
from app.kpi.event import Tick
from app.kpi.harvest import Caused
from app.kpi.history import Ticket
from app.kpi.levels import Level, total
from app.kpi.merge import Merge, MergedWindow
from app.kpi.partials import Bounds, Progress, Total, WindowHead, decode_kept, decode_window
from app.kpi.partition import Partition, Position
from app.kpi.records import kpi_record
from app.kpi.rules import Clock, Rules
from app.kpi.wire import Rejected
from app.record import Record
from app.streams.merge import Merging
from app.streams.ticks import tick
from app.streams.track import Track
from schemas import topics
from tests.engine.model.subject import Job, Left, Subject, Told, difference
from tests.kpi.law import COMMON, WORDS, law
from tests.kpi.office import exact, last_states
from tests.kpi.story import DAY, HOUR, MINUTE, SECOND, event, instant, ms, record, rules

PARTITIONS: Final = 2
PREFIX: Final = ""
EVENTS, PARTIALS, KPIS = (topic.full_name(PREFIX) for topic in (topics.EVENTS, topics.PARTIALS, topics.KPIS))
SLA, SAMPLES = (topic.full_name(PREFIX) for topic in (topics.SLA, topics.SAMPLES))
DEAD_LETTERS: Final = topics.DEAD_LETTERS.full_name(PREFIX)

CONFIGURATIONS: Final = (
    "",
    "defaults: {sla: {first_response: 20m, next_response: 10m, resolution: 3h}, reply_limit: 1h}",
    "defaults: {reopen_on_message: false, unknown_authors: bot, close_after_silence: 8h}",
    "forget: {closed: 4d, open: 6d}\nchannels: {email: {close_after_silence: 3h, grace: 0s, settle: 1h}}",
)
GAPS_MS: Final = (
    0, 0, 1, SECOND, SECOND, MINUTE, MINUTE, 10 * MINUTE, 20 * MINUTE, HOUR, HOUR + 1, 4 * HOUR, 24 * HOUR, 72 * HOUR + 1, 7 * DAY,
)  # fmt: skip
"""Between one event and the next: what timers run to, a little more, and nothing."""
DELAYS_MS: Final = (0, 0, 0, 0, 0, 1, SECOND, MINUTE, 10 * MINUTE, HOUR, 5 * HOUR, 24 * HOUR)
"""How late an event is read; never by more than the law allows."""
AHEAD_MS: Final = (SECOND, 5 * MINUTE)
"""How far a sender's clock may be ahead (clock `log`)."""
END_MS: Final = (1, HOUR, 3 * DAY, 40 * DAY)
"""How far time goes on after the last event."""


@cache
def _rules(configuration: str, clock: Clock) -> Rules:
    return rules(configuration, clock)


class Watched:
    """A processor of which the schedule sees when it wanted a flush in between."""

    def __init__(self, inner: Track | Merging, seen: Counter[str]) -> None:
        self._inner = inner
        self._seen = seen
        self.load = inner.load
        self.start = inner.start
        self.take = inner.take
        self.size = inner.size

    def apply(self, records: Sequence[Record]) -> int:
        included = self._inner.apply(records)
        self._seen["a flush in the middle of an advance"] += included < len(records)
        return included


class Truth(NamedTuple):
    """One partition's uninterrupted run."""

    partition: Partition
    taken: Taken
    said: list[Caused]


class Whole(NamedTuple):
    """The merge's uninterrupted run: windows by key, and its state."""

    windows: dict[str, MergedWindow]
    entries: dict[bytes, bytes | None]


class Tickets:
    """One schedule's stories and limits, and what must come of them."""

    jobs = (Job("track", EVENTS, PARTITIONS), Job("merge", PARTIALS, 1, is_compacted=True))
    steps = 400
    flush_entries = 40

    def __init__(self, rng: random.Random) -> None:
        self.seen: Counter[str] = Counter()
        self.clock: Clock = rng.choice(("log", "events"))
        self.rules = _rules(rng.choice(CONFIGURATIONS), self.clock)
        self._timers_at_once = rng.choice((1, 2, 5, 5_000))
        self._windows_at_once = rng.choice((1, 10, 4_000))
        self._long_every_ms = rng.choice((0, MINUTE, DAY))
        stories = [list(_story(rng, p, self.clock)) for p in range(PARTITIONS)]
        self.until_ms = max(told[2] for story in stories for told in story) + rng.choice(END_MS)
        self._stories = [iter(story) for story in stories]

    # -- what goes in ----------------------------------------------------------------------------------------------------------------------

    def tell(self, rng: random.Random, partition: int, number: int) -> Told | None:  # noqa: ARG002 - told beforehand
        return next(self._stories[partition], None)

    def end(self, partition: int) -> list[Told]:
        return [*self._stories[partition], _tick(partition, self.until_ms, self.clock)]

    def make(self, job: str, partition: int) -> Processor:
        if job == "track":
            core = self._partition(partition, self._timers_at_once)
            return Watched(Track(core, PREFIX, lambda *_: None), self.seen)
        merge = Merge(PARTITIONS, windows_at_once=self._windows_at_once, long_every_ms=self._long_every_ms)
        return Watched(Merging(merge, PREFIX, lambda *_: None), self.seen)

    def _partition(self, number: int, timers_at_once: int = 1_000_000) -> Partition:
        return Partition(number, PARTITIONS, self.rules, keep_samples=True, timers_at_once=timers_at_once)

    # -- what must come out ----------------------------------------------------------------------------------------------------------------

    def fault(self, left: Left) -> str | None:
        truths = [self._uninterrupted(p, records) for p, records in enumerate(left.told)]
        whole = _merged([output for truth in truths for output in truth.taken.outputs if output.topic == PARTIALS])
        for truth in truths:
            self.seen.update({f"an event was {what}": n for what, n in truth.partition.counters.items()})
        faults = (
            *(_state_fault(truth, left) for truth in truths),
            *(_level_fault(self._partition(p), truths[p], left) for p in range(PARTITIONS)),
            *(_output_fault(topic, p, truths[p], left) for p in range(PARTITIONS) for topic in (SLA, SAMPLES)),
            _dead_letter_fault(truths, left),
            _window_fault(whole.windows, left, are_long_current=not self._long_every_ms),
            _sum_fault(whole.windows),
            _merge_fault(whole, left),
            self._law_fault(truths, whole.windows, left.told),
        )
        return next(filter(None, faults), None)

    def _uninterrupted(self, number: int, records: Sequence[Record]) -> Truth:
        said: list[Caused] = []
        partition = self._partition(number)
        track = Track(partition, PREFIX, lambda _, caused: said.extend(caused))
        track.start(None)
        assert track.apply(records) == len(records)
        return Truth(partition, track.take(), said)

    def _law_fault(
        self, truths: list[Truth], windows: dict[str, MergedWindow], told: Sequence[Sequence[Record]]
    ) -> str | None:
        right = law([one for records in told for one in self._events(records)], self.until_ms, self.rules)
        cells = {
            (window.channel, window.span): exact(window.cell)
            for window in windows.values()
            if window.cell and window.span.kind in ("hour", "day")
        }
        levels: dict[str, list[Level]] = {}
        for truth in truths:
            for channel, level in truth.partition.levels.present().items():
                levels.setdefault(channel, []).append(level)
        now = {channel: level for channel, parts in levels.items() if (level := total(parts)).open}
        clocks = last_states((caused.ticket_id, caused.transition) for truth in truths for caused in truth.said)
        samples = Counter({(one[0], *one[2:]): 0 for one in right.samples})
        for (ticket_id, _, *sample), count in right.samples.items():
            samples[ticket_id, *sample] += count
        given = _standing(
            output.value or b"" for truth in truths for output in truth.taken.outputs if output.topic == SAMPLES
        )
        for what, seen, expected in (
            ("windows", cells, right.windows),
            ("levels", now, right.levels),
            ("clocks", clocks, right.clocks),
            ("samples", given, samples),
        ):
            if seen != expected:
                return f"against the law, {what}: {difference(seen, expected)}"
        return None

    def _events(self, records: Sequence[Record]) -> Iterator[Any]:
        """The events among the records, the first of each id."""
        decode = Decoder(self.rules)
        known: set[tuple[str, str]] = set()
        for one in records:
            try:
                decoded = decode(one.value, one.key, one.timestamp)
            except Rejected:
                continue
            if isinstance(decoded, Tick) or (decoded[0], decoded[1].id) in known:
                continue
            known.add((decoded[0], decoded[1].id))
            yield one


def tickets(rng: random.Random) -> Subject:
    """The real core, for one schedule."""
    return Tickets(rng)


# -- stories -----------------------------------------------------------------------------------------------------------------------------------


def _story(rng: random.Random, partition: int, clock: Clock) -> Iterator[Told]:
    """What one partition reads, in order of arrival: events of a few tickets, ticks, garbage."""
    at_ms = ms("10:00")
    arrivals: list[tuple[int, int, bytes | None, bytes | None]] = []
    for number in range(rng.randint(5, 24)):
        at_ms += rng.choice(GAPS_MS)
        chance = rng.random()
        if chance < 0.08:
            arrivals.append((at_ms, number, *_garbage(rng, number, at_ms)))
        elif chance < 0.18:
            arrivals.append((at_ms, number, *_tick(partition, at_ms, clock)[:2]))
        else:
            arrivals += _read(rng, number, at_ms, _event(rng, partition, number, at_ms), clock)
            if chance > 0.97:  # the same id says something else
                arrivals += _read(rng, number, at_ms, _event(rng, partition, number, at_ms), clock)
    arrivals.sort(key=lambda arrival: arrival[:2])
    for read_ms, _, key, value in arrivals:
        yield key, value, read_ms


def _event(rng: random.Random, partition: int, number: int, at_ms: int) -> dict[str, Any]:
    word, fields = rng.choice(COMMON if rng.random() < 0.5 else WORDS)
    ticket_id, channel = f"t{partition}{rng.randrange(3)}", rng.choice(("web", "web", "email"))
    return event(number, at_ms, word, ticket_id=ticket_id, channel=channel, **fields)


def _read(
    rng: random.Random, number: int, at_ms: int, body: dict[str, Any], clock: Clock
) -> Iterator[tuple[int, int, bytes | None, bytes | None]]:
    """An event arrives once or twice, each time late by something; or early, where a sender's clock is ahead."""
    one = record(number, body)
    for _ in range(rng.choice((1, 1, 1, 1, 2))):
        delay_ms = rng.choice(DELAYS_MS)
        if clock == "log" and rng.random() < 0.05:
            delay_ms = -rng.choice(AHEAD_MS)
        yield at_ms + delay_ms, number, one.key, one.value


def _tick(partition: int, at_ms: int, clock: Clock) -> Told:
    if clock == "log":
        return None, tick(partition), at_ms
    return None, msgspec.json.encode({"type": "clock-ticked", "occurred_at": instant(at_ms)}), at_ms


def _garbage(rng: random.Random, number: int, at_ms: int) -> tuple[bytes | None, bytes | None]:
    body = event(number, at_ms, "message")
    wrong: tuple[tuple[bytes | None, Any], ...] = (
        (b"t1", None),
        (b"t1", b"{"),
        (b"t1", b"[]"),
        (b"t2", body),
        (None, body),
        (b"t1", {**body, "type": "message-sent"}),
        (b"t1", {**body, "id": ""}),
        (b"t1", {**body, "id": 7}),
        (b"t1", {**body, "channel": "all"}),
        (b"t1", {**body, "occurred_at": "yesterday"}),
        (b"t1", {**body, "occurred_at": "1970-01-01T00:00:00Z"}),
        (b"t1", {**body, "occurred_at": "2150-01-01T00:00:00Z"}),
        (b"t1", {**body, "type": "survey-answered", "score": 6}),
    )
    key, value = rng.choice(wrong)
    return key, value if value is None or isinstance(value, bytes) else msgspec.json.encode(value)


# -- faults ------------------------------------------------------------------------------------------------------------------------------------

_decode_cell = msgspec.msgpack.Decoder(Cell).decode
_decode_ticket = msgspec.msgpack.Decoder(Ticket).decode
_decode_position = msgspec.msgpack.Decoder(Position).decode
_decode_json = msgspec.json.Decoder().decode


def _state_fault(truth: Truth, left: Left) -> str | None:
    """All that is kept of tickets and open windows, and the time reached."""
    name = "track", truth.partition.number
    seen, expected = _read_state(left.states[name]), _read_state(dict(truth.taken.changes))
    if seen != expected:
        return f"{name} state: {difference(seen, expected)}"
    reached, right = _decode_position(left.notes[name]), _decode_position(truth.taken.note)
    if (reached.now_ms, set(reached.changed_channels)) != (right.now_ms, set(right.changed_channels)):
        return f"{name} note: {reached} instead of {right}"
    return None


def _read_ticket(value: bytes) -> Ticket:
    ticket = _decode_ticket(value)
    assert ticket.armed_ms <= ticket.next_ms
    ticket.armed_ms = 0  # when it is looked at next: not worth a flush, so it may be older than the rest
    ticket.history = ticket.history  # packed the same way, whatever came first
    return ticket


_READERS: Final = {b"c": bytes, b"t": _read_ticket, b"w": _decode_cell}


def _read_state(entries: Mapping[bytes, bytes | None]) -> dict[bytes, Cell | Ticket | bytes]:
    return {key: _READERS[key[:1]](value) for key, value in entries.items() if value is not None}


def _level_fault(heir: Partition, truth: Truth, left: Left) -> str | None:
    """What the next owner would see."""
    name = "track", truth.partition.number
    for key, value in left.states[name].items():
        heir.load(key, value)
    heir.start(left.notes[name])
    seen, expected = _inhabited(heir), _inhabited(truth.partition)
    return f"{name} levels: {difference(seen, expected)}" if seen != expected else None


def _inhabited(partition: Partition) -> dict[str, Level]:
    return {channel: level for channel, level in partition.levels.present().items() if level.open}


def _output_fault(topic: str, number: int, truth: Truth, left: Left) -> str | None:
    seen = [(entry.key, entry.value) for entry in left.outputs.get((topic, number), [])]
    expected = [(output.key, output.value) for output in truth.taken.outputs if output.topic == topic]
    return f"{topic} {number}: {seen} instead of {expected}" if seen != expected else None


def _dead_letter_fault(truths: list[Truth], left: Left) -> str | None:
    """Both partitions write into one."""
    seen = Counter((entry.key, entry.value) for entry in left.outputs.get((DEAD_LETTERS, 0), []))
    letters = [output for truth in truths for output in truth.taken.outputs if output.topic == DEAD_LETTERS]
    expected = Counter((output.key, output.value) for output in letters)
    if any(_decode_json(output.value or b"")["reason"] == "fault" for output in letters):
        return f"the core failed in a record: {letters}"
    return f"dead letters: {difference(seen, expected)}" if seen != expected else None


def _merged(partials: list[Output]) -> Whole:
    """What the merge makes of partials that it reads at once."""
    merge = Merge(PARTITIONS, long_every_ms=0)
    merge.start(None)
    merge.apply([_Row(offset, 0, output.key, output.value) for offset, output in enumerate(partials)])
    windows: dict[str, MergedWindow] = {}
    entries: dict[bytes, bytes | None] = {}
    while merge.size():
        changes, given = merge.take()
        entries.update(changes)
        windows.update({kpi_record(window).key.decode(): window for window in given})
    return Whole(windows, entries)


class _Row(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def _sum_fault(windows: dict[str, MergedWindow]) -> str | None:
    """Weeks, months and quarters are the sums of the days in them."""
    for kind in LONG_KINDS:
        for window in windows.values():
            if window.span.kind == kind:
                days = merged(
                    day.cell
                    for day in windows.values()
                    if day.span.kind == "day"
                    and day.channel == window.channel
                    and window.span.start_ms <= day.span.start_ms < window.end_ms
                )
                if window.cell != days:
                    return f"{window.span} of {window.channel}: {window.cell} instead of {days}"
    return None


def _window_fault(windows: dict[str, MergedWindow], left: Left, *, are_long_current: bool) -> str | None:
    """Versions of a window only grow, a final one is the last, and the last is right; running long ones may be behind."""
    last: dict[str, dict[str, Any]] = {}
    for entry in left.outputs.get((KPIS, 0), []):
        key, window = (entry.key or b"").decode(), _decode_json(entry.value or b"")
        before = last.get(key)
        if before is not None:
            if before["final"]:
                return f"{key} again after it was final: {window}"
            if before["revision"] > window["revision"]:
                return f"{key} went back: {before} to {window}"
        last[key] = window
    seen = {key: content for key, window in last.items() if (content := _content(window))}
    expected = {
        key: content for key, window in windows.items() if (content := _content(_decode_json(kpi_record(window).value)))
    }
    if not are_long_current:
        behind = {key for key, window in windows.items() if window.span.kind in LONG_KINDS and not window.final}
        seen = {key: content for key, content in seen.items() if key not in behind}
        expected = {key: content for key, content in expected.items() if key not in behind}
    return f"windows: {difference(seen, expected)}" if seen != expected else None


def _content(window: dict[str, Any]) -> dict[str, Any] | None:
    """What does not depend on how often was flushed; None if there is nothing in it. Levels hold when it is final."""
    if not (window["counts"] or window["durations"] or window["sla"]):
        return None
    window["sla"].sort(key=lambda verdicts: (verdicts["version"], verdicts["metric"]))
    parts = ("counts", "durations", "sla", "rates", "final", *(("levels",) if window["final"] else ()))
    return {part: window[part] for part in parts if part in window}  # dimensions have no levels


def _merge_fault(whole: Whole, left: Left) -> str | None:
    """What is kept of windows that are not final, their totals, and the tracks' last word on time; notes of levels go when they go."""
    seen, expected = _read_partials(left.states["merge", 0]), _read_partials(whole.entries)
    return f"the merge's state: {difference(seen, expected)}" if seen != expected else None


def _read_partials(entries: Mapping[bytes, bytes | None]) -> dict[bytes, Cell | int]:
    read: dict[bytes, Cell | int] = {}
    for key, value in entries.items():
        match None if value is None else decode_kept(value):
            case WindowHead():
                read[key] = decode_window(value or b"")
            case Progress(stream_ms=stream_ms):
                read[key] = stream_ms
            case Bounds(end_ms=end_ms):
                read[key] = end_ms
            case Total(cell=cell):
                read[key] = cell
    return read


def _standing(samples: Iterable[bytes]) -> Counter[tuple[Any, ...]]:
    """Samples that were not taken back: (ticket, channel, measure, ms) -> how many."""
    standing: Counter[tuple[Any, ...]] = Counter()
    for encoded in samples:
        sample = _decode_json(encoded)
        name = sample["ticket_id"], sample["channel"], sample["kpi"], round(sample["seconds"] * 1000)
        standing[name] += -1 if sample["retracted"] else 1
    return standing
