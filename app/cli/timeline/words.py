"""A ticket's timeline for people: what each step did, in words. Tables; what figures mean stands in `app/kpi/measures.py`."""

from collections.abc import Iterator
from typing import Final

from app.cli.board.words import instant_of, safe_text, seconds_text
from app.cli.timeline.content import STATUS, author_of, type_of
from app.kpi.effects import Count, Transition
from app.kpi.event import NOTE, Event
from app.kpi.explain import Cause, Counted, Present, Step
from app.kpi.sla import AT_RISK, BREACHED, SlaClock
from app.kpi.state import OPEN, UNKNOWN
from app.kpi.windows import Window

_SIGNS: Final = 120

_OUTCOMES: Final = {
    "duplicate": "no effect: an event with this id was read before (duplicate)",
    "conflicting": "no effect: an event with this id but other content was read before, and the first one counts (conflicting)",
    "too_old": "no effect: it sorts before what the ticket still keeps apart, 7 days and 256 events (too old)",
    "revised": "read late: what happened after it was known already, so the ticket ran again with it in its place (revised)",
}

_COUNTS: Final = {
    "tickets_opened": "the ticket opened",
    "tickets_reopened": "the ticket opened again: a new round",
    "tickets_forgotten": "the open ticket was forgotten",
    "waits_opened": "a wait began",
    "waits_answered": "the wait was answered",
    "waits_automated": "a bot ended the wait",
    "waits_cancelled": "the close ended the wait, without an answer",
    "waits_expired": "the wait passed the reply limit: not answered, in the response rate",
    "waits_forgotten": "its wait was forgotten with it",
    "tickets_closed_unanswered": "nobody had replied in this round",
    "settled": "the close held: it settled",
}

_TIMERS: Final = {
    "expiry": "the reply limit of the wait",
    "first_response": "the first_response clock",
    "next_response": "the next_response clock",
    "resolution": "the resolution clock",
    "settle": "the settle window of the close",
    "silence": "the silence that closes a ticket",
    "forget": "the silence after which a ticket is forgotten",
    "drop": "the day for which a forgotten ticket's state is kept",
}

_NEXT: Final = {
    "expiry": "the wait counts as not answered in the response rate",
    "settle": "the close settles, unless something opens the ticket again",
    "silence": "the ticket is closed as idle, unless somebody writes",
    "forget": "the ticket is forgotten, unless something happens to it",
    "drop": "nothing of the ticket is kept any more",
}


def heading(step: Step) -> str:
    """What came: an event, time, or something that is none."""
    if step.event is not None:
        return f"{_event(step.event)}  (offset {step.offset}, id {safe_text(step.event.id, _SIGNS)})"
    if step.cause is Cause.TIMER:
        return f"time passed {_TIMERS[step.what]}"
    detail = f": {safe_text(step.detail, _SIGNS)}" if step.detail else ""
    return f"refused, a dead letter ({step.what}{detail})  (offset {step.offset})"


def lines(step: Step) -> Iterator[str]:
    """What it did, line by line."""
    if step.what in _OUTCOMES and step.cause is Cause.EVENT:
        yield _OUTCOMES[step.what]
    if step.is_orphan:
        yield "the ticket is not open yet: it waits in the history for what opens it"
    out = step.out
    for count in out.counts:
        if (said := _count(count)) is not None:
            yield said + _elsewhere(count[0], step)
    for at_ms, channel, measure, duration_ms, _, _ in out.durations:
        yield f"{measure}: {seconds_text(duration_ms / 1000)} in {channel}{_elsewhere(at_ms, step)}"
    for at_ms, channel, measure, millionths in out.amounts:
        yield f"{measure.replace('|', ' ')}: {millionths / 1_000_000:,.2f} in {channel}{_elsewhere(at_ms, step)}"
    for metric, clock in step.started:
        yield f"{metric} runs since {when(clock.start_ms)}: at risk after {when(clock.warn_ms)}, due {when(clock.due_ms)}"
    yield from map(_transition, out.transitions)
    for counted in step.counted:
        yield from _counted(counted)
    if out.removed_counts or out.removed_durations:
        samples = [f"{measure} {seconds_text(ms / 1000)}" for _, _, measure, ms, _, _ in out.removed_durations]
        yield f"taken back: {', '.join([*map(_short, (count[2] for count in out.removed_counts)), *samples])}"
    if step.what == "drop" and step.cause is Cause.TIMER:
        yield "nothing of the ticket is kept any more"


def present_lines(present: Present) -> Iterator[str]:
    """How it stands and what happens next."""
    state = present.state
    if state.forgotten_ms is not None:
        yield f"forgotten at {when(state.forgotten_ms)}; a new event starts it anew"
    elif state.status == UNKNOWN:
        yield "not open: nothing has opened it" if state.last_ms else "nothing is known of it any more"
    else:
        about = state.attributes
        labels = {"priority": about.priority, "team": about.team, "agent": about.agent}
        said = "".join(f", {name} {safe_text(value, _SIGNS)}" for name, value in labels.items() if value is not None)
        yield f"{STATUS[state.status]} in {state.channel}{said}"
    if state.status == OPEN:
        yield _wait(present)
    for metric, clock in present.clocks:
        yield f"{metric} {_standing(clock, present.stream_ms)}"
    yield _next(present)


def when(at_ms: int) -> str:
    """An instant, UTC; milliseconds where there are any."""
    at = instant_of(at_ms)
    return f"{at:%Y-%m-%d %H:%M:%S}" + (f".{at_ms % 1000:03d}" if at_ms % 1000 else "")


def _event(event: Event) -> str:
    parts = [type_of(event), f"in {event.channel}"]
    author = author_of(event)
    if author is not None:
        parts.append(f"by {author}" + (f" {safe_text(event.who, _SIGNS)}" if event.who else ""))
    if event.kind == NOTE:
        parts.append("(internal)")
    if event.word:
        parts.append(f"[{event.word}]")
    for name, value in (event.sets or {}).items():
        text = ", ".join(value) if isinstance(value, list) else value
        parts.append(f"{name}={safe_text(text, _SIGNS) if text else 'nothing'}")
    return " ".join(parts)


def _count(count: Count) -> str | None:
    measure = count[2]
    if measure.startswith("tickets_closed|"):
        return f"the ticket was closed: {measure.partition('|')[2]}"
    return _COUNTS.get(measure)


def _elsewhere(at_ms: int, step: Step) -> str:
    """The instant, where it is not the step's own."""
    return "" if at_ms == step.at_ms else f", at {when(at_ms)}"


def _counted(counted: Counted) -> Iterator[str]:
    figures = ", ".join(map(_short, counted.figures))
    if counted.open:
        yield f"counted in {counted.channel}, {_windows(counted.open)}: {figures}"
    if counted.final:
        yield f"too late for {_windows(counted.final)} of {counted.channel}, which {_is(counted.final)} final (late): {figures}"


def _windows(windows: list[Window]) -> str:
    return ", ".join(f"{window.kind} {instant_of(window.start_ms):%Y-%m-%d %H:%M}" for window in windows)


def _is(windows: list[Window]) -> str:
    return "were" if len(windows) > 1 else "was"


def _short(measure: str) -> str:
    """SLA verdicts without policy and version, which the transition says."""
    if measure.startswith("sla|"):
        metric, outcome = measure.rsplit("|", 2)[1:]
        return f"sla {metric} {outcome}"
    return measure.replace("|", " ")


def _transition(said: Transition) -> str:
    if said.state == "retracted":
        return f"{said.metric} retracted: what was said of the clock since {when(said.started_ms)} no longer holds"
    return f"{said.metric} {said.state} at {when(said.at_ms)} (due {when(said.due_ms)})"


def _wait(present: Present) -> str:
    wait_ms = present.state.wait_ms
    if wait_ms is None:
        return "nobody waits"
    return f"waiting since {when(wait_ms)} ({seconds_text((present.stream_ms - wait_ms) / 1000)})"


def _standing(clock: SlaClock, now_ms: int) -> str:
    due = f"due {when(clock.due_ms)}"
    if clock.phase == BREACHED:
        return f"breached: {due}, {seconds_text((now_ms - clock.due_ms) / 1000)} ago"
    return f"{'at risk' if clock.phase == AT_RISK else 'running'}: {due}"


def _next(present: Present) -> str:
    if present.next_timer is None:
        return "next: nothing happens by itself"
    at_ms, which = present.next_timer
    return f"next: after {when(at_ms)} {_NEXT.get(which) or _clock_next(present, which)}"


def _clock_next(present: Present, metric: str) -> str:
    clock = dict(present.clocks)[metric]
    return f"{metric} is breached" if clock.phase == AT_RISK else f"{metric} is at risk"
