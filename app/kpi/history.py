"""Why order does not matter: a ticket keeps its recent events, and runs again when one of them arrives late.

Theory of operation
===================
A ticket is a *base* state, the *history* of events after it (sorted), and the *state* that both give with all timers fired up to stream time.
An event that sorts after every event and every fired timer is one step on the state. Any other is put into the history at its place, and the
ticket runs twice from the base, with the old history and with the new one, up to the present: the difference of what the two runs give is what
the late event changes (`Effects.revise`). So the figures are those of the sorted set of events, whatever the order of arrival.

Events 7 days older than the latest, and those beyond 256, are *folded*: stepped into the base and forgotten. What sorts at or before the fold
is too old to matter. One exception: a ticket written under another configuration or code version cannot run again under this one, so its whole
history is folded on loading (`Historian.adopt`); events younger than 24 h that sort before such a fold apply right after it,
and the ids it has seen stay known for 7 days.

What must hold, always: running the base and history up to the present gives the state. The tests check it after every event.
"""

from bisect import insort
from enum import Enum
from hashlib import blake2s
from typing import Final

import msgspec
from msgspec.structs import replace

from app.kpi.effects import Effects
from app.kpi.event import Event
from app.kpi.instants import DAY_MS, LATE_LIMIT_MS, NEVER
from app.kpi.state import State
from app.kpi.ticket import Machine
from app.kpi.timers import Timer

HISTORY_MS: Final = 7 * DAY_MS
HISTORY_EVENTS: Final = 256
HISTORY_BYTES: Final = 256 << 10
"""A ticket must fit into a record of Kafka, whatever its events hold: a history that is larger folds its older half."""

_encode = msgspec.msgpack.Encoder().encode
_encode_into = msgspec.msgpack.Encoder().encode_into
_buffer = bytearray()
"""Tickets at rest are copied out of it: what `encode` returns keeps the slack of its buffer, a quarter of a ticket."""
_decode_events = msgspec.msgpack.Decoder(list[Event]).decode
_decode_state = msgspec.msgpack.Decoder(State).decode

Key = tuple[int, int, str]


class Outcome(Enum):
    """What became of an event."""

    STEPPED = "stepped"
    REVISED = "revised"
    DUPLICATE = "duplicate"
    CONFLICTING = "conflicting"
    TOO_OLD = "too_old"


class Ticket(msgspec.Struct, array_like=True, gc=False):
    """One ticket as it is kept."""

    armed_ms: int
    """When the partition looks at its timers next: at or before the earliest one."""
    next_ms: int
    """The earliest timer; NEVER if there is none."""
    state: State
    version: str
    """Of the configuration under which `history` was run."""
    fired_ms: int = 0
    """The instant of the last timer that fired."""
    packed: bytes = b""
    """The events of the history, each encoded: most are never looked at again."""
    count: int = 0
    """How many they are."""
    home: str = ""
    """The channel of the first event; packed events of the same channel do not repeat it."""
    first_ms: int = 0
    last_ms: int = 0
    """The first and last instant of the history."""
    base: bytes = b""
    """The encoded state before the history; empty if that is a ticket of which nothing is known."""
    fold: Key | None = None
    """The last event inside `base`."""
    floor: Key | None = None
    """While `adopted`: the fold before the change of version; what is at or before it is too old in any case."""
    adopted: bool = False
    """Whether `base` holds what another version ran, and nothing was folded since."""
    known: dict[str, int] | None = None
    """After a change of version: events seen before it, by a digest of their id, and when they were."""
    which: int = 0
    """Which timer is the earliest (`timers.py`)."""

    @property
    def history(self) -> list[Event]:
        """All events after the base, in order."""
        events = _decode_events(b"\xdc" + self.count.to_bytes(2, "big") + self.packed)
        for event in events:
            if not event.channel:
                event.channel = self.home
        return events

    @history.setter
    def history(self, events: list[Event]) -> None:
        self.packed, self.count = b"", 0
        for event in events:
            self.append(event)

    def append(self, event: Event) -> None:
        """Put an event at the end of the history; it is taken apart for that."""
        at_ms, home = event.at_ms, self.home if self.count else event.channel
        if event.channel == home:
            event.channel = ""
        self.packed += _encode(event)
        if not self.count:
            self.home, self.first_ms = home, at_ms
        self.last_ms = at_ms
        self.count += 1

    def encode(self) -> bytes:
        """The ticket at rest."""
        _encode_into(self, _buffer)
        return bytes(_buffer)


