"""A worker that is started at a bad moment: it waits and says for whom, or ends and says what to do."""

import asyncio
import signal
from pathlib import Path

from app.broker.embedded import EmbeddedKafka
from tests.deployment import deployment, until


async def test_a_worker_waits_for_a_broker_that_is_down_and_says_so(tmp_path: Path) -> None:
    with (
        EmbeddedKafka(tmp_path / "kafka") as broker,
        deployment(broker.bootstrap, "w.", tmp_path, partitions=1) as made,
    ):
        await made.create_topics()
        await asyncio.to_thread(broker.stop)
        made.start("worker")
        log = made.log_of("worker")
        said = f"Kafka at {broker.bootstrap} does not answer yet; trying again"
        await until(lambda: said in log.read_text(), 30, "the worker says for whom it waits")
        assert made.workers["worker"].poll() is None
        await asyncio.to_thread(broker.start)
        await until(lambda: "Owning w.events/0, w.kpi-partials/0" in log.read_text(), 60, "it goes on by itself")
        assert made.stop("worker", signal.SIGTERM) == 0


async def test_a_worker_without_topics_ends_and_says_what_to_do(kafka: EmbeddedKafka, tmp_path: Path) -> None:
    with deployment(kafka.bootstrap, "nothing.", tmp_path, partitions=1) as made:
        made.start("worker")
        status = await asyncio.to_thread(made.workers.pop("worker").wait, 60)
        last = made.log_of("worker").read_text().strip().splitlines()[-1]
    assert status == 78
    assert "nothing.events is missing: run `carebeat topics create`" in last
    assert "a restart alone will not help" in last


async def test_a_worker_refuses_events_that_the_broker_does_not_stamp(kafka: EmbeddedKafka, tmp_path: Path) -> None:
    with deployment(kafka.bootstrap, "stamps.", tmp_path, partitions=1, clock="events") as history:
        await history.create_topics()
    with deployment(kafka.bootstrap, "stamps.", tmp_path, partitions=1, clock="log") as made:
        made.start("worker")
        status = await asyncio.to_thread(made.workers.pop("worker").wait, 60)
        last = made.log_of("worker").read_text().strip().splitlines()[-1]
    assert status == 78
    assert "message.timestamp.type is CreateTime, not LogAppendTime" in last
