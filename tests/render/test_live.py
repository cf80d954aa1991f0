"""The whole way: signed webhooks, gateway, Kafka, worker, Prometheus, Alertmanager, a webhook receiver, all as processes.

Intervals are 1 s here and 15 s by default; everything else in rules and routes is as shipped.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from app import config
from app.broker.embedded import EmbeddedKafka
from app.broker.ports import free_port
from app.cli import stage
from tests.deployment import Deployment, deployment, until
from tests.gateway.real import RealGateway, real_gateway
from tests.gateway.sender import encoded, signed
from tests.live.conftest import event
from tests.render.expressions import board_expressions, measures, rule_expressions
from tests.render.servers import Pager, Prometheus, pager, watched

TARGET_SECONDS = 8
LONG_TARGET_SECONDS = 25
STALLED_SECONDS = 8
PAGED_WITHIN_SECONDS = 30
PROMISES = f"""
defaults:
  sla: {{first_response: {TARGET_SECONDS}s, next_response: {TARGET_SECONDS}s, resolution: 1h}}
  grace: 1s
channels: {{chat: , forum: , email: {{sla: {{first_response: {LONG_TARGET_SECONDS}s}}}}}}
"""


class Scene(NamedTuple):
    """A deployment that is watched."""

    gateway: RealGateway
    workers: Deployment
    prometheus: Prometheus
    pager: Pager

    async def send(self, event: dict[str, Any]) -> None:
        """One event, as a foreign system sends it."""
        data = {name: value for name, value in event.items() if name not in ("id", "type", "occurred_at")}
        envelope = {"specversion": "1.0", "source": "https://shop.example", "datacontenttype": "application/json"}
        body = encoded(
            envelope | {"id": event["id"], "type": event["type"], "time": event["occurred_at"], "data": data}
        )
        assert await asyncio.to_thread(self.gateway.post, body, signed(body)) == (204, b"")


@asynccontextmanager
async def scene(kafka: EmbeddedKafka, prefix: str, folder: Path, promises: str) -> AsyncIterator[Scene]:
    """One gateway, one worker, watched."""
    with pager() as heard:
        receivers = {name: {"url": f"{heard.url}/{name}"} for name in ("page", "ticket", "watchdog")}
        operations = {"interval": "1s", "stalled_after": f"{STALLED_SECONDS}s", "receivers": receivers}
        configuration = folder / "carebeat.yaml"
        configuration.write_text(yaml.safe_dump({**yaml.safe_load(promises), "operations": operations}))
        port = free_port()
        options = {"clock": "log", "config": str(configuration), "metrics_port": str(port)}
        with (
            deployment(kafka.bootstrap, prefix, folder, partitions=2, **options) as workers,
            real_gateway(kafka.bootstrap, prefix, folder) as gateway,
            watched(
                folder, config.load(configuration), worker_ports=[port], gateway_ports=[gateway.metrics_port]
            ) as prometheus,
        ):
            await workers.create_topics()
            workers.start("worker")
            await until(prometheus.is_ready, 30, "Prometheus is ready")
            ready = "count(carebeat_ready == 1) == 2"
            await until(lambda: prometheus.query(ready), 60, "gateway and worker are ready and scraped")
            yield Scene(gateway, workers, prometheus, heard)


@contextmanager
def simulated_traffic(gateway: RealGateway) -> Iterator[None]:
    """People who are 120 times quicker than in life."""
    url = f"http://127.0.0.1:{gateway.port}/in/generic/website"
    traffic = subprocess.Popen(
        [sys.executable, "-m", "app", "simulate", "--rate", "60", "--speed", "120", "--via", "http", "--url", url],
        env={**os.environ, **gateway.environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        traffic.terminate()
        traffic.wait(30)


@pytest.fixture
async def alert_path(kafka: EmbeddedKafka, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(kafka, f"alerts-{uuid.uuid4().hex[:8]}.", tmp_path, PROMISES) as made:
        yield made


@pytest.fixture
async def demo_traffic(kafka: EmbeddedKafka, tmp_path: Path) -> AsyncIterator[Scene]:
    promises = Path(str(stage.__file__)).with_name("demo.yaml").read_text()
    async with scene(kafka, "demo-traffic.", tmp_path, promises) as made:
        with simulated_traffic(made.gateway):
            yield made


def _breach_of(heard: Pager, channel: str, status: str = "firing") -> list[Any]:
    return heard.heard("SupportSlaBreached", status, channel=channel)


async def test_an_unanswered_ticket_pages_and_its_answer_ends_it(alert_path: Scene) -> None:
    heard = alert_path.pager
    await alert_path.send(event("m1", "message-received", "t1", channel="chat"))
    due_seconds = time.time() + TARGET_SECONDS
    (page, *_) = await until(lambda: _breach_of(heard, "chat"), TARGET_SECONDS + PAGED_WITHIN_SECONDS, "the page")
    assert 0 < page.at_seconds - due_seconds < PAGED_WITHIN_SECONDS
    assert page.annotations["summary"] == "chat: 1 past the deadline"
    assert page.annotations["description"].endswith("still wait: 1.")
    assert page.annotations["dashboard_url"].endswith("/d/carebeat-support?var-channel=chat")
    assert page.annotations["runbook_url"].endswith("?viewPanel=565546")
    assert page.annotations["tickets"] == "carebeat tickets --state breached --channel chat"
    assert not _breach_of(heard, "email")
    await alert_path.send(event("r1", "reply-sent", "t1", channel="chat", author_id="a"))
    await until(lambda: _breach_of(heard, "chat", "resolved"), 30, "the answer ends it")


async def test_a_killed_worker_pages_the_pipeline_and_not_the_sla(alert_path: Scene) -> None:
    """A breach that was paged before is not said to be over; one that falls into the outage is paged after it."""
    heard, workers = alert_path.pager, alert_path.workers
    await alert_path.send(event("m1", "message-received", "t1", channel="forum"))
    await until(lambda: _breach_of(heard, "forum"), TARGET_SECONDS + PAGED_WITHIN_SECONDS, "the page before")
    await alert_path.send(event("m2", "message-received", "t2", channel="email"))
    due_seconds = time.time() + LONG_TARGET_SECONDS
    received = 'support_messages_received_total{channel="email"} == 1'
    await until(
        lambda: alert_path.prometheus.query(received), LONG_TARGET_SECONDS - 5, "it is counted before it is due"
    )
    workers.stop("worker", signal.SIGKILL)
    await until(lambda: heard.heard("CarebeatPipelineStalled"), STALLED_SECONDS + PAGED_WITHIN_SECONDS, "the page")
    await until(lambda: heard.heard("CarebeatWorkerDown", to="ticket"), 30, "which worker it is")
    await asyncio.sleep(max(0, due_seconds + 5 - time.time()))
    assert not _breach_of(heard, "email")
    assert not _breach_of(heard, "forum", "resolved")
    workers.start("worker")
    await until(lambda: _breach_of(heard, "email"), 60, "what still waits is paged when figures are right again")
    await until(lambda: heard.heard("CarebeatPipelineStalled", "resolved"), 30, "the pipeline is well")


async def test_the_watchdog_is_heard_all_the_time(alert_path: Scene) -> None:
    await until(lambda: len(alert_path.pager.heard("Watchdog", to="watchdog")) >= 3, 40, "three beats")


OF_POLLED_ACCOUNTS = ("carebeat_missed_webhooks_total", "carebeat_poll_cursor_timestamp_seconds")
"""The demo polls nobody; a gateway that does shows these in `tests/gateway/test_polling_process.py`."""


@pytest.mark.timeout(300)
async def test_every_expression_gives_series_under_demo_traffic(demo_traffic: Scene) -> None:
    prometheus = demo_traffic.prometheus
    asked = {
        measure: one.place
        for one in [*rule_expressions(), *board_expressions()]
        for measure in measures(one.text)
        if not any(name in measure for name in OF_POLLED_ACCOUNTS)
    }
    assert len(asked) > 50

    def silent() -> list[str]:
        return [f"{place}: {measure}" for measure, place in asked.items() if not prometheus.query(measure)]

    for _ in range(90):
        missing = await asyncio.to_thread(silent)
        if not missing:
            break
        await asyncio.sleep(1)
    assert not missing
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []
