"""One published window as one row: flat, under the names of the topic's fields, instants in the reporting zone.

The columns follow from the contract (`schemas/kpis.py`), so that tables of different days have the same ones; only quick replies and currencies,
which nobody lists beforehand, come at the end as they occur.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, get_args, get_origin
from zoneinfo import ZoneInfo

from schemas.kpis import ChannelKpis, Counts, DimensionKpis, DurationName, Durations, RateName, SlaMetric, SlaVerdicts

Cell = str | int | float | bool | None
Row = dict[str, Cell]

NAMES: Final = ("channel", "dimension", "slowest_reply_ticket_id")
"""Columns that hold what somebody else named."""
_WINDOW: Final = ("window", "start", "end", "final")
_OPEN: Final = ("quick_replies",)
"""Counts whose labels nobody lists."""
_OUTCOMES: Final = ("met", "breached", "cancelled", "historic")
_OF_CHANNELS: Final = ("open", "waiting", "oldest_wait_started_at")
_OF_DIMENSIONS: Final = ("first_reply_at", "slowest_reply_ticket_id", "slowest_reply_seconds")


def _labels(field: str) -> tuple[str, ...]:
    """The labels of a count; none for a plain number."""
    annotation = Counts.model_fields[field].annotation
    return get_args(get_args(annotation)[0]) if get_origin(annotation) is dict else ()


_LABELS: Final = {field: _labels(field) for field in Counts.model_fields if field not in _OPEN}


def columns(rows: Iterable[Row], dimension: str | None) -> list[str]:
    """The names of all columns, in the order of the contract."""
    fixed = list(_fixed(dimension))
    return fixed + sorted({name for row in rows for name in row} - set(fixed))


def _fixed(dimension: str | None) -> Iterable[str]:
    yield "channel" if dimension is None else "dimension"
    yield from _WINDOW
    for field, labels in _LABELS.items():
        yield from (f"{field}_{label}" for label in labels) if labels else (field,)
    for metric in get_args(SlaMetric):
        yield from (f"sla_{metric}_{what}" for what in (*_OUTCOMES, "attainment"))
    for rate in get_args(RateName):
        yield from (f"{rate}_rate", f"{rate}_rate_of")
    for name in get_args(DurationName):
        yield from _duration(name, Durations(count=0, sum=0))
    yield from _OF_CHANNELS if dimension is None else _OF_DIMENSIONS


def row(record: ChannelKpis | DimensionKpis, zone: ZoneInfo) -> Row:
    """The figures of a window. A count that is not there is 0; what has no sample, no denominator or no level is empty."""
    made: Row = {"channel": record.channel} if isinstance(record, ChannelKpis) else {"dimension": record.dimension}
    window = record.window
    made |= {"window": window.kind, "start": _local(window.start, zone), "end": _local(window.end, zone)}
    made |= {"final": record.final, **_counts(record.counts), **_sla(record.sla)}
    for rate, share in record.rates.items():
        made |= {f"{rate}_rate": share.value, f"{rate}_rate_of": share.of}
    for name in get_args(DurationName):
        made |= _duration(name, record.durations.get(name) or Durations(count=0, sum=0))
    if record.levels is not None:
        levels = record.levels
        made |= {"open": levels.open, "waiting": levels.waiting}
        made["oldest_wait_started_at"] = _local(levels.oldest_wait_started_at, zone)
    if isinstance(record, DimensionKpis):
        made["first_reply_at"] = _local(record.first_reply_at, zone)
        if record.slowest_reply is not None:
            slowest = record.slowest_reply
            made |= {"slowest_reply_ticket_id": slowest.ticket_id, "slowest_reply_seconds": slowest.seconds}
    return made | {f"revenue_{currency}": amount for currency, amount in record.revenue.items()}


def _counts(counts: Counts) -> Row:
    made: Row = {}
    for field, labels in _LABELS.items():
        count: Any = getattr(counts, field)
        made |= {f"{field}_{label}": count.get(label, 0) for label in labels} if labels else {field: count}
    for field in _OPEN:
        made |= {f"{field}_{label}": count for label, count in getattr(counts, field).items()}
    return made


def _sla(verdicts: Iterable[SlaVerdicts]) -> Row:
    """Of all policies and versions together."""
    made: dict[str, Any] = {f"sla_{metric}_{what}": 0 for metric in get_args(SlaMetric) for what in _OUTCOMES}
    for entry in verdicts:
        for what in _OUTCOMES:
            made[f"sla_{entry.metric}_{what}"] += getattr(entry, what)
    for metric in get_args(SlaMetric):
        met, breached = made[f"sla_{metric}_met"], made[f"sla_{metric}_breached"]
        made[f"sla_{metric}_attainment"] = round(met / (met + breached), 6) if met + breached else None
    return made


def _duration(name: str, spread: Durations) -> Row:
    return {
        f"{name}_count": spread.count,
        f"{name}_mean_seconds": spread.mean,
        f"{name}_p50_seconds": spread.p50,
        f"{name}_p95_seconds": spread.p95,
    }


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    if at is None:
        return None
    return at.astimezone(zone).isoformat(timespec="milliseconds" if at.microsecond else "seconds")
