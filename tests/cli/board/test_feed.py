import uuid

import pytest
from aiokafka import AIOKafkaProducer

from app.broker.admin import create
from app.broker.connection import connect
from app.broker.embedded import EmbeddedKafka
from app.broker.errors import TopicRefusedError
from app.broker.topics import topics
from app.cli.board.feed import Source, follow
from tests.cli.records import publish


@pytest.fixture
async def prefix(kafka: EmbeddedKafka) -> str:
    prefix = f"feed-{uuid.uuid4().hex[:12]}."
    async with connect(kafka.bootstrap) as client:
        await create(client, topics(prefix, 2, "log"), 1)
    return prefix


async def test_the_past_is_the_end_of_each_topic_and_more_is_what_follows(kafka: EmbeddedKafka, prefix: str) -> None:
    topic = f"{prefix}kpis"
    await publish(kafka.bootstrap, [(topic, b"k", b"%d" % number) for number in range(100)])
    async with follow(kafka.bootstrap, [Source(topic, 11)], security={}) as feed:
        # the last offset is that of the transaction's marker
        assert [record.value for record in await feed.past()] == [b"%d" % number for number in range(90, 100)]
        assert await feed.positions() == {topic: 101}
        await publish(kafka.bootstrap, [(topic, b"k", b"new")])
        assert [record.value for record in await feed.more(20)] == [b"new"]


async def test_what_is_not_committed_is_neither_shown_nor_waited_for(kafka: EmbeddedKafka, prefix: str) -> None:
    topic = f"{prefix}kpis"
    await publish(kafka.bootstrap, [(topic, b"k", b"old")])
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=uuid.uuid4().hex)
    async with producer, producer.transaction():
        await producer.send_and_wait(topic, b"open", b"k")
        async with follow(kafka.bootstrap, [Source(topic, 100)], security={}) as feed:
            assert [record.value for record in await feed.past()] == [b"old"]


async def test_a_topic_that_is_not_required_may_be_missing(kafka: EmbeddedKafka, prefix: str) -> None:
    sources = [Source(f"{prefix}sla", 5), Source(f"{prefix}nothing", 5, required=False)]
    async with follow(kafka.bootstrap, sources, security={}) as feed:
        assert await feed.past() == []


async def test_a_missing_topic_is_named(kafka: EmbeddedKafka) -> None:
    with pytest.raises(TopicRefusedError, match=r"no topic nowhere\.kpis: run `carebeat topics create`"):
        async with follow(kafka.bootstrap, [Source("nowhere.kpis", 5)], security={}):
            pass