class Historian:
    """Keeps tickets right whatever the order of arrival, under one configuration."""

    def __init__(self, machine: Machine, version: str) -> None:
        self._machine = machine
        self._version = version

    def new(self) -> Ticket:
        """A ticket of which nothing is known."""
        return Ticket(NEVER, NEVER, State(), self._version)

    def adopt(self, ticket: Ticket) -> None:
        """Fold the whole history of a ticket that another configuration or code version ran."""
        if ticket.version == self._version:
            return
        history = ticket.history
        seen = {**(ticket.known or {}), **{_digest(event.id): event.at_ms for event in history}}
        if not ticket.adopted:
            ticket.floor = ticket.fold
        if history:
            ticket.fold = _key(history[-1])
        ticket.version, ticket.adopted = self._version, True
        ticket.history, ticket.base = [], _encode(ticket.state)
        ticket.next_ms, ticket.which = self._machine.next_timer(ticket.state)
        ticket.known = seen
        _forget_known(ticket)

    def accept(self, ticket: Ticket, event: Event, now_ms: int, out: Effects) -> Outcome:
        """Take one event into a ticket whose timers have fired up to `now_ms`. On an exception the ticket is as it was."""
        if event.id.encode() in ticket.packed or ticket.known is not None:  # seldom by chance
            repeats = _repeats(ticket, event)
            if repeats is not None:
                return repeats
        if ticket.fold is not None and _is_too_old(ticket, ticket.fold, event, now_ms):
            return Outcome.TOO_OLD
        at_ms = event.at_ms
        if at_ms > ticket.fired_ms and (at_ms > ticket.last_ms or _is_last(ticket, event)):
            self._step(ticket, event, now_ms, out)
            outcome = Outcome.STEPPED
        else:
            self._revise(ticket, event, now_ms, out)
            outcome = Outcome.REVISED
        if (
            ticket.count > HISTORY_EVENTS
            or ticket.last_ms - ticket.first_ms >= HISTORY_MS
            or len(ticket.packed) > HISTORY_BYTES
        ):
            self._fold(ticket)
        if ticket.known is not None:
            _forget_known(ticket)
        return outcome

    def _step(self, ticket: Ticket, event: Event, now_ms: int, out: Effects) -> None:
        state, machine = ticket.state, self._machine
        try:
            machine.step(state, event, out)
            timer = machine.next_timer(state)
            if timer[0] < now_ms:
                ticket.fired_ms, timer = self._fire_until(state, now_ms, out)
            ticket.append(event)
        except Exception:
            run = self._run(ticket, ticket.history, now_ms, Effects())
            ticket.state, ticket.fired_ms, (ticket.next_ms, ticket.which) = run
            raise
        ticket.next_ms, ticket.which = timer

    def _revise(self, ticket: Ticket, event: Event, now_ms: int, out: Effects) -> None:
        before, after = Effects(), Effects()
        history = ticket.history
        self._run(ticket, history, now_ms, before)
        insort(history, event)
        run = self._run(ticket, history, now_ms, after)
        out.revise(before, after)
        ticket.state, ticket.fired_ms, (ticket.next_ms, ticket.which) = run
        ticket.history = history

    def _run(self, ticket: Ticket, history: list[Event], now_ms: int, out: Effects) -> tuple[State, int, Timer]:
        """The state that base and history give at `now_ms`, the instant of the last timer fired, and the next timer."""
        state = _decode_state(ticket.base) if ticket.base else State()
        # What was said of clocks before the base still stands, whatever this run says
        self._machine.promises.repeat(state, out)
        fired_ms = 0
        for event in history:
            fired_ms = self._fire_until(state, event.at_ms, out)[0] or fired_ms
            self._machine.step(state, event, out)
        last_ms, timer = self._fire_until(state, now_ms, out)
        return state, last_ms or fired_ms, timer

    def _fire_until(self, state: State, until_ms: int, out: Effects) -> tuple[int, Timer]:
        """Fire all timers before `until_ms`: (the instant of the last one, 0 if there was none; the next)."""
        fired_ms = 0
        timer = self._machine.next_timer(state)
        while timer[0] < until_ms:
            self._machine.fire(state, timer, out)
            fired_ms = timer[0]
            timer = self._machine.next_timer(state)
        return fired_ms, timer

    def _fold(self, ticket: Ticket) -> None:
        """Step events that need no longer be kept apart into the base."""
        history = ticket.history
        oldest_ms = history[-1].at_ms - HISTORY_MS
        most = HISTORY_EVENTS if len(ticket.packed) <= HISTORY_BYTES else len(history) // 2
        state = _decode_state(ticket.base) if ticket.base else State()
        given = Effects()  # before, when the events were read
        count = 0
        for event in history:
            if event.at_ms > oldest_ms and len(history) - count <= most:
                break
            self._fire_until(state, event.at_ms, given)
            self._machine.step(state, event, given)
            count += 1
        ticket.base, ticket.fold = _encode(state), max(_key(history[count - 1]), ticket.fold or (0, 0, ""))
        ticket.history = history[count:]
        ticket.adopted = False  # what this fold holds is not known by id


def _repeats(ticket: Ticket, event: Event) -> Outcome | None:
    """What became of an event whose id is known; None if it is not."""
    for known in ticket.history:
        if known.id == event.id:
            told_again = replace(event, historic=known.historic)  # when it reached the log is no content
            return Outcome.DUPLICATE if known == told_again else Outcome.CONFLICTING
    known_ms = None if ticket.known is None else ticket.known.get(_digest(event.id))
    if known_ms is None:
        return None
    return Outcome.DUPLICATE if known_ms == event.at_ms else Outcome.CONFLICTING


def _key(event: Event) -> Key:
    return event.at_ms, event.rank, event.id


def _is_last(ticket: Ticket, event: Event) -> bool:
    """Whether an event that is not later than all of the history still sorts after it."""
    if not ticket.count:
        return ticket.fold is None or _key(event) > ticket.fold
    return event.at_ms == ticket.last_ms and event > ticket.history[-1]


def _is_too_old(ticket: Ticket, fold: Key, event: Event, now_ms: int) -> bool:
    """Whether the event belongs into the base, where nothing can be put any more."""
    key = _key(event)
    if key > fold:
        return False
    if not ticket.adopted or (ticket.floor is not None and key <= ticket.floor):
        return True
    return event.at_ms <= now_ms - LATE_LIMIT_MS


def _digest(id_: str) -> str:
    """Short, because ids may be long and a ticket must fit into a record."""
    return blake2s(id_.encode(), digest_size=8).hexdigest()


def _forget_known(ticket: Ticket) -> None:
    """What was seen seven days before the last event need not be known any more."""
    known, oldest_ms = ticket.known, ticket.state.last_ms - HISTORY_MS
    if known and next(iter(known.values())) > oldest_ms:
        return  # they are in order, but for a few: not worth looking at each with every event
    ticket.known = {digest: at_ms for digest, at_ms in (known or {}).items() if at_ms > oldest_ms} or None
