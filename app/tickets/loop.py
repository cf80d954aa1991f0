"""Asking the event loop from another thread: what belongs to the loop is only looked at there."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopSilentError(Exception):
    """The loop gave no answer; says why."""


class InLoop:
    """Runs coroutines in the loop for other threads, each within `limit_seconds`. Begins with `open`, called in the loop."""

    def __init__(self, limit_seconds: float) -> None:
        self._limit_seconds = limit_seconds
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Take what is asked from now on into the running loop."""
        self._loop = asyncio.get_running_loop()

    def run(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What the work gives, from any thread but the loop's. Raises LoopSilentError, and what the work raises."""
        if self._loop is None:
            raise LoopSilentError("the worker is only starting")
        asked = work()
        try:
            future = asyncio.run_coroutine_threadsafe(asked, self._loop)
        except RuntimeError:
            asked.close()
            raise LoopSilentError("the worker is stopping") from None
        try:
            return future.result(self._limit_seconds)
        except TimeoutError:
            if future.done():
                raise
            future.cancel()
            raise LoopSilentError(f"the event loop gave no answer within {self._limit_seconds:g} s") from None
