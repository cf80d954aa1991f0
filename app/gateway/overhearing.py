"""What other gateways' webhooks brought, as the gateway that polls hears it: by reading the events topic along.

Nothing is kept of a record but its id, and nothing before the first one that is heard is judged. An event that was polled
here comes by as well; it has the `received_at` that it was given here, and one from elsewhere has another.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from app.gateway.accounts import AccountPlace
from app.gateway.completeness import Completeness

log = logging.getLogger(__name__)

_RETRY_SECONDS: Final = 5.0
_LISTEN_MS: Final = 500
_MOST_RECORDS: Final = 2_000


class _Heard(msgspec.Struct):
    id: str
    source: str
    account: str
    received_at: str


_decode = msgspec.json.Decoder(_Heard).decode


async def overhear(
    kafka: Mapping[str, Any], topic: str, memories: Mapping[AccountPlace, Completeness], now_ms: Callable[[], int]
) -> None:
    """Tell the memories what comes by, until cancelled. `kafka` are aiokafka's keyword arguments."""
    while True:
        consumer = AIOKafkaConsumer(
            topic, group_id=None, auto_offset_reset="latest", isolation_level="read_committed", **kafka
        )
        try:
            await consumer.start()
            await _listen(consumer, topic, memories, now_ms)
        except (KafkaError, OSError) as error:
            log.info("Other gateways' webhooks are not heard for now (%s)", type(error).__name__)
        finally:
            await consumer.stop()
        await asyncio.sleep(_RETRY_SECONDS)


async def _listen(
    consumer: AIOKafkaConsumer,
    topic: str,
    memories: Mapping[AccountPlace, Completeness],
    now_ms: Callable[[], int],
) -> None:
    if not consumer.assignment():
        raise KafkaError(f"no topic {topic}")
    for partition in consumer.assignment():
        await consumer.position(partition)  # from here on nothing is missed
    for memory in memories.values():
        memory.begin(now_ms())
    log.info("Other gateways are heard on %s", topic)
    while True:
        batches = await consumer.getmany(timeout_ms=_LISTEN_MS, max_records=_MOST_RECORDS)
        for batch in batches.values():
            for record in batch:
                hear(record.value, memories, now_ms())


def hear(value: bytes | None, memories: Mapping[AccountPlace, Completeness], now_ms: int) -> None:
    """One record. What is no event of an account that is polled is none of our business."""
    try:
        heard = _decode(value or b"")
    except msgspec.DecodeError:
        return
    memory = memories.get((heard.source, heard.account))
    if memory is not None:
        memory.heard(heard.id, heard.received_at, now_ms)
