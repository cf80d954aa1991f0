"""Recorded events onto the events topic of a deployment whose clock is the events' own."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from aiokafka.admin import AIOKafkaAdminClient

from app.broker.admin import topic_settings
from app.broker.connection import connect
from app.broker.errors import TopicRefusedError
from app.clock import monotonic_seconds
from app.traffic.lines import Line, lines, size_bytes
from app.traffic.route import instant_ms, route
from app.traffic.sender import RECORD_LIMIT_BYTES, Sender
from schemas.topics import EVENTS
from schemas.wire import format_instant

_PROGRESS_EVERY = 1000
_SHORTEST_PAUSE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay is. Bytes are those of the file as it is on disk, so that `done / total` is a share."""

    events: int
    bytes_done: int
    bytes_total: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did with the lines of a file."""

    events: int
    """Sent."""
    keyless: int
    """Of those sent: without a readable ticket."""
    too_long: int
    """Left out, since no topic would take them."""


async def refuse_log_clock(client: AIOKafkaAdminClient, topic: str) -> None:
    """Raise TopicRefusedError when the broker stamps this topic: it belongs to a live deployment.

    History there would count as happening now.
    """
    if (await topic_settings(client, topic))["message.timestamp.type"] == "LogAppendTime":
        raise TopicRefusedError(
            f"{topic} belongs to a live deployment (its records get their time from the broker), where history would "
            "count as happening now. Replay into a deployment of its own: CAREBEAT_CLOCK=events with another topic "
            "prefix, `carebeat topics create`, and a worker of that configuration"
        )


async def replay(
    bootstrap: str,
    prefix: str,
    path: Path,
    *,
    speed: float | None = None,
    tick_at_end: datetime | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    security: Mapping[str, Any] | None = None,
    now_seconds: Callable[[], float] = monotonic_seconds,
) -> Replayed:
    """Send every line of the file to `<prefix>events`, as it is, and return when all are acknowledged.

    Without `speed` as fast as Kafka takes them; with it paced by the events' instants, so many times faster than they
    happened. `tick_at_end` then drives stream time of every partition to that instant. Running it again changes no
    figure: ids are the same. Raises TopicRefusedError for a live deployment, BrokerUnreachableError.
    """
    topic = EVENTS.full_name(prefix)
    async with connect(bootstrap, security=security) as client:
        await refuse_log_clock(client, topic)
    async with Sender(bootstrap, topic, security=security) as sender:
        pace = None if speed is None else _Pace(sender, speed, now_seconds)
        replayed = await _send(sender, lines(path), pace, size_bytes(path), progress)
        if tick_at_end is not None:
            for partition in range(sender.partitions):
                await sender.put(partition, None, tick(tick_at_end, partition))
    return replayed


async def _send(
    sender: Sender, source: Iterable[Line], pace: "_Pace | None", total: int, progress: Callable[[Progress], None]
) -> Replayed:
    events = keyless = too_long = bytes_read = 0
    partitions = sender.partitions
    for value, bytes_read in source:
        if len(value) > RECORD_LIMIT_BYTES:
            too_long += 1
            continue
        if pace is not None:
            await pace.wait_for(value)
        key, targets = route(value, partitions)
        for partition in targets:
            await sender.put(partition, key, value)
        keyless += key is None
        events += 1
        if events % _PROGRESS_EVERY == 0:
            progress(Progress(events, bytes_read, total))
            await asyncio.sleep(0)  # `put` seldom waits; batches under way need their turn
    await sender.settle()
    progress(Progress(events, total, total))
    return Replayed(events, keyless, too_long)


def tick(at: datetime, partition: int | None) -> bytes:
    """An explicit tick: time has come to this instant in that partition, though nothing happened."""
    instant = format_instant(at)
    return msgspec.json.encode(
        {
            "id": f"tick-{instant}-{partition}",
            "type": "clock-ticked",
            "partition": partition,
            "occurred_at": instant,
        }
    )


class _Pace:
    """Holds each line back until its event's turn has come; the first one's turn is now."""

    def __init__(self, sender: Sender, speed: float, now_seconds: Callable[[], float]) -> None:
        self._sender = sender
        self._speed = speed
        self._now_seconds = now_seconds
        self._started_seconds = now_seconds()
        self._first_ms: int | None = None

    async def wait_for(self, line: bytes) -> None:
        at_ms = instant_ms(line)
        if at_ms is None:  # goes with the line before it
            return
        if self._first_ms is None:
            self._first_ms = at_ms
        due_seconds = self._started_seconds + (at_ms - self._first_ms) / 1000 / self._speed
        pause_seconds = due_seconds - self._now_seconds()
        if pause_seconds > _SHORTEST_PAUSE_SECONDS:
            await self._sender.submit()
            await asyncio.sleep(pause_seconds)
