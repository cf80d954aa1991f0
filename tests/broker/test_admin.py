import asyncio
import uuid
from dataclasses import replace

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from app.broker.admin import Difference, check, create, topic_settings
from app.broker.connection import connect
from app.broker.embedded import EmbeddedKafka
from app.broker.errors import TopicRefusedError
from app.broker.topics import topics


@pytest.fixture
def prefix() -> str:
    return f"admin-{uuid.uuid4().hex}."


async def _alter(client: AIOKafkaAdminClient, topic: str, **settings: str) -> None:
    configs = {key.replace("_", "."): value for key, value in settings.items()}
    await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])
    while not configs.items() <= (await topic_settings(client, topic)).items():  # noqa: ASYNC110 (nobody tells)
        await asyncio.sleep(0.05)  # the controller has it, the broker hears of it soon


async def test_creating_again_changes_nothing(kafka: EmbeddedKafka, prefix: str) -> None:
    wanted = topics(prefix, 3, "log")
    async with connect(kafka.bootstrap) as client:
        first = await create(client, wanted, 1)
        second = await create(client, wanted, 1)
    assert [made.topic for made in first] == [made.topic for made in second] == [topic.name for topic in wanted]
    assert ({made.now for made in first}, {made.now for made in second}) == ({True}, {False})


async def test_only_what_is_missing_is_made(kafka: EmbeddedKafka, prefix: str) -> None:
    wanted = topics(prefix, 3, "log")
    async with connect(kafka.bootstrap) as client:
        await create(client, wanted[:2], 1)
        made = await create(client, wanted, 1)
    assert [topic.now for topic in made] == [False, False, *[True] * (len(wanted) - 2)]


@pytest.mark.parametrize("clock", ["log", "events"])
async def test_topics_made_by_us_are_as_they_have_to_be(kafka: EmbeddedKafka, prefix: str, clock: str) -> None:
    wanted = topics(prefix, 2, "log" if clock == "log" else "events")
    async with connect(kafka.bootstrap) as client:
        await create(client, wanted, 1)
        assert await check(client, wanted, 1) == []


async def test_missing_topics_are_found(kafka: EmbeddedKafka, prefix: str) -> None:
    async with connect(kafka.bootstrap) as client:
        found = await check(client, topics(prefix, 2, "log")[:1], 1)
    assert found == [Difference(f"{prefix}events", "is missing", "run `carebeat topics create`")]


async def test_another_clock_partitions_and_replicas_are_found(kafka: EmbeddedKafka, prefix: str) -> None:
    async with connect(kafka.bootstrap) as client:
        await create(client, topics(prefix, 2, "events")[:1], 1)
        found = await check(client, topics(prefix, 4, "log")[:1], 3)
    assert [difference.problem for difference in found] == [
        "has 2 partitions, not 4",
        "has 1 replicas, not 3",
        "message.timestamp.type is CreateTime, not LogAppendTime",
        "min.insync.replicas is 1, not 2",
    ]
    assert "message.timestamp.type=LogAppendTime" in found[2].remedy
    assert "CAREBEAT_CLOCK" in found[2].remedy


async def test_another_clean_up_and_shorter_retention_are_found(kafka: EmbeddedKafka, prefix: str) -> None:
    wanted = topics(prefix, 1, "log")
    async with connect(kafka.bootstrap) as client:
        await create(client, wanted, 1)
        await _alter(client, f"{prefix}kpis", cleanup_policy="delete", retention_ms="86400000")
        found = await check(client, wanted, 1)
    assert [(difference.topic, difference.problem) for difference in found] == [
        (f"{prefix}kpis", "cleanup.policy is delete, not compact,delete"),
        (f"{prefix}kpis", "retention.ms is 86400000, not 34560000000"),
    ]


async def test_longer_retention_is_a_fault_of_dead_letters_only(kafka: EmbeddedKafka, prefix: str) -> None:
    wanted = topics(prefix, 1, "log")
    async with connect(kafka.bootstrap) as client:
        await create(client, wanted, 1)
        for name in ("sla", "dead-letters"):
            await _alter(client, prefix + name, cleanup_policy="delete", retention_ms="-1")
        found = await check(client, wanted, 1)
    assert [difference.topic for difference in found] == [f"{prefix}dead-letters"]


async def test_more_replicas_than_brokers_are_refused_with_advice(kafka: EmbeddedKafka, prefix: str) -> None:
    async with connect(kafka.bootstrap) as client:
        with pytest.raises(TopicRefusedError, match="at most as many replicas as there are brokers"):
            await create(client, topics(prefix, 1, "log"), 3)


async def test_settings_that_the_broker_refuses_are_told(kafka: EmbeddedKafka, prefix: str) -> None:
    wrong = replace(topics(prefix, 1, "log")[0], settings={"cleanup.policy": "burn"})
    async with connect(kafka.bootstrap) as client:
        with pytest.raises(TopicRefusedError, match="burn"):
            await create(client, [wrong], 1)


async def test_a_topic_that_is_not_there_cannot_be_described(kafka: EmbeddedKafka, prefix: str) -> None:
    async with connect(kafka.bootstrap) as client:
        with pytest.raises(TopicRefusedError, match="carebeat topics create"):
            await topic_settings(client, f"{prefix}events")
