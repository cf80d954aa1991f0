"""One partition of events: its tickets, windows, levels and timers. Records go in, `Harvest` comes out.

Theory of operation
===================
Stream time (`now_ms`) only grows. Before a record is applied, stream time advances to it and fires every timer that it passes, in order of due,
each at its own instant, so that a jump of a month gives the figures of a month of ticks. Then the record's event goes into its ticket
(`history.py`), and what follows goes into windows, levels and outputs. A record that is refused, or that raises, changes nothing but time.

Each ticket (`shelf.py`) has one live entry in `due.py`, at or before its earliest timer (`Ticket.armed_ms`); entries whose instant is not the
armed one are leftovers. `apply` may stop between two timers (`timers_at_once`): the flush then says which record and which time were reached.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from app.kpi.aggregate import Cell
from app.kpi.channels import Channels
from app.kpi.decoder import Decoder
from app.kpi.due import Due
from app.kpi.effects import Effects, durations_apart
from app.kpi.event import KINDS, NOTE, REPLY, TICK, Event, Tick
from app.kpi.harvest import Caused, DeadLetter, Harvest, Sampled, dead_letter
from app.kpi.history import Historian, Outcome, Ticket
from app.kpi.instants import NEVER
from app.kpi.levels import ALL, Level, Levels
from app.kpi.partials import LevelPartial, Partial, Progress, WindowPartial
from app.kpi.rules import OTHER_CHANNEL, Rules
from app.kpi.shelf import Shelf
from app.kpi.state import UNKNOWN, TicketLevel
from app.kpi.ticket import Machine
from app.kpi.timers import MOVING
from app.kpi.windows import DIMENSION_SIGN, Gathering, Window, Windows
from app.kpi.wire import Rejected
from app.record import Record

_TIMERS_AT_ONCE: Final = 5_000

_STEPPED: Final = Outcome.STEPPED

_encode = msgspec.msgpack.Encoder().encode
_decode_cell = msgspec.msgpack.Decoder(Cell).decode


class Position(msgspec.Struct):
    """What of a partition is neither ticket nor window."""

    now_ms: int
    changed_channels: list[str]


class Rest(NamedTuple):
    """A partition as its last `take` gave it: nobody changes it any more."""

    number: int
    stream_ms: int
    tickets: dict[str, bytes]
    """Ticket id -> `Ticket.encode`."""


class Partition:
    """The state of one partition under one configuration."""

    def __init__(
        self,
        number: int,
        partitions: int,
        rules: Rules,
        *,
        keep_samples: bool = False,
        flow_of: frozenset[str] = frozenset(),
        timers_at_once: int = _TIMERS_AT_ONCE,
    ) -> None:
        self.number = number
        self.now_ms = 0
        self._machine = Machine(rules)
        self._history = Historian(self._machine, rules.version)
        self.levels = Levels()
        self.windows = Windows(rules.zone, flow_of)
        self.tickets = Shelf(self._history.new)
        self.due = Due()
        self.counters: dict[str, int] = {}
        self.events: dict[str, int] = {}
        """How many were read, by type, as of the last `take`."""
        self.flow: list[tuple[str, Gathering]] = []
        """(channel, figures) that arose since it was last emptied; what a revision takes back is not in it. Dimensions of
        `flow_of` are there as well, as `agent:anna`."""
        self._partitions = partitions
        self._keep_samples = keep_samples
        self._timers_at_once = timers_at_once
        self._by_events = rules.clock == "events"
        self._channels = Channels(rules)
        self._takes_any = not rules.closed_list
        self._decode = Decoder(rules, self._channels)
        self._version = rules.version
        self._transitions: list[Caused] = []
        self._samples: list[Sampled] = []
        self._dead_letters: list[DeadLetter] = []
        self._kinds = [0] * (TICK + 1)
        self._reported_ms = 0

    # -- loading ---------------------------------------------------------------------------------------------------------------------------

    def load(self, key: bytes, value: bytes | None) -> None:
        """Take one entry of the changelog."""
        name = key[1:].decode()
        if key[:1] == b"t":
            self.tickets.load(name, value)
        elif key[:1] == b"w":
            channel, kind, start, end = name.rsplit("|", 3)
            window = Window(channel, kind, int(start), int(end))
            self.windows.load(window, None if value is None else _decode_cell(value))
        elif key[:1] == b"c":
            self._channels.load(name)

    def start(self, position: bytes | None) -> None:
        """The changelog is loaded; `position` is what the last `take` said."""
        timers: list[tuple[int, str]] = []
        for ticket_id in self.tickets.resting:
            ticket = self.tickets.wake(ticket_id)
            if ticket.version != self._version:
                self._adopt(ticket_id, ticket)
            timers.append((ticket.armed_ms, ticket_id))
            self.levels.move(None, ticket.state.level())
        self.due.fill(timers)
        if position is not None:
            reached = msgspec.msgpack.decode(position, type=Position)
            self.now_ms = self._reported_ms = reached.now_ms
            self.levels.resume(reached.now_ms, reached.changed_channels)

    def _adopt(self, ticket_id: str, ticket: Ticket) -> None:
        """A ticket of another version: this one's timers may be due earlier."""
        self._history.adopt(ticket)
        ticket.armed_ms = ticket.next_ms
        self.tickets.replace(ticket_id, ticket)

    def position(self) -> bytes:
        """What `start` needs to go on from here."""
        return _encode(Position(self.now_ms, list(self.levels.changed)))

    # -- records ---------------------------------------------------------------------------------------------------------------------------

    def apply(self, records: Sequence[Record]) -> int:
        """Apply records in order; how many are wholly applied. Fewer than given: `take`, then come again with the rest."""
        apply, advance, by_events = self._apply, self._advance, self._by_events
        for index, record in enumerate(records):
            if not (by_events or advance(record.timestamp, record.offset)) or not apply(record):
                return index
        return len(records)

    def _apply(self, record: Record) -> bool:
        """False if time has not come as far as the record yet."""
        try:
            decoded = self._decode(record.value, record.key, record.timestamp)
        except Rejected as rejected:
            self._reject(record, rejected)
            return True
        if isinstance(decoded, Tick):
            if decoded.at_ms is not None and not self._advance(decoded.at_ms, record.offset):
                return False
            self._kinds[TICK] += 1
            return True
        ticket_id, event = decoded
        if self._by_events and not self._advance(event.at_ms, record.offset):
            return False
        try:
            self._kinds[event.kind] += 1
            if event.channel == OTHER_CHANNEL and self._takes_any:
                self._count("crowded")
            self._accept(ticket_id, event, record.offset)
        except Exception as error:  # a fault of ours in one record must not stop the others
            self._reject(record, Rejected("fault", type(error).__name__))
        return True

    def _reject(self, record: Record, why: Rejected) -> None:
        self._count(f"rejected|{why.reason}")
        self._dead_letters.append(dead_letter(record, why))

    def _accept(self, ticket_id: str, event: Event, offset: int) -> None:
        ticket = self.tickets.wake(ticket_id)
        state = ticket.state
        known, gone = state.status != UNKNOWN, state.forgotten_ms is not None
        before = state.level() if known else None
        out = Effects()
        outcome = self._history.accept(ticket, event, self.now_ms, out)
        if outcome is not _STEPPED:
            self._count(outcome.value)
            if outcome is not Outcome.REVISED:
                return
            state = ticket.state
        if not known:
            opened = state.status != UNKNOWN
            self._count(("revived" if gone else "opened") if opened else "orphaned")
        self.tickets.awake[ticket_id] = ticket
        next_ms = ticket.next_ms
        if next_ms < ticket.armed_ms:
            ticket.armed_ms = next_ms
            self.due.set(next_ms, ticket_id)
        self._settle_accounts(ticket_id, before, state.level(), offset, out)
        if not state.last_ms:  # read so late that it is forgotten and gone already
            self.tickets.drop(ticket_id)

    def _settle_accounts(
        self, ticket_id: str, before: TicketLevel | None, after: TicketLevel | None, offset: int, out: Effects
    ) -> None:
        """What happened to a ticket goes into windows, levels and outputs."""
        if (
            out.counts
            or out.durations
            or out.removed_counts
            or out.removed_durations
            or out.amounts
            or out.removed_amounts
        ):
            self.windows.add(out, self.now_ms, ticket_id)
        if before != after:
            self.levels.move(before, after)
        for transition in out.transitions:
            self._transitions.append(Caused(ticket_id, offset, transition))
        if self._keep_samples:
            self._keep(ticket_id, offset, out)

    def _keep(self, ticket_id: str, offset: int, out: Effects) -> None:
        """The samples themselves, once each: those of dimensions are the same."""
        attributes = replace(self.tickets.wake(ticket_id).state.attributes)
        for durations, retracted in ((out.removed_durations, True), (durations_apart(out.durations), False)):
            for duration in durations:
                if DIMENSION_SIGN not in duration[1]:
                    self._samples.append(Sampled(ticket_id, offset, duration, retracted, attributes))

    # -- time ------------------------------------------------------------------------------------------------------------------------------

    def _advance(self, to_ms: int, offset: int) -> bool:
        """Move stream time, firing what it passes. False if it stopped on the way: flush, then go on."""
        due = self.due
        if to_ms <= self.now_ms:
            if due.next_ms >= self.now_ms:
                return True
            to_ms = self.now_ms  # another version's ticket, overdue by the rules of this one
        elif due.next_ms >= to_ms:
            if to_ms >= self.levels.minute_end_ms:
                self.levels.enter(to_ms)
            self.now_ms = to_ms
            return True
        left = self._timers_at_once
        while (timer := due.pop(to_ms)) is not None:
            due_ms, ticket_id = timer
            if due_ms > self.now_ms:
                self._move_to(due_ms)
            self._fire(ticket_id, due_ms, offset)
            left -= 1
            if not left:
                return False
        self._move_to(to_ms)
        return True

    def _move_to(self, now_ms: int) -> None:
        if now_ms >= self.levels.minute_end_ms:
            self.levels.enter(now_ms)
        self.now_ms = now_ms

    def _fire(self, ticket_id: str, due_ms: int, offset: int) -> None:
        ticket = self.tickets.awake.get(ticket_id) or self.tickets.wake(ticket_id)
        if ticket.armed_ms != due_ms:
            return
        if ticket.next_ms > due_ms:
            self._rearm(ticket_id, ticket)
            return
        state, timer, out = ticket.state, (ticket.next_ms, ticket.which), Effects()
        fire, next_timer, is_moved = self._machine.fire, self._machine.next_timer, False
        before = after = None
        while timer[0] <= due_ms:
            if not is_moved and timer[1] in MOVING:
                before, is_moved = state.level(), True
            ticket.fired_ms = timer[0]
            if fire(state, timer, out):
                self.tickets.drop(ticket_id)
                return
            timer = next_timer(state)
        next_ms, ticket.which = timer
        ticket.armed_ms = ticket.next_ms = next_ms
        self.tickets.awake[ticket_id] = ticket
        if next_ms != NEVER:
            self.due.set(next_ms, ticket_id)
        if is_moved:
            after = state.level()
        self._settle_accounts(ticket_id, before, after, offset, out)

    def _rearm(self, ticket_id: str, ticket: Ticket) -> None:
        """It was set again meanwhile, to a later instant."""
        next_ms = ticket.armed_ms = ticket.next_ms
        if next_ms != NEVER:
            self.due.set(next_ms, ticket_id)
        self.tickets.replace(ticket_id, ticket)

    # -- taking ----------------------------------------------------------------------------------------------------------------------------

    def size(self) -> int:
        """How many entries of the state and outputs the next `take` gives, about."""
        told = len(self._transitions) + len(self._dead_letters) + len(self._samples) + self.levels.size()
        return (
            told + self.tickets.size() + self.windows.size() + self._channels.size() + (self.now_ms > self._reported_ms)
        )

    def take(self) -> Harvest:
        """All that happened since the last call, as of this instant."""
        changes = self.tickets.rest()
        changes += [(b"c" + name.encode(), b"1") for name in self._channels.take()]
        partials = self._take_windows(changes)
        partials += [
            LevelPartial(self.number, note.channel, note.end_ms, note.level) for note in self.levels.take_notes()
        ]
        partials.append(Progress(self.number, self._partitions, self.now_ms, self._present()))
        self._kinds[REPLY], self._kinds[NOTE] = self._kinds[REPLY] + self._kinds[NOTE], 0
        self.events = {word: self._kinds[kind] for word, kind in KINDS.items()}
        harvest = Harvest(changes, partials, self._transitions, self._samples, self._dead_letters)
        self._transitions, self._samples, self._dead_letters = [], [], []
        self._reported_ms = self.now_ms
        return harvest

    def _present(self) -> dict[str, Level]:
        """The levels of channels that have open tickets; those that are not named have none."""
        return {name: level for name, level in self.levels.present().items() if level.open or name == ALL}

    def at_rest(self) -> Rest:
        """All tickets as of one instant, the last `take`, to look through at leisure. A copy: 10 ms for 300,000 tickets."""
        return Rest(self.number, self._reported_ms, self.tickets.resting.copy())

    def _take_windows(self, changes: list[tuple[bytes, bytes | None]]) -> list[Partial]:
        windows = self.windows
        self.flow += windows.roll()
        final, untold = windows.close(self.now_ms)
        partials: list[Partial] = [self._partial(window, cell) for window, cell in untold]
        changes += [(_window_key(window), None) for window in final]
        for window in windows.changed:
            cell = windows.cells[window]
            partials.append(self._partial(window, cell))
            changes.append((_window_key(window), _encode(cell)))
        windows.changed.clear()
        return partials

    def _partial(self, window: Window, cell: Cell) -> WindowPartial:
        channel, kind, start_ms, end_ms = window
        return WindowPartial(self.number, channel, kind, start_ms, end_ms, window.final_from_ms, cell)

    def _count(self, what: str) -> None:
        self.counters[what] = self.counters.get(what, 0) + 1


def _window_key(window: Window) -> bytes:
    return f"w{window.channel}|{window.kind}|{window.start_ms}|{window.end_ms}".encode()
