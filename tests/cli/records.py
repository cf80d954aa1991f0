"""Records as they are on the KPI topics, written by hand."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaProducer

from app.kpi.partials import Progress, encode, key_of
from schemas.kpis import ChannelKpis
from schemas.sla import SlaState, SlaTransition
from schemas.wire import format_instant

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
_LENGTHS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def at(minutes: float) -> datetime:
    """So long after ten."""
    return TEN + timedelta(minutes=minutes)


def window(
    channel: str = "whatsapp", kind: str = "hour", start: datetime = TEN, *, stream: datetime | None = None, **more: Any
) -> dict[str, Any]:
    """A KPI record; half an hour into the window unless said otherwise."""
    end = start + _LENGTHS[kind]
    return {
        "channel": channel,
        "window": {"kind": kind, "start": format_instant(start), "end": format_instant(end)},
        "revision": 1,
        "final": False,
        "stream_time": format_instant(stream or start + _LENGTHS[kind] / 2),
        "counts": {"tickets_opened": 12, "tickets_closed": {"resolved": 3, "idle": 2}, "replies_sent": {"agent": 9}},
        "durations": {
            "first_response_queue": {"count": 8, "sum": 900.0, "mean": 112.5, "p50": 72.0, "p90": 300, "p95": 754.0},
            "response": {"count": 20, "sum": 900.0, "mean": 45.0, "p50": 45.0},
        },
        "sla": [
            {"policy": "default", "version": "a", "metric": "first_response", "met": 5, "breached": 1},
            {"policy": "default", "version": "b", "metric": "first_response", "met": 3, "breached": 1},
            {"policy": "default", "version": "b", "metric": "resolution", "met": 0, "breached": 0, "cancelled": 2},
        ],
        "rates": {"first_contact_resolved": {"of": 8, "value": 0.625}},
        "levels": {"open": 30, "waiting": 7, "oldest_wait_started_at": format_instant(TEN)},
        **more,
    }


def transition(ticket: str, state: SlaState, occurred: datetime = TEN, **more: Any) -> dict[str, Any]:
    """An SLA record; the clock started two minutes before ten and was due at ten."""
    started = TEN - timedelta(minutes=2)
    return {
        "id": uuid.uuid5(uuid.NAMESPACE_URL, f"{ticket}/{state}").hex,
        "ticket_id": ticket,
        "channel": "whatsapp",
        "policy": "default",
        "version": "a",
        "metric": "first_response",
        "state": state,
        "started_at": format_instant(started),
        "due_at": format_instant(TEN),
        "occurred_at": format_instant(occurred),
        "elapsed_seconds": (occurred - started).total_seconds(),
        **more,
    }


def progress(partition: int, stream: datetime) -> tuple[bytes, bytes]:
    """(key, value) of what a partition tells of its time."""
    partial = Progress(partition, 2, round(stream.timestamp() * 1000), {})
    return key_of(partial), encode(partial)


def encoded(record: dict[str, Any]) -> bytes:
    """As it is on the topic; refused here when it breaks the contract."""
    value = json.dumps(record).encode()
    (ChannelKpis if "window" in record else SlaTransition).model_validate_json(value)
    return value


def key(record: dict[str, Any]) -> bytes:
    """The key of a KPI record."""
    return f"{record['channel']}|{record['window']['kind']}|{record['window']['start']}".encode()


async def publish(bootstrap: str, records: list[tuple[str, bytes | None, bytes]]) -> None:
    """Write (topic, key, value) records in one transaction, as a worker does."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=uuid.uuid4().hex)
    async with producer, producer.transaction():
        for topic, key_bytes, value in records:
            await producer.send(topic, value, key_bytes)
