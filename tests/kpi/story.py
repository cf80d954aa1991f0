"""A ticket's story in few words, and what the core makes of it.

    told("10:00 message, 10:05 reply bot, d2 09:00 close spam").count("tickets_closed|spam")

An entry is an instant (`10:00`, `10:00:01.250`; `d2` before it turns the day, from `d1`, a Monday), what happened, a word that this kind of event
takes (`reply bot`, `close idle`), and fields as `field=value` (`who=anna`, `in=web`, `team=null`, `tags=vip+press`, `id=e7`, `ticket=t2`;
`read=10:07` is the append time). Entries arrive in the order in which they are written. `now` is nothing but time passing.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from app.config import parse
from app.config import rules as compile_rules
from app.kpi.aggregate import Cell, merged
from app.kpi.effects import Transition
from app.kpi.harvest import Harvest
from app.kpi.history import Ticket
from app.kpi.levels import Level
from app.kpi.partials import WindowPartial
from app.kpi.partition import Partition
from app.kpi.rules import Clock, Rules
from app.spans import write_span

MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_KINDS: Final = {
    "open": ("ticket-opened", ""),
    "reopen": ("ticket-reopened", ""),
    "message": ("message-received", ""),
    "reply": ("reply-sent", "author_kind"),
    "note": ("reply-sent", "author_kind"),
    "close": ("ticket-closed", "reason"),
    "assign": ("ticket-assigned", "agent_id"),
    "handover": ("ticket-handed-over", "to"),
    "label": ("ticket-labelled", ""),
    "pause": ("ticket-paused", "reason"),
    "resume": ("ticket-resumed", "reason"),
    "merge": ("ticket-merged", "into"),
    "survey": ("survey-sent", ""),
    "answer": ("survey-answered", "score"),
    "call": ("call-ended", "agent_id"),
    "offer": ("call-offered-messaging", ""),
    "order": ("order-placed", "order_id"),
    "now": ("clock-ticked", ""),
}
_FIELDS: Final = {"in": "channel", "who": "author_id", "as": "author_kind", "ticket": "ticket_id"}
_TYPES: Final[dict[str, Callable[[str], Any]]] = {
    "score": int,
    "talk_seconds": float,
    "hold_seconds": float,
    "wrap_seconds": float,
    "accepted": bool,
    "tags": lambda value: value.split("+"),
}
_NEEDED: Final[dict[str, dict[str, Any]]] = {
    "note": {"public": False},
    "merge": {"into": "t9"},
    "answer": {"score": 5},
    "offer": {"accepted": True},
    "order": {"order_id": "o1"},
}


class Record(NamedTuple):
    """A record as Kafka gives it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def rules(config: str = "", clock: Clock = "events") -> Rules:
    """The rules that a configuration file with this text gives; nothing is forgotten unless it says so."""
    text = config if "forget:" in config else f"{config}\nforget: {{closed: never, open: never}}"
    return compile_rules(parse(text), clock)


def ms(text: str) -> int:
    """Milliseconds of `10:00` (of the first day) or `d2 10:00:01.250`."""
    day, _, time = text.rpartition(" ")
    hours, minutes, *seconds = time.split(":")
    since = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds[0]) if seconds else 0)
    return round((MONDAY + timedelta(days=int(day[1:] or 1) - 1 if day else 0) + since).timestamp() * 1000)


def at(instant_ms: int) -> str:
    """The instant as stories write it."""
    since = datetime.fromtimestamp(instant_ms / 1000, UTC) - MONDAY
    time = (MONDAY + since).strftime("%H:%M:%S.%f")[:-3].removesuffix(".000").removesuffix(":00")
    return f"d{since.days + 1} {time}" if since.days else time


def instant(instant_ms: int) -> str:
    """The instant as records write it."""
    return datetime.fromtimestamp(instant_ms / 1000, UTC).isoformat(timespec="milliseconds")


def event(offset: int, instant_ms: int, word: str, **fields: Any) -> dict[str, Any]:
    """The body of one record."""
    type_, _ = _KINDS[word]
    body: dict[str, Any] = {"type": type_, "occurred_at": instant(instant_ms)}
    if word != "now":
        body |= {"id": f"e{offset}", "ticket_id": "t1", "channel": "web", **_NEEDED.get(word, {})}
    return {**body, **fields}


def record(offset: int, body: dict[str, Any], append_ms: int = 0) -> Record:
    """The record of a body."""
    key = body.get("ticket_id")
    return Record(offset, append_ms, None if key is None else key.encode(), json.dumps(body).encode())


def records(story: str, offset: int = 0) -> Iterator[Record]:
    """The records of a story."""
    day = "d1"
    append_ms = 0
    for number, entry in enumerate(
        filter(None, (part.strip() for part in story.replace("\n", ",").split(","))), offset
    ):
        words = entry.split()
        if words[0][0] == "d":
            day = words.pop(0)
        instant_ms = ms(f"{day} {words.pop(0)}")
        kind = words.pop(0)
        fields: dict[str, Any] = {}
        for word in words:
            name, is_field, value = word.rpartition("=")
            name = _FIELDS.get(name, name) if is_field else _KINDS[kind][1]
            fields[name] = _TYPES.get(name, str)(value) if value != "null" else None
        read = fields.pop("read", None)
        append_ms = max(append_ms, instant_ms if read is None else ms(f"{day} {read}"))
        yield record(number, event(number, instant_ms, kind, **fields), append_ms)


