"""Who waits: one ticket at rest, seen from outside.

What is listed is what the gauges count (`State.level`), so a page and the list behind it agree. A ticket is decoded in two looks: most of those at
rest are closed, and the first look, at the few fields that say so, takes a third of the time.
"""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, cast, get_args

import msgspec

from app.kpi.sla import AT_RISK, BREACHED, RUNNING
from app.kpi.state import OPEN, State

WaitState = Literal["waiting", "at_risk", "breached"]
STATES: Final[tuple[WaitState, ...]] = get_args(WaitState)
_WORDS: Final = {RUNNING: "waiting", AT_RISK: "at_risk", BREACHED: "breached"}
_PHASES: Final = {word: phase for phase, word in _WORDS.items()}


class Waiting(NamedTuple):
    """A ticket that somebody must look at. Sorts by how long it has waited, the longest first."""

    since_ms: int
    """Start of its wait; of its clock where it has no wait."""
    ticket_id: str
    channel: str
    """Of its round: the one whose gauges count it."""
    priority: str | None
    team: str | None
    agent_id: str | None
    state: WaitState
    metric: str | None
    """The promise that runs: first_response or next_response."""
    due_ms: int | None


class _State(msgspec.Struct, array_like=True, gc=False):
    """The first fields of `State`."""

    status: int
    channel: str


class _Outline(msgspec.Struct, array_like=True, gc=False):
    """The first fields of `Ticket`."""

    armed_ms: int
    next_ms: int
    state: _State


class _Ticket(msgspec.Struct, array_like=True, gc=False):
    armed_ms: int
    next_ms: int
    state: State


_decode_outline = msgspec.msgpack.Decoder(_Outline).decode
_decode_ticket = msgspec.msgpack.Decoder(_Ticket).decode


def waiting(ticket_id: str, encoded: bytes, state: WaitState, is_meant: Callable[[str], bool]) -> Waiting | None:
    """The ticket if it is open, in a channel that is meant, and in that state; `encoded` as it rests (`Ticket.encode`).

    Everybody whose message is not answered is `waiting`, at risk and breached or not, as in the gauges.
    """
    outline = _decode_outline(encoded).state
    if outline.status != OPEN or not is_meant(outline.channel):
        return None
    found = _decode_ticket(encoded).state
    level = found.level()
    if level is None:
        return None
    channel, priority, wait_ms, _, phase, _ = level
    if wait_ms is None if state == "waiting" else phase != _PHASES[state]:
        return None
    clock = found.first_sla or found.next_sla
    metric = None if clock is None else "next_response" if found.first_sla is None else "first_response"
    since_ms = wait_ms if wait_ms is not None else clock.start_ms if clock is not None else found.turn_ms
    attributes = found.attributes
    return Waiting(
        since_ms,
        ticket_id,
        channel,
        priority,
        attributes.team,
        attributes.agent,
        cast("WaitState", _WORDS[phase]),
        metric,
        None if clock is None else clock.due_ms,
    )
