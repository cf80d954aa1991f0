"""The demo's worker and gateway: processes of their own, started again when they end, as a supervisor would."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from app.broker.jars import Say
from app.cli.stage.ready import is_ready
from app.clock import monotonic_seconds
from app.engine.crash import OPERATOR_EXIT_CODE
from app.errors import CarebeatError

WORKER: Final = (sys.executable, "-m", "app", "worker")
GATEWAY: Final = (sys.executable, "-m", "app", "gateway")
_USAGE_EXIT_CODE: Final = 2
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 5.0
_LONG_RUN_SECONDS: Final = 30.0
"""After so long a run the next pause is the first one again."""
_STOP_LIMIT_SECONDS: Final = 15.0
_ASK_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 0.05

# It must not outlive us, not even when we are killed hard: this shell waits for the end of a pipe that only we
# hold open.
_WATCHER: Final = 'read -r _; kill -9 "$0" 2>/dev/null'


class ProcessFailedError(CarebeatError):
    """It cannot run, and starting it again would not help."""

    exit_status = 70


class KeptProcess:
    """Keeps one process running; `environment` is all that it knows of the world, `port` where it says how it is."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        port: int,
        hurried: asyncio.Event,
        *,
        command: tuple[str, ...] = WORKER,
        name: str = "worker",
        say: Say = lambda _: None,
    ) -> None:
        self.log_path = folder / f"{name}.log"
        self._name = name
        self.restarts = 0
        self.is_ready = False
        self.state = "starting"
        self._environment = environment
        self._port = port
        self._hurried = hurried
        self._command = command
        self._say = say

    async def keep_running(self) -> None:
        """Run it, again and again; cancelling stops it, at once when `hurried` is set.

        Raises ProcessFailedError when an operator must act.
        """
        pause_seconds = _FIRST_PAUSE_SECONDS
        while True:
            started_seconds = monotonic_seconds()
            status = await self._run()
            self.is_ready = False
            if status in (OPERATOR_EXIT_CODE, _USAGE_EXIT_CODE):
                raise ProcessFailedError(
                    f"the {self._name} cannot run (exit status {status}): {last_words(self.log_path)}"
                )
            if monotonic_seconds() - started_seconds > _LONG_RUN_SECONDS:
                pause_seconds = _FIRST_PAUSE_SECONDS
            self._turn(f"ended with status {status}, starting again: {last_words(self.log_path)}")
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)
            self.restarts += 1

    async def _run(self) -> int:
        """Run it once, and stop it when cancelled; its exit status."""
        with self._launched() as process:
            try:
                await self._accompany(process)
            finally:
                await self._stop(process)
        return process.returncode

    async def _accompany(self, process: subprocess.Popen[bytes]) -> None:
        started_seconds = monotonic_seconds()
        while process.poll() is None:
            was_ready, self.is_ready = self.is_ready, await is_ready(self._port)
            if self.is_ready and not was_ready:
                self._turn(f"ready after {monotonic_seconds() - started_seconds:.1f} s")
            elif was_ready and not self.is_ready:
                self._turn("not ready")
            await asyncio.sleep(_ASK_SECONDS)

    async def _stop(self, process: subprocess.Popen[bytes]) -> None:
        """Ask it to end, and make it end after a while, or at once when somebody is in a hurry."""
        if process.poll() is None:
            process.terminate()
        for _ in range(int(_STOP_LIMIT_SECONDS / _POLL_SECONDS)):
            if process.poll() is not None or self._hurried.is_set():
                break
            await asyncio.sleep(_POLL_SECONDS)
        process.kill()
        process.wait()

    @contextlib.contextmanager
    def _launched(self) -> Iterator[subprocess.Popen[bytes]]:
        with self.log_path.open("ab") as log:
            process = subprocess.Popen(
                self._command,
                cwd=self.log_path.parent,  # where there is no .env
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; these stop after the traffic
            )
        watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHER, str(process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            watcher.kill()
            watcher.communicate()

    def _turn(self, state: str) -> None:
        self.state = state
        self._say(f"{self._name} {state}")


def last_words(log: Path) -> str:
    """The last line of its log that tells why it ended: its own, or that of a traceback."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    telling = [line for line in lines if " CRITICAL " in line or line.startswith("carebeat: ")]
    rest = [line for line in lines[-1:] if " INFO " not in line]
    return (telling or rest or ["its log does not say why"])[-1].strip()