class Desk:
    """One partition that reads stories, and all that it has said."""

    def __init__(self, config: str | Rules = "", clock: Clock = "events") -> None:
        self.rules = config if isinstance(config, Rules) else rules(config, clock)
        self.partition = Partition(0, 1, self.rules, keep_samples=True)
        self.entries: dict[bytes, bytes] = {}
        self.parts: dict[tuple[str, str, int], Cell] = {}
        self.clocks: list[Transition] = []
        self.harvests: list[Harvest] = []
        self.sampled: Counter[tuple[int, str, str, int]] = Counter()
        """Samples that stand: (window's instant, channel, measure, milliseconds) -> how many."""
        self._offset = 0

    def tell(self, story: str) -> "Desk":
        """Read a story, then take what it gave."""
        self.read(list(records(story, self._offset)))
        self.take()
        return self

    def read(self, batch: list[Record]) -> None:
        """Apply records, flushing where the partition asks for it."""
        self._offset += len(batch)
        done = self.partition.apply(batch)
        while done < len(batch):
            self.take()
            done += self.partition.apply(batch[done:])

    def take(self) -> Harvest:
        """Flush."""
        harvest = self.partition.take()
        self.harvests.append(harvest)
        for key, value in harvest.changes:
            if value is None:
                self.entries.pop(key, None)
            else:
                self.entries[key] = value
        for partial in harvest.partials:
            if isinstance(partial, WindowPartial):
                self.parts[partial.channel, partial.kind, partial.start_ms] = partial.cell
        self.clocks += [caused.transition for caused in harvest.transitions]
        for sample in harvest.samples:
            self.sampled[sample.duration[:4]] += -1 if sample.retracted else 1
        return harvest

    def restart(self, config: str | Rules | None = None) -> "Desk":
        """A new owner takes the partition over from the changelog, maybe under another configuration."""
        self.take()
        position = self.partition.position()
        if config is not None:
            self.rules = config if isinstance(config, Rules) else rules(config, self.rules.clock)
        self.partition = Partition(0, 1, self.rules, keep_samples=True)
        for key, value in self.entries.items():
            self.partition.load(key, value)
        self.partition.start(position)
        return self

    def count(self, measure: str, channel: str | None = None) -> int:
        """How often in all windows together."""
        return sum(self.windows(measure, channel).values())

    def windows(self, measure: str, channel: str | None = None, kind: str = "hour") -> dict[str, int]:
        """Window's start -> how often."""
        return {
            at(start_ms): cell.counts[measure]
            for (in_channel, of_kind, start_ms), cell in self.parts.items()
            if of_kind == kind and _is_meant(in_channel, channel) and measure in cell.counts
        }

    def cell(self, kind: str = "hour") -> Cell:
        """All windows of a kind together, dimensions apart."""
        parts = self.parts.items()
        return merged(cell for (name, of_kind, _), cell in parts if of_kind == kind and _is_meant(name, None))

    def durations(self, measure: str, channel: str | None = None) -> list[str]:
        """The samples that stand, in order of their windows."""
        standing = sorted((+self.sampled).elements())
        return [
            write_span(timedelta(milliseconds=duration_ms))
            for _, in_channel, of_measure, duration_ms in standing
            if of_measure == measure and _is_meant(in_channel, channel)
        ]

    def clock(self, metric: str) -> list[str]:
        """What was said of the clocks of a metric: `breached 14:00`."""
        return [f"{said.state} {at(said.at_ms)}" for said in self.clocks if said.metric == metric]

    def verdicts(self, metric: str) -> dict[str, int]:
        """Outcome -> how often, in the windows."""
        counts: Counter[str] = Counter()
        for measure, count in self.cell().counts.items():
            if measure.startswith("sla|") and measure.split("|")[3] == metric:
                counts[measure.split("|")[4]] += count
        return dict(counts)

    def level(self, channel: str = "web") -> Level:
        """What is open and waiting now."""
        return self.partition.levels.present().get(channel, Level(0, 0, None))

    def gauges(self, channel: str = "web") -> dict[str, int]:
        """Open, waiting, unassigned, at risk, breached; over all priorities."""
        figures = self.partition.levels.channels[channel].by_priority.values()
        names = ("open", "waiting", "unassigned", "at risk", "breached")
        return {name: total for name, total in zip(names, map(sum, zip(*figures, strict=True)), strict=True) if total}

    def ticket(self, ticket_id: str = "t1") -> Ticket:
        """The ticket as it is kept."""
        return self.partition.tickets.wake(ticket_id)

    @property
    def counters(self) -> dict[str, int]:
        """What the partition counted of records."""
        return self.partition.counters

    @property
    def refused(self) -> list[str]:
        """Reasons of the dead letters."""
        return [letter.reason for harvest in self.harvests for letter in harvest.dead_letters]


def _is_meant(name: str, channel: str | None) -> bool:
    """Whether figures of that name are asked for; with no channel, those of all channels and of no dimension."""
    return name == channel or (channel is None and ":" not in name)


def told(story: str, config: str | Rules = "", clock: Clock = "events") -> Desk:
    """A desk that has read one story."""
    return Desk(config, clock).tell(story)
