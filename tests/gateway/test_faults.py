"""Kafka is away, the gateway is killed: what was acknowledged is on the topic, and the figures are those of a quiet day.

Ordinary runs stop Kafka for ten seconds under 100 webhooks a second; with `-m long`, for 60 s under 300.
"""

import asyncio
import json
import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from app import config
from app.broker.embedded import EmbeddedKafka
from app.compute import Compute
from app.gateway.accounts import open_desks
from app.gateway.events import Ready
from app.traffic.simulator import traffic
from tests.deployment import until
from tests.gateway.desk import ENVIRONMENT
from tests.gateway.real import CONFIGURATION, PATH, RealGateway, real_gateway
from tests.gateway.sender import PSEUDONYM_KEY, encoded, signed
from tests.traffic.topic import make_events_topic, read_all

PARTITIONS = 4
_START_MS = 1_772_445_600_000
_TICK = b'{"type":"clock-ticked","occurred_at":"2026-12-31T00:00:00Z"}'


class Size(NamedTuple):
    """How long everything takes."""

    webhooks_per_second: int
    away_seconds: float
    killed_after_seconds: float
    """Since Kafka went."""
    around_seconds: float
    """Before and after the outage."""


ORDINARY = Size(100, 10, 5, 3)
WHOLE = Size(300, 60, 30, 10)


@pytest.fixture
def own_kafka() -> Iterator[EmbeddedKafka]:
    """One that may be stopped without harm to others."""
    with EmbeddedKafka() as broker:
        yield broker


class Sender:
    """A foreign system: so many webhooks a second, each sent again until somebody acknowledges it."""

    def __init__(self, gateway: RealGateway, per_second: int) -> None:
        self._gateway, self._per_second = gateway, per_second
        self.bodies: list[bytes] = []
        self.acknowledged: set[int] = set()
        self.refusals: Counter[str] = Counter()
        self._events = (due.event for due in traffic(_START_MS, events_per_second=100, speed=60, first_hour=10))

    async def run(self, is_over: asyncio.Event) -> None:
        connector = aiohttp.TCPConnector(limit=500)
        async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
            began = time.monotonic()
            while not is_over.is_set():
                wanted = int((time.monotonic() - began) * self._per_second)
                for event in islice(self._events, max(0, wanted - len(self.bodies))):
                    self.bodies.append(_body(event))
                    group.create_task(self._send(session, len(self.bodies) - 1))
                await asyncio.sleep(0.01)

    async def _send(self, session: aiohttp.ClientSession, number: int) -> None:
        body = self.bodies[number]
        while number not in self.acknowledged:
            try:
                url = f"http://127.0.0.1:{self._gateway.port}{PATH}"
                async with session.post(url, data=body, headers=signed(body)) as answer:
                    if answer.status == 204:
                        self.acknowledged.add(number)
                    else:
                        self.refusals[f"{answer.status} {(await answer.text())[:60]}"] += 1
                        await asyncio.sleep(1)
            except aiohttp.ClientError as error:
                self.refusals[type(error).__name__] += 1
                await asyncio.sleep(0.2)


def _body(event: dict[str, Any]) -> bytes:
    envelope = {"specversion": "1.0", "source": "https://shop.example", "id": event["id"], "type": event["type"]}
    return encoded({**envelope, "time": event["occurred_at"], "data": event})


def _expected(bodies: list[bytes]) -> list[Ready]:
    """The events of these webhooks where nothing went wrong."""
    desks = open_desks(config.parse(CONFIGURATION).connectors, PSEUDONYM_KEY.encode(), ENVIRONMENT)
    desk = desks["generic", "website"]
    return [
        desk.finishing.finish(draft, "2026-03-02T10:00:00Z")
        for body in bodies
        for draft in desk.connector.normalise(json.loads(body), desk.account)
    ]


def _figures(values: list[bytes], folder: Path) -> dict[Any, Any]:
    """The KPI windows of a set of events, by the same core as everywhere."""
    folder.mkdir()
    lines = folder / "events.jsonl"
    lines.write_bytes(b"\n".join(values))
    compute = Compute(config.truth_rules(), PARTITIONS, folder / "out")
    totals = compute.run([lines], _TICK, lambda *_: None)
    assert totals.dead_letters == 0
    found = {}
    for line in (folder / "out/kpis.jsonl").read_text().splitlines():
        record = json.loads(line)
        place = record.get("channel") or record["dimension"], record["window"]["kind"], record["window"]["start"]
        found[place] = {name: record[name] for name in ("counts", "durations", "rates", "levels") if name in record} | {
            "sla": sorted(record["sla"], key=str)
        }
    return found


