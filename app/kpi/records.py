"""What is published: windows, SLA transitions, samples and dead letters in the shape of `schemas/`.

Measures with a label (`replies_sent|agent`) unfold into objects by label; SLA verdicts into one entry per policy, version and metric.
"""

from base64 import b64encode
from hashlib import blake2s
from typing import Any, Final, NamedTuple

import msgspec

from app import __version__
from app.kpi.aggregate import Spread
from app.kpi.harvest import Caused, DeadLetter, Sampled
from app.kpi.instants import text_of
from app.kpi.levels import Level
from app.kpi.merge import MergedWindow
from app.kpi.rates import rates
from app.kpi.sketch import middle_ms, quantiles_ms
from app.kpi.windows import DIMENSION_SIGN
from app.kpi.wire import RECORD_LIMIT_BYTES

_encode = msgspec.json.Encoder().encode
_QUANTILES: Final = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_MILLIONTHS: Final = 1_000_000


class Published(NamedTuple):
    """A record for one of the public topics. `event_type` and `event_id` go into its CloudEvents headers."""

    key: bytes
    value: bytes
    event_type: str
    event_id: str
    at_ms: int


def kpi_record(window: MergedWindow) -> Published:
    """A whole window, for `kpis`."""
    start, end = text_of(window.span.start_ms), text_of(window.end_ms)
    counts, sla, revenue = _unfold(window.cell.counts)
    is_channel = DIMENSION_SIGN not in window.channel
    record = {
        "channel" if is_channel else "dimension": window.channel,
        "window": {"kind": window.span.kind, "start": start, "end": end},
        "revision": window.revision,
        "final": window.final,
        "stream_time": text_of(window.stream_ms),
        "counts": counts,
        "durations": {name: spread_record(spread) for name, spread in window.cell.durations.items()},
        "sla": sla,
        "rates": {name: {"of": of, "value": value} for name, (of, value) in rates(window.cell.counts).items()},
    }
    if is_channel:
        record["levels"] = _level(window.level)
    if revenue:
        record["revenue"] = revenue
    if window.cell.first_reply_ms is not None:
        record["first_reply_at"] = text_of(window.cell.first_reply_ms)
    if (slowest := window.cell.slowest.get("response")) is not None:
        record["slowest_reply"] = {"ticket_id": slowest[1], "seconds": slowest[0] / 1000}
    key = f"{window.channel}|{window.span.kind}|{start}"
    return Published(key.encode(), _encode(record), "kpis", f"{key}|{window.revision}", window.stream_ms)


def _unfold(counts: dict[str, int]) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, str]]:
    """(counts, SLA verdicts, revenue by currency)."""
    unfolded: dict[str, Any] = {}
    revenue: dict[str, str] = {}
    verdicts: dict[tuple[str, str, str], dict[str, Any]] = {}
    for measure, count in counts.items():
        name, _, label = measure.partition("|")
        if name == "sla":
            policy, version, metric, outcome = label.rsplit("|", 3)
            entry = verdicts.setdefault(
                (policy, version, metric),
                {
                    "policy": policy,
                    "version": version,
                    "metric": metric,
                    "met": 0,
                    "breached": 0,
                    "cancelled": 0,
                    "historic": 0,
                },
            )
            entry[outcome] = count
        elif name == "revenue":
            revenue[label] = _decimal(count)
        elif label:
            unfolded.setdefault(name, {})[label] = count
        else:
            unfolded[name] = count
    return unfolded, list(verdicts.values()), revenue


def _decimal(millionths: int) -> str:
    """An amount as exact decimal text, without zeros at its end."""
    whole, part = divmod(millionths, _MILLIONTHS)
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".")


