"""Opened, closed, opened again: the rounds of a ticket, and what ends with them.

A round runs from opening or reopening to closing; the next customer message, or a reopening of the source's own, begins another.
"""

from typing import Final

from app.kpi import effort
from app.kpi.effects import Effects
from app.kpi.event import AGENT, AUTOMATION, BOT, Event
from app.kpi.samples import RESOLUTION, ROUND_RESOLUTION, close_samples
from app.kpi.state import CLOSED, OPEN, State
from app.kpi.verdicts import RESOLUTION as RESOLUTION_METRIC
from app.kpi.waits import Waits

REOPENING_LOOKS_BACK_MS: Final = 60 * 60_000
"""With `reopen_on_message` off, a reopening starts the waits of messages this old, inclusive."""
_PENDING_KEPT: Final = 1_000
"""Messages on a closed ticket within an hour; later ones start no wait and count in none."""


class Rounds(Waits):
    """The transitions of rounds, under one configuration."""

    def _open(self, state: State, event: Event, out: Effects) -> None:
        state.begun_ms = event.at_ms
        self._turn(state, event)
        out.counts.append((event.at_ms, event.channel, "tickets_opened"))

    def _turn(self, state: State, event: Event) -> None:
        """A round begins."""
        state.status = OPEN
        state.channel = event.channel
        state.turn_ms = state.turned_ms = event.at_ms
        state.since.rounds += 1
        effort.begin_round(state, event.at_ms)

    def message(self, state: State, event: Event, out: Effects) -> None:
        """A customer wrote."""
        at_ms, channel = event.at_ms, event.channel
        rules = self._rules[channel]
        out.counts.append((at_ms, channel, "messages_received"))
        if event.more is not None:
            out.counts += [(at_ms, channel, f"{_TOLD[name]}|{word}") for name, word in event.more.items()]
        if rules.schedule is not None and not rules.schedule.is_open(at_ms):
            out.counts.append((at_ms, channel, "messages_received_off_hours"))
        if state.opened_ms is None:
            state.opened_ms = at_ms
        if state.status == CLOSED:
            if not rules.reopen_on_message:
                _remember(state, at_ms, channel)
                return
            self._reopen(state, event, out)
        elif state.first_round and state.round_ms is None:
            self._start_round(state, at_ms, out)
        if at_ms > state.turn_ms:
            state.turn_ms = at_ms
        if state.pauses is not None:
            lasting = state.pause()
            if lasting is not None and lasting.reason in ("customer", "snoozed"):
                self._resume(state, at_ms, out)
        if state.wait_ms is not None:
            state.wait_messages += 1
            if state.wait_actioned:
                out.counts.append((at_ms, state.wait_channel, "messages_actioned"))
        self._start_clocks(state, at_ms, at_ms, channel, 1, out)

    def _reopen(self, state: State, event: Event, out: Effects) -> None:
        self._turn(state, event)
        state.first_round = state.round_replied = state.surveyed = False
        state.closed_ms = None
        out.counts.append((event.at_ms, event.channel, "tickets_reopened"))
        state.round_ms = None
        if state.opened_ms is not None:
            self._start_round(state, event.at_ms, out)
        if state.pending is not None:
            self._start_pending(state, event, out)

    def reopened(self, state: State, event: Event, out: Effects) -> None:
        """The source says that it is open again."""
        if state.status == CLOSED:
            self._reopen(state, event, out)

    def _start_round(self, state: State, at_ms: int, out: Effects) -> None:
        state.round_ms = at_ms
        self.promises.start_resolution(state, at_ms, out)

    def _start_pending(self, state: State, event: Event, out: Effects) -> None:
        earliest_ms = event.at_ms - REOPENING_LOOKS_BACK_MS
        recent = [message for message in state.pending or () if message[0] >= earliest_ms]
        state.pending = None
        if recent:
            start_ms, channel = recent[0]
            self._start_clocks(state, start_ms, event.at_ms, channel, len(recent), out)

    def closed(self, state: State, event: Event, out: Effects) -> None:
        """Somebody or something closed the ticket."""
        if state.status == OPEN:
            author = self._author(event)
            self._close(state, event.at_ms, event.word or "resolved", author, out)
            if self._dimensions.agents and author == AGENT and event.who is not None:
                closed = f"tickets_closed|{event.word or 'resolved'}"
                out.counts.append((event.at_ms, f"agent:{event.who}", closed))

    def merged(self, state: State, event: Event, out: Effects) -> None:
        """The ticket goes on inside another."""
        if state.status == OPEN:
            self._close(state, event.at_ms, "merged", self._author(event), out)

    def _close(self, state: State, at_ms: int, reason: str, author: int | None, out: Effects) -> None:
        channel = state.channel
        out.counts.append((at_ms, channel, f"tickets_closed|{reason}"))
        if not state.round_replied:
            out.counts.append((at_ms, channel, "tickets_closed_unanswered"))
        if state.wait_ms is not None:
            out.counts.append((at_ms, state.wait_channel, "waits_cancelled"))
        self.promises.cancel_reply_clocks(state, at_ms, out)
        state.wait_ms = state.first_ms = state.queue_ms = None
        self._complete(state, at_ms, out)
        self._end_round(state, at_ms, reason, out)
        state.status = CLOSED
        state.work = None
        state.owned = state.bot_answered = False
        if reason == "idle":
            state.first_done = False
        if author in (BOT, AUTOMATION):
            state.since.bot_closed = True
        if reason in ("resolved", "idle"):
            state.closed_ms, state.closed_idle = at_ms, reason == "idle"

    def _complete(self, state: State, at_ms: int, out: Effects) -> None:
        """Who has the ticket gets the credit of its close."""
        agent = state.attributes.agent
        if agent is not None:
            out.counts.append((at_ms, state.channel, "tickets_completed"))
            if self._dimensions.agents:
                out.counts.append((at_ms, f"agent:{agent}", "tickets_completed"))

    def _end_round(self, state: State, at_ms: int, reason: str, out: Effects) -> None:
        if state.pause() is not None:
            self._resume(state, at_ms, out)
        clock, state.resolution_sla = state.resolution_sla, None
        if reason != "resolved":
            if clock is not None:
                self.promises.cancel(clock, RESOLUTION_METRIC, at_ms, state.attributes, out)
            return
        self._give_resolution(state, at_ms, out)
        if clock is not None:
            self.promises.answer(clock, RESOLUTION_METRIC, at_ms, state.attributes, out)

    def _give_resolution(self, state: State, at_ms: int, out: Effects) -> None:
        channel = state.channel
        rules = self._rules[channel]
        starts_ms = {} if state.round_ms is None else {ROUND_RESOLUTION: state.round_ms}
        if state.opened_ms is not None and not state.resolution_given:
            starts_ms[RESOLUTION] = state.opened_ms
            state.resolution_given = True
        handle = effort.handled(state, at_ms, rules)
        if handle is not None:
            out.counts.append((at_ms, channel, handle[0]))
        close_samples(out, rules, at_ms, channel, starts_ms, state.pauses or (), handle and handle[1:])

    def _resume(self, state: State, at_ms: int, out: Effects) -> None:
        effort.resume(state, at_ms)
        self.promises.resume(state, at_ms, out)


def _remember(state: State, at_ms: int, channel: str) -> None:
    earliest_ms = at_ms - REOPENING_LOOKS_BACK_MS
    recent = [message for message in state.pending or () if message[0] >= earliest_ms]
    state.pending = [*recent, (at_ms, channel)] if len(recent) < _PENDING_KEPT else recent


_TOLD: Final = {"sentiment": "messages_by_sentiment", "quick_reply": "quick_replies"}
"""What a message tells beside itself, and the measure of it."""
