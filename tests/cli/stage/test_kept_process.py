import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from app.broker.ports import free_port
from app.cli.stage.kept_process import KeptProcess, ProcessFailedError, last_words


def _worker(folder: Path, program: str, hurried: asyncio.Event | None = None) -> tuple[KeptProcess, list[str]]:
    said: list[str] = []
    command = (sys.executable, "-u", "-c", program)
    environment = {"MARK": "seen"}
    worker = KeptProcess(folder, environment, free_port(), hurried or asyncio.Event(), command=command, say=said.append)
    return worker, said


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.05)


async def _stop(running: "asyncio.Task[None]") -> None:
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_worker_that_wants_a_restart_gets_it(tmp_path: Path) -> None:
    worker, said = _worker(tmp_path, "import os, sys; print('x CRITICAL y', os.environ['MARK']); sys.exit(75)")
    running = asyncio.create_task(worker.keep_running())
    await _until(lambda: worker.restarts >= 2)
    await _stop(running)
    assert said[0] == "worker ended with status 75, starting again: x CRITICAL y seen"


@pytest.mark.parametrize("status", [78, 2])
async def test_a_worker_that_needs_an_operator_is_not_started_again(tmp_path: Path, status: int) -> None:
    worker, _ = _worker(tmp_path, f"import sys; print('carebeat: no such key'); sys.exit({status})")
    with pytest.raises(ProcessFailedError, match=rf"exit status {status}\): carebeat: no such key"):
        await worker.keep_running()
    assert worker.restarts == 0


_NUMBERED = "import os, time; print(os.getpid()); {}time.sleep(60)"


async def _pid(worker: KeptProcess) -> int:
    await _until(lambda: worker.log_path.exists() and worker.log_path.read_text().endswith("\n"))
    return int(worker.log_path.read_text())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_cancelling_ends_the_worker(tmp_path: Path) -> None:
    worker, _ = _worker(tmp_path, _NUMBERED.format(""))
    running = asyncio.create_task(worker.keep_running())
    pid = await _pid(worker)
    assert _lives(pid)
    await _stop(running)
    assert not _lives(pid)


async def test_who_is_in_a_hurry_does_not_wait_for_a_stubborn_worker(tmp_path: Path) -> None:
    hurried = asyncio.Event()
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    worker, _ = _worker(tmp_path, stubborn + _NUMBERED.format(""), hurried)
    running = asyncio.create_task(worker.keep_running())
    pid = await _pid(worker)
    running.cancel()
    hurried.set()
    async with asyncio.timeout(5):
        await asyncio.wait([running])
    assert not _lives(pid)


def test_the_last_word_is_the_line_that_tells_why(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    assert last_words(log) == "its log does not say why"
    log.write_text("INFO a\n12 INFO b\n")
    assert last_words(log) == "its log does not say why"
    log.write_text("Traceback\nImportError: c\n")
    assert last_words(log) == "ImportError: c"
    log.write_text("INFO a\n12 CRITICAL b: gone\nINFO bye\n")
    assert last_words(log) == "12 CRITICAL b: gone"
