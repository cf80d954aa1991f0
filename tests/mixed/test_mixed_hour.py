"""An hour of signed traffic of all sources through a real gateway, Kafka and worker: the KPIs are those of what happened.

What happened is told three ways, none of which knows the others: the worker's windows; `carebeat compute` over the events
that the gateway put on the topic; and `compute` over what the connectors' functions make of the same bodies, called here,
so that a loss or a change on the way shows. What the stories say was written is counted besides. Some conversations are
seen by WhatsApp and by the help desk on top of it, which is their authority.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner

from app.broker.embedded import EmbeddedKafka
from app.cli import carebeat
from app.connectors.connector import Request
from app.gateway.events import Finishing
from app.gateway.pseudonyms import Pseudonyms
from app.traffic.replay import tick
from schemas.wire import format_instant
from tests import truth
from tests.connectors.cases.case import NOW_MS, Body, Case
from tests.deployment import Deployment, deployment, until
from tests.gateway.everybody import Given, Poster, configured
from tests.gateway.real import RealGateway, real_gateway
from tests.gateway.sender import PSEUDONYM_KEY
from tests.mixed.sources import DESK, DESK_ON_WHATSAPP, SOURCES, UNDER_IT, WHATSAPP_UNDER_IT, Source
from tests.mixed.story import START, Kind, Story, stories

SEED: Final = 20_260_302
PARTITIONS: Final = 2
PREFIX: Final = "mixed."
_STORIES_EACH: Final = 8
_AGAIN: Final = 0.1
"""Of all posts come twice."""
_LATEST_SECONDS: Final = 300
"""By which posts overtake each other."""
_AT_END: Final = datetime(2026, 3, 9, tzinfo=UTC)
_RECEIVED_AT: Final = "2026-03-02T12:00:00Z"
_COUNTS: Final[Mapping[Kind, str]] = {
    "asks": "messages_received",
    "answers": "replies_sent",
    "closes": "tickets_closed",
}
_WINDOW: Final = ("hour", format_instant(START))
_MEANING: Final = {
    "defaults": {"sla": {"first_response": "5m", "next_response": "10m"}, "schedule": "office"},
    "schedules": {"office": {"zone": "Europe/Berlin", "week": {"mon-fri": "09:00-11:30"}}},
    "authority": [{"accounts": [DESK, UNDER_IT], "main": DESK, "channel": "whatsapp"}],
}
_CONNECTED: Final[Mapping[str, Case]] = {
    UNDER_IT: WHATSAPP_UNDER_IT.case,
    **{path: source.case for path, source in SOURCES.items()},
}


Windows = Mapping[tuple[str, str, str], dict[str, Any]]


class Post(NamedTuple):
    """What a source sends of a step."""

    path: str
    body: Body
    seconds: int


class Told(NamedTuple):
    """A story by a source."""

    path: str
    source: Source
    story: Story

    def posts(self) -> Iterator[Post]:
        """What the source sends of it."""
        for step in self.story.steps:
            body = self.source.tell(self.story, step)
            assert (body is not None) == (step.kind in self.source.tells)
            if body is not None:
                yield Post(self.path, body, step.seconds)


def _told() -> list[Told]:
    """All stories that count, each by its authority."""
    found = []
    for index, (path, source) in enumerate((*SOURCES.items(), (DESK, DESK_ON_WHATSAPP)), start=1):
        found += [Told(path, source, story) for story in stories(SEED, index * 100, _STORIES_EACH)]
    return found


def _told_again(told: Iterable[Told]) -> list[Told]:
    """What WhatsApp tells of the conversations that the desk has."""
    return [Told(UNDER_IT, WHATSAPP_UNDER_IT, one.story) for one in told if one.source is DESK_ON_WHATSAPP]


def _sent(told: Iterable[Told]) -> list[Post]:
    """All posts as they come: out of order, some twice."""
    dice = Random(SEED)
    posts = [post for one in told for post in one.posts()]
    posts += [post for post in posts if dice.random() < _AGAIN]
    return sorted(posts, key=lambda post: post.seconds + dice.randrange(_LATEST_SECONDS))


def _by_the_functions(told: Iterable[Told]) -> list[dict[str, Any]]:
    """The events that the connectors' functions make of the bodies, without a gateway; as they happened, each once."""
    events = [event for one in told for post in one.posts() for event in _events(post, one.source.case)]
    return sorted(events, key=lambda event: str(event["occurred_at"]))


def _events(post: Post, case: Case) -> Iterator[dict[str, Any]]:
    connector, (name, _, account) = case.connector, post.path.partition("/")
    finishing = Finishing(name, account, Pseudonyms(PSEUDONYM_KEY.encode(), name, account))
    request: Request = case.sign(post.body, case.secret, NOW_MS)
    named = replace(case.account, name=account)
    for item in connector.parse(request, named):
        for draft in connector.normalise(item, named):
            yield json.loads(finishing.finish(draft, _RECEIVED_AT).value)


def _without_arrival(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "received_at"}


def _computed(folder: Path, events: Iterable[dict[str, Any]]) -> Path:
    """What `carebeat compute` makes of events; the folder of its results."""
    folder.mkdir()
    log = folder / "events.jsonl"
    log.write_text("".join(json.dumps(event) + "\n" for event in events))
    options = ["--partitions", str(PARTITIONS), "--tick-at-end", format_instant(_AT_END)]
    config = ["--config", str(folder.parent / "gateway.yaml"), "--out", str(folder)]
    result = CliRunner().invoke(carebeat, ["compute", str(log), *config, *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return folder


def _windows(records: Iterable[dict[str, Any]]) -> Windows:
    return {truth.window_key(record): truth.same_in_every_run(record) for record in records}


def _of(folder: Path) -> Windows:
    return _windows(truth.records(folder / "kpis.jsonl"))


def _without_levels(windows: Windows) -> Windows:
    """Levels are as they were known when time passed the end of the window: what overtakes changes them."""
    return {key: {name: value for name, value in record.items() if name != "levels"} for key, record in windows.items()}


async def _post(gateway: RealGateway, posts: Iterable[Post]) -> list[int]:
    def post_all() -> list[int]:
        poster = Poster(gateway.port)
        try:
            return [poster.post(one.path, _CONNECTED[one.path], one.body).status for one in posts]
        finally:
            poster.close()

    return await asyncio.to_thread(post_all)


async def _let_time_pass(workers: Deployment) -> None:
    """To the end, in every partition."""
    async with AIOKafkaProducer(bootstrap_servers=workers.bootstrap) as producer:
        for number in range(PARTITIONS):
            await producer.send_and_wait(f"{PREFIX}events", tick(_AT_END, number), partition=number)


async def _published(workers: Deployment) -> Windows:
    """The last version of each window."""
    last = {record.key: record.value for record in await workers.read("kpis")}
    return _windows(map(json.loads, last.values()))


def _count(told: Iterable[Told], kind: Kind) -> Counter[str]:
    """How often it happened by channel, as far as its source tells it."""
    found: Counter[str] = Counter()
    for one in told:
        found[one.source.channel] += one.story.count(kind) if kind in one.source.tells else 0
    return +found


def _figure(windows: Windows, name: str) -> Counter[str]:
    """A count of the hour by channel."""
    found: Counter[str] = Counter()
    for (channel, *window), record in windows.items():
        if tuple(window) == _WINDOW and channel != "all" and ":" not in channel:
            value = record["counts"].get(name, 0)
            found[channel] = sum(value.values()) if isinstance(value, dict) else value
    return +found


@pytest.mark.timeout(180)
async def test_a_mixed_hour_gives_the_kpis_of_what_happened(kafka: EmbeddedKafka, tmp_path: Path) -> None:
    told = _told()
    again = _told_again(told)
    posts = _sent([*told, *again])
    given: Given = configured(_CONNECTED, **_MEANING)
    assert len({path.partition("/")[0] for path, *_ in told}) >= 6
    with (
        real_gateway(kafka.bootstrap, PREFIX, tmp_path, text=given.text, secrets=given.secrets) as gateway,
        deployment(
            kafka.bootstrap,
            PREFIX,
            tmp_path,
            partitions=PARTITIONS,
            clock="events",
            config=str(tmp_path / "gateway.yaml"),
        ) as workers,
    ):
        await workers.create_topics()
        workers.start("worker")
        await until(gateway.is_ready, 30, "the gateway is ready")
        assert {status for status in await _post(gateway, posts) if status >= 300} == set()
        dropped = gateway.figure("carebeat_gateway_dropped_total")
        on_the_topic = [json.loads(record.value) for record in await workers.read("events")]
        await _let_time_pass(workers)
        expected = _of(_computed(tmp_path / "topic", on_the_topic))

        async def is_as_expected() -> bool:
            return await _published(workers) == expected

        try:
            await until(is_as_expected, 60, "the worker's windows are those that compute gives")
        except AssertionError:
            assert await _published(workers) == expected  # shows which differ
            raise
        transitions = [json.loads(record.value) for record in await workers.read("sla")]
        assert await workers.read("dead-letters") == []

    direct = _by_the_functions(told)
    of_the_topic = {event["id"]: _without_arrival(event) for event in on_the_topic}
    assert of_the_topic == {event["id"]: _without_arrival(event) for event in direct}
    assert len(on_the_topic) > len(of_the_topic), "some came twice"
    assert _without_levels(_of(_computed(tmp_path / "direct", direct))) == _without_levels(expected)
    assert truth.by_clock(transitions) == truth.by_clock(truth.records(tmp_path / "topic" / "sla.jsonl"))

    for kind, name in _COUNTS.items():
        assert _figure(expected, name) == _count(told, kind), name
    assert dropped == sum(post.path == UNDER_IT for post in posts) > 0
