"""One SLA clock at rest, and the arithmetic of its instants: when a target is used up, in calendar or business time, pauses left out.

What happens to clocks, and what is said of it: `promises.py`.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from app.kpi.business_hours import Schedule
from app.kpi.instants import LATEST_MS, NEVER

RUNNING, AT_RISK, BREACHED = range(3)


class SlaClock(msgspec.Struct, array_like=True, gc=False):
    """A clock keeps the channel it was started in, and the policy and version it was matched with last."""

    start_ms: int
    due_ms: int
    """While it is paused: what it would be if the pause ended at once."""
    warn_ms: int
    grace_ms: int
    channel: str
    policy: str
    version: str
    phase: int = RUNNING
    left: tuple[int, int] | None = None
    """While it is paused: what is left of the target, and until it warns."""
    customer: bool = False
    """A first-response clock that also runs while a bot holds the ticket."""
    historic: bool = False
    """What started it was over a day old when it reached the log."""

    def next_ms(self) -> int:
        """When stream time passes this, something happens; NEVER once breached, and while paused."""
        phase = self.phase
        if phase == BREACHED or self.left is not None:
            return NEVER
        return self.warn_ms if phase == RUNNING else self.due_ms + self.grace_ms

    def is_met_at(self, at_ms: int) -> bool:
        """Whether a stop at that instant is in time."""
        return at_ms <= self.due_ms or self.left is not None


class Attributes(msgspec.Struct, array_like=True, gc=False):
    """What a ticket is labelled with; travels with transitions and levels."""

    priority: str | None = None
    team: str | None = None
    agent: str | None = None
    topic: str | None = None
    tags: list[str] | None = None


class Pause(msgspec.Struct, array_like=True, gc=False):
    """A ticket did not count as being worked on; `end_ms` is None while it lasts."""

    start_ms: int
    end_ms: int | None
    reason: str


class Used(NamedTuple):
    """When a target is used up; with `left_ms`, it is not yet: that much is left in a pause that lasts."""

    at_ms: int
    left_ms: int | None


def spent_ms(schedule: Schedule | None, start_ms: int, end_ms: int) -> int:
    """How much of a span counts: all of it without a schedule; never negative."""
    if schedule is not None:
        return schedule.open_ms(start_ms, end_ms)
    return end_ms - start_ms if end_ms > start_ms else 0


def used_up_ms(schedule: Schedule | None, start_ms: int, target_ms: int) -> int:
    """When so much of a target has passed since the start; the end of all instants if never."""
    if schedule is None:
        return start_ms + target_ms
    return min(schedule.due_ms(start_ms, target_ms), LATEST_MS)


def used_up(schedule: Schedule | None, start_ms: int, target_ms: int, pauses: Iterable[Pause]) -> Used:
    """When a target is used up with pauses, in order, left out. A pause that begins at the very instant comes too late."""
    at_ms, left_ms = start_ms, target_ms
    for pause in pauses:
        if pause.end_ms is not None and pause.end_ms <= at_ms:
            continue
        until_pause_ms = spent_ms(schedule, at_ms, pause.start_ms)
        if until_pause_ms >= left_ms:
            break
        left_ms -= until_pause_ms
        if pause.end_ms is None:
            return Used(used_up_ms(schedule, max(at_ms, pause.start_ms), left_ms), left_ms)
        at_ms = pause.end_ms
    return Used(used_up_ms(schedule, at_ms, left_ms), None)
