"""The law above all rules, computed the plain way; and any kind of traffic to hold the core to it.

Sort all events of a ticket, run the state machine once, let every timer fire: what that gives is right. Nothing here knows of late events,
histories, batches or restarts.
"""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from app.kpi.aggregate import Cell, Spread
from app.kpi.decoder import Decoder
from app.kpi.effects import Effects, Transition, counts_apart, durations_apart
from app.kpi.event import Event, Tick
from app.kpi.levels import ALL, Level
from app.kpi.merge import Span
from app.kpi.rules import Rules
from app.kpi.state import State
from app.kpi.ticket import Machine
from tests.kpi.office import Figures, last_states
from tests.kpi.promised import everything
from tests.kpi.story import DAY, HOUR, MINUTE, SECOND, Record, event, ms, record, rules

LENGTHS: Final = {"minute": MINUTE, "hour": HOUR, "day": DAY}

RULES: Final = {
    "defaults": rules(),
    "impatient": rules("defaults: {sla: {first_response: 20m, next_response: 10m, resolution: 3h}, reply_limit: 1h}"),
    "silence": rules("defaults: {close_after_silence: 4h, grace: 9m, settle: 24h}"),
    "source reopens": rules("defaults: {reopen_on_message: false, unknown_authors: bot, close_after_silence: 8h}"),
    "forgetting": rules("forget: {closed: 4d, open: 6d}"),
    "closing and forgetting": rules("forget: {closed: 4d, open: 6d}\ndefaults: {close_after_silence: 2d, settle: 30h}"),
    "mixed": rules(
        "forget: {closed: 30d, open: never}\n"
        "channels: {web: {reopen_on_message: false}, email: {close_after_silence: 3h, grace: 0s, settle: 1h}}"
    ),
    "live": rules("defaults: {close_after_silence: 30h}", "log"),
    "everything": everything(),
}

GAPS_MS: Final = [
    0, 0, 1, SECOND, MINUTE, 10 * MINUTE, 20 * MINUTE, HOUR, HOUR + 1, 192 * MINUTE, 4 * HOUR, 4 * HOUR + 10 * SECOND, 24 * HOUR,
    72 * HOUR, 72 * HOUR + 1, 4 * DAY, 5 * DAY, 6 * DAY, 7 * DAY, 7 * DAY + 1, 31 * DAY,
]  # fmt: skip
"""Between one event and the next: what timers run to, a little more, and nothing."""
DELAYS_MS: Final = [0, 0, 0, 1, SECOND, MINUTE, 9 * MINUTE, 10 * MINUTE, HOUR, 5 * HOUR, 24 * HOUR - 1, 24 * HOUR]
"""How late an event is read; never by more than the law allows."""

WORDS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("open", {}),
    ("reopen", {}),
    ("message", {}),
    ("message", {"team": "a"}),
    ("message", {"sentiment": "negative", "quick_reply": "yes", "topic": "billing/refund"}),
    *(("reply", {"author_kind": kind}) for kind in ("agent", "agent", "bot", "automation", "campaign", "unknown")),
    ("reply", {"author_id": "anna"}),
    ("reply", {"author_id": "bob", "tags": ["vip", "press"]}),
    ("note", {}),
    *(("close", {"reason": reason}) for reason in ("resolved", "resolved", "idle", "spam")),
    ("close", {"author_kind": "bot"}),
    ("close", {"author_id": "anna"}),
    ("assign", {"agent_id": "anna"}),
    ("assign", {"agent_id": None, "team": "b"}),
    ("handover", {"to": "human"}),
    ("handover", {"to": "bot"}),
    ("label", {"team": "b", "priority": "high"}),
    ("label", {"team": None, "priority": "low", "tags": ["vip"], "author_kind": "automation"}),
    ("label", {"tags": [], "topic": "shipping"}),
    *(("pause", {"reason": reason}) for reason in ("on_hold", "customer", "snoozed", "third_party")),
    ("resume", {}),
    ("merge", {}),
    ("survey", {}),
    ("answer", {}),
    ("answer", {"score": 1}),
    ("call", {}),
    ("call", {"agent_id": "anna", "talk_seconds": 61.5, "hold_seconds": 2, "wrap_seconds": 30}),
    ("offer", {}),
    ("offer", {"accepted": False}),
    ("order", {}),
    ("order", {"order_id": "o2", "amount": "12.34", "currency": "EUR"}),
]
"""Every kind of event; the first is the simplest."""
COMMON: Final = [("message", {}), ("reply", {}), ("close", {}), ("reply", {"author_kind": "bot"}), ("handover", {})]


class Traffic(NamedTuple):
    """Records in order of arrival, and where stream time is in the end."""

    arrivals: list[Record]
    until_ms: int


