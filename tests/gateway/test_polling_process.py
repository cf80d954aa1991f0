"""A real gateway that polls a help desk's server, on real Kafka."""

import json
import time
import uuid
from pathlib import Path

from app.broker.admin import create
from app.broker.connection import connect
from app.broker.embedded import EmbeddedKafka
from app.broker.topics import topics
from tests.deployment import until
from tests.gateway.real import RealGateway
from tests.gateway.vendors.intercom import IntercomServer
from tests.gateway.vendors.live import listening
from tests.gateway.vendors.server import TOKEN, Server
from tests.gateway.vendors.stage import ENVIRONMENT, configuration
from tests.gateway.vendors.world import World
from tests.traffic.topic import read_all
from tests.web import get

_PARTITIONS = 2


async def test_what_happened_comes_to_kafka_and_a_restart_goes_on(kafka: EmbeddedKafka, tmp_path: Path) -> None:
    prefix = f"polling-{uuid.uuid4().hex[:12]}."
    async with connect(kafka.bootstrap) as client:
        await create(client, topics(prefix, _PARTITIONS, "log"), 1)
    world, vendor = World(), IntercomServer()
    world.now_ms = (time.time_ns() // 10**9 - 60) * 1000
    for ticket in range(1, 6):
        world.happen(ticket, "in")
        world.happen(ticket, "close")
    gateway = RealGateway(kafka.bootstrap, prefix, tmp_path)
    gateway._environment |= ENVIRONMENT
    server = Server(vendor, world)
    with listening(server) as address:
        (tmp_path / "gateway.yaml").write_text(configuration(vendor, address))
        for round_ in (1, 2):
            gateway.start()
            done = 'carebeat_poll_rounds_total{account="support",connector="intercom",outcome="done"}'
            await until(lambda: gateway.figure(done) == 1, 30, "a round is done")  # noqa: B023 - at once
            world.happen(10 * round_, "in")
            assert gateway.figure("carebeat_missed_webhooks_total") == 0
            assert gateway.figure("carebeat_poll_cursor_timestamp_seconds") > 0
            assert 'carebeat_missed_webhooks_total{account="support"' in get(gateway.metrics_port, "/metrics")[1]
            await until(lambda: gateway.log.count("Other gateways are heard") == round_, 20, "it hears")  # noqa: B023
            assert gateway.stop() == 0
    events = [json.loads(record.value) for record in await read_all(kafka.bootstrap, f"{prefix}events", _PARTITIONS)]
    told = {(event["ticket_id"], event["type"]) for event in events}
    assert {("1", "message-received"), ("5", "ticket-closed"), ("10", "message-received")} <= told
    assert ("20", "message-received") not in told
    assert {event["source"] for event in events} == {"intercom"}
    assert TOKEN not in gateway.log
    assert "Traceback" not in gateway.log
    assert server.most_at_once == 1
