import json
from pathlib import Path

import pytest

from schemas import generate
from schemas.__main__ import main

NAMES = ["asyncapi.json", "dead-letter.json", "event.json", "kpi.json", "sample.json", "sla.json"]


def test_the_committed_files_are_what_the_models_say() -> None:
    assert generate.drift() == [], "run: make schemas"


def test_the_models_break_no_promise_of_the_committed_files() -> None:
    assert generate.broken_promises() == []


def test_every_record_and_the_topics_have_a_file() -> None:
    assert sorted(generate.files()) == NAMES


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    assert (generate.write(tmp_path), generate.write(tmp_path)) == (NAMES, [])


def test_a_file_that_nothing_stands_behind_is_drift(tmp_path: Path) -> None:
    generate.write(tmp_path)
    (tmp_path / "stray.json").write_text("{}")
    assert generate.drift(tmp_path) == ["stray.json"]
    assert generate.write(tmp_path) == ["stray.json"]
    assert generate.drift(tmp_path) == []


def test_a_missing_file_is_drift(tmp_path: Path) -> None:
    generate.write(tmp_path)
    (tmp_path / "sla.json").unlink()
    assert generate.drift(tmp_path) == ["sla.json"]


def promise_more(folder: Path) -> None:
    """Files as if records had once had a field that the models do not know."""
    generate.write(folder)
    former = json.loads((folder / "sla.json").read_text())
    former["properties"]["mood"] = {"type": "string"}
    (folder / "sla.json").write_text(json.dumps(former))


def test_a_lost_field_is_a_broken_promise(tmp_path: Path) -> None:
    promise_more(tmp_path)
    assert generate.broken_promises(tmp_path) == ["sla: mood: the field is gone"]


def test_check_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], tmp_path) == 1
    assert "Run: make schemas" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_check_is_content_after_writing(tmp_path: Path) -> None:
    assert (main([], tmp_path), main(["--check"], tmp_path)) == (0, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES


def test_a_breaking_change_is_written_only_when_meant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    promise_more(tmp_path)
    assert main([], tmp_path) == 1
    assert "mood: the field is gone" in capsys.readouterr().err
    assert (main(["--break"], tmp_path), main(["--check"], tmp_path)) == (0, 0)
