import asyncio
import os
import signal

import pytest

from app.cli.stopping import Stopping, run, terminable


async def _forever(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("ended")


async def test_work_that_ends_by_itself_says_so() -> None:
    assert await Stopping().during(asyncio.sleep(0))


async def test_work_is_cancelled_when_the_time_is_over() -> None:
    ended: list[str] = []
    assert not await Stopping().during(_forever(ended), 0.01)
    assert ended == ["ended"]


async def test_work_is_cancelled_when_somebody_asks() -> None:
    stopping, ended = Stopping(), list[str]()
    stopping.signalled()
    assert not await stopping.during(_forever(ended))
    assert not stopping.hurried.is_set()


def test_a_second_signal_hurries() -> None:
    stopping = Stopping()
    stopping.signalled()
    stopping.signalled()
    assert stopping.hurried.is_set()


async def test_what_the_work_raises_is_raised() -> None:
    async def failing() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await Stopping().during(failing())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_ask_to_stop(number: signal.Signals) -> None:
    async def main(stopping: Stopping) -> bool:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stopping.asked.wait(), 10)
        return True

    assert run(main)


def test_blocking_calls_are_interrupted_by_sigterm() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), terminable():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
