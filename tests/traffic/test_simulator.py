import asyncio
import json
import uuid
from collections import Counter
from itertools import islice
from typing import Any

import pytest

from app.broker.embedded import EmbeddedKafka
from app.broker.partitions import partition_of
from app.clock import wall_milliseconds
from app.traffic.characters import CHARACTERS
from app.traffic.outlet import ToTopic
from app.traffic.sender import Sender
from app.traffic.simulator import Due, send, traffic
from schemas.events import TICKET_EVENT
from schemas.wire import parse_instant
from tests.traffic.topic import make_events_topic, read_all

_START_MS = 1_772_445_600_000  # 2026-03-02 10:00 UTC
_PARTITIONS = 3


def _some(count: int, **more: Any) -> list[Due]:
    return list(islice(traffic(_START_MS, **{"events_per_second": 20, "speed": 60, **more}), count))


def test_the_same_seed_gives_the_same_traffic() -> None:
    assert _some(5000, seed=3) == _some(5000, seed=3)


def test_another_seed_gives_other_traffic() -> None:
    assert _some(100, seed=3) != _some(100, seed=4)


def test_a_later_run_repeats_no_id() -> None:
    later = islice(traffic(_START_MS + 60_000, events_per_second=20, speed=60), 2000)
    assert {due.event["id"] for due in _some(2000)}.isdisjoint(due.event["id"] for due in later)


def test_leaving_a_channel_out_changes_nothing_in_the_others() -> None:
    whole = [due.event["ticket_id"] for due in _some(3000) if due.event["channel"] == "email"]
    alone = [due.event["ticket_id"] for due in _some(600, characters=CHARACTERS[1:2], events_per_second=5)]
    assert whole[0] == alone[0]


def test_every_event_keeps_the_contract() -> None:
    for due in _some(20_000):
        TICKET_EVENT.validate_json(json.dumps(due.event))


def test_events_come_in_order_and_never_before_they_happened() -> None:
    some = _some(20_000)
    assert [due.due_ms for due in some] == sorted(due.due_ms for due in some)
    assert all(parse_instant(due.event["occurred_at"]).timestamp() * 1000 <= due.due_ms for due in some)


def test_an_id_always_says_the_same() -> None:
    said: dict[str, dict[str, Any]] = {}
    some = _some(20_000)
    assert all(said.setdefault(due.event["id"], due.event) == due.event for due in some)
    assert 0 < len(some) - len(said) < 200  # some are sent twice


def test_the_rate_is_kept_over_a_day() -> None:
    day_at_60_ms = 24 * 60_000
    count = sum(1 for due in _some(40_000) if due.due_ms < _START_MS + day_at_60_ms)
    assert count == pytest.approx(20 * day_at_60_ms / 1000, rel=0.15)


def test_all_channels_take_part() -> None:
    seen = Counter(due.event["channel"] for due in _some(10_000))
    assert set(seen) == {character.channel for character in CHARACTERS}
    assert seen["whatsapp"] > seen["instagram"] > seen["x"]


def test_the_day_begins_at_the_hour_that_is_asked_for() -> None:
    noon, night = (_some(300, first_hour=hour)[-1].due_ms for hour in (12, 3))
    assert noon < night


def test_first_answers_come_within_a_minute_at_demo_speed() -> None:
    kinds = {due.event.get("author_kind") for due in _some(2000) if due.due_ms < _START_MS + 60_000}
    assert {"agent", "bot"} <= kinds


async def test_traffic_arrives_keyed_by_ticket(kafka: EmbeddedKafka) -> None:
    prefix, some = f"simulator-{uuid.uuid4().hex}.", _some(3000)
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "log")
    async with Sender(kafka.bootstrap, f"{prefix}events") as sender:
        assert await send(ToTopic(sender), some, in_real_time=False) == 3000
    found = await read_all(kafka.bootstrap, f"{prefix}events", _PARTITIONS)
    assert all(record.key == json.loads(record.value)["ticket_id"].encode() for record in found)
    assert all(record.partition == partition_of((record.key or b"").decode(), _PARTITIONS) for record in found)
    assert Counter(json.loads(record.value)["id"] for record in found) == Counter(due.event["id"] for due in some)


async def test_stopping_real_time_traffic_leaves_what_was_due_on_the_topic(kafka: EmbeddedKafka) -> None:
    prefix, sent = f"simulator-{uuid.uuid4().hex}.", list[int]()
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "log")

    async def run() -> None:
        source = traffic(wall_milliseconds(), events_per_second=200, speed=60, first_hour=10)
        async with Sender(kafka.bootstrap, f"{prefix}events") as sender:
            await send(ToTopic(sender), source, sent=sent.append)

    task = asyncio.create_task(run())
    await asyncio.sleep(2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    found = await read_all(kafka.bootstrap, f"{prefix}events", _PARTITIONS)
    assert 0 < sent[-1] <= len(found) < 1000
