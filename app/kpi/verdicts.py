"""What is said of an SLA clock: warned, broken, kept, cancelled, taken back.

The verdict falls at due: met if the stop is at or before it, breached if not, whether or not a stop ever comes, and it counts in the window of
due. A breach is *declared* later, when stream time is past due + grace, so that an answer which is read a little late still counts; what
happens to a clock after due therefore first declares the breach.

  running --warn passed--> at_risk --due + grace passed--> breached --stop--> met_late
     |                        |
     +--stop by due-----------+--> met          a stop that is no answer (close, bot): cancelled; after due: breached stands

A verdict of events that were over a day old when they reached the log is `historic`: said, and counted apart.
When clocks start, stop, pause and are matched with policies: `promises.py`.
"""

from typing import Final

from app.kpi.effects import Effects, Transition
from app.kpi.measures import sla_measure
from app.kpi.rules import ByChannel, Rules
from app.kpi.sla import AT_RISK, BREACHED, RUNNING, Attributes, SlaClock
from app.kpi.state import State

FIRST: Final = "first_response"
NEXT: Final = "next_response"
RESOLUTION: Final = "resolution"


class Verdicts:
    """What becomes of clocks that run, under one configuration."""

    def __init__(self, rules: Rules, by_channel: ByChannel) -> None:
        self._rules = by_channel
        self._has_schedules = any(of.schedule is not None for of in (rules.default, *rules.channels.values()))
        self._publish_all = rules.publish_all

    # -- ending ----------------------------------------------------------------------------------------------------------------------------

    def answer(self, clock: SlaClock, metric: str, at_ms: int, attributes: Attributes, out: Effects) -> None:
        """The clock's promise was fulfilled at `at_ms`."""
        if clock.is_met_at(at_ms):
            self._verdict(clock, metric, "met", at_ms, attributes, out)
            return
        if clock.phase != BREACHED:
            self._declare_breach(clock, metric, attributes, out)
        self._say(clock, metric, "met_late", at_ms, attributes, out)

    def cancel(self, clock: SlaClock, metric: str, at_ms: int, attributes: Attributes, out: Effects) -> None:
        """The clock ended without an answer at `at_ms`; too late to undo a breach."""
        if clock.phase == BREACHED:
            return
        if clock.is_met_at(at_ms):
            self._verdict(clock, metric, "cancelled", at_ms, attributes, out)
        else:
            self._declare_breach(clock, metric, attributes, out)

    # -- time ------------------------------------------------------------------------------------------------------------------------------

    def pass_time(self, clock: SlaClock, metric: str, attributes: Attributes, out: Effects) -> None:
        """Stream time passed `clock.next_ms()`."""
        if clock.phase == RUNNING:
            clock.phase = AT_RISK
            self._say(clock, metric, "at_risk", clock.warn_ms, attributes, out)
        else:
            self._declare_breach(clock, metric, attributes, out)

    def is_open(self, clock: SlaClock, metric: str, at_ms: int, attributes: Attributes, out: Effects) -> bool:
        """Whether a change at `at_ms` can still matter; a due that has passed stays breached."""
        if clock.phase != BREACHED and not clock.is_met_at(at_ms):
            self._declare_breach(clock, metric, attributes, out)
        return clock.phase != BREACHED

    # -- saying ----------------------------------------------------------------------------------------------------------------------------

    def repeat(self, state: State, out: Effects) -> None:
        """What was said last of each SLA clock that runs."""
        for metric, clock in clocks(state):
            if clock.phase == BREACHED:
                self._say(clock, metric, "breached", clock.due_ms, state.attributes, out)
            elif clock.phase == AT_RISK:
                self._say(clock, metric, "at_risk", clock.warn_ms, state.attributes, out)
            elif self._publish_all:
                self._say(clock, metric, "started", clock.start_ms, state.attributes, out)

    def retract(self, clock: SlaClock, metric: str, attributes: Attributes, out: Effects) -> None:
        """The clock's start moves: what was published under the old start is taken back."""
        if clock.phase == AT_RISK or self._publish_all:
            self._say(clock, metric, "retracted", clock.warn_ms, attributes, out)

    def _declare_breach(self, clock: SlaClock, metric: str, attributes: Attributes, out: Effects) -> None:
        clock.phase = BREACHED
        counted = "historic" if clock.historic else "breached"
        out.counts.append((clock.due_ms, clock.channel, sla_measure(clock.policy, clock.version, metric, counted)))
        self._say(clock, metric, "breached", clock.due_ms, attributes, out)

    def _verdict(
        self, clock: SlaClock, metric: str, outcome: str, at_ms: int, attributes: Attributes, out: Effects
    ) -> None:
        """An event stopped the clock."""
        if out.historic:
            clock.historic = True
        counted = "historic" if clock.historic else outcome
        out.counts.append((at_ms, clock.channel, sla_measure(clock.policy, clock.version, metric, counted)))
        self._say(clock, metric, outcome, at_ms, attributes, out)

    def _say(self, clock: SlaClock, metric: str, state: str, at_ms: int, attributes: Attributes, out: Effects) -> None:
        schedule = self._rules[clock.channel].schedule if self._has_schedules else None
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
                clock.historic,
                None if schedule is None else schedule.open_ms(clock.start_ms, at_ms),
            )
        )


def clocks(state: State) -> list[tuple[str, SlaClock]]:
    """The clocks of a ticket that run, each with its metric."""
    each = ((FIRST, state.first_sla), (NEXT, state.next_sla), (RESOLUTION, state.resolution_sla))
    return [(metric, clock) for metric, clock in each if clock is not None]
