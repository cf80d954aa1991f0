import asyncio
import uuid

import pytest

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import BrokerUnreachableError, TopicRefusedError
from app.broker.ports import free_port
from app.traffic.sender import Sender
from tests.traffic.topic import Found, make_events_topic, read_all


@pytest.fixture
async def topic(kafka: EmbeddedKafka) -> str:
    prefix = f"sender-{uuid.uuid4().hex}."
    await make_events_topic(kafka.bootstrap, prefix, 2, "log")
    return f"{prefix}events"


async def test_records_keep_their_order_over_many_batches(kafka: EmbeddedKafka, topic: str) -> None:
    async with Sender(kafka.bootstrap, topic) as sender:
        for number in range(20_000):
            await sender.put(1, b"k", b"%0100d" % number)
    assert await read_all(kafka.bootstrap, topic, 2) == [Found(1, b"k", b"%0100d" % n) for n in range(20_000)]


async def test_what_was_put_arrives_once_though_kafka_was_away(kafka: EmbeddedKafka, topic: str) -> None:
    async with Sender(kafka.bootstrap, topic) as sender:
        await sender.put(0, None, b"before")
        await sender.settle()
        kafka.kill()
        await sender.put(0, None, b"meanwhile")
        await sender.submit()
        await asyncio.to_thread(kafka.start)
    assert [record.value for record in await read_all(kafka.bootstrap, topic, 2)] == [b"before", b"meanwhile"]


async def test_cancelling_ends_though_kafka_is_away(kafka: EmbeddedKafka, topic: str) -> None:
    async def run() -> None:
        async with Sender(kafka.bootstrap, topic) as sender:
            kafka.kill()
            await sender.put(0, None, b"lost")
            await asyncio.sleep(60)

    try:
        task = asyncio.create_task(run())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 20)
    finally:
        await asyncio.to_thread(kafka.start)


async def test_a_broker_that_is_not_there_is_named() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerUnreachableError, match=address):
        async with Sender(address, "any"):
            pass


async def test_a_topic_that_is_not_there_is_named(kafka: EmbeddedKafka) -> None:
    with pytest.raises(TopicRefusedError, match="carebeat topics create"):
        async with Sender(kafka.bootstrap, "no-such-topic"):
            pass
