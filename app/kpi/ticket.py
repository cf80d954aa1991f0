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
                 the round (`promises.py`).
  settling       a resolved or idle close settles when nothing reopened it for the settle window; then it is judged (`settling.py`).
  pauses, work   what agents did with it, and how long they had it (`effort.py`).
  outcomes       answers to surveys, orders, calls that became messages (`outcomes.py`).

Rules that must never be broken in this file:
* Steps take events in their order (instant, rank, id) and every instant comes from an event or a timer: no clock, no randomness.
* `fire` is called with the earliest timer only (`timers.py`), and acts at that timer's instant.
* A step changes only the state it is given, and says what follows in `Effects`.

When an event sorts earlier than one already applied, nothing here undoes anything: the ticket runs again from its history (`history.py`).
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final, NamedTuple

from app.kpi import effort, outcomes, timers
from app.kpi.dimensions import Dimensions, add, under
from app.kpi.effects import Effects
from app.kpi.event import (
    AGENT,
    ASSIGNED,
    AUTHOR_WORDS,
    AUTHORS,
    AUTOMATION,
    BOT,
    CALL_ENDED,
    CALL_OFFERED,
    CAMPAIGN,
    HANDED_OVER,
    LABELLED,
    MERGED,
    MESSAGE,
    OPENED,
    ORDER,
    PAUSED,
    REOPENED,
    REPLY,
    RESUMED,
    SURVEY_ANSWERED,
    SURVEY_SENT,
    Event,
)
from app.kpi.event import CLOSED as TICKET_CLOSED
from app.kpi.event import UNKNOWN as UNKNOWN_AUTHOR
from app.kpi.measures import together
from app.kpi.promises import RESOLUTION as RESOLUTION_METRIC
from app.kpi.promises import Promises
from app.kpi.rules import Rules
from app.kpi.samples import (
    FIRST_ACTION,
    FIRST_RESPONSE,
    QUEUE,
    RESOLUTION,
    RESPONSE,
    ROUND_RESOLUTION,
    Stretches,
    close_samples,
    reply_samples,
    short_sample,
)
from app.kpi.settling import count_replier, settle
from app.kpi.sla import SlaClock
from app.kpi.state import CLOSED, OPEN, UNKNOWN, State
from app.kpi.timers import TIMERS, Timer, Timers

REOPENING_LOOKS_BACK_MS: Final = 60 * 60_000
"""With `reopen_on_message` off, a reopening starts the waits of messages this old, inclusive."""
_PENDING_KEPT: Final = 1_000
"""Messages on a closed ticket within an hour; later ones start no wait and count in none."""
_ANSWERED_KEPT: Final = 100
"""Agents and teams of one ticket; later ones are not counted, so that a ticket fits into a record."""


class Changes(NamedTuple):
    """What an event changes in a ticket's labels."""

    matched: bool
    """Something that policies ask for."""
    agent: bool