@st.composite
def traffic(draw: st.DrawFn, delays_ms: list[int] = DELAYS_MS, tickets: int = 2) -> Traffic:
    """A few tickets' events of all kinds, read late by some of `delays_ms`, some of them twice."""
    words = st.sampled_from(COMMON) | st.sampled_from(WORDS)
    told = draw(st.lists(st.tuples(st.sampled_from(GAPS_MS), st.integers(1, tickets), words), min_size=1, max_size=24))
    at_ms = ms("10:00")
    arrivals: list[tuple[int, int, Record]] = []
    for number, (gap_ms, ticket, (word, fields)) in enumerate(told):
        at_ms += gap_ms
        channel = draw(st.sampled_from(["web", "web", "email"]))
        body = event(number, at_ms, word, ticket_id=f"t{ticket}", channel=channel, **fields)
        delays = draw(st.lists(st.sampled_from(delays_ms), min_size=1, max_size=2))
        reads_ms = [at_ms + delay_ms for delay_ms in delays]
        arrivals += [(read_ms, draw(st.integers(0, 9)), record(number, body, read_ms)) for read_ms in reads_ms]
    arrivals.sort(key=lambda arrival: arrival[:2])
    read = [one._replace(offset=offset) for offset, (_, _, one) in enumerate(arrivals)]
    return Traffic(read, arrivals[-1][0] + draw(st.sampled_from([0, HOUR, 3 * DAY, 40 * DAY])))


def law(arrivals: Iterable[Record], until_ms: int, of: Rules, kinds: tuple[str, ...] = ("hour", "day")) -> Figures:
    """What is right once stream time is `until_ms`, whatever the order of arrival."""
    samples: Counter[tuple[str, int, str, str, int]] = Counter()
    windows: dict[tuple[str, Span], Cell] = {}
    levels: list[tuple[str, Level]] = []
    said: list[tuple[str, Transition]] = []
    for ticket_id, events in _by_ticket(arrivals, of).items():
        state, out = _lived(events, until_ms, of)
        for at_ms, channel, measure in counts_apart(out.counts):
            for cell in _cells(windows, channel, at_ms, kinds):
                cell.add(Cell({measure: 1}))
        for at_ms, channel, measure, amount in out.amounts:
            for cell in _cells(windows, channel, at_ms, kinds):
                cell.add(Cell({measure: amount}))
        for at_ms, channel, measure, duration_ms, _, _ in durations_apart(out.durations):
            if ":" not in channel:
                samples[ticket_id, at_ms, channel, measure, duration_ms] += 1
            for cell in _cells(windows, channel, at_ms, kinds):
                cell.durations.setdefault(measure, Spread()).add_samples([duration_ms])
        said += [(ticket_id, transition) for transition in out.transitions]
        level = state.level()
        if level is not None:
            levels.append((level[0], Level(1, int(level[2] is not None), level[2])))
    return Figures(samples, windows, _levels(levels), last_states(said))


def _by_ticket(arrivals: Iterable[Record], of: Rules) -> dict[str, list[Event]]:
    decode = Decoder(of)
    tickets: dict[str, dict[str, Event]] = {}
    for one in arrivals:
        decoded = decode(one.value, one.key, one.timestamp)
        assert not isinstance(decoded, Tick)
        ticket_id, what = decoded
        tickets.setdefault(ticket_id, {})[what.id] = what
    return {ticket_id: sorted(events.values()) for ticket_id, events in tickets.items()}


def _lived(events: list[Event], until_ms: int, of: Rules) -> tuple[State, Effects]:
    machine, state, out = Machine(of), State(), Effects()
    for what in events:
        _fire(machine, state, what.at_ms, out)
        machine.step(state, what, out)
    _fire(machine, state, until_ms, out)
    return state, out


def _fire(machine: Machine, state: State, until_ms: int, out: Effects) -> None:
    while (timer := machine.next_timer(state))[0] < until_ms:
        machine.fire(state, timer, out)


def _cells(windows: dict[tuple[str, Span], Cell], channel: str, at_ms: int, kinds: tuple[str, ...]) -> Iterable[Cell]:
    for kind in kinds if ":" not in channel else [kind for kind in kinds if kind != "minute"]:
        span = Span(kind, at_ms - at_ms % LENGTHS[kind])
        yield windows.setdefault((channel, span), Cell())
        if ":" not in channel:
            yield windows.setdefault((ALL, span), Cell())


def _levels(levels: list[tuple[str, Level]]) -> dict[str, Level]:
    found: dict[str, Level] = {}
    for channel, level in levels:
        for name in (channel, ALL):
            before = found.get(name, Level(0, 0, None))
            waits = [wait for wait in (before.oldest_wait_ms, level.oldest_wait_ms) if wait is not None]
            found[name] = Level(before.open + 1, before.waiting + level.waiting, min(waits, default=None))
    return found


def instants(arrivals: Iterable[Record]) -> list[str]:
    """For a look at a failing example: what arrived, in order."""
    bodies = [json.loads(one.value or b"{}") for one in arrivals]
    return [f"{body['occurred_at']} {body['ticket_id']} {body['type']} {body['id']}" for body in bodies]
