"""The way to Kafka, on real Kafka and without any."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator

import pytest

from app.broker.embedded import EmbeddedKafka
from app.gateway.events import Ready
from app.gateway.outbox import Outbox
from tests.deployment import until
from tests.traffic.topic import make_customers_topic, make_events_topic, read_all

_PARTITIONS = 3


def _event(number: int, size: int = 0) -> Ready:
    ticket = f"t-{number % 7}"
    value = json.dumps({"number": number, "fill": "x" * size}).encode()
    return Ready(f"id-{number}", "message-received", ticket.encode(), value)


@pytest.fixture
def prefix() -> str:
    return f"outbox-{uuid.uuid4().hex[:12]}."


@pytest.fixture
async def outbox(kafka: EmbeddedKafka, prefix: str) -> AsyncIterator[Outbox]:
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "log")
    made = Outbox(kafka.bootstrap, f"{prefix}events")
    made.start()
    await until(lambda: made.is_connected, 20, "Kafka answers")
    yield made
    await made.stop()


async def test_events_arrive_keyed_by_ticket_and_in_order(kafka: EmbeddedKafka, prefix: str, outbox: Outbox) -> None:
    sends = [outbox.send([_event(number), _event(number + 1)], 10) for number in range(0, 600, 2)]
    assert all(await asyncio.gather(*sends))
    found = await read_all(kafka.bootstrap, f"{prefix}events", _PARTITIONS)
    by_ticket: dict[bytes, list[int]] = {}
    for record in found:
        by_ticket.setdefault(record.key or b"", []).append(json.loads(record.value)["number"])
    assert by_ticket == {f"t-{n}".encode(): [i for i in range(600) if i % 7 == n] for n in range(7)}


async def test_more_than_fits_into_a_batch_goes_in_the_next_in_order(
    kafka: EmbeddedKafka, prefix: str, outbox: Outbox
) -> None:
    assert await outbox.send([_event(number * 7, 60_000) for number in range(20)], 20)
    found = await read_all(kafka.bootstrap, f"{prefix}events", _PARTITIONS)
    assert [json.loads(record.value)["number"] for record in found] == [number * 7 for number in range(20)]


async def test_what_is_known_of_customers_goes_to_its_own_topic_or_nowhere(
    kafka: EmbeddedKafka, prefix: str, outbox: Outbox
) -> None:
    contact = _event(2)._replace(type="contact", topic="customers")
    assert await outbox.send([_event(1), contact], 10), "left by a run that joined orders, and of no use any more"
    await make_customers_topic(kafka.bootstrap, prefix)
    made = Outbox(kafka.bootstrap, f"{prefix}events", customers=f"{prefix}customers")
    made.start()
    await until(lambda: made.is_connected, 20, "Kafka answers")
    assert await made.send([_event(3), contact], 10)
    await made.stop()
    events, customers = [
        [json.loads(record.value)["number"] for record in await read_all(kafka.bootstrap, prefix + topic, count)]
        for topic, count in (("events", _PARTITIONS), ("customers", 1))
    ]
    assert (sorted(events), customers) == ([1, 3], [2])


async def test_a_topic_that_is_not_there_is_waited_for_and_named(kafka: EmbeddedKafka, prefix: str) -> None:
    made = Outbox(kafka.bootstrap, f"{prefix}events")
    made.start()
    assert not await made.send([_event(1)], 0.1)
    await until(lambda: "carebeat topics create" in made.problem, 30, "the topic is missed")
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "log")
    await until(lambda: made.is_connected, 30, "the topic is found")
    assert await made.send([_event(1)], 10)
    await made.stop()


async def test_nothing_is_safe_that_kafka_has_not_acknowledged(outbox: Outbox) -> None:
    assert outbox._producer is not None
    unanswered = asyncio.get_running_loop().create_future()

    class Silent:
        create_batch = staticmethod(outbox._producer.create_batch)

        async def send_batch(self, *_: object, **__: object) -> "asyncio.Future[None]":
            return unanswered

    real, outbox._producer = outbox._producer, Silent()
    try:
        assert not await outbox.send([_event(1)], 0.3), "Kafka has said nothing"
        sending = asyncio.create_task(outbox.send([_event(2)], 30))
        asyncio.get_running_loop().call_later(0.2, unanswered.set_exception, ConnectionError())
        assert not await sending, "Kafka has failed"
        await until(lambda: "ConnectionError" in outbox.problem, 5, "the problem is told")
    finally:
        outbox._producer = real
    assert await outbox.send([_event(3)], 10)
    assert outbox.problem == ""


async def test_a_producer_that_keeps_failing_is_replaced_by_a_new_one(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outbox._producer is not None
    monkeypatch.setattr("app.gateway.outbox._FAILURES_UNTIL_RENEWED", 2)

    class Broken:
        create_batch = staticmethod(outbox._producer.create_batch)
        stopped = 0

        async def send_batch(self, *_: object, **__: object) -> None:
            raise ConnectionError

        async def stop(self) -> None:
            self.stopped += 1

    real, broken = outbox._producer, Broken()
    outbox._producer = broken
    try:
        assert not await outbox.send([_event(1)], 5)
        assert outbox._producer is broken, "once is no reason"

        async def is_sent() -> bool:
            return await outbox.send([_event(2)], 5)

        await until(is_sent, 20, "a new producer sends")
        assert outbox.problem == ""
        await until(lambda: broken.stopped == 1, 5, "the old one is stopped")
    finally:
        await real.stop()


async def test_without_kafka_it_stops_at_once() -> None:
    made = Outbox("127.0.0.1:1", "events")
    made.start()
    await asyncio.sleep(0.2)
    async with asyncio.timeout(5):
        await made.stop()
