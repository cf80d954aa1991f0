"""Make the topics, say what is wrong with those that are there. Nothing that exists is ever changed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from app.broker.errors import TopicRefusedError
from app.broker.topics import KafkaTopic

_VISIBLE_LIMIT_SECONDS = 30.0
_POLL_SECONDS = 0.1

_ADVICE_BY_REFUSAL = {
    "InvalidReplicationFactorError": "ask for at most as many replicas as there are brokers",
    "PolicyViolationError": "the cluster's policy forbids these settings: have its administrator make the topic",
    "TopicAuthorizationFailedError": "give this user the right to create it, or have its administrator make it",
    "ClusterAuthorizationFailedError": "give this user the right to create topics, or have its administrator make it",
}


@dataclass(frozen=True, slots=True)
class Made:
    """What `create` did about one topic: made now, or there before (as it may be: see `check`)."""

    topic: str
    now: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it has to be with one topic, and what to do about it."""

    topic: str
    problem: str
    remedy: str


async def create(client: AIOKafkaAdminClient, topics: Sequence[KafkaTopic], replication: int) -> list[Made]:
    """Make the topics that are missing, and wait until all can be written to; in the order given.

    Asking again changes nothing. Raises TopicRefusedError with the broker's reason.
    """
    there = {topic["topic"] for topic in await client.describe_topics()}
    missing = [topic for topic in topics if topic.name not in there]
    made = await _make(client, missing, replication) if missing else set()
    await _wait_until_visible(client, topics)
    return [Made(topic.name, topic.name in made) for topic in topics]


async def _make(client: AIOKafkaAdminClient, topics: Sequence[KafkaTopic], replication: int) -> set[str]:
    answer = await client.create_topics([_as_new(topic, replication) for topic in topics])
    made = set()
    for name, code, reason in answer.topic_errors:
        error = for_code(code)
        if error is NoError:
            made.add(name)
        elif error is not TopicAlreadyExistsError:  # somebody was quicker
            advice = _ADVICE_BY_REFUSAL.get(error.__name__, "see the broker's log")
            raise TopicRefusedError(
                f"the broker refused to make the topic {name}: {reason or error.__name__}; {advice}"
            )
    return made


def _as_new(topic: KafkaTopic, replication: int) -> NewTopic:
    settings = {**topic.settings, **topic.tuning, "min.insync.replicas": str(_in_sync(replication))}
    return NewTopic(topic.name, topic.partitions, replication, topic_configs=settings)


def _in_sync(replication: int) -> int:
    # One replica may be away. With two that leaves one, which may then be the only one to hold an acknowledged record.
    return max(1, min(2, replication - 1))


async def _wait_until_visible(client: AIOKafkaAdminClient, topics: Sequence[KafkaTopic]) -> None:
    names = {topic.name for topic in topics}
    for _ in range(int(_VISIBLE_LIMIT_SECONDS / _POLL_SECONDS)):
        if names <= await _led(client):
            return
        await asyncio.sleep(_POLL_SECONDS)
    raise TopicRefusedError(
        f"after {_VISIBLE_LIMIT_SECONDS:.0f} s some of {', '.join(sorted(names))} still have partitions without a "
        "leader; see whether all brokers are up"
    )


async def _led(client: AIOKafkaAdminClient) -> set[str]:
    found = await _partitions(client)
    return {name for name, partitions in found.items() if all(partition["leader"] >= 0 for partition in partitions)}


async def check(client: AIOKafkaAdminClient, topics: Sequence[KafkaTopic], replication: int) -> list[Difference]:
    """Everything about these topics that is not as it has to be, in the order of the topics; empty when all is well.

    More replicas and longer retention than asked are no difference, except where a topic is restricted.
    """
    partitions = await _partitions(client)
    there = [topic for topic in topics if topic.name in partitions]
    settings = await _settings(client, [topic.name for topic in there])
    found: list[Difference] = []
    for topic in topics:
        if topic.name not in partitions:
            found.append(Difference(topic.name, "is missing", "run `carebeat topics create`"))
            continue
        found += _shape_differences(topic, partitions[topic.name], replication)
        wanted = {**topic.settings, "min.insync.replicas": str(_in_sync(replication))}
        found += [
            _setting_difference(topic.name, key, settings[topic.name].get(key), value)
            for key, value in wanted.items()
            if not _fits(key, settings[topic.name].get(key), value, restricted=topic.restricted)
        ]
    return found


async def _partitions(client: AIOKafkaAdminClient) -> dict[str, list[dict[str, Any]]]:
    # All topics, since asking by name would make missing ones on a broker that creates topics by itself.
    return {topic["topic"]: topic["partitions"] for topic in await client.describe_topics()}


async def topic_settings(client: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    """The settings in force for a topic. Raises TopicRefusedError when it cannot be described."""
    return (await _settings(client, [topic]))[topic]


async def _settings(client: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    found = {}
    for answer in await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names]):
        for code, reason, _kind, name, entries in answer.resources:
            if for_code(code) is not NoError:
                raise TopicRefusedError(
                    f"the broker does not describe the topic {name}: {reason or for_code(code).__name__}; see that it "
                    "exists (`carebeat topics create`) and that this user may describe its configuration"
                )
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


def _shape_differences(
    topic: KafkaTopic, partitions: Sequence[Mapping[str, Any]], replication: int
) -> list[Difference]:
    found = []
    if len(partitions) != topic.partitions:
        problem = f"has {len(partitions)} partitions, not {topic.partitions}"
        remedy = (
            "their number is fixed at first start, since a ticket's events must stay together: "
            "set it to what is there, or start anew under another topic prefix"
        )
        found.append(Difference(topic.name, problem, remedy))
    fewest = min(len(partition["replicas"]) for partition in partitions)
    if fewest < replication:
        problem = f"has {fewest} replicas, not {replication}"
        found.append(Difference(topic.name, problem, "add replicas with kafka-reassign-partitions.sh"))
    return found


def _fits(key: str, found: str | None, wanted: str, *, restricted: bool) -> bool:
    if found is None:
        return False
    if key == "cleanup.policy":
        return set(found.split(",")) == set(wanted.split(","))
    if key == "retention.ms" and not restricted:
        return int(found) == -1 or int(found) >= int(wanted)
    if key in ("min.compaction.lag.ms", "delete.retention.ms", "min.insync.replicas"):
        return int(found) >= int(wanted)
    return found == wanted


def _setting_difference(topic: str, key: str, found: str | None, wanted: str) -> Difference:
    value = f"[{wanted}]" if "," in wanted else wanted
    command = f"kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config {key}={value}"
    remedy = f"{command} (with --bootstrap-server)"
    if key == "message.timestamp.type":
        remedy += ", or set CAREBEAT_CLOCK to the clock that this topic was made for"
    return Difference(topic, f"{key} is {found}, not {wanted}", remedy)
