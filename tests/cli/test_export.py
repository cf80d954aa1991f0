"""`carebeat export`, from what is on a real topic and from a file of `carebeat compute`."""

import asyncio
import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import TopicRefusedError
from app.errors import ConfigurationError
from tests.cli.conftest import Type
from tests.cli.records import TEN, encoded, key, publish, window

HOUR = timedelta(hours=1)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def kpis(tmp_path: Path) -> Path:
    """Three hours of two channels and all; the last hour of whatsapp in two versions."""
    records = [window(name, start=TEN + n * HOUR) for n in range(3) for name in ("all", "email", "whatsapp")]
    records.append(window(start=TEN + 2 * HOUR, revision=2, final=True, counts={"tickets_opened": 99}))
    path = tmp_path / "kpis.jsonl"
    path.write_bytes(b"".join(encoded(record) + b"\n" for record in records))
    return path


def test_a_file_becomes_one_row_for_each_channel_and_window(kpis: Path, run_command: Type) -> None:
    found = rows(run_command("export", "--window", "hour", "--file", kpis).stdout)
    assert [row["channel"] for row in found] == ["email", "whatsapp", "all"] * 3
    assert [(row["final"], row["tickets_opened"]) for row in found if row["channel"] == "whatsapp"][-1] == (
        "true",
        "99",
    )


def test_a_packed_file_is_read_too(kpis: Path, run_command: Type) -> None:
    packed = kpis.with_suffix(".jsonl.gz")
    packed.write_bytes(gzip.compress(kpis.read_bytes()))
    assert len(rows(run_command("export", "--window", "hour", "--file", packed).stdout)) == 9


def test_a_span_is_local_to_the_reporting_zone(kpis: Path, tmp_path: Path, run_command: Type) -> None:
    config = tmp_path / "carebeat.yaml"
    config.write_text("reporting_zone: Europe/Berlin\n")
    span = ("--from", "2026-03-02T12:00", "--to", "2026-03-02T11:30:00Z")
    arguments = ("--window", "hour", "--file", kpis, "--config", config, "--channel", "email")
    found = rows(run_command("export", *arguments, *span).stdout)
    assert [row["start"] for row in found] == ["2026-03-02T12:00:00+01:00"]


def test_only_named_channels_are_written(kpis: Path, run_command: Type) -> None:
    arguments = ("--window", "hour", "--file", kpis, "--channel", "all", "--channel", "email", "--format", "jsonl")
    found = [json.loads(line) for line in run_command("export", *arguments).stdout.splitlines()]
    assert {row["channel"] for row in found} == {"all", "email"}


def test_a_file_is_written_whole_or_not_at_all(kpis: Path, tmp_path: Path, run_command: Type) -> None:
    out = tmp_path / "out" / "hours.json"
    with pytest.raises(ConfigurationError, match="cannot be written"):
        run_command("export", "--window", "hour", "--file", kpis, "--format", "json", "--out", out)
    out.parent.mkdir()
    for _ in range(2):
        run_command("export", "--window", "hour", "--file", kpis, "--format", "json", "--out", out)
    assert (len(json.loads(out.read_text())), [path.name for path in out.parent.iterdir()]) == (9, ["hours.json"])


def test_nothing_is_said_with_what_there_is_instead(kpis: Path, tmp_path: Path, run_command: Type) -> None:
    result = run_command("export", "--window", "week", "--channel", "email", "--file", kpis)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"no week window of email in {kpis}" in result.stderr
    assert "10 other records" in result.stderr
    (tmp_path / "empty.jsonl").touch()
    assert "nothing else is there" in run_command("export", "--file", tmp_path / "empty.jsonl").stderr


def test_lines_that_are_no_windows_are_counted(kpis: Path, run_command: Type) -> None:
    kpis.write_bytes(kpis.read_bytes() + b"{\n" + b'{"channel": "web", "revision": 1, "window": "hour"}\n')
    result = run_command("export", "--window", "hour", "--file", kpis)
    assert (result.exit_code, "2 records were not readable" in result.stderr) == (0, True)


def test_a_file_that_is_no_archive_is_named(tmp_path: Path, run_command: Type) -> None:
    (tmp_path / "kpis.jsonl.gz").write_bytes(b"not packed")
    with pytest.raises(ConfigurationError, match=r"kpis.jsonl.gz cannot be read"):
        run_command("export", "--file", tmp_path / "kpis.jsonl.gz")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "soon"), "'soon' is no instant"),
        (("--from", "2026-03-02", "--to", "2026-03-02"), "no window can begin in between"),
        (("--channel", "web", "--dimension", "agent"), "leave one out"),
        (("--window", "year"), "is not one of"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_write_instead(
    kpis: Path, run_command: Type, arguments: tuple[str, ...], said: str
) -> None:
    result = run_command("export", "--file", kpis, *arguments)
    assert (result.exit_code, said in click.unstyle(result.stderr)) == (2, True), result.stderr


async def _publish_windows(kafka: EmbeddedKafka, topic: str) -> None:
    first = [window(name, start=TEN + n * HOUR, revision=n) for n in range(20) for name in ("all", "email")]
    second = [window("email", revision=50, final=True, counts={"tickets_opened": 77}), window("email", "day")]
    for records in (first, second):
        await publish(kafka.bootstrap, [(topic, key(record), encoded(record)) for record in records])


@pytest.mark.usefixtures("deployment")
def test_the_topic_is_read_to_its_end(kafka: EmbeddedKafka, prefix: str, run_command: Type) -> None:
    run_command("topics", "create")
    asyncio.run(_publish_windows(kafka, f"{prefix}kpis"))
    found = rows(run_command("export", "--window", "hour", "--channel", "email").stdout)
    assert (len(found), found[0]["tickets_opened"], found[0]["final"]) == (20, "77", "true")
    assert datetime.fromisoformat(found[-1]["start"]).astimezone(UTC) == TEN + 19 * HOUR


@pytest.mark.usefixtures("deployment")
def test_an_empty_topic_and_a_missing_one_are_said(prefix: str, run_command: Type) -> None:
    with pytest.raises(TopicRefusedError, match="carebeat topics create"):
        run_command("export")
    run_command("topics", "create")
    result = run_command("export")
    assert (result.exit_code, f"no day window in {prefix}kpis" in result.stderr) == (1, True)
