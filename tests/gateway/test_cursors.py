"""Who polls, and from where: on real Kafka."""

import asyncio
import uuid
from contextlib import suppress
from typing import Any

import pytest

from app.broker.admin import create
from app.broker.connection import connect
from app.broker.embedded import EmbeddedKafka
from app.broker.topics import topics
from app.gateway.cursors import Cursors
from app.gateway.poll import Cursor
from tests.deployment import until
from tests.gateway.vendors.world import START_MS

PLACE = ("zendesk", "support")
LAST = Cursor(START_MS, START_MS + 5000)


@pytest.fixture
async def prefix(kafka: EmbeddedKafka) -> str:
    prefix = f"cursors-{uuid.uuid4().hex[:12]}."
    async with connect(kafka.bootstrap) as client:
        await create(client, [one for one in topics(prefix, 1, "log") if one.name == f"{prefix}poll-cursors"], 1)
    return prefix


class Gateway:
    """What a gateway's polling is to the cursors."""

    def __init__(self, kafka: EmbeddedKafka, prefix: str) -> None:
        self.cursors = Cursors({"bootstrap_servers": kafka.bootstrap}, f"{prefix}poll-cursors", f"{prefix}pollers")
        self.is_polling = False
        self.began_at: list[Cursor | None] = []
        self.task = asyncio.create_task(self.cursors.run(self._poll))

    async def _poll(self) -> None:
        self.is_polling = True
        self.began_at.append(self.cursors.of(PLACE))
        try:
            await asyncio.sleep(3600)
        finally:
            self.is_polling = False

    async def end(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


async def test_one_of_two_gateways_polls_and_the_other_goes_on_where_it_ended(
    kafka: EmbeddedKafka, prefix: str
) -> None:
    gateways = [Gateway(kafka, prefix)]
    try:
        await until(lambda: gateways[0].is_polling, 20, "the first polls")
        assert gateways[0].began_at == [None]
        gateways.append(Gateway(kafka, prefix))
        await asyncio.sleep(6)  # it joins
        await until(lambda: any(one.is_polling for one in gateways), 20, "somebody polls")
        holder, waiter = sorted(gateways, key=lambda one: not one.is_polling)
        assert not waiter.is_polling
        for cursor in (Cursor.at(START_MS), LAST):
            await holder.cursors.keep(PLACE, cursor)
        before = len(waiter.began_at)
        await holder.end()
        await until(lambda: waiter.is_polling, 20, "the other polls")
        assert waiter.began_at[before:] == [LAST]
        assert not holder.is_polling
    finally:
        for one in gateways:
            await one.end()


async def test_without_its_topic_nothing_is_polled_and_the_log_says_how_to_make_it(
    kafka: EmbeddedKafka, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway(kafka, f"none-{uuid.uuid4().hex[:8]}.")
    try:
        await until(lambda: "carebeat topics create" in caplog.text, 20, "it says so")
        assert not gateway.is_polling
    finally:
        await gateway.end()


async def test_a_fault_of_ours_does_not_end_polling_for_good(
    kafka: EmbeddedKafka, prefix: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.gateway.cursors._RETRY_SECONDS", 0.1)
    turns: list[int] = []

    async def work() -> None:
        turns.append(1)
        if len(turns) == 1:
            raise TypeError("ours")
        await asyncio.sleep(3600)

    cursors = Cursors({"bootstrap_servers": kafka.bootstrap}, f"{prefix}poll-cursors", f"{prefix}pollers")
    task = asyncio.create_task(cursors.run(work))
    try:
        await until(lambda: len(turns) == 2, 30, "it begins again")
        assert "Polling stopped, and begins again" in caplog.text
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Group:
    """Stands in for both of aiokafka's clients: the one partition is ours until `revoke`."""

    def __init__(self, **_: object) -> None:
        self.listener: Any = None

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def topics(self) -> set[str]:
        return {"cursors"}

    def subscribe(self, _: object, listener: Any) -> None:
        self.listener = listener
        listener.on_partitions_assigned(["it"])

    async def getmany(self, timeout_ms: int) -> dict[Any, Any]:  # noqa: ARG002 - as it is called
        await asyncio.sleep(0)
        return {}

    async def end_offsets(self, partitions: list[Any]) -> dict[Any, int]:
        return dict.fromkeys(partitions, 0)

    async def position(self, _: object) -> int:
        return 0


async def test_a_stop_while_the_partition_is_being_given_up_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that takes long to end is waited for, and who waits is told to end meanwhile."""
    groups: list[Group] = []

    def group(**_: object) -> Group:
        groups.append(Group())
        return groups[-1]

    monkeypatch.setattr("app.gateway.cursors.AIOKafkaConsumer", group)
    monkeypatch.setattr("app.gateway.cursors.AIOKafkaProducer", group)
    steps: list[str] = []

    async def work() -> None:
        steps.append("begins")
        try:
            await asyncio.sleep(3600)
        finally:
            steps.append("is ending")
            try:
                await asyncio.sleep(3600)
            finally:
                steps.append("ended")

    task = asyncio.create_task(Cursors({}, "cursors", "pollers").run(work))
    await until(lambda: steps == ["begins"], 5, "it polls")
    groups[0].listener.on_partitions_revoked(["it"])
    await until(lambda: steps[-1] == "is ending", 5, "it gives up")
    task.cancel()
    await asyncio.wait([task], timeout=2)
    try:
        assert task.cancelled()
        assert steps == ["begins", "is ending", "ended"]
    finally:
        task.cancel()
