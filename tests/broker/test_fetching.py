"""Several processes need the same files on a fresh machine; some are broken off."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.broker.fetching import fetching_alone

_FETCH = """
import sys, time
from pathlib import Path
from app.broker.fetching import fetching_alone
folder = Path(sys.argv[1])
with fetching_alone(folder / "lock", folder / "files"):
    jar = folder / "files" / "a.jar"
    if not jar.exists():
        assert not (half := jar.with_suffix(".half")).exists(), "another one fetches it"
        half.touch()
        time.sleep(0.3)
        half.rename(jar)
        print("fetched")
"""


def test_of_many_processes_one_fetches_and_the_others_find(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    command = [sys.executable, "-c", _FETCH, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(said) == ["", "", "fetched\n"]


def test_who_follows_one_that_was_broken_off_removes_its_half_file_only(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "files"
    folder.mkdir(parents=True)
    with pytest.raises(KeyboardInterrupt), fetching_alone(tmp_path / "lock", tmp_path / "deep"):
        for name in ("whole.jar", "half.jar"):
            (folder / name).write_text(name)
        os.utime(folder / "whole.jar", (1e9, 1e9))
        raise KeyboardInterrupt
    with fetching_alone(tmp_path / "lock", tmp_path / "deep") as was_broken_off:
        assert was_broken_off
        assert [path.name for path in folder.iterdir()] == ["whole.jar"]


def test_who_was_broken_off_before_it_fetched_anything_costs_no_file(tmp_path: Path) -> None:
    jar = tmp_path / "whole.jar"
    jar.touch()
    os.utime(jar, (1e9, 1e9))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), fetching_alone(tmp_path / "lock" / "of", tmp_path / "files"):
            raise KeyboardInterrupt
    with fetching_alone(tmp_path / "lock" / "of", tmp_path):
        assert jar.exists()


def test_what_one_that_ended_well_fetched_stays(tmp_path: Path) -> None:
    with fetching_alone(tmp_path / "lock" / "of", tmp_path / "files"):
        (tmp_path / "files").mkdir()
        (tmp_path / "files" / "a.jar").touch()
    with fetching_alone(tmp_path / "lock" / "of", tmp_path / "files") as was_broken_off:
        assert not was_broken_off
        assert (tmp_path / "files" / "a.jar").exists()
