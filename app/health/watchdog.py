"""The watchdog: a thread of its own, since a blocked event loop cannot end itself."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any, Final

log = logging.getLogger(__name__)

HANGING_EXIT_CODE: Final = 75
"""A restart will do (EX_TEMPFAIL)."""


def end_process(last_words: str) -> None:
    """Say why, and end at once: no clean-up that could hang as well."""
    os.write(2, f"carebeat: {last_words}\n".encode())
    os._exit(HANGING_EXIT_CODE)


class Watchdog:
    """A thread that ends the process when it has not been live for `patience_seconds`."""

    def __init__(
        self,
        why_not_live: Callable[[], tuple[str, ...]],
        monotonic_seconds: Callable[[], float],
        *,
        patience_seconds: float = 5.0,
        interval_seconds: float = 1.0,
        end: Callable[[str], Any] = end_process,
    ) -> None:
        self._why_not_live = why_not_live
        self._monotonic_seconds = monotonic_seconds
        self._patience_seconds = patience_seconds
        self._interval_seconds = interval_seconds
        self._end = end
        self._hanging_since_seconds: float | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """One look; the thread does it again and again."""
        reasons = self._why_not_live()
        now_seconds = self._monotonic_seconds()
        if not reasons:
            self._hanging_since_seconds = None
        elif self._hanging_since_seconds is None:
            self._hanging_since_seconds = now_seconds
        elif now_seconds - self._hanging_since_seconds >= self._patience_seconds:
            self._end(f"hanging: {'; '.join(reasons)}. Ending this process; the next one recovers")

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_seconds):
            try:
                self.look()
            except Exception:  # a watchdog that died would say nothing any more
                log.exception("A look at the worker failed")
