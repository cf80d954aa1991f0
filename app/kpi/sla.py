"""One running SLA clock: due, at risk, and the verdict when it stops or runs out.

The verdict falls at due: met if the stop is at or before it, breached if not, whether or not a stop ever comes, and it counts in the window of
due. A breach is *declared* later, when stream time is past due + grace, so that an answer which is read a little late still counts; what
happens to a clock after due therefore first declares the breach.

  running --warn passed--> at_risk --due + grace passed--> breached --stop--> met_late
     |                        |
     +--stop by due-----------+--> met          a stop that is no answer (close, bot): cancelled; after due: breached stands
"""

import msgspec

from app.kpi.effects import Effects, Transition
from app.kpi.instants import NEVER
from app.kpi.measures import sla_measure
from app.kpi.rules import Policy, Target

RUNNING, AT_RISK, BREACHED = range(3)


class SlaClock(msgspec.Struct, array_like=True, gc=False):
    """A clock keeps the channel, policy and version it was started with."""

    start_ms: int
    due_ms: int
    warn_ms: int
    grace_ms: int
    channel: str
    policy: str
    version: str
    phase: int = RUNNING

    def next_ms(self) -> int:
        """When stream time passes this, something happens; NEVER once breached."""
        phase = self.phase
        if phase == RUNNING:
            return self.warn_ms
        return self.due_ms + self.grace_ms if phase == AT_RISK else NEVER


class Attributes(msgspec.Struct, array_like=True, gc=False):
    """What a ticket is labelled with; travels with transitions and levels."""

    priority: str | None = None
    team: str | None = None
    agent: str | None = None


def start(start_ms: int, set_ms: int, channel: str, target: Target, policy: Policy, grace_ms: int) -> SlaClock:
    """A clock from `start_ms`; due and warning are never before `set_ms`, the change that set it."""
    due_ms, warn_ms = start_ms + target.target_ms, start_ms + target.warn_ms
    if warn_ms < set_ms:
        due_ms, warn_ms = max(due_ms, set_ms), set_ms
    return SlaClock(start_ms, due_ms, warn_ms, grace_ms, channel, policy.name, policy.version)


def pass_time(clock: SlaClock, metric: str, attributes: Attributes, out: Effects) -> None:
    """Stream time passed `clock.next_ms()`."""
    if clock.phase == RUNNING:
        clock.phase = AT_RISK
        _say(clock, metric, "at_risk", clock.warn_ms, attributes, out)
    else:
        _declare_breach(clock, metric, attributes, out)


def answer(clock: SlaClock, metric: str, at_ms: int, attributes: Attributes, out: Effects) -> None:
    """The clock's promise was fulfilled at `at_ms`."""
    if at_ms <= clock.due_ms:
        _verdict(clock, metric, "met", at_ms, attributes, out)
        return
    if clock.phase != BREACHED:
        _declare_breach(clock, metric, attributes, out)
    _say(clock, metric, "met_late", at_ms, attributes, out)


def cancel(clock: SlaClock, metric: str, at_ms: int, attributes: Attributes, out: Effects) -> None:
    """The clock ended without an answer at `at_ms`; too late to undo a breach."""
    if clock.phase == BREACHED:
        return
    if at_ms <= clock.due_ms:
        _verdict(clock, metric, "cancelled", at_ms, attributes, out)
    else:
        _declare_breach(clock, metric, attributes, out)


def repeat(clock: SlaClock, metric: str, attributes: Attributes, out: Effects) -> None:
    """What was said last of a clock that goes on; nothing if nothing was."""
    if clock.phase == BREACHED:
        _say(clock, metric, "breached", clock.due_ms, attributes, out)
    elif clock.phase == AT_RISK:
        _say(clock, metric, "at_risk", clock.warn_ms, attributes, out)


def _declare_breach(clock: SlaClock, metric: str, attributes: Attributes, out: Effects) -> None:
    clock.phase = BREACHED
    _verdict(clock, metric, "breached", clock.due_ms, attributes, out)


def _verdict(clock: SlaClock, metric: str, outcome: str, at_ms: int, attributes: Attributes, out: Effects) -> None:
    out.counts.append((at_ms, clock.channel, sla_measure(clock.policy, clock.version, metric, outcome)))
    _say(clock, metric, outcome, at_ms, attributes, out)


def _say(clock: SlaClock, metric: str, state: str, at_ms: int, attributes: Attributes, out: Effects) -> None:
    out.transitions.append(
        Transition(
            metric,
            clock.start_ms,
            clock.due_ms,
            state,
            at_ms,
            clock.channel,
            clock.policy,
            clock.version,
            attributes.priority,
            attributes.team,
            attributes.agent,
        )
    )


def retract(clock: SlaClock, metric: str, attributes: Attributes, out: Effects) -> None:
    """The clock's start moves: what was published under the old start is taken back (only an `at_risk` can have been)."""
    if clock.phase == AT_RISK:
        _say(clock, metric, "retracted", clock.warn_ms, attributes, out)