class Machine:
    """The transitions, under one configuration."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules.by_channel()
        self._dimensions = Dimensions(rules.dimensions)
        self.promises = Promises(rules, self._rules)
        self.next_timer = Timers(self._rules).next

    # -- events ----------------------------------------------------------------------------------------------------------------------------

    def step(self, state: State, event: Event, out: Effects) -> None:
        """Apply the next event of the ticket."""
        at_ms, kind, sets = event.at_ms, event.kind, event.sets
        if at_ms > state.last_ms:
            state.last_ms = at_ms
        state.forgotten_ms = None
        out.historic = event.historic
        changes = None if sets is None else _label(state, sets)
        attributes = state.attributes
        is_plain = attributes.team is None and attributes.topic is None and attributes.tags is None
        own = out if is_plain else Effects(historic=event.historic)
        if kind == CALL_OFFERED:
            outcomes.offered(event, own)
        if state.status != UNKNOWN or self._opens(event):
            if changes is not None:
                self._relabelled(state, event, changes, own)
            elif state.status == UNKNOWN:
                self._open(state, event, own)
            if (
                state.wait_ms is not None
                and kind in _ACTIONS
                and not state.wait_actioned
                and self._author(event) == AGENT
            ):
                self._act(state, at_ms, own)
            handler = self._HANDLERS.get(kind)
            if handler is not None:
                handler(self, state, event, own)
        if own is not out:
            add(own, self._dimensions.of(attributes), out)

    def _relabelled(self, state: State, event: Event, changes: Changes, out: Effects) -> None:
        """Something that the event says of the ticket counts now, if it is open or opens."""
        if state.status == UNKNOWN:
            self._open(state, event, out)
        elif changes.matched and state.status == OPEN:
            self.promises.match_again(state, event.at_ms, out)
        if changes.agent:
            self._assign(state, event, out)

    def _opens(self, event: Event) -> bool:
        if event.kind == REPLY:
            return self._author(event) not in (AUTOMATION, CAMPAIGN)
        return event.kind in _OPENERS

    def _author(self, event: Event) -> int:
        """The author's class; unknown ones as the event's channel has it."""
        if event.author != UNKNOWN_AUTHOR:
            return event.author
        return AUTHORS[self._rules[event.channel].unknown_author]

    # -- rounds ----------------------------------------------------------------------------------------------------------------------------

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

    def _closed(self, state: State, event: Event, out: Effects) -> None:
        if state.status == OPEN:
            author = self._author(event)
            self._close(state, event.at_ms, event.word or "resolved", author, out)
            if self._dimensions.agents and author == AGENT and event.who is not None:
                closed = f"tickets_closed|{event.word or 'resolved'}"
                out.counts.append((event.at_ms, f"agent:{event.who}", closed))

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

    def _reopened(self, state: State, event: Event, out: Effects) -> None:
        if state.status == CLOSED:
            self._reopen(state, event, out)

    # -- messages and replies --------------------------------------------------------------------------------------------------------------

    def _message(self, state: State, event: Event, out: Effects) -> None:
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

    def _start_clocks(
        self, state: State, start_ms: int, set_ms: int, channel: str, messages: int, out: Effects
    ) -> None:
        """A customer turn that began at `start_ms` and is known at `set_ms` (later only for messages that waited for a reopening)."""
        if state.first_ms is None and not state.first_done:
            state.first_ms, state.first_channel = start_ms, channel
        if state.first_ms is not None and state.queue_ms is None:
            self._start_queue(state, start_ms, set_ms, channel, out)
        if state.wait_ms is None:
            self._start_wait(state, start_ms, set_ms, channel, messages, out)

    def _start_queue(self, state: State, start_ms: int, set_ms: int, channel: str, out: Effects) -> None:
        state.queue_ms, state.queue_channel = start_ms, channel
        self.promises.start_first(state, set_ms, channel, out)

    def _start_wait(self, state: State, start_ms: int, set_ms: int, channel: str, messages: int, out: Effects) -> None:
        state.wait_ms, state.wait_channel, state.wait_expired = start_ms, channel, False
        state.wait_messages, state.wait_actioned = messages, False
        state.bot_answered = False
        out.counts.append((set_ms, channel, "waits_opened"))
        if state.first_done:
            self.promises.start_next(state, start_ms, set_ms, channel, out)

    def _act(self, state: State, at_ms: int, out: Effects) -> None:
        """Somebody did something about a wait, and nobody had before."""
        state.wait_actioned = True
        channel = state.wait_channel
        out.counts += [(at_ms, channel, "messages_actioned")] * state.wait_messages
        reply_samples(out, self._rules, at_ms, {(channel, state.wait_ms or 0): FIRST_ACTION})

    def _reply(self, state: State, event: Event, out: Effects) -> None:
        at_ms = event.at_ms
        out.counts.append((at_ms, event.channel, _REPLIES_SENT[event.author]))
        author = self._author(event)
        if author == AGENT:
            count_replier(state.since, event.who)
            state.replier = event.who
            if self._dimensions.agents or state.attributes.team is not None:
                self._credit(state, event, out)
        elif author == BOT:
            state.since.bot_replied = True
        if author in (AGENT, BOT):
            state.pending = None
        if state.status == CLOSED:
            return
        state.round_replied = True
        if at_ms > state.turn_ms:
            state.turn_ms = at_ms
        if author == AGENT:
            self._human_reply(state, at_ms, event.who, out)
        elif author == BOT and state.wait_ms is not None and not state.owned:
            self._bot_answer(state, at_ms, out)

    def _credit(self, state: State, event: Event, out: Effects) -> None:
        """A human reply counts for its author and, the first of each agent and team, as a ticket answered."""
        who, team = event.who, state.attributes.team
        agent = f"agent:{who}" if who is not None and self._dimensions.agents else None
        if agent is not None:
            out.counts.append((event.at_ms, agent, _REPLIES_SENT[event.author]))
        for name in (agent, f"team:{team}" if team is not None and self._dimensions.teams else None):
            if name is not None and name not in (known := state.answered or []) and len(known) < _ANSWERED_KEPT:
                state.answered = [*known, name]
                out.counts.append((event.at_ms, name, "tickets_answered"))

    def _human_reply(self, state: State, at_ms: int, who: str | None, out: Effects) -> None:
        state.owned = True
        state.bot_answered = False
        mine = len(out.counts), len(out.durations)
        if (
            state.opened_ms is not None
            and state.work is not None
            and (assigned_ms := effort.touched(state, who)) is not None
        ):
            short_sample(out, self._rules[state.channel], at_ms, state.channel, "first_touch", assigned_ms)
        stretches: Stretches = {}
        if state.wait_ms is not None:
            self._end_wait(state, at_ms, stretches, out)
        if state.first_ms is not None:
            _end_first(state, stretches)
        reply_samples(out, self._rules, at_ms, stretches)
        if who is not None and self._dimensions.agents:
            name = f"agent:{who}"
            out.counts += [(at_ms, name, measure) for _, _, measure in out.counts[mine[0] :]]
            out.durations += [under(name, duration) for duration in out.durations[mine[1] :]]
        self.promises.answer_reply_clocks(state, at_ms, out)

    def _end_wait(self, state: State, at_ms: int, stretches: Stretches, out: Effects) -> None:
        """A human answered."""
        wait_ms, channel, messages = state.wait_ms or 0, state.wait_channel, state.wait_messages
        actioned, in_time = state.wait_actioned, at_ms - wait_ms <= self._rules[channel].reply_limit_ms
        out.counts.append((at_ms, channel, _ANSWERED[in_time, messages > 0, actioned]))
        if messages > 1:
            out.counts += [(at_ms, channel, _MESSAGE_ANSWERED[actioned])] * (messages - 1)
        stretches[channel, wait_ms] = RESPONSE if actioned else RESPONSE | FIRST_ACTION
        state.wait_ms, state.wait_channel = None, ""

    def _bot_answer(self, state: State, at_ms: int, out: Effects) -> None:
        channel = state.wait_channel
        out.counts.append((at_ms, channel, "waits_automated"))
        short_sample(out, self._rules[channel], at_ms, channel, "automated_response", state.wait_ms or 0)
        state.wait_ms = state.queue_ms = None
        state.bot_answered = True
        self.promises.bot_answered(state, at_ms, out)

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
                self._start_queue(state, at_ms, at_ms, channel, out)
            self._start_wait(state, at_ms, at_ms, channel, 0, out)

    def _move_queue(self, state: State, at_ms: int, out: Effects) -> None:
        """The queue clock starts anew at the hand-over, in the channel it has, unless its promise is already broken."""
        clock = state.first_sla
        if state.queue_ms is None or clock is None or at_ms > clock.due_ms:
            return
        if clock.customer:
            state.queue_ms = at_ms
            return
        self.promises.retract(clock, "first_response", state.attributes, out)
        state.first_sla = None
        self._start_queue(state, at_ms, at_ms, state.queue_channel, out)

    # -- work and outcomes -----------------------------------------------------------------------------------------------------------------

    def _assign(self, state: State, event: Event, out: Effects) -> None:
        """Another agent, or none, has the ticket."""
        agent = state.attributes.agent
        if state.status == OPEN:
            effort.assign(state, event.at_ms, self._rules[state.channel])
        if agent is not None:
            out.counts.append((event.at_ms, state.channel, "tickets_assigned"))
            if self._dimensions.agents:
                out.counts.append((event.at_ms, f"agent:{agent}", "tickets_assigned"))

    def _paused(self, state: State, event: Event, out: Effects) -> None:
        reason = event.word or "other"
        if state.status != OPEN:
            return
        if reason in ("on_hold", "third_party"):
            state.since.held = True
        lasting = state.pause()
        if lasting is not None:
            if lasting.reason == reason:
                return
            self._resume(state, event.at_ms, out)
        pause = effort.pause(state, event.at_ms, reason, self._rules[state.channel])
        if pause is not None:
            self.promises.pause(state, pause, out)

    def _resumed(self, state: State, event: Event, out: Effects) -> None:
        if state.pause() is not None:
            self._resume(state, event.at_ms, out)

    def _resume(self, state: State, at_ms: int, out: Effects) -> None:
        effort.resume(state, at_ms)
        self.promises.resume(state, at_ms, out)

    def _called(self, state: State, event: Event, out: Effects) -> None:
        effort.called(state, event, out)
        agent = (event.more or {}).get("agent")
        if agent is not None and self._dimensions.agents:
            out.durations.append(under(f"agent:{agent}", out.durations[-1]))

    def _survey_sent(self, state: State, event: Event, out: Effects) -> None:
        out.counts.append((event.at_ms, state.channel, "surveys_sent"))

    def _survey_answered(self, state: State, event: Event, out: Effects) -> None:  # noqa: ARG002 - one shape for all handlers
        outcomes.answered(state, event)

    def _ordered(self, state: State, event: Event, out: Effects) -> None:
        outcomes.ordered(state, event, out)

    _HANDLERS: ClassVar[dict[int, Callable[["Machine", State, Event, Effects], None]]] = {
        MESSAGE: _message,
        REPLY: _reply,
        HANDED_OVER: _handed_over,
        TICKET_CLOSED: _closed,
        MERGED: _merged,
        REOPENED: _reopened,
        PAUSED: _paused,
        RESUMED: _resumed,
        CALL_ENDED: _called,
        SURVEY_SENT: _survey_sent,
        SURVEY_ANSWERED: _survey_answered,
        ORDER: _ordered,
    }

    # -- time ------------------------------------------------------------------------------------------------------------------------------

    def fire(self, state: State, timer: Timer, out: Effects) -> bool:
        """The earliest timer fires, at its own instant. True if nothing of the ticket needs to be kept any longer."""
        at_ms, which = timer
        if which == timers.DROP:
            _blank(state)
            return True
        out.historic = False
        attributes = state.attributes
        is_plain = attributes.team is None and attributes.topic is None and attributes.tags is None
        names = [] if is_plain else self._dimensions.of(attributes)  # forgetting takes them away
        own = out if is_plain else Effects()
        if timers.FIRST <= which <= timers.RESOLUTION:
            clock, metric = _sla_of(state, which)
            self.promises.pass_time(clock, metric, attributes, own)
        else:
            self._TIMERS[which](self, state, at_ms, own)
        if own is not out:
            add(own, names, out)
        return False

    def _expire(self, state: State, at_ms: int, out: Effects) -> None:
        state.wait_expired = True
        out.counts.append((at_ms, state.wait_channel, "waits_expired"))

    def _settle(self, state: State, at_ms: int, out: Effects) -> None:
        settle(state, at_ms, self._rules, out)

    def _close_idle(self, state: State, at_ms: int, out: Effects) -> None:
        self._close(state, at_ms, "idle", None, out)

    def _count_survey(self, state: State, at_ms: int, out: Effects) -> None:
        first = len(out.counts)
        survey = outcomes.count_survey(state, at_ms, out)
        if survey.agent is not None and self._dimensions.agents:
            out.counts += [(at_ms, f"agent:{survey.agent}", measure) for _, _, measure in out.counts[first:]]

    def _forget(self, state: State, at_ms: int, out: Effects) -> None:
        if state.status == OPEN:
            out.counts.append((at_ms, state.channel, "tickets_forgotten"))
            if state.wait_ms is not None:
                out.counts.append((at_ms, state.wait_channel, "waits_forgotten"))
            self.promises.cancel_reply_clocks(state, at_ms, out)
            if state.resolution_sla is not None:
                self.promises.cancel(state.resolution_sla, RESOLUTION_METRIC, at_ms, state.attributes, out)
        last_ms = state.last_ms
        _blank(state)
        state.forgotten_ms, state.last_ms = at_ms, last_ms

    _TIMERS: ClassVar[dict[int, Callable[["Machine", State, int, Effects], None]]] = {
        timers.EXPIRY: _expire,
        timers.SETTLE: _settle,
        timers.SILENCE: _close_idle,
        timers.SURVEY: _count_survey,
        timers.FORGET: _forget,
    }


def _end_first(state: State, stretches: Stretches) -> None:
    """The first human response."""
    place = state.first_channel, state.first_ms or 0
    stretches[place] = stretches.get(place, 0) | FIRST_RESPONSE
    if state.queue_ms is not None:
        place = state.queue_channel, state.queue_ms
        stretches[place] = stretches.get(place, 0) | QUEUE
    state.first_ms = state.queue_ms = None
    state.first_channel = state.queue_channel = ""
    state.first_done = True


def _sla_of(state: State, which: int) -> tuple[SlaClock, str]:
    clock = (
        state.first_sla if which == timers.FIRST else state.next_sla if which == timers.NEXT else state.resolution_sla
    )
    assert clock is not None, "a timer is that of a running clock"
    return clock, TIMERS[which]


def _blank(state: State) -> None:
    """Nothing is known of the ticket any more."""
    blank = State()
    for name in State.__struct_fields__:
        setattr(state, name, getattr(blank, name))


def _label(state: State, sets: dict[str, Any]) -> Changes:
    """What an event says of the ticket; and whether that changes what policies ask for, or who has it."""
    attributes = state.attributes
    before = attributes.priority, attributes.team, attributes.tags, attributes.agent
    if "team" in sets:
        team = sets["team"] or None
        if state.status != UNKNOWN and attributes.team is not None and team is not None and team != attributes.team:
            state.since.team_changed = True
        attributes.team = team
    for name in ("priority", "agent", "topic", "tags"):
        if name in sets:
            setattr(attributes, name, sets[name] or None)
    priority, team, tags, agent = before
    return Changes(
        (priority, team, tags) != (attributes.priority, attributes.team, attributes.tags), agent != attributes.agent
    )


def _remember(state: State, at_ms: int, channel: str) -> None:
    earliest_ms = at_ms - REOPENING_LOOKS_BACK_MS
    recent = [message for message in state.pending or () if message[0] >= earliest_ms]
    state.pending = [*recent, (at_ms, channel)] if len(recent) < _PENDING_KEPT else recent


_OPENERS: Final = frozenset((OPENED, MESSAGE, REOPENED, ASSIGNED, CALL_ENDED))
_ACTIONS: Final = frozenset((ASSIGNED, LABELLED, PAUSED, TICKET_CLOSED, MERGED))
_REPLIES_SENT: Final = tuple(f"replies_sent|{word}" for word in AUTHOR_WORDS)
_TOLD: Final = {"sentiment": "messages_by_sentiment", "quick_reply": "quick_replies"}
"""What a message tells beside itself, and the measure of it."""
_MESSAGE_ANSWERED: Final = {
    True: "messages_answered",
    False: together("messages_answered", "messages_actioned"),
}
"""By whether an action came before the answer."""
_ANSWERED: Final = {
    (in_time, has_message, actioned): together(
        "waits_answered",
        *(["waits_answered_in_time"] if in_time else []),
        *(["messages_answered"] if has_message else []),
        *(["messages_actioned"] if has_message and not actioned else []),
    )
    for in_time in (True, False)
    for has_message in (True, False)
    for actioned in (True, False)
}
"""By whether it was in time, whether a message waited (not only a hand-over), and whether an action came before."""
