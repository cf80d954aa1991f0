"""A ticket's timeline for programs: one object for each step, and one for how it stands. Instants RFC 3339, durations in seconds."""

from typing import Any, Final

from app.kpi.effects import Amount, Count, Duration, Transition
from app.kpi.event import AUTHOR_WORDS, CLOSED, KINDS, NOTE, REPLY, Event
from app.kpi.explain import Counted, Present, Step
from app.kpi.instants import text_of
from app.kpi.sla import AT_RISK, BREACHED, RUNNING, SlaClock
from app.kpi.state import CLOSED as CLOSED_STATE
from app.kpi.state import OPEN, UNKNOWN

_TYPES: Final = {kind: word for word, kind in KINDS.items()} | {NOTE: "reply-sent"}
STATUS: Final = {UNKNOWN: "unknown", OPEN: "open", CLOSED_STATE: "closed"}
PHASES: Final = {RUNNING: "running", AT_RISK: "at_risk", BREACHED: "breached"}


def type_of(event: Event) -> str:
    """The event's type as the contract names it."""
    return _TYPES[event.kind]


def author_of(event: Event) -> str | None:
    """The kind of its author, where that decides anything."""
    return AUTHOR_WORDS[event.author] if event.kind in (REPLY, NOTE, CLOSED) else None


def step_content(step: Step) -> dict[str, Any]:
    """One step."""
    return {
        "step": step.cause.value,
        "at": text_of(step.at_ms),
        "stream_time": text_of(step.stream_ms),
        "offset": step.offset,
        **({} if step.event is None else {"event": _event(step.event)}),
        "outcome": step.what,
        **({"detail": step.detail} if step.detail else {}),
        "waits_for_opening": step.is_orphan,
        "counted": [_counted(counted) for counted in step.counted],
        "counts": [_count(count) for count in step.out.counts],
        "durations": [_duration(duration) for duration in step.out.durations],
        "removed_counts": [_count(count) for count in step.out.removed_counts],
        "amounts": [_amount(amount) for amount in step.out.amounts],
        "removed_durations": [_duration(duration) for duration in step.out.removed_durations],
        "sla": [_transition(said) for said in step.out.transitions],
        "clocks_started": [_clock(metric, clock) for metric, clock in step.started],
    }


def present_content(present: Present) -> dict[str, Any]:
    """How it stands at the end."""
    state, timer = present.state, present.next_timer
    return {
        "step": "present",
        "stream_time": _instant(present.stream_ms),
        "status": STATUS[state.status],
        "forgotten_at": _instant(state.forgotten_ms),
        "channel": state.channel or None,
        "priority": state.attributes.priority,
        "team": state.attributes.team,
        "agent_id": state.attributes.agent,
        "waiting_since": _instant(state.wait_ms),
        "clocks": [_clock(metric, clock) for metric, clock in present.clocks],
        "next": None if timer is None else {"at": text_of(timer[0]), "timer": timer[1]},
    }


def _event(event: Event) -> dict[str, Any]:
    named = {
        "author_kind": author_of(event),
        "author_id": event.who,
        "public": False if event.kind == NOTE else None,
        "word": event.word,
        "sets": event.sets,
    }
    return {
        "id": event.id,
        "type": type_of(event),
        "channel": event.channel,
        **{name: value for name, value in named.items() if value is not None},
    }


def _counted(counted: Counted) -> dict[str, Any]:
    return {
        "channel": counted.channel,
        "figures": counted.figures,
        "windows": {window.kind: text_of(window.start_ms) for window in counted.open},
        "too_late_for": {window.kind: text_of(window.start_ms) for window in counted.final},
    }


def _count(count: Count) -> dict[str, Any]:
    at_ms, channel, measure = count
    return {"at": text_of(at_ms), "channel": channel, "measure": measure}


def _duration(duration: Duration) -> dict[str, Any]:
    at_ms, channel, measure, duration_ms, _, _ = duration
    return {"at": text_of(at_ms), "channel": channel, "measure": measure, "seconds": duration_ms / 1000}


def _amount(amount: Amount) -> dict[str, Any]:
    at_ms, channel, measure, millionths = amount
    return {"at": text_of(at_ms), "channel": channel, "measure": measure, "millionths": millionths}


def _transition(said: Transition) -> dict[str, Any]:
    return {
        "metric": said.metric,
        "state": said.state,
        "at": text_of(said.at_ms),
        "started_at": text_of(said.started_ms),
        "due_at": text_of(said.due_ms),
        "channel": said.channel,
        "policy": said.policy,
        "version": said.version,
    }


def _clock(metric: str, clock: SlaClock) -> dict[str, Any]:
    return {
        "metric": metric,
        "phase": PHASES[clock.phase],
        "started_at": text_of(clock.start_ms),
        "at_risk_at": text_of(clock.warn_ms),
        "due_at": text_of(clock.due_ms),
        "declared_after": text_of(clock.due_ms + clock.grace_ms),
        "channel": clock.channel,
        "policy": clock.policy,
        "version": clock.version,
    }


def _instant(at_ms: int | None) -> str | None:
    return text_of(at_ms) if at_ms else None
