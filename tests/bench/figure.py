"""One measured run, and how it is got from a peer's process."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LIMIT_SECONDS = 600.0
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class PeerFailedError(Exception):
    """A peer ended without figures; the message is the end of what it said."""


@dataclass(frozen=True)
class Figure:
    """The steady part of one run."""

    events: int
    seconds: float
    cpu_seconds: float

    @property
    def events_per_second(self) -> float:
        """By the clock on the wall."""
        return self.events / self.seconds

    @property
    def events_per_cpu_second(self) -> float:
        """By the time of all cores that the process used; the broker's is not in it."""
        return self.events / self.cpu_seconds


def python(module: str, *arguments: Any) -> list[str]:
    """The command of a module of the bench."""
    return [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)]


async def answer_of(command: Sequence[str], log: Path) -> dict[str, Any]:
    """Run a process to its end; the JSON object in its last line. What it complains of goes to the log."""
    with log.open("ab") as complaints:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints
        )
        try:
            out, _ = await asyncio.wait_for(process.communicate(), _LIMIT_SECONDS)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    said = out.decode().partition("{")
    if not said[1]:
        raise PeerFailedError(f"{' '.join(command[-6:])} ended with {process.returncode}: {tail(log)}")
    answer: dict[str, Any] = json.loads("".join(said[1:]))  # a terminal's codes may stand before it
    return answer


async def figure_of(command: Sequence[str], log: Path) -> Figure:
    """Run a peer to its end."""
    return Figure(**await answer_of(command, log))


def tail(log: Path, characters: int = 1500) -> str:
    """The end of a log."""
    return log.read_text(errors="replace")[-characters:]


def cpu_seconds_of(pid: int) -> float:
    """What a running process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND
