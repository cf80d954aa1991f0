"""Crash only: whatever cannot go on ends the process at once, and says why in one last line.

There is no half-failed state to reason about: what was not committed is not visible, and the next process reads it
again. The exit code tells the supervisor which of two things helps.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

RESTART_EXIT_CODE = 75
"""A fresh process will do: the broker was away, another worker took over, a flush took too long. (EX_TEMPFAIL)"""
OPERATOR_EXIT_CODE = 78
"""A restart meets the same fault; someone must act first. The last log line says what to do. (EX_CONFIG)"""

log = logging.getLogger(__name__)


class RestartNeededError(Exception):
    """The process cannot go on; the next one can."""


class OperatorNeededError(Exception):
    """No process can go on until someone acts; the message says how."""


class CrashOnly:
    """Ends the process. Tests give another `exit_process`, which may return or raise."""

    def __init__(self, exit_process: Callable[[int], Any] = os._exit) -> None:
        self._exit_process = exit_process

    def end(self, failure: BaseException, doing: str) -> None:
        """Say what failed, at what, and what happens next; then end. Callable from any thread."""
        needs_operator = isinstance(failure, OperatorNeededError)
        log.critical(
            "%s: %s. %s",
            doing,
            str(failure) or repr(failure),
            "Stopped; a restart alone will not help"
            if needs_operator
            else "Ending this process; the next one recovers",
            exc_info=None if isinstance(failure, OperatorNeededError | RestartNeededError) else failure,
        )
        self._exit(OPERATOR_EXIT_CODE if needs_operator else RESTART_EXIT_CODE)

    @contextmanager
    def on_failure(self, doing: str) -> Iterator[None]:
        """End the process if the block fails; cancelling is no failure."""
        try:
            yield
        except Exception as failure:
            self.end(failure, doing)
            raise

    def exit_within(self, seconds: float, code: Callable[[], int]) -> None:
        """End the process that late at the latest, whatever the loop is doing; `code` is asked then."""

        def too_late() -> None:
            log.critical("Still not stopped after %.0f s. Ending this process", seconds)
            self._exit(code())

        timer = threading.Timer(seconds, too_late)
        timer.daemon = True
        timer.start()

    def _exit(self, code: int) -> None:
        # os._exit runs no handlers: what is logged must be out first
        for handler in logging.getLogger().handlers:
            handler.flush()
        self._exit_process(code)
