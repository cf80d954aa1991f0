"""What the team did with a ticket: pauses, how long agents had it, calls, the first touch after an assignment.

Handle time of a round is what its calls told, each for itself; else the time that it was assigned to an agent and not paused, in the channel's
schedule; else the round's length. How it was found is counted beside it.
"""

from typing import Final

from app.kpi.effects import Duration
from app.kpi.event import Event
from app.kpi.rules import ChannelRules
from app.kpi.sla import Pause, spent_ms
from app.kpi.state import OPEN, State, Work

PAUSES_KEPT: Final = 1_000
"""Of one ticket. Later ones are not left out of anything, so that a ticket fits into a record."""


def begin_round(state: State, at_ms: int) -> None:
    """The ticket was opened or reopened."""
    state.work = None if state.attributes.agent is None else Work(since_ms=at_ms, owned=True)


def assign(state: State, at_ms: int, rules: ChannelRules) -> None:
    """Another agent, or none, has the ticket, which is open."""
    work = state.work = state.work or Work()
    _stop(work, at_ms, rules)
    work.touch_ms = None
    if state.attributes.agent is not None:
        work.owned = True
        work.touch_ms = at_ms
        if state.pause() is None:
            work.since_ms = at_ms


def touched(state: State, who: str | None) -> int | None:
    """A human replied: when the ticket was assigned to this one, if this is the first reply since."""
    work = state.work
    if work is None or work.touch_ms is None or who != state.attributes.agent:
        return None
    since_ms, work.touch_ms = work.touch_ms, None
    return since_ms


def pause(state: State, at_ms: int, reason: str, rules: ChannelRules) -> Pause | None:
    """The ticket, open and not paused, is from now on; None if it has been too often."""
    if len(state.pauses or ()) >= PAUSES_KEPT:
        return None
    if state.work is not None:
        _stop(state.work, at_ms, rules)
    new = Pause(at_ms, None, reason)
    state.pauses = [*(state.pauses or ()), new]
    return new


def resume(state: State, at_ms: int) -> None:
    """The pause that lasts ends."""
    lasting, work = state.pause(), state.work
    if lasting is not None:
        lasting.end_ms = at_ms
    if work is not None and work.since_ms is None and state.status == OPEN and state.attributes.agent is not None:
        work.since_ms = at_ms


def called(state: State, event: Event) -> Duration | None:
    """A voice contact ended: its handle time, if it tells its length; if not, the round has one as without calls."""
    told = (event.more or {}).get("handle_ms")
    if told is None:
        return None
    if state.status == OPEN:
        state.work = state.work or Work()
        state.work.called = True
    handle_ms = int(told)
    return event.at_ms, event.channel, "handle", handle_ms, event.at_ms - handle_ms, event.at_ms


def handled(state: State, at_ms: int, rules: ChannelRules) -> tuple[str, int, int] | None:
    """The round ends, resolved: (method, start, milliseconds) of its handle time; None if calls have told it."""
    work = state.work
    if state.opened_ms is None or (work is not None and work.called):
        return None
    if work is not None and work.owned:
        _stop(work, at_ms, rules)
        return "handle_methods|owned", state.turned_ms, work.total_ms
    if state.round_ms is None:
        return None
    return "handle_methods|round", state.round_ms, spent_ms(None, state.round_ms, at_ms)


def _stop(work: Work, at_ms: int, rules: ChannelRules) -> None:
    if work.since_ms is not None:
        work.total_ms += spent_ms(rules.schedule, work.since_ms, at_ms)
        work.since_ms = None
