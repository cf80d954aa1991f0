"""One ticket as a state machine: what its events, in order, and the passing of time do to its clocks.

Theory of operation
===================
A ticket is `UNKNOWN` until an event opens it, then `OPEN` and `CLOSED` in turn; each stretch of being open is a *round*. Events before the
opening only set attributes. Inside a round these run, each driven by few events:

  waits          and the first response, the queue, who owns the ticket (`waits.py`, `rounds.py`).
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
from app.kpi.dimensions import add, under
from app.kpi.effects import Effects
from app.kpi.event import (
    AGENT,
    ASSIGNED,
    AUTOMATION,
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
from app.kpi.rounds import Rounds
from app.kpi.rules import Rules
from app.kpi.settling import settle
from app.kpi.sla import SlaClock
from app.kpi.state import OPEN, UNKNOWN, State
from app.kpi.timers import TIMERS, Timer, Timers
from app.kpi.verdicts import RESOLUTION as RESOLUTION_METRIC


class Changes(NamedTuple):
    """What an event changes in a ticket's labels."""

    matched: bool
    """Something that policies ask for."""
    agent: bool


class Machine(Rounds):
    """All transitions, under one configuration: those of waits and rounds (`waits.py`, `rounds.py`), and the rest."""

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
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

    def _called(self, state: State, event: Event, out: Effects) -> None:
        handled = effort.called(state, event)
        if handled is None:
            return
        out.counts.append((event.at_ms, event.channel, "handle_methods|voice"))
        out.durations.append(handled)
        agent = (event.more or {}).get("agent")
        if agent is not None and self._dimensions.agents:
            out.durations.append(under(f"agent:{agent}", handled))

    def _survey_sent(self, state: State, event: Event, out: Effects) -> None:
        out.counts.append((event.at_ms, state.channel, "surveys_sent"))

    def _survey_answered(self, state: State, event: Event, out: Effects) -> None:  # noqa: ARG002 - one shape for all handlers
        outcomes.answered(state, event)

    def _ordered(self, state: State, event: Event, out: Effects) -> None:
        outcomes.ordered(state, event, out)

    _HANDLERS: ClassVar[dict[int, Callable[["Machine", State, Event, Effects], None]]] = {
        MESSAGE: Rounds.message,
        REPLY: Rounds.reply,
        HANDED_OVER: Rounds.handed_over,
        TICKET_CLOSED: Rounds.closed,
        MERGED: Rounds.merged,
        REOPENED: Rounds.reopened,
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
        if which in _SLA:
            clock: SlaClock = getattr(state, _SLA[which])
            self.promises.pass_time(clock, TIMERS[which], attributes, own)
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


_SLA: Final = {timers.FIRST: "first_sla", timers.NEXT: "next_sla", timers.RESOLUTION: "resolution_sla"}
"""Where the clock of a timer is; there is one, or the timer would not be set."""
_OPENERS: Final = frozenset((OPENED, MESSAGE, REOPENED, ASSIGNED, CALL_ENDED))
_ACTIONS: Final = frozenset((ASSIGNED, LABELLED, PAUSED, TICKET_CLOSED, MERGED))
