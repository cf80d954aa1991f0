"""One live deployment (clock `log`) for the tests here: short SLA targets, one worker."""

import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from app.broker.embedded import EmbeddedKafka
from app.broker.ports import free_port
from tests.deployment import Deployment, deployment

TARGET_SECONDS = 6
GRACE_SECONDS = 2
CONFIGURATION = f"""
defaults:
  sla: {{first_response: {TARGET_SECONDS}s, next_response: {TARGET_SECONDS}s, resolution: 1h}}
  grace: {GRACE_SECONDS}s
samples: true
schedules: {{always-on: {{zone: UTC, week: {{mon-sun: "00:00-24:00"}}}}}}
"""


def event(id_: str, kind: str, ticket: str, *, at_ms: int | None = None, **fields: Any) -> dict[str, Any]:
    """An event of the contract; now, unless told otherwise."""
    at = datetime.fromtimestamp((at_ms or time.time_ns() // 1_000_000) / 1000, UTC)
    text = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": id_, "type": kind, "ticket_id": ticket, "channel": "chat", "occurred_at": text, **fields}


def ago(**span: float) -> int:
    """Milliseconds since 1970 of so long ago (negative: ahead)."""
    return int((datetime.now(UTC) - timedelta(**span)).timestamp() * 1000)


class Live:
    """A deployment and a producer into it."""

    def __init__(
        self, kafka: EmbeddedKafka, workers: Deployment, producer: AIOKafkaProducer, metrics_port: int
    ) -> None:
        self.kafka = kafka
        self.workers = workers
        self.metrics_port = metrics_port
        self._producer = producer

    async def send(self, *events: dict[str, Any]) -> None:
        """Events, as a connector would send them."""
        for each in events:
            await self.send_raw(json.dumps(each).encode(), each["ticket_id"].encode())

    async def send_raw(self, value: bytes, key: bytes | None) -> None:
        """Any bytes."""
        await self._producer.send_and_wait(f"{self.workers.prefix}events", value, key=key)

    async def transitions(self, ticket: str) -> list[dict[str, Any]]:
        """What `sla` says of a ticket, with the append time of each record as `read_ms`."""
        return [
            {**json.loads(record.value), "read_ms": record.timestamp}
            for record in await self.workers.read("sla")
            if record.key == ticket.encode()
        ]


@pytest.fixture
def make_live(kafka: EmbeddedKafka, tmp_path: Path) -> Callable[..., AsyncIterator[Live]]:
    """Makes a live deployment under a prefix."""

    async def make(prefix: str, **more: str) -> AsyncIterator[Live]:
        configuration = tmp_path / "carebeat.yaml"
        configuration.write_text(CONFIGURATION)
        port = free_port()
        options = {"clock": "log", "config": str(configuration), "metrics_port": str(port), **more}
        with deployment(kafka.bootstrap, prefix, tmp_path, partitions=2, **options) as workers:
            await workers.create_topics()
            workers.start("worker")
            producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, max_request_size=2 << 20)
            await producer.start()
            try:
                yield Live(kafka, workers, producer, port)
            finally:
                await producer.stop()

    return make


@pytest.fixture
async def live(make_live: Callable[..., AsyncIterator[Live]], request: pytest.FixtureRequest) -> AsyncIterator[Live]:
    """A live deployment of the test's own."""
    async for made in make_live(f"{request.node.name[:60]}."):
        yield made
