"""The recorded support log through real Kafka and real workers that are killed: the figures are the same, to the integer."""

import asyncio
import gc
import json
import random
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.broker.embedded import EmbeddedKafka
from app.traffic.replay import replay
from tests import truth
from tests.deployment import Deployment, deployment, until

PARTITIONS = 12
KILLS = 6
SEED = 20_241_231
CONFIGURATION = "forget: {closed: never, open: never}\n"
LIMIT_SECONDS = 420
QUIET_SECONDS = 8
"""Longer than any flush or take-over here: when nothing was written for so long, nothing will be."""


@pytest.mark.timeout(900)
async def test_killed_joining_and_leaving_workers_give_the_figures_of_the_truth(
    kafka: EmbeddedKafka, recorded_log: Path, computed_log: dict[int, Path], shared: Path, tmp_path: Path
) -> None:
    configuration = tmp_path / "carebeat.yaml"
    configuration.write_text(CONFIGURATION)
    expected_folder = computed_log[PARTITIONS]
    with deployment(
        kafka.bootstrap, "crash.", tmp_path, partitions=PARTITIONS, clock="events", config=str(configuration)
    ) as workers:
        await workers.create_topics()
        at_end = datetime.fromisoformat(truth.TICK_AT_END).replace(tzinfo=UTC)
        sending = asyncio.create_task(replay(workers.bootstrap, workers.prefix, recorded_log, tick_at_end=at_end))
        kills = await _kill_on_the_way(workers, random.Random(SEED))
        await sending
        assert len(kills) >= 5, kills
        expected = {truth.window_key(record): record for record in truth.records(expected_folder / "kpis.jsonl")}
        gc.disable()  # hundreds of thousands of records and no cycles
        windows = await until(lambda: _final_windows(workers), LIMIT_SECONDS, "the last window is written")

    assert truth.differences(windows.values(), shared) == []
    assert windows.keys() == expected.keys()
    different = [
        key
        for key, record in windows.items()
        if truth.same_in_every_run(record) != truth.same_in_every_run(expected[key])
    ]
    assert different == [], [
        (truth.same_in_every_run(windows[key]), truth.same_in_every_run(expected[key])) for key in different[:3]
    ]
    gc.enable()
    transitions = [json.loads(record.value) for record in await workers.read("sla")]
    assert truth.by_clock(transitions) == truth.by_clock(truth.records(expected_folder / "sla.jsonl"))
    assert len({record["id"] for record in transitions}) == len(transitions)
    assert await workers.read("dead-letters") == []


async def _kill_on_the_way(workers: Deployment, dice: random.Random) -> list[tuple[float, str]]:
    """Kill a worker at random shares of progress; in between one joins and one leaves. (share, worker) of each kill."""
    for name in ("a", "b"):
        workers.start(name)
    kills = []
    shares = sorted(dice.uniform(0.05, 0.9) for _ in range(KILLS))
    for number, share in enumerate(shares):
        if number == 2:
            workers.start("joins")
        if number == 4:
            assert workers.stop("joins", signal.SIGTERM) == 0
        reached = await until(lambda share=share: _reached(workers, share), LIMIT_SECONDS, f"{share:.0%} is read")
        name = dice.choice(sorted(workers.workers))
        workers.stop(name, signal.SIGKILL)
        workers.start(name)
        if reached < 1:
            kills.append((reached, name))
    return kills


async def _reached(workers: Deployment, share: float) -> float:
    workers.restart_dead()
    reached = await workers.committed("events") / TOTAL_RECORDS
    return reached if reached >= share else 0


TOTAL_RECORDS = 88_601 + PARTITIONS


async def _final_windows(workers: Deployment) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The last version of every window once nothing is written any more; empty before that."""
    workers.restart_dead()
    before = await workers.end("kpis")
    await asyncio.sleep(QUIET_SECONDS)
    if not before or await workers.end("kpis") != before:
        return {}
    last = {record.key: record.value for record in await workers.read("kpis")}
    return {truth.window_key(window): window for window in map(json.loads, last.values())}
