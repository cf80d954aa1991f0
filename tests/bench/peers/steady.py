"""The steady part of a run: neither start-up, nor the first caches, nor waiting at the end."""

import json
import os
from time import perf_counter, process_time
from typing import Any, Final

FROM_SHARE: Final = 0.15
TO_SHARE: Final = 0.85


class Steady:
    """Counts events of this process; when the steady part is over it prints its figures and ends the process."""

    def __init__(self, events: int) -> None:
        self._first, self._last = round(events * FROM_SHARE), round(events * TO_SHARE)
        self._count = 0
        self._began: tuple[int, float, float] | None = None

    def add(self, events: int) -> None:
        """So many more events are done."""
        self._count += events
        if self._began is None:
            if self._count >= self._first:
                self._began = self._count, perf_counter(), process_time()
        elif self._count >= self._last:
            count, seconds, cpu_seconds = self._began
            tell(self._count - count, perf_counter() - seconds, process_time() - cpu_seconds)
            os._exit(0)  # whatever framework is around us must not tidy up


def tell(events: int, seconds: float, cpu_seconds: float) -> None:
    """Print the one line that the driver reads."""
    say({"events": events, "seconds": seconds, "cpu_seconds": cpu_seconds})


def say(answer: dict[str, Any]) -> None:
    """Past whatever a framework has put in stdout's place."""
    os.write(1, json.dumps(answer).encode() + b"\n")
