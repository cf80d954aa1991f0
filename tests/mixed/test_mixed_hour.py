"""An hour of signed traffic of all sources through a real gateway, Kafka and worker: the KPIs are those of what happened.

What happened is told three ways, none of which knows the others: the worker's windows; `carebeat compute` over the events
that the gateway put on the topic; and `compute` over what the connectors' functions make of the same bodies, called here,
so that a loss or a change on the way shows. What the stories say was written, said and bought is counted besides. Some
conversations are seen by WhatsApp and by the help desk on top of it, which is their authority. Orders know customers, who
are in tickets of several sources; which ticket each order belongs to, the stories say.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner

from app.broker.embedded import EmbeddedKafka
from app.cli import carebeat
from app.connectors.registry import CONNECTORS
from app.traffic.replay import tick
from schemas.wire import format_instant
from tests import truth
from tests.connectors.cases import shopify
from tests.connectors.cases.case import Case
from tests.deployment import Deployment, deployment, until
from tests.gateway.everybody import Given, Poster, configured
from tests.gateway.real import RealGateway, real_gateway
from tests.mixed.orders import SHOP, converted, orders, placed, revenue
from tests.mixed.sources import DESK, SOURCES, UNDER_IT, WHATSAPP_UNDER_IT
from tests.mixed.story import START, Kind
from tests.mixed.told import Post, as_they_come, count, everything, talked, told_again

PARTITIONS: Final = 2
PREFIX: Final = "mixed."
_AT_END: Final = datetime(2026, 3, 9, tzinfo=UTC)
_COUNTS: Final[Mapping[Kind, str]] = {
    "asks": "messages_received",
    "answers": "replies_sent",
    "closes": "tickets_closed",
}
_WINDOW: Final = ("hour", format_instant(START))
_MEANING: Final = {
    "defaults": {"sla": {"first_response": "5m", "next_response": "10m"}, "schedule": "office"},
    "schedules": {"office": {"zone": "Europe/Berlin", "week": {"mon-fri": "09:00-11:30"}}},
    "orders": {"settle": "10m"},
    "authority": [{"accounts": [DESK, UNDER_IT], "main": DESK, "channel": "whatsapp"}],
}
_CONNECTED: Final[Mapping[str, Case]] = {
    UNDER_IT: WHATSAPP_UNDER_IT.case,
    SHOP: shopify.CASE,
    **{path: source.case for path, source in SOURCES.items()},
}
_SILENT: Final = {"sparkcentral": "it tells of no messages, so there is no story of it"}
"""Connectors that take part in no story, and why. Every other one that takes posts must."""


Windows = Mapping[tuple[str, str, str], dict[str, Any]]


def _without(event: dict[str, Any], *left_out: str) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in left_out}


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
    said = {truth.window_key(record): truth.same_in_every_run(record) for record in records}
    return {key: record for key, record in said.items() if _says_something(record)}


def _says_something(record: dict[str, Any]) -> bool:
    """A window whose only figure was taken back is published empty if a flush came between, else never."""
    return bool(record["counts"] or record["durations"] or record["sla"])


def _of(folder: Path) -> Windows:
    return _windows(truth.records(folder / "kpis.jsonl"))


def _of_the_events_alone(windows: Windows) -> Windows:
    """Without what the order of events on the topic changes.

    Levels are as they were known when time passed the end of the window; a minute is over when an order has waited for tickets.
    """
    found = {}
    for key, record in windows.items():
        kept = _without(record, "levels")
        if key[1] == "minute":
            kept = _without(kept, "revenue")
            kept["counts"] = _without(kept["counts"], "tickets_converted")
            kept["rates"] = _without(kept["rates"], "conversion")
        if _says_something(kept):
            found[key] = kept
    return found


async def _post(gateway: RealGateway, posts: Iterable[Post]) -> list[int]:
    def post_all() -> list[int]:
        poster = Poster(gateway.port)
        try:
            return [poster.post(one.path, _CONNECTED[one.path], one.body).status for one in posts]
        finally:
            poster.close()

    return await asyncio.to_thread(post_all)


async def _let_time_pass(workers: Deployment, topic: str, partitions: int) -> None:
    """To the end, in every partition."""
    async with AIOKafkaProducer(bootstrap_servers=workers.bootstrap) as producer:
        for number in range(partitions):
            await producer.send_and_wait(PREFIX + topic, tick(_AT_END, number), partition=number)


async def _is_joined(workers: Deployment) -> bool:
    """Whether all that is known of customers has had its effect."""
    return await workers.committed("customers") == await workers.end("customers")


async def _published(workers: Deployment) -> Windows:
    """The last version of each window."""
    last = {record.key: record.value for record in await workers.read("kpis")}
    return _windows(map(json.loads, last.values()))


def _figure(windows: Windows, name: str) -> Counter[str]:
    """A count of the hour by channel."""
    found: Counter[str] = Counter()
    for (channel, *window), record in windows.items():
        if tuple(window) == _WINDOW and channel != "all" and ":" not in channel:
            value = record["counts"].get(name, 0)
            found[channel] = sum(value.values()) if isinstance(value, dict) else value
    return +found


def _revenue(windows: Windows) -> Counter[str]:
    """Of the hour in cents, by channel."""
    hours = {key[0]: record for key, record in windows.items() if key[1:] == _WINDOW and ":" not in key[0]}
    earned = {channel: record.get("revenue", {}).get("EUR", "0") for channel, record in hours.items()}
    return +Counter({channel: int(100 * Decimal(text)) for channel, text in earned.items() if channel != "all"})


def _by_order(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(events, key=lambda event: str(event["order_id"]))


@pytest.mark.timeout(180)
async def test_a_mixed_hour_gives_the_kpis_of_what_happened(kafka: EmbeddedKafka, tmp_path: Path) -> None:
    told, bought = everything(), orders()
    posts = as_they_come(post for one in (*told, *told_again(told), *bought) for post in one.posts())
    tickets = {order: ticket for order in bought if (ticket := order.ticket(told)) is not None}
    given: Given = configured(_CONNECTED, **_MEANING)
    posting = {name for name, connector in CONNECTORS.items() if connector.capabilities.takes_posts}
    assert {path.partition("/")[0] for path in _CONNECTED} == posting - _SILENT.keys()
    assert len(bought) > len(tickets) > len({one.key for one in tickets.values()}) > 0
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
        await workers.create_topics(orders=True)
        workers.start("worker")
        await until(gateway.is_ready, 30, "the gateway is ready")
        assert {status for status in await _post(gateway, posts) if status >= 300} == set()
        dropped = gateway.figure("carebeat_gateway_dropped_total")
        await _let_time_pass(workers, "customers", 1)
        await until(lambda: _is_joined(workers), 30, "orders are joined to tickets")
        on_the_topic = [json.loads(record.value) for record in await workers.read("events")]
        await _let_time_pass(workers, "events", PARTITIONS)
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

    joined = [event for event in on_the_topic if event["type"] == "order-placed"]
    of_tickets = [placed(order, ticket) for order, ticket in tickets.items()]
    assert _by_order(_without(event, "id", "received_at") for event in joined) == _by_order(of_tickets)

    direct = [event for one in told for event in one.events()]
    of_the_topic = {event["id"]: _without(event, "received_at") for event in on_the_topic if event not in joined}
    assert of_the_topic == {event["id"]: _without(event, "received_at") for event in direct}
    assert len(on_the_topic) > len(of_the_topic) + len(joined), "some came twice"
    direct += [{**event, "id": f"order-{event['order_id']}"} for event in of_tickets]
    direct.sort(key=lambda event: str(event["occurred_at"]))
    computed = _of(_computed(tmp_path / "direct", direct))
    assert _of_the_events_alone(computed) == _of_the_events_alone(expected)
    assert truth.by_clock(transitions) == truth.by_clock(truth.records(tmp_path / "topic" / "sla.jsonl"))

    for kind, name in _COUNTS.items():
        assert _figure(expected, name) == count(told, kind), name
    assert _figure(expected, "tickets_converted") == converted(tickets)
    assert _revenue(expected) == revenue(tickets)
    phone = expected["phone", *_WINDOW]
    assert phone["counts"]["handle_methods"] == {"voice": len(talked(told))}
    assert phone["durations"]["handle"]["sum"] == sum(talked(told)) > 0
    assert dropped == sum(post.path == UNDER_IT for post in posts) > 0
