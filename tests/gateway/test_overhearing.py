"""What other gateways' webhooks brought, heard on real Kafka."""

import asyncio
import json
import uuid
from contextlib import suppress

from aiokafka import AIOKafkaProducer

from app.broker.embedded import EmbeddedKafka
from app.gateway.completeness import Completeness
from app.gateway.overhearing import overhear
from tests.deployment import until
from tests.traffic.topic import make_events_topic

START_MS = 1_772_448_000_000
EVENT = {"source": "zendesk", "account": "support", "received_at": "2026-03-02T10:42:07Z"}


async def test_events_of_all_partitions_are_heard_from_the_moment_that_is_judged(kafka: EmbeddedKafka) -> None:
    prefix = f"heard-{uuid.uuid4().hex[:12]}."
    await make_events_topic(kafka.bootstrap, prefix, 3, "log")
    memory = Completeness(frozenset({"reply-sent"}), START_MS)
    arguments = {"bootstrap_servers": kafka.bootstrap}
    begun: list[int] = []

    def now_ms() -> int:
        begun.append(START_MS)
        return START_MS

    listening = asyncio.create_task(overhear(arguments, f"{prefix}events", {("zendesk", "support"): memory}, now_ms))
    try:
        await until(lambda: bool(begun), 20, "it listens")
        async with AIOKafkaProducer(**arguments) as producer:
            for number in range(3):
                value = json.dumps({**EVENT, "id": f"e{number}"}).encode()
                await producer.send_and_wait(f"{prefix}events", value, partition=number)
        await until(lambda: all(memory.is_known(f"e{number}") for number in range(3)), 20, "all are heard")
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
