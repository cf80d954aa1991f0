"""A real gateway in front of real Kafka."""

import json
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.broker.embedded import EmbeddedKafka
from tests.deployment import until
from tests.gateway.real import RealGateway, real_gateway
from tests.gateway.sender import OTHER_KEY, cloud_event, encoded, signed
from tests.traffic.topic import make_events_topic, read_all

_PARTITIONS = 3


@pytest.fixture
async def prefix(kafka: EmbeddedKafka) -> str:
    prefix = f"gateway-{uuid.uuid4().hex[:12]}."
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "log")
    return prefix


@pytest.fixture
def gateway(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> Iterator[RealGateway]:
    with real_gateway(kafka.bootstrap, prefix, tmp_path) as made:
        yield made


async def test_signed_webhooks_come_out_as_events(kafka: EmbeddedKafka, prefix: str, gateway: RealGateway) -> None:
    await until(gateway.is_ready, 20, "the gateway is ready")
    one = encoded(cloud_event(1, author_id="jane@example.com"))
    batch = encoded([cloud_event(number) for number in range(2, 12)])
    assert gateway.post(one, signed(one)) == (204, b"")
    assert gateway.post(batch, signed(batch, key=OTHER_KEY))[0] == 204
    assert gateway.post(one, signed(one, at_seconds=1))[0] == 401
    found = await read_all(kafka.bootstrap, f"{prefix}events", _PARTITIONS)
    events = [json.loads(record.value) for record in found]
    assert sorted(event["ticket_id"] for event in events) == sorted(f"t-{number}" for number in range(1, 12))
    assert all(record.key == event["ticket_id"].encode() for record, event in zip(found, events, strict=True))
    assert not any(b"jane" in record.value for record in found)
    used = 'carebeat_signature_secret_used_total{account="website",connector="generic",secret="%d"}'
    assert [gateway.figure(used % index) for index in (0, 1)] == [1, 1]
    assert gateway.stop(signal.SIGTERM) == 0
