"""The only file that reads the time. Everything else is given a function or an instant, so that tests can set it."""

import time

_STEADY_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Counts a suspended machine too (Linux): a laptop that slept has lost its partitions as surely as a stopped process."""


def monotonic_seconds() -> float:
    """How long the machine has been up; only differences mean anything. Safe from any thread."""
    return time.clock_gettime(_STEADY_CLOCK)


def wall_milliseconds() -> int:
    """The time of day, as milliseconds since 1970 UTC. It may jump."""
    return time.time_ns() // 1_000_000
