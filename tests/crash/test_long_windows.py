"""Weeks, months and a quarter with a change of clocks in it, through real Kafka and a worker that is killed: the sums of their days.

20 Feb                  kill     29 Mar (23 h)    1 Apr      10 Apr
|---- messages, replies --x-------- and more ------|--- and ---|  ticks to 3 May
"""

import asyncio
import csv
import json
import random
import signal
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.broker.embedded import EmbeddedKafka
from app.cli import carebeat
from app.kpi.calendar import LONG_KINDS
from app.traffic.replay import replay
from tests.deployment import Deployment, deployment, until

CONFIGURATION = "reporting_zone: Europe/Berlin\nforget: {closed: never, open: never}\n"
FROM = datetime(2026, 2, 20, tzinfo=UTC)
KILLED = datetime(2026, 3, 19, 13, tzinfo=UTC)
TICK_AT_END = "2026-05-03T00:00:00Z"
QUIET_SECONDS = 4


def events() -> list[dict[str, Any]]:
    """Two or three an hour of some tickets in two channels."""
    chance, at, made = random.Random(11), FROM, []
    while at < FROM + timedelta(days=50):
        at += timedelta(seconds=chance.randrange(10, 4000))
        ticket = chance.randrange(60)
        kind = chance.choice(["message-received", "message-received", "reply-sent", "ticket-closed"])
        made.append(
            {
                "id": f"e{len(made)}",
                "type": kind,
                "ticket_id": f"t{ticket}",
                "channel": ("web", "email")[ticket % 2],
                "occurred_at": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            }
        )
    return made


def write(path: Path, some: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in some))
    return path


def figures(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: record[name] for name in ("window", "final", "counts", "durations", "rates", "levels") if name in record
    }


def by_key(records: list[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {
        (record.get("channel") or record["dimension"], record["window"]["kind"], record["window"]["start"]): record
        for record in records
    }


async def at_rest(workers: Deployment) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The last versions of all windows once nothing is written any more and the quarter is final."""
    workers.restart_dead()
    before = await workers.end("kpis")
    await asyncio.sleep(QUIET_SECONDS)
    if not before or await workers.end("kpis") != before:
        return {}
    windows = by_key([json.loads(record.value) for record in await workers.read("kpis")])
    quarter = windows.get(("all", "quarter", "2025-12-31T23:00:00Z"))
    return windows if quarter is not None and quarter["final"] else {}


def total(records: list[dict[str, Any]]) -> dict[str, int]:
    """Counts and samples of all windows together."""
    summed: dict[str, int] = defaultdict(int)
    for record in records:
        for name, count in record["counts"].items():
            summed[name] += sum(count.values()) if isinstance(count, dict) else count
        for name, spread in record["durations"].items():
            summed[f"{name} samples"] += spread["count"]
            summed[f"{name} ms"] += round(spread["sum"] * 1000)
    return dict(summed)


@pytest.mark.timeout(400)
async def test_long_windows_are_exact_through_a_killed_worker(
    kafka: EmbeddedKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = events()
    whole = write(tmp_path / "events.jsonl", told)
    first = [event for event in told if event["occurred_at"] < KILLED.isoformat()]
    parts = write(tmp_path / "1.jsonl", first), write(tmp_path / "2.jsonl", told[len(first) :])
    configuration = tmp_path / "carebeat.yaml"
    configuration.write_text(CONFIGURATION)
    arguments = ["--config", str(configuration), "--tick-at-end", TICK_AT_END, "--partitions", "2"]
    computed = CliRunner().invoke(carebeat, ["compute", str(whole), "--out", str(tmp_path / "out"), *arguments])
    assert computed.exit_code == 0, computed.output
    expected = by_key([json.loads(line) for line in (tmp_path / "out/kpis.jsonl").read_bytes().splitlines()])

    with deployment(
        kafka.bootstrap, "long.", tmp_path, partitions=2, clock="events", config=str(configuration)
    ) as workers:
        await workers.create_topics()
        workers.start("a")
        await replay(workers.bootstrap, workers.prefix, parts[0])
        await until(lambda: workers.end("kpis"), 90, "windows are written")
        await asyncio.sleep(1)
        workers.stop("a", signal.SIGKILL)
        at_end = datetime.fromisoformat(TICK_AT_END)
        sending = asyncio.create_task(replay(workers.bootstrap, workers.prefix, parts[1], tick_at_end=at_end))
        workers.start("a")
        await sending
        windows = await until(lambda: at_rest(workers), 180, "the quarter is final")

    assert windows.keys() == expected.keys()
    assert {key for key in windows if figures(windows[key]) != figures(expected[key])} == set()
    for kind in LONG_KINDS:
        for channel in ("web", "email", "all"):
            of_kind = [record for (name, one, _), record in windows.items() if (name, one) == (channel, kind)]
            days = [record for (name, one, _), record in windows.items() if (name, one) == (channel, "day")]
            assert total(of_kind) == total(days), (kind, channel)
    await asyncio.to_thread(_exports_alike, workers, tmp_path, configuration, monkeypatch)


def _exports_alike(workers: Deployment, folder: Path, configuration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of the topic is that of the file."""
    monkeypatch.setenv("CAREBEAT_KAFKA", workers.bootstrap)
    monkeypatch.setenv("CAREBEAT_TOPIC_PREFIX", workers.prefix)
    for kind in ("month", "quarter"):
        options = ["export", "--window", kind, "--config", str(configuration)]
        tables = []
        for number, more in enumerate(([], ["--file", str(folder / "out/kpis.jsonl")])):
            out = folder / f"{kind}{number}.csv"
            exported = CliRunner().invoke(carebeat, [*options, *more, "--out", str(out)])
            assert exported.exit_code == 0, exported.output
            tables.append(list(csv.DictReader(out.open(newline=""))))
        assert tables[0] == tables[1]
        assert tables[0][0]["start"].endswith("+01:00")
    assert tables[0][-1]["end"] == "2026-07-01T00:00:00+02:00"
