"""One ticket as a state machine: what its events, in order, and the passing of time do to its clocks.

Theory of operation
===================
A ticket is `UNKNOWN` until an event opens it, then `OPEN` and `CLOSED` in turn; each stretch of being open is a *round*. Events before the
opening only set attributes. Inside a round these run, each driven by few events:

  wait           starts at a customer message when none runs; ends at a human reply (answered), a bot reply while no human owns the ticket
                 (automated), or a close (cancelled). Several messages in a row are one wait, from the oldest.
  first response starts at a customer message while it is not running and no human reply has ended it; a close cancels it.
  queue          starts with first response; a bot's answer stops it; the next message, or a hand-over to a human, starts it again there.
  ownership      a human owns from a human reply or hand-over to a human, until a hand-over to a bot or a close.
  SLA clocks     first_response runs with the queue clock, next_response with a wait opened after the first human response, resolution with
                 the round (`sla.py`).
  settling       a resolved or idle close settles when nothing reopened it for the settle window; then it is judged (first contact, one touch).

Rules that must never be broken in this file:
* Steps take events in their order (instant, rank, id) and every instant comes from an event or a timer: no clock, no randomness.
* A timer fires when time is strictly past its instant: an event at the very instant comes first. `fire` is called with the earliest timer
  only, and acts at that timer's instant.
* A step changes only the state it is given, and says what follows in `Effects`.

When an event sorts earlier than one already applied, nothing here undoes anything: the ticket runs again from its history (`history.py`).
"""

from collections.abc import Callable
from typing import ClassVar, Final

from app.kpi import sla
from app.kpi.effects import Effects
from app.kpi.event import (
    AGENT,
    ASSIGNED,
    AUTHOR_WORDS,
    AUTHORS,
    AUTOMATION,
    BOT,
    CALL_ENDED,
    CAMPAIGN,
    HANDED_OVER,
    MERGED,
    MESSAGE,
    OPENED,
    PAUSED,
    REOPENED,
    REPLY,
    Event,
)
from app.kpi.event import CLOSED as TICKET_CLOSED
from app.kpi.event import UNKNOWN as UNKNOWN_AUTHOR
from app.kpi.instants import LATE_LIMIT_MS, NEVER
from app.kpi.rules import Rules
from app.kpi.sla import SlaClock
from app.kpi.state import CLOSED, OPEN, UNKNOWN, Settling, State

REOPENING_LOOKS_BACK_MS: Final = 60 * 60_000
"""With `reopen_on_message` off, a reopening starts the waits of messages this old, inclusive."""

Timer = tuple[int, int]
"""(instant, which). The earliest fires; of one instant, a close by silence before the verdict of its round, else in this order."""
_EXPIRY, _FIRST, _NEXT, _RESOLUTION, _SETTLE, _SILENCE, _FORGET, _DROP = range(8)
TIMERS: Final = (
    "expiry",
    "first_response",
    "next_response",
    "resolution",
    "settle",
    "silence",
    "forget",
    "drop",
)
"""What the second part of a `Timer` says."""


