import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.gateway.delivery import Delivery
from app.gateway.events import Ready
from app.gateway.refusal import Refusal
from app.gateway.spool import Spool, open_spool
from tests.gateway.desk import FakeKafka


def _event(number: int) -> Ready:
    return Ready(f"id-{number}", "message-received", b"t", b"x")


async def _delivery(folder: Path) -> tuple[Delivery, FakeKafka, Spool]:
    kafka = FakeKafka()
    spool = await open_spool(folder / "spool.db", most_events=100, most_bytes=1 << 20)
    delivery = Delivery(kafka, spool, 2.0)  # type: ignore[arg-type] # the fake is enough
    delivery.start()
    return delivery, kafka, spool


async def _drained(spool: Spool) -> None:
    async with asyncio.timeout(10):
        while not spool.is_empty:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)


async def test_events_go_past_an_empty_spool(tmp_path: Path) -> None:
    delivery, kafka, spool = await _delivery(tmp_path)
    assert await delivery.take([_event(1)], 30)
    assert kafka.ids == ["id-1"]
    assert spool.written_total == 0
    await delivery.stop()


async def test_while_the_spool_holds_something_new_events_go_behind_it(tmp_path: Path) -> None:
    delivery, kafka, spool = await _delivery(tmp_path)
    kafka.is_up = False
    assert not await delivery.take([_event(1)], 30)
    kafka.is_up = True
    assert not await delivery.take([_event(2)], 30)
    await _drained(spool)
    assert kafka.ids == ["id-1", "id-2"]
    assert delivery.drained_total == 2
    assert await delivery.take([_event(3)], 30)
    await delivery.stop()


async def test_what_a_former_run_left_goes_first(tmp_path: Path) -> None:
    delivery, kafka, spool = await _delivery(tmp_path)
    kafka.is_up = False
    await delivery.take([_event(1)], 30)
    await delivery.stop()
    delivery, kafka, spool = await _delivery(tmp_path)
    assert not await delivery.take([_event(2)], 30)
    await _drained(spool)
    assert kafka.ids == ["id-1", "id-2"]
    await delivery.stop()


async def test_events_leave_the_spool_only_when_kafka_has_them(tmp_path: Path) -> None:
    delivery, kafka, spool = await _delivery(tmp_path)
    kafka.is_up = False
    await delivery.take([_event(1)], 30)
    await asyncio.sleep(0.7)
    assert (kafka.ids, spool.events) == ([], 1)
    await delivery.stop()


async def test_without_a_spool_a_refusal_says_when_to_come_back() -> None:
    kafka: Any = FakeKafka()
    kafka.is_up = False
    delivery = Delivery(kafka, None, 2.0)
    delivery.start()
    with pytest.raises(Refusal) as refused:
        await delivery.take([_event(1)], 17)
    assert (refused.value.status, refused.value.retry_after_seconds) == (503, 17)
    kafka.problem = "Kafka does not answer"
    assert delivery.why_not_ready() == ("Kafka does not answer",)
    await delivery.stop()


async def test_nothing_is_acknowledged_before_it_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delivery, kafka, spool = await _delivery(tmp_path)
    kafka.is_up = False
    synced, put = asyncio.Event(), spool.put

    async def slow_disk(events: list[Ready]) -> None:
        await synced.wait()
        await put(events)

    monkeypatch.setattr(spool, "put", slow_disk)
    taking = asyncio.create_task(delivery.take([_event(1)], 30))
    await asyncio.sleep(0.2)
    assert not taking.done()
    synced.set()
    assert not await taking
    await delivery.stop()
