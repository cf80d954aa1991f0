"""`carebeat compute` on the recorded support log gives the figures that it must yield."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from app.cli import carebeat
from app.errors import ConfigurationError
from schemas.dead_letters import DeadLetter
from schemas.kpis import KPIS
from schemas.samples import Sample
from schemas.sla import SlaTransition
from tests import truth

_decode = msgspec.json.Decoder(dict[str, Any]).decode
STILL_RUNNING = {"2025-03-01T00:00:00Z", "2025-03-03T00:00:00Z", "2025-04-01T00:00:00Z"}
"""The ends of the month, week and quarter that `truth.TICK_AT_END` is in, or less than a day after."""


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def _records(path: Path) -> list[dict[str, Any]]:
    return [*map(_decode, _lines(path))]


def _name(record: dict[str, Any]) -> str:
    return record.get("channel") or record["dimension"]


@pytest.mark.parametrize("partitions", [1, 4, 12])
def test_every_figure_of_the_recorded_log_is_right_to_the_integer(
    partitions: int, computed_log: dict[int, Path], shared: Path
) -> None:
    records = _records(computed_log[partitions] / "kpis.jsonl")
    assert len({(_name(record), *record["window"].values()) for record in records}) == len(records)
    assert {record["window"]["end"] for record in records if not record["final"]} <= STILL_RUNNING
    assert truth.differences(records, shared) == []


def test_the_check_against_the_truth_notices_a_single_wrong_count(computed_log: dict[int, Path], shared: Path) -> None:
    records = _records(computed_log[1] / "kpis.jsonl")
    record = next(found for found in records if found["window"]["kind"] == "hour" and "waits_opened" in found["counts"])
    record["counts"]["waits_opened"] += 1
    assert len(truth.differences(records, shared)) == 2  # in its hour, and in its channel's total of hours


def test_partitions_change_neither_transitions_nor_samples(computed_log: dict[int, Path]) -> None:
    def told(partitions: int, name: str, fields: tuple[str, ...]) -> Counter[tuple[object, ...]]:
        return Counter(tuple(record[field] for field in fields) for record in _records(computed_log[partitions] / name))

    for name, fields in (
        ("sla.jsonl", ("ticket_id", "metric", "started_at", "due_at", "state")),
        ("samples.jsonl", ("id", "retracted")),
    ):
        assert told(1, name, fields) == told(12, name, fields)


def test_results_have_the_published_shape(computed_log: dict[int, Path]) -> None:
    folder = computed_log[12]
    for line in _lines(folder / "kpis.jsonl")[::997]:
        KPIS.validate_json(line)
    for line in _lines(folder / "sla.jsonl")[::997]:
        SlaTransition.model_validate_json(line)
    for line in _lines(folder / "samples.jsonl")[::997]:
        Sample.model_validate_json(line)


def test_garbage_becomes_dead_letters_and_stops_nothing(tmp_path: Path) -> None:
    good = b'{"id":"1","type":"message-received","ticket_id":"t","channel":"chat","occurred_at":"2026-01-01T00:00:00Z"}'
    (tmp_path / "events.jsonl").write_bytes(b"\xff\xfe\n" + good + b"\n{\n[1]\n")
    out = tmp_path / "out"
    result = CliRunner().invoke(carebeat, ["compute", str(tmp_path / "events.jsonl"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    letters = [DeadLetter.model_validate_json(line) for line in _lines(out / "dead-letters.jsonl")]
    assert [letter.reason.value for letter in letters] == ["not-utf8", "not-json", "wrong-type"]
    assert json.loads(_lines(out / "kpis.jsonl")[0])["counts"]["messages_received"] == 1


def test_an_instant_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b"")
    arguments = ["compute", str(tmp_path / "events.jsonl"), "--out", str(tmp_path), "--tick-at-end", "soon"]
    result = CliRunner().invoke(carebeat, arguments)
    assert result.exit_code == 2
    assert "'soon'" in result.output
    assert "2026-03-02 or" in result.output


@pytest.mark.parametrize("at", ["9999-12-31", "9999-12-31T23:59:59-14:00", "0001-01-01", "2009-12-31T23:59:59Z"])
def test_time_passes_only_to_where_an_event_could_be(tmp_path: Path, at: str) -> None:
    """The tick would be a dead letter, and what it was asked for would not happen."""
    (tmp_path / "events.jsonl").touch()
    arguments = ["compute", str(tmp_path / "events.jsonl"), "--tick-at-end", at, "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(carebeat, arguments)
    assert done.exit_code == 2
    assert at in done.output


def test_half_an_archive_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl.gz").write_bytes(b"no archive")
    done = CliRunner().invoke(carebeat, ["compute", str(tmp_path / "events.jsonl.gz"), "--out", str(tmp_path / "out")])
    assert isinstance(done.exception, ConfigurationError)
