"""A worker's process: Faust's own, except that logging is left as the program set it up."""

import gc
import sys
from typing import Any

import faust


class _QuietWorker(faust.Worker):
    """Replaces the set-up of logging, spinner and banner: one line a message, no colours, for whoever collects logs."""

    def _setup_logging(self) -> None:
        """Set up before."""

    def _setup_spinner_handler(self, logger: Any, level: Any) -> None:
        """No spinner."""


YOUNG_OBJECTS = 50_000
"""Between two looks for cyclic garbage. There is hardly any here, and at Python's 700 looking takes a sixth of the time."""


def run_worker(app: Any) -> None:
    """Run the app until SIGTERM or SIGINT, then exit the process."""
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)
    worker = _QuietWorker(app, loglevel="INFO", quiet=True, redirect_stdouts=False)
    sys.exit(worker.execute_from_commandline())
