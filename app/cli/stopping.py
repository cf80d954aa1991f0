"""Ending a command: Ctrl-C and SIGTERM ask politely, a second one hurries, a time limit does the same as the first."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from types import FrameType
from typing import Any, TypeVar

from app.cli.terminal import quiet_clients

Result = TypeVar("Result")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Whether somebody wants this command to end."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurried = asyncio.Event()

    def signalled(self) -> None:
        """One more signal."""
        (self.hurried if self.asked.is_set() else self.asked).set()

    async def during(self, work: Coroutine[Any, Any, Any], limit_seconds: float | None = None) -> bool:
        """Do the work until it ends, or cancel it when asked to stop or out of time; whether it ended by itself.

        What the work raises is raised.
        """
        task = asyncio.ensure_future(work)
        return await first_of(task, self.asked.wait(), limit_seconds=limit_seconds)


async def first_of(
    task: "asyncio.Task[Any]", other: Coroutine[Any, Any, Any], *, limit_seconds: float | None = None
) -> bool:
    """Wait for the task, the other or the limit; whether it was the task. Both have ended after that."""
    rival = asyncio.ensure_future(other)
    try:
        await asyncio.wait((task, rival), timeout=limit_seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        has_ended = task.done()
        await _end(rival)
        if not has_ended:
            await _end(task)
    if has_ended:
        task.result()
    return has_ended


async def _end(task: "asyncio.Future[Any]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def run(main: Callable[[Stopping], Awaitable[Result]]) -> Result:
    """Run a command's coroutine. It hears of signals by its Stopping, and is never interrupted in between."""

    async def signalled() -> Result:
        stopping, loop = Stopping(), asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, stopping.signalled)
        return await main(stopping)

    quiet_clients()
    return asyncio.run(signalled())


def run_to_end(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's coroutine that has nothing to put in order: Ctrl-C ends it where it is."""
    quiet_clients()
    return asyncio.run(main)


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """While blocking calls run, SIGTERM interrupts them just as Ctrl-C does; leaves both signals as they were."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