def spread_record(spread: Spread) -> dict[str, Any]:
    """Samples of one duration, in seconds."""
    if not spread.count:
        return {"count": 0, "sum": 0, "mean": None}
    sketch = spread.sketch
    quantiles = quantiles_ms(sketch, _QUANTILES.values())
    return {
        "count": spread.count,
        "sum": spread.sum_ms / 1000,
        "mean": round(spread.sum_ms / spread.count) / 1000,
        "min": middle_ms(min(sketch)) / 1000,
        "max": middle_ms(max(sketch)) / 1000,
        **{name: at_ms / 1000 for name, at_ms in zip(_QUANTILES, quantiles, strict=True)},
        "sketch": sketch,
    }


def _level(level: Level) -> dict[str, Any]:
    oldest_ms = level.oldest_wait_ms
    return {
        "open": level.open,
        "waiting": level.waiting,
        "oldest_wait_started_at": None if oldest_ms is None else text_of(oldest_ms),
    }


def _id(text: str) -> str:
    return blake2s(text.encode(), digest_size=16).hexdigest()


class _TransitionRecord(msgspec.Struct, gc=False):
    """`schemas/sla.py`, as quick to make and to encode as it can be: there is one for about every other event."""

    id: str
    ticket_id: str
    channel: str
    policy: str
    version: str
    metric: str
    state: str
    started_at: str
    due_at: str
    occurred_at: str
    elapsed_seconds: float
    priority: str | None
    team: str | None
    agent_id: str | None
    historic: bool = False
    elapsed_business_seconds: float | None = None
    ticket_url: str | msgspec.UnsetType = msgspec.UNSET


def transition(caused: Caused, ticket_url: str | None = None) -> bytes:
    """One change of an SLA clock, for `sla`; its key is the ticket id."""
    ticket_id, said = caused.ticket_id, caused.transition
    metric, state, started_ms, due_ms, at_ms = said.metric, said.state, said.started_ms, said.due_ms, said.at_ms
    return _encode(
        _TransitionRecord(
            _id(f"{ticket_id}\0{metric}\0{started_ms}\0{due_ms}\0{state}\0{caused.offset}"),
            ticket_id,
            said.channel,
            said.policy,
            said.version,
            metric,
            state,
            text_of(started_ms),
            text_of(due_ms),
            text_of(at_ms),
            (at_ms - started_ms) / 1000 if at_ms > started_ms else 0.0,
            said.priority,
            said.team,
            said.agent,
            said.historic,
            None if said.business_ms is None else said.business_ms / 1000,
            msgspec.UNSET if ticket_url is None else ticket_url,
        )
    )


def sample_record(sampled: Sampled) -> Published:
    """One duration, for `samples`. Its id is the same for a repeat and for its retraction."""
    ticket_id, about = sampled.ticket_id, sampled.attributes
    _, channel, measure, duration_ms, started_ms, ended_ms = sampled.duration
    id_ = _id(f"{ticket_id}\0{measure}\0{started_ms}\0{ended_ms}")
    record = {
        "id": id_,
        "ticket_id": ticket_id,
        "kpi": measure,
        "seconds": duration_ms / 1000,
        "started_at": text_of(started_ms),
        "ended_at": text_of(ended_ms),
        "channel": channel,
        "agent_id": about.agent,
        "team": about.team,
        "topic": about.topic,
        "retracted": sampled.retracted,
    }
    return Published(ticket_id.encode(), _encode(record), "sample", id_, ended_ms)


def dead_letter_record(letter: DeadLetter, topic: str, partition: int) -> Published:
    """A refused record, for `dead-letters`: the same record gives the same dead letter."""
    key = f"{topic}:{partition}:{letter.offset}"
    record = {
        "topic": topic,
        "partition": partition,
        "offset": letter.offset,
        "reason": letter.reason,
        "field": letter.field,
        "value": None if letter.value is None else _base64(letter.value),
        "value_bytes": len(letter.value or b""),
        "key": None if letter.key is None else _base64(letter.key),
        "failed_at": text_of(letter.timestamp_ms),
        "version": __version__,
    }
    return Published(key.encode(), _encode(record), "dead-letter", key, letter.timestamp_ms)


def _base64(raw: bytes) -> str:
    return b64encode(raw[:RECORD_LIMIT_BYTES]).decode()
