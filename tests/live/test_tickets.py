"""Who waits, of real workers on real Kafka: as `carebeat tickets` asks them."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import pytest

from app.broker.partitions import partition_of
from tests.deployment import until
from tests.live.conftest import TARGET_SECONDS, Live, ago, event

TOKEN = "a-token-of-some-length"
BREACHED_SECONDS = TARGET_SECONDS + 60
NAME = "Erika Mustermann"


class Said(NamedTuple):
    status: int
    out: str
    err: str

    def ids(self) -> list[str]:
        return [json.loads(line)["ticket_id"] for line in self.out.splitlines()]


async def address(live: Live, name: str) -> str:
    """Where a worker says that its tickets are."""

    def said() -> str | None:
        found = re.findall(r"Tickets at (http://\S+)/tickets", live.workers.log_of(name).read_text())
        return found[-1] if found else None

    found: str = await until(said, 60, f"{name} serves tickets")
    return found


async def tickets(*arguments: str, token: str = TOKEN) -> Said:
    """`carebeat tickets --json` as a process of its own."""
    return await typed("tickets", "--json", *arguments, CAREBEAT_TICKETS_TOKEN=token)


async def typed(*arguments: str, **more: str) -> Said:
    """A command as a process of its own."""

    def run() -> Said:
        environment = {**os.environ, **more}
        command = [sys.executable, "-m", "app", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        return Said(done.returncode, done.stdout, done.stderr)

    return await asyncio.to_thread(run)


@pytest.fixture
async def two(make_live: Callable[..., AsyncIterator[Live]], request: pytest.FixtureRequest) -> AsyncIterator[Live]:
    """Two workers, a partition each; the second one on a port of its own for metrics."""
    async for live in make_live(f"{request.node.name[:60]}.", tickets_token=TOKEN):
        live.workers.start("second", metrics_port="0")
        yield live


def of_each_partition() -> tuple[str, str]:
    """Two tickets in two partitions."""
    names = [f"t{number}" for number in range(20)]
    return next(name for name in names if partition_of(name, 2) == 0), next(
        name for name in names if partition_of(name, 2) == 1
    )


async def test_all_workers_together_know_who_is_breached_and_a_dead_one_is_missed(two: Live) -> None:
    ours, theirs = of_each_partition()
    workers = [option for name in ("worker", "second") for option in ("--worker", await address(two, name))]
    named = {"customer_id": NAME, "author_id": NAME, "account": NAME}
    await two.send(
        event("e1", "message-received", theirs, at_ms=ago(seconds=BREACHED_SECONDS + 60), **named),
        event("e2", "message-received", ours, at_ms=ago(seconds=BREACHED_SECONDS), **named),
        event("e3", "message-received", "answered", at_ms=ago(seconds=BREACHED_SECONDS), **named),
        event("e4", "reply-sent", "answered", **named),
    )

    async def both() -> Said | None:
        said = await tickets("--state", "breached", "--channel", "chat", *workers)
        return said if said.status == 0 and len(said.ids()) == 2 else None

    said = await until(both, 60, "both workers answer for their partition")
    assert said.ids() == [theirs, ours]  # the longest wait first
    assert all(json.loads(line)["overdue_seconds"] >= 59 for line in said.out.splitlines())
    assert NAME not in said.out + said.err
    await _is_explained_as_it_is_listed(two, json.loads(said.out.splitlines()[0]))
    await _refuses_without_token(workers)
    await _misses_a_dead_worker(two, workers)


async def _is_explained_as_it_is_listed(two: Live, listed: dict[str, Any]) -> None:
    environment = {
        "CAREBEAT_KAFKA": two.kafka.bootstrap,
        "CAREBEAT_TOPIC_PREFIX": two.workers.prefix,
        "CAREBEAT_CONFIG": str(two.workers.folder / "carebeat.yaml"),
    }
    said = await typed("explain", listed["ticket_id"], "--json", **environment)
    *steps, present = [json.loads(line) for line in said.out.splitlines()]
    assert [step["event"]["type"] for step in steps if step["step"] == "event"] == ["message-received"]
    clock = next(clock for clock in present["clocks"] if clock["metric"] == listed["metric"])
    assert (clock["phase"], clock["due_at"]) == (listed["state"], listed["due_at"])
    assert present["waiting_since"] == listed["since"]
    assert NAME not in said.out + said.err


async def _refuses_without_token(workers: list[str]) -> None:
    said = await tickets(*workers, token="another-token-of-length")
    assert (said.status, said.out) == (69, "")
    assert said.err.count("answers 401: that token is not the worker's") == 2


async def _misses_a_dead_worker(two: Live, workers: list[str]) -> None:
    two.workers.stop("second", signal.SIGKILL)
    said = await tickets("--state", "breached", *workers)
    assert said.status == 69
    assert "INCOMPLETE: 1 of 2 partitions answered" in said.err
    assert "does not answer (" in said.err

    async def one_has_both() -> bool:
        return len((await tickets("--state", "breached", *workers)).ids()) == 2

    await until(one_has_both, 60, "the other worker has taken over and knows both tickets")
    log = two.workers.log_of("worker").read_text()
    assert TOKEN not in log + two.workers.log_of("second").read_text()
    assert NAME not in log


async def test_a_worker_that_hangs_is_told_and_answers_rightly_afterwards(live: Live) -> None:
    worker = await address(live, "worker")
    await live.send(event("e1", "message-received", "t1"))
    await until(lambda: _has(worker, ["t1"]), 60, "t1 is listed")
    process = live.workers.workers["worker"]
    process.send_signal(signal.SIGSTOP)
    try:
        said = await tickets("--worker", worker)
        assert (said.status, said.out) == (69, "")
        assert "did not answer within 15 s" in said.err
    finally:
        process.send_signal(signal.SIGCONT)
    await live.send(event("e2", "message-received", "t2"))

    async def both_are_listed() -> bool:
        live.workers.restart_dead()  # one that was away for longer than its session ends by itself
        return await _has(await address(live, "worker"), ["t1", "t2"])

    await until(both_are_listed, 90, "both are listed")


async def _has(worker: str, ids: list[str]) -> bool:
    said = await tickets("--worker", worker, "--state", "waiting")
    return said.status == 0 and said.ids() == ids
