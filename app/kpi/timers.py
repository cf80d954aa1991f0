"""When something happens to a ticket by itself: the earliest instant that time must pass.

A ticket has one timer at a time, computed anew after each change from what runs. It fires when time is strictly past its instant: an event at the
very instant comes first.
"""

from typing import Final

from app.kpi.instants import HOUR_MS, LATE_LIMIT_MS, NEVER
from app.kpi.rules import ByChannel
from app.kpi.state import OPEN, State

Timer = tuple[int, int]
"""(instant, which). The earliest fires; of one instant, a close by silence before the verdict of its round, else in this order."""
EXPIRY, FIRST, NEXT, RESOLUTION, SETTLE, SILENCE, SURVEY, FORGET, DROP = range(9)
TIMERS: Final = (
    "expiry",
    "first_response",
    "next_response",
    "resolution",
    "settle",
    "silence",
    "survey",
    "forget",
    "drop",
)
"""What the second part of a `Timer` says."""
MOVING: Final = frozenset((FIRST, NEXT, SILENCE, FORGET))
"""Those after which a ticket can add something else to the levels (`State.level`)."""
SURVEY_MS: Final = HOUR_MS
"""How long a customer may change an answer."""


class Timers:
    """The timers of tickets, under one configuration."""

    def __init__(self, by_channel: ByChannel) -> None:
        self._rules = by_channel

    def next(self, state: State) -> Timer:
        """The earliest timer; (NEVER, …) if there is none."""
        due_ms, which = NEVER, DROP
        rules, is_open = self._rules[state.channel], state.status == OPEN
        if is_open:
            if state.wait_ms is not None:
                if not state.wait_expired:
                    due_ms, which = state.wait_ms + self._rules[state.wait_channel].reply_limit_ms, EXPIRY
            elif rules.silence_ms is not None:
                due_ms, which = state.turn_ms + rules.silence_ms, SILENCE
            clock = state.first_sla
            if clock is not None and (next_ms := clock.next_ms()) < due_ms:
                due_ms, which = next_ms, FIRST
            clock = state.next_sla
            if clock is not None and (next_ms := clock.next_ms()) < due_ms:
                due_ms, which = next_ms, NEXT
            clock = state.resolution_sla
            if clock is not None and (next_ms := clock.next_ms()) < due_ms:
                due_ms, which = next_ms, RESOLUTION
        elif state.closed_ms is not None:
            due_ms, which = state.closed_ms + rules.settle_ms, SETTLE
        if state.surveys is not None and (next_ms := state.surveys[0].first_ms + SURVEY_MS) < due_ms:
            due_ms, which = next_ms, SURVEY
        if state.forgotten_ms is not None:
            next_ms = state.forgotten_ms + LATE_LIMIT_MS  # for what is read late
            return (next_ms, DROP) if next_ms < due_ms else (due_ms, which)
        silence_ms = rules.forget_open_ms if is_open else rules.forget_closed_ms
        if silence_ms is not None and state.last_ms and (next_ms := state.last_ms + silence_ms) < due_ms:
            return next_ms, FORGET
        return due_ms, which
