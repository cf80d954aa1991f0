import asyncio
import threading

import pytest

from app.engine.crash import (
    OPERATOR_EXIT_CODE,
    RESTART_EXIT_CODE,
    CrashOnly,
    OperatorNeededError,
    RestartNeededError,
)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (RestartNeededError("fenced"), RESTART_EXIT_CODE),
        (OSError("anything else"), RESTART_EXIT_CODE),
        (OperatorNeededError("do this"), OPERATOR_EXIT_CODE),
    ],
)
def test_the_exit_code_says_whether_a_restart_helps(failure: Exception, code: int) -> None:
    codes: list[int] = []
    CrashOnly(codes.append).end(failure, "Flushing")
    assert codes == [code]


def test_the_last_line_says_what_where_and_what_next(caplog: pytest.LogCaptureFixture) -> None:
    codes: list[int] = []
    CrashOnly(codes.append).end(RestartNeededError("source/3: too slow"), "Flushing")
    assert caplog.messages[-1] == "Flushing: source/3: too slow. Ending this process; the next one recovers"


def test_a_failing_block_ends_the_process() -> None:
    codes: list[int] = []
    with pytest.raises(ValueError, match="bad"), CrashOnly(codes.append).on_failure("Working"):
        raise ValueError("bad")
    assert codes == [RESTART_EXIT_CODE]


async def test_cancelling_is_no_failure() -> None:
    codes: list[int] = []
    with pytest.raises(asyncio.CancelledError), CrashOnly(codes.append).on_failure("Working"):
        raise asyncio.CancelledError
    assert codes == []


def test_a_stop_that_takes_too_long_is_cut_off() -> None:
    ended, codes = threading.Event(), []

    def note(code: int) -> None:
        codes.append(code)
        ended.set()

    CrashOnly(note).exit_within(0.01, lambda: 75)
    assert ended.wait(5)
    assert codes == [75]
