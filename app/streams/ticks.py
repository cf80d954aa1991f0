"""Ticks make silence audible: one record a second to each owned partition of events, so that stream time passes without messages.

A tick carries no instant: the broker's append time is what it says, and, being appended to the log, it is read after all that came before it.
A tick that is lost or written twice changes nothing but when time is seen to pass.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

log = logging.getLogger(__name__)


def tick(partition: int) -> bytes:
    """The record's value."""
    return msgspec.json.encode({"type": "clock-ticked", "partition": partition})


async def keep_ticking(
    cluster: dict[str, Any], topic: str, owned: Callable[[], Iterable[int]], interval_seconds: float
) -> None:
    """Write ticks until cancelled. `owned` says which partitions are ours now; a broker that is away is tried again."""
    producer = AIOKafkaProducer(**cluster, acks="all", request_timeout_ms=10_000)
    await producer.start()
    try:
        while True:
            await asyncio.sleep(interval_seconds)
            try:
                await asyncio.gather(
                    *[producer.send_and_wait(topic, tick(partition), partition=partition) for partition in owned()]
                )
            except KafkaError as error:
                log.warning("Ticks not written, trying again: %r", error)
    finally:
        await producer.stop()