class Machine:
    """The transitions, under one configuration."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules.by_channel()

    # -- events ----------------------------------------------------------------------------------------------------------------------------

    def step(self, state: State, event: Event, out: Effects) -> None:
        """Apply the next event of the ticket."""
        if event.at_ms > state.last_ms:
            state.last_ms = event.at_ms
        state.forgotten_ms = None
        if event.sets is not None:
            _label(state, event.sets)
        if state.status == UNKNOWN:
            if not self._opens(event):
                return
            self._open(state, event, out)
        handler = self._HANDLERS.get(event.kind)
        if handler is not None:
            handler(self, state, event, out)

    def _opens(self, event: Event) -> bool:
        if event.kind == REPLY:
            return self._author(event) not in (AUTOMATION, CAMPAIGN)
        return event.kind in _OPENERS

    def _author(self, event: Event) -> int:
        """The author's class; unknown ones as the event's channel has it."""
        if event.author != UNKNOWN_AUTHOR:
            return event.author
        return AUTHORS[self._rules[event.channel].unknown_author]

    def _open(self, state: State, event: Event, out: Effects) -> None:
        state.status = OPEN
        state.channel = event.channel
        state.turn_ms = event.at_ms
        state.since.rounds = 1
        out.counts.append((event.at_ms, event.channel, "tickets_opened"))

    def _reopen(self, state: State, event: Event, out: Effects) -> None:
        state.status = OPEN
        state.channel = event.channel
        state.turn_ms = event.at_ms
        state.first_round = False
        state.round_replied = False
        state.closed_ms = None
        state.since.rounds += 1
        out.counts.append((event.at_ms, event.channel, "tickets_reopened"))
        state.round_ms = None
        if state.opened_ms is not None:
            self._start_round(state, event.at_ms)
        if state.pending is not None:
            self._start_pending(state, event, out)

    def _start_round(self, state: State, at_ms: int) -> None:
        rules = self._rules[state.channel]
        state.round_ms = at_ms
        state.resolution_sla = sla.start(
            at_ms, at_ms, state.channel, rules.default_policy.resolution, rules.default_policy, rules.grace_ms
        )

    def _start_pending(self, state: State, event: Event, out: Effects) -> None:
        earliest_ms = event.at_ms - REOPENING_LOOKS_BACK_MS
        recent = [message for message in state.pending or () if message[0] >= earliest_ms]
        state.pending = None
        if recent:
            start_ms, channel = recent[0]
            self._start_clocks(state, start_ms, event.at_ms, channel, out)

    def _message(self, state: State, event: Event, out: Effects) -> None:
        at_ms, channel = event.at_ms, event.channel
        out.counts.append((at_ms, channel, "messages_received"))
        if state.opened_ms is None:
            state.opened_ms = at_ms
        if state.status == CLOSED:
            if not self._rules[channel].reopen_on_message:
                _remember(state, at_ms, channel)
                return
            self._reopen(state, event, out)
        elif state.first_round and state.round_ms is None:
            self._start_round(state, at_ms)
        if at_ms > state.turn_ms:
            state.turn_ms = at_ms
        self._start_clocks(state, at_ms, at_ms, channel, out)

    def _start_clocks(self, state: State, start_ms: int, set_ms: int, channel: str, out: Effects) -> None:
        """A customer turn that began at `start_ms` and is known at `set_ms` (later only for messages that waited for a reopening)."""
        if state.first_ms is None and not state.first_done:
            state.first_ms, state.first_channel = start_ms, channel
        if state.first_ms is not None and state.queue_ms is None:
            self._start_queue(state, start_ms, set_ms, channel)
        if state.wait_ms is None:
            self._start_wait(state, start_ms, set_ms, channel, out)

    def _start_queue(self, state: State, start_ms: int, set_ms: int, channel: str) -> None:
        rules = self._rules[channel]
        state.queue_ms, state.queue_channel = start_ms, channel
        state.first_sla = sla.start(
            start_ms, set_ms, channel, rules.default_policy.first_response, rules.default_policy, rules.grace_ms
        )

    def _start_wait(self, state: State, start_ms: int, set_ms: int, channel: str, out: Effects) -> None:
        state.wait_ms, state.wait_channel, state.wait_expired = start_ms, channel, False
        state.bot_answered = False
        out.counts.append((set_ms, channel, "waits_opened"))
        if state.first_done:
            rules = self._rules[channel]
            state.next_sla = sla.start(
                start_ms, set_ms, channel, rules.default_policy.next_response, rules.default_policy, rules.grace_ms
            )

    def _reply(self, state: State, event: Event, out: Effects) -> None:
        out.counts.append((event.at_ms, event.channel, _REPLIES_SENT[event.author]))
        author = self._author(event)
        if author == AGENT:
            _count_replier(state.since, event.who)
        elif author == BOT:
            state.since.bot_replied = True
        if author in (AGENT, BOT):
            state.pending = None
        if state.status == CLOSED:
            return
        state.round_replied = True
        if event.at_ms > state.turn_ms:
            state.turn_ms = event.at_ms
        if author == AGENT:
            self._human_reply(state, event.at_ms, out)
        elif author == BOT and state.wait_ms is not None and not state.owned:
            self._bot_answer(state, event.at_ms, out)

    def _human_reply(self, state: State, at_ms: int, out: Effects) -> None:
        state.owned = True
        state.bot_answered = False
        if state.wait_ms is not None:
            wait_ms, channel = state.wait_ms, state.wait_channel
            out.counts.append((at_ms, channel, "waits_answered"))
            if at_ms - wait_ms <= self._rules[channel].reply_limit_ms:
                out.counts.append((at_ms, channel, "waits_answered_in_time"))
            _sample(out, at_ms, channel, "response", wait_ms)
            state.wait_ms, state.wait_channel = None, ""
        if state.first_ms is not None:
            _sample(out, at_ms, state.first_channel, "first_response", state.first_ms)
            if state.queue_ms is not None:
                _sample(out, at_ms, state.queue_channel, "first_response_queue", state.queue_ms)
            state.first_ms = state.queue_ms = None
            state.first_channel = state.queue_channel = ""
            state.first_done = True
        if state.first_sla is not None:
            sla.answer(state.first_sla, "first_response", at_ms, state.attributes, out)
            state.first_sla = None
        if state.next_sla is not None:
            sla.answer(state.next_sla, "next_response", at_ms, state.attributes, out)
            state.next_sla = None

    def _bot_answer(self, state: State, at_ms: int, out: Effects) -> None:
        channel = state.wait_channel
        out.counts.append((at_ms, channel, "waits_automated"))
        _sample(out, at_ms, channel, "automated_response", state.wait_ms or 0)
        state.wait_ms = state.queue_ms = None
        state.bot_answered = True
        _cancel_reply_clocks(state, at_ms, out)

    def _handed_over(self, state: State, event: Event, out: Effects) -> None:
        if state.status == CLOSED:
            return
        if event.word == "bot":
            state.owned = False
            return
        if state.owned:
            return
        state.owned = True
        at_ms, channel = event.at_ms, event.channel
        if state.wait_ms is not None:
            self._move_queue(state, at_ms, out)
        elif state.bot_answered:
            if state.first_ms is not None:
                self._start_queue(state, at_ms, at_ms, channel)
            self._start_wait(state, at_ms, at_ms, channel, out)

    def _move_queue(self, state: State, at_ms: int, out: Effects) -> None:
        """The queue clock starts anew at the hand-over, in the channel it has, unless its promise is already broken."""
        clock = state.first_sla
        if state.queue_ms is None or clock is None or at_ms > clock.due_ms:
            return
        sla.retract(clock, "first_response", state.attributes, out)
        self._start_queue(state, at_ms, at_ms, state.queue_channel)

    def _closed(self, state: State, event: Event, out: Effects) -> None:
        if state.status == OPEN:
            self._close(state, event.at_ms, event.word or "resolved", self._author(event), out)

    def _merged(self, state: State, event: Event, out: Effects) -> None:
        if state.status == OPEN:
            self._close(state, event.at_ms, "merged", self._author(event), out)

    def _close(self, state: State, at_ms: int, reason: str, author: int | None, out: Effects) -> None:
        channel = state.channel
        out.counts.append((at_ms, channel, f"tickets_closed|{reason}"))
        if not state.round_replied:
            out.counts.append((at_ms, channel, "tickets_closed_unanswered"))
        if state.wait_ms is not None:
            out.counts.append((at_ms, state.wait_channel, "waits_cancelled"))
        _cancel_reply_clocks(state, at_ms, out)
        state.wait_ms = state.first_ms = state.queue_ms = None
        self._end_round(state, at_ms, reason, out)
        state.status = CLOSED
        state.owned = state.bot_answered = False
        if reason == "idle":
            state.first_done = False
        if author in (BOT, AUTOMATION):
            state.since.bot_closed = True
        if reason in ("resolved", "idle"):
            state.closed_ms, state.closed_idle = at_ms, reason == "idle"

    def _end_round(self, state: State, at_ms: int, reason: str, out: Effects) -> None:
        clock, state.resolution_sla = state.resolution_sla, None
        if reason != "resolved":
            if clock is not None:
                sla.cancel(clock, "resolution", at_ms, state.attributes, out)
            return
        if state.opened_ms is not None and not state.resolution_given:
            _sample(out, at_ms, state.channel, "resolution", state.opened_ms)
            state.resolution_given = True
        if state.round_ms is not None:
            _sample(out, at_ms, state.channel, "round_resolution", state.round_ms)
        if clock is not None:
            sla.answer(clock, "resolution", at_ms, state.attributes, out)

    def _reopened(self, state: State, event: Event, out: Effects) -> None:
        if state.status == CLOSED:
            self._reopen(state, event, out)

    def _paused(self, state: State, event: Event, out: Effects) -> None:  # noqa: ARG002 - one shape for all handlers
        if state.status == OPEN and event.word in ("on_hold", "third_party"):
            state.since.held = True

    _HANDLERS: ClassVar[dict[int, Callable[["Machine", State, Event, Effects], None]]] = {
        MESSAGE: _message,
        REPLY: _reply,
        HANDED_OVER: _handed_over,
        TICKET_CLOSED: _closed,
        MERGED: _merged,
        REOPENED: _reopened,
        PAUSED: _paused,
    }

    # -- time ------------------------------------------------------------------------------------------------------------------------------

    def next_timer(self, state: State) -> Timer:
        """The earliest timer; (NEVER, …) if there is none."""
        due_ms, which = NEVER, _DROP
        if state.status == OPEN:
            if state.wait_ms is not None:
                if not state.wait_expired:
                    due_ms, which = state.wait_ms + self._rules[state.wait_channel].reply_limit_ms, _EXPIRY
            else:
                silence_ms = self._rules[state.channel].silence_ms
                if silence_ms is not None:
                    due_ms, which = state.turn_ms + silence_ms, _SILENCE
            clock = state.first_sla
            if clock is not None and (next_ms := clock.next_ms()) < due_ms:
                due_ms, which = next_ms, _FIRST
            clock = state.next_sla
            if clock is not None and (next_ms := clock.next_ms()) < due_ms:
                due_ms, which = next_ms, _NEXT
            clock = state.resolution_sla
            if clock is not None and (next_ms := clock.next_ms()) < due_ms:
                due_ms, which = next_ms, _RESOLUTION
        elif state.closed_ms is not None:
            due_ms, which = state.closed_ms + self._rules[state.channel].settle_ms, _SETTLE
        forget_ms = self._forget_ms(state)
        return (
            (forget_ms, _DROP if state.forgotten_ms is not None else _FORGET) if forget_ms < due_ms else (due_ms, which)
        )

    def _forget_ms(self, state: State) -> int:
        if not state.last_ms:
            return NEVER
        if state.forgotten_ms is not None:
            return state.forgotten_ms + LATE_LIMIT_MS  # for what is read late
        rules = self._rules[state.channel]
        silence_ms = rules.forget_open_ms if state.status == OPEN else rules.forget_closed_ms
        return NEVER if silence_ms is None else state.last_ms + silence_ms

    def fire(self, state: State, timer: Timer, out: Effects) -> bool:
        """The earliest timer fires, at its own instant. True if nothing of the ticket needs to be kept any longer."""
        at_ms, which = timer
        if which == _EXPIRY:
            state.wait_expired = True
            out.counts.append((at_ms, state.wait_channel, "waits_expired"))
        elif which == _SETTLE:
            self._settle(state, at_ms, out)
        elif which == _SILENCE:
            self._close(state, at_ms, "idle", None, out)
        elif which == _FORGET:
            self._forget(state, at_ms, out)
        elif which == _DROP:
            _blank(state)
            return True
        else:
            clock, metric = _sla_of(state, which)
            sla.pass_time(clock, metric, state.attributes, out)
        return False

    def _settle(self, state: State, at_ms: int, out: Effects) -> None:
        since, channel, closed_ms = state.since, state.channel, state.closed_ms or 0
        out.counts.append((at_ms, channel, "settled"))
        out.counts.extend((at_ms, channel, measure) for measure in _judge(since))
        if state.opened_ms is not None and state.opened_ms <= closed_ms and not state.closed_idle:
            out.durations.append((at_ms, channel, "full_resolution", closed_ms - state.opened_ms, closed_ms))
        state.closed_ms = None
        state.since = Settling()

    def _forget(self, state: State, at_ms: int, out: Effects) -> None:
        if state.status == OPEN:
            out.counts.append((at_ms, state.channel, "tickets_forgotten"))
            if state.wait_ms is not None:
                out.counts.append((at_ms, state.wait_channel, "waits_forgotten"))
            _cancel_reply_clocks(state, at_ms, out)
            if state.resolution_sla is not None:
                sla.cancel(state.resolution_sla, "resolution", at_ms, state.attributes, out)
        last_ms = state.last_ms
        _blank(state)
        state.forgotten_ms, state.last_ms = at_ms, last_ms


def repeat_clocks(state: State, out: Effects) -> None:
    """What was said last of each SLA clock that runs."""
    if state.first_sla is not None:
        sla.repeat(state.first_sla, "first_response", state.attributes, out)
    if state.next_sla is not None:
        sla.repeat(state.next_sla, "next_response", state.attributes, out)
    if state.resolution_sla is not None:
        sla.repeat(state.resolution_sla, "resolution", state.attributes, out)


def _blank(state: State) -> None:
    """Nothing is known of the ticket any more."""
    blank = State()
    for name in State.__struct_fields__:
        setattr(state, name, getattr(blank, name))


def _label(state: State, sets: dict[str, str | None]) -> None:
    attributes = state.attributes
    if "team" in sets:
        team = sets["team"]
        if state.status != UNKNOWN and attributes.team is not None and team is not None and team != attributes.team:
            state.since.team_changed = True
        attributes.team = team
    if "priority" in sets:
        attributes.priority = sets["priority"]
    if "agent" in sets:
        attributes.agent = sets["agent"]


def _remember(state: State, at_ms: int, channel: str) -> None:
    earliest_ms = at_ms - REOPENING_LOOKS_BACK_MS
    state.pending = [*(message for message in state.pending or () if message[0] >= earliest_ms), (at_ms, channel)]


def _count_replier(since: Settling, who: str | None) -> None:
    since.replies += 1
    if since.repliers == 0:
        since.replier, since.repliers = who, 1
    elif since.replier != who:
        since.repliers = 2


def _sample(out: Effects, at_ms: int, channel: str, measure: str, start_ms: int) -> None:
    """A duration from `start_ms` to `at_ms`; never negative, though an event read after a change of version may end before its start."""
    out.durations.append((at_ms, channel, measure, at_ms - start_ms if at_ms > start_ms else 0, at_ms))


def _cancel_reply_clocks(state: State, at_ms: int, out: Effects) -> None:
    if state.first_sla is not None:
        sla.cancel(state.first_sla, "first_response", at_ms, state.attributes, out)
        state.first_sla = None
    if state.next_sla is not None:
        sla.cancel(state.next_sla, "next_response", at_ms, state.attributes, out)
        state.next_sla = None


def _judge(since: Settling) -> list[str]:
    """Which of the settled counts a close belongs to."""
    answered = since.replies > 0 or since.bot_replied
    verdicts = {
        "first_contact_resolved": answered
        and since.rounds <= 1
        and since.repliers <= 1
        and not (since.team_changed or since.held),
        "one_touch": since.replies == 1,
        "no_human_reply": since.replies == 0,
        "automated": since.replies == 0 and (since.bot_replied or since.bot_closed),
    }
    return [measure for measure, holds in verdicts.items() if holds]


def _sla_of(state: State, which: int) -> tuple[SlaClock, str]:
    clock, metric = {
        _FIRST: (state.first_sla, "first_response"),
        _NEXT: (state.next_sla, "next_response"),
        _RESOLUTION: (state.resolution_sla, "resolution"),
    }[which]
    assert clock is not None, "next_timer names running clocks only"
    return clock, metric


_OPENERS: Final = frozenset((OPENED, MESSAGE, REOPENED, ASSIGNED, CALL_ENDED))
_REPLIES_SENT: Final = tuple(f"replies_sent|{word}" for word in AUTHOR_WORDS)
