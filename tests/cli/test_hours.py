import json
from pathlib import Path

import pytest

from app import clock
from app.errors import ConfigurationError
from app.kpi.instants import text_of
from tests.cli.conftest import Type

CONFIGURATION = """
schedules:
  office:
    zone: Europe/Berlin
    week: {mon-fri: "09:00-12:00, 13:00-17:30"}
    breaks: {fri: "15:00-15:15", 2026-03-09: "10:00-11:00"}
    holidays: {country: DE, subdivision: BY, dates: [2026-03-04]}
    special: {2026-03-07: "10:00-14:00"}
    changes: [{valid_from: 2026-04-01, week: {mon-fri: "08:00-18:00"}}]
  once: {zone: UTC, special: {2026-03-02: "09:00-10:00"}}
  always-on: {zone: UTC, week: {mon-sun: "00:00-24:00"}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "c.yaml"
    path.write_text(CONFIGURATION)
    return path


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", 3600),
        ("2026-03-02T09:00", "2026-03-03T09:00", 7.5 * 3600),
        ("2026-03-02 16:30:00.25", "2026-03-03 09:10:00.5", 4200.25),
        ("2026-03-02", "2026-03-09", 34 * 3600 - 900),
        ("2026-03-02T17:00", "2026-03-02T24:00", 1800),
        ("2026-03-02T17:00", "2026-03-02T10:00", 0),
        ("1991-11-15T08:00:00Z", "1991-11-15T09:00:00Z", 3600),
    ],
)
def test_a_span_has_so_much_business_time(run_command: Type, file: Path, start: str, end: str, seconds: float) -> None:
    told = run_command("hours", "office", start, end, "--config", file, "--json")
    assert json.loads(told.output) == {"business_seconds": seconds}


def test_whole_seconds_are_written_whole(run_command: Type, file: Path) -> None:
    told = run_command("hours", "office", "2026-03-02T09:00", "2026-03-02T09:01", "--config", file, "--json")
    assert told.output == '{"business_seconds": 60}\n'


@pytest.mark.parametrize(
    ("start", "target", "due_at"),
    [
        ("2026-03-27 16:00", "4h", "2026-03-30T09:30:00Z"),
        ("2026-03-02 16:00", "90m", "2026-03-02T16:30:00Z"),
        ("2026-03-02T08:00:00.125Z", "0.5", "2026-03-02T08:00:00.625Z"),
        ("2026-03-01", "0s", "2026-02-28T23:00:00Z"),
    ],
)
def test_a_target_is_due(run_command: Type, file: Path, start: str, target: str, due_at: str) -> None:
    told = run_command("hours", "office", start, "--target", target, "--config", file, "--json")
    assert json.loads(told.output) == {"due_at": due_at}


def test_a_target_that_is_never_used_up_has_no_due(run_command: Type, file: Path) -> None:
    assert (
        '{"due_at": null}'
        in run_command("hours", "once", "2026-01-01", "--target", "2h", "--config", file, "--json").output
    )
    assert "never" in run_command("hours", "once", "2026-01-01", "--target", "2h", "--config", file).output


def test_people_read_local_time(run_command: Type, file: Path) -> None:
    due = run_command("hours", "office", "2026-03-27 16:00", "--target", "4h", "--config", file).output
    assert "Mon 2026-03-30 11:30 CEST" in due
    assert "from    Fri 2026-03-27 16:00 CET" in due
    span = run_command("hours", "office", "2026-03-02T09:00:00.25", "2026-03-02T10:30", "--config", file).output
    assert "1h29m59s (5399.75 s)" in span
    assert "Mon 2026-03-02 09:00:00.250 CET" in span


def test_a_reversed_span_is_called_so(run_command: Type, file: Path) -> None:
    assert "TO is before FROM" in run_command("hours", "office", "2026-03-02", "2026-03-01", "--config", file).output


def test_now_is_an_instant_too(run_command: Type, file: Path) -> None:
    before_ms = clock.wall_milliseconds()
    told = run_command("hours", "always-on", "now", "--target", "0s", "--config", file, "--json")
    assert text_of(before_ms)[:19] <= json.loads(told.output)["due_at"][:19] <= text_of(clock.wall_milliseconds())[:19]


def test_a_schedule_alone_is_shown(run_command: Type, file: Path) -> None:
    lines = [" ".join(line.split()) for line in run_command("hours", "always-on", "--config", file).output.splitlines()]
    assert lines[0].startswith("always-on UTC, open now (")
    assert "next closing never" in lines
    told = json.loads(run_command("hours", "always-on", "--config", file, "--json").output)
    assert (told["schedule"], told["is_open"], told["next_closing_at"]) == ("always-on", True, None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["office", "2026-03-02"], "Give either TO or --target"),
        (["office", "2026-03-02", "2026-03-03", "--target", "4h"], "Give either TO or --target"),
        (["office", "--target", "4h"], "--target needs FROM"),
        (["office", "now", "--target", "4x"], "'4x' is no duration"),
        (["office", "yesterday", "now"], "'yesterday' is no instant: write 2026-03-02T09:00:00Z, or 2026-03-02T09:00"),
        (["office", "2026-02-30", "now"], "is no instant"),
        (["office", "2026-03-02T24:01", "now"], "is no instant"),
        (["office", "0001-01-01T00:00:00+14:00", "now"], "is no instant"),
        (["office", "1960-01-01", "now"], "outside the years 1970 to 2199"),
    ],
)
def test_what_cannot_be_is_told(run_command: Type, file: Path, arguments: list[str], words: str) -> None:
    told = run_command("hours", *arguments, "--config", file)
    assert told.exit_code == 2
    assert words in " ".join(told.output.split())


def test_an_unknown_schedule_is_told_the_nearest(run_command: Type, file: Path) -> None:
    with pytest.raises(ConfigurationError, match="did you mean office"):
        run_command("hours", "offic", "--config", file)
    with pytest.raises(ConfigurationError, match="there are office, once, always-on"):
        run_command("hours", "warehouse", "--config", file)


def test_without_schedules_an_example_is_told(run_command: Type, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("policy: default")
    with pytest.raises(ConfigurationError, match=r"add `schedules: \{office: \{zone: Europe/Berlin"):
        run_command("hours", "office", "--config", tmp_path / "c.yaml")


def test_the_packaged_configuration_has_one_to_try(run_command: Type) -> None:
    told = run_command("hours", "office", "2026-03-02T09:00", "2026-03-02T10:00", "--json")
    assert json.loads(told.output) == {"business_seconds": 3600}