@pytest.mark.parametrize(
    "size",
    [pytest.param(ORDINARY, id="ordinary"), pytest.param(WHOLE, id="whole", marks=pytest.mark.long)],
)
async def test_nothing_acknowledged_is_lost_when_kafka_goes_and_the_gateway_is_killed(
    own_kafka: EmbeddedKafka, kafka: EmbeddedKafka, tmp_path: Path, size: Size
) -> None:
    assert kafka  # for whether there can be one
    prefix = f"faults-{uuid.uuid4().hex[:12]}."
    await make_events_topic(own_kafka.bootstrap, prefix, PARTITIONS, "log")
    is_over = asyncio.Event()
    with real_gateway(own_kafka.bootstrap, prefix, tmp_path) as gateway:
        await until(gateway.is_ready, 20, "the gateway is ready")
        sender = Sender(gateway, size.webhooks_per_second)
        sending = asyncio.create_task(sender.run(is_over))
        await asyncio.sleep(size.around_seconds)
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.sleep(size.killed_after_seconds)
        await _still_takes(gateway, sender)
        gateway.stop(signal.SIGKILL)
        gateway.start()
        await asyncio.sleep(size.away_seconds - size.killed_after_seconds)
        await _still_takes(gateway, sender)
        await asyncio.to_thread(own_kafka.start)
        await asyncio.sleep(size.around_seconds)
        is_over.set()
        async with asyncio.timeout(60):
            await sending
        await until(lambda: gateway.figure("carebeat_spool_events ") == 0, 60, "the spool is drained")
        assert gateway.figure("carebeat_spool_drained_total") > 0
        assert gateway.stop(signal.SIGTERM) == 0

    assert sender.acknowledged == set(range(len(sender.bodies)))
    found = await read_all(own_kafka.bootstrap, f"{prefix}events", PARTITIONS)
    expected = _expected(sender.bodies)
    missing = {event.id for event in expected} - {json.loads(record.value)["id"] for record in found}
    assert missing == set(), f"{len(missing)} of {len(expected)} are missing; refused: {sender.refusals}"
    assert {record.key for record in found} == {event.key for event in expected}
    figures = _figures([record.value for record in found], tmp_path / "found")
    assert figures == _figures([event.value for event in expected], tmp_path / "expected")
    assert len(figures) > 20
    print(f"{len(expected)} webhooks, {len(found)} records, refused on the way: {dict(sender.refusals)}")  # noqa: T201


async def _still_takes(gateway: RealGateway, sender: Sender) -> None:
    """While Kafka is away, webhooks go to the spool."""
    before = len(sender.acknowledged)
    await until(lambda: gateway.figure("carebeat_spool_events ") > 0, 10, "events are in the spool")
    await until(lambda: len(sender.acknowledged) > before, 10, "webhooks are acknowledged without Kafka")


async def test_a_gateway_that_starts_without_kafka_takes_webhooks_and_sends_them_on(
    own_kafka: EmbeddedKafka, tmp_path: Path
) -> None:
    prefix = f"faults-{uuid.uuid4().hex[:12]}."
    await make_events_topic(own_kafka.bootstrap, prefix, PARTITIONS, "log")
    await asyncio.to_thread(own_kafka.stop)
    with real_gateway(own_kafka.bootstrap, prefix, tmp_path) as gateway:
        await until(gateway.is_ready, 20, "the gateway is ready")
        bodies = [_body(due.event) for due in islice(traffic(_START_MS, events_per_second=100), 40)]
        for body in bodies:
            assert gateway.post(body, signed(body))[0] == 204
        assert gateway.figure("carebeat_spool_events ") == len({event.id for event in _expected(bodies)})
        await asyncio.to_thread(own_kafka.start)
        await until(lambda: gateway.figure("carebeat_spool_events ") == 0, 30, "the spool is drained")
    found = await read_all(own_kafka.bootstrap, f"{prefix}events", PARTITIONS)
    assert {json.loads(record.value)["id"] for record in found} == {event.id for event in _expected(bodies)}


async def test_a_gateway_killed_again_and_again_under_load_loses_nothing_acknowledged(
    kafka: EmbeddedKafka, tmp_path: Path
) -> None:
    prefix = f"faults-{uuid.uuid4().hex[:12]}."
    await make_events_topic(kafka.bootstrap, prefix, PARTITIONS, "log")
    is_over = asyncio.Event()
    with real_gateway(kafka.bootstrap, prefix, tmp_path) as gateway:
        await until(gateway.is_ready, 20, "the gateway is ready")
        sender = Sender(gateway, 200)
        sending = asyncio.create_task(sender.run(is_over))
        for pause_seconds in (0.7, 1.3, 0.4):
            await asyncio.sleep(pause_seconds)
            gateway.stop(signal.SIGKILL)
            gateway.start()
            await until(gateway.is_ready, 20, "the gateway is back")
        is_over.set()
        async with asyncio.timeout(60):
            await sending
        await until(lambda: gateway.figure("carebeat_spool_events ") == 0, 30, "the spool is drained")
    found = await read_all(kafka.bootstrap, f"{prefix}events", PARTITIONS)
    assert {json.loads(record.value)["id"] for record in found} == {event.id for event in _expected(sender.bodies)}
