"""Why a ticket's figures are what they are: the core as it is, with somebody who takes down what each record and timer did.

`Explainer` is a partition that reads the records of one ticket. All that it computes is computed by the partition that it is; it looks at a ticket
before and after, and keeps the `Effects` on their way into windows and outputs. Other tickets matter to this one only by the time that passes with
their records: `pass_time` stands for them.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final, NamedTuple

import msgspec

from app.kpi.decoder import Decoder
from app.kpi.effects import Effects, counts_apart, durations_apart
from app.kpi.event import Event, Tick
from app.kpi.history import Outcome
from app.kpi.instants import MINUTE_MS, NEVER
from app.kpi.partition import Partition
from app.kpi.rules import Rules
from app.kpi.sla import SlaClock
from app.kpi.state import State, TicketLevel
from app.kpi.timers import TIMERS
from app.kpi.verdicts import clocks
from app.kpi.windows import DIMENSION_SIGN, LATENESS_MS, Window
from app.kpi.wire import Rejected
from app.record import Record

_encode = msgspec.msgpack.Encoder().encode
_decode_state = msgspec.msgpack.Decoder(State).decode
_OUTCOMES: Final = tuple(outcome.value for outcome in Outcome if outcome is not Outcome.STEPPED)


class Cause(Enum):
    """Why something happened."""

    EVENT = "event"
    TIMER = "timer"
    REFUSED = "refused"


class Counted(NamedTuple):
    """Figures of one channel and minute, and the windows that they fall in: still open then, or final and so left as they are (late)."""

    channel: str
    figures: list[str]
    open: list[Window]
    final: list[Window]


class Step(NamedTuple):
    """What one record, or time alone, did to the ticket."""

    cause: Cause
    at_ms: int
    """The event's instant, the timer's, the append time of what was refused."""
    stream_ms: int
    """Stream time then."""
    offset: int | None
    event: Event | None
    what: str
    """What became of the event (`Outcome`), which timer fired (`TIMERS`), or the reason of the refusal."""
    detail: str
    out: Effects
    started: list[tuple[str, SlaClock]]
    """SLA clocks that run from now on, or run otherwise than before: (metric, clock)."""
    is_orphan: bool
    """It waits in the history for the ticket's opening."""
    counted: list["Counted"]
    """Where its counts and durations went."""


class Present(NamedTuple):
    """How the ticket stands at the end. `next_timer` is (instant, which of `TIMERS`); None if nothing will happen by itself."""

    stream_ms: int
    state: State
    clocks: list[tuple[str, SlaClock]]
    next_timer: tuple[int, str] | None


class Explainer(Partition):
    """Reads one ticket's records in the order of the log; `steps` says what each did. Nothing is flushed: it ends with the command."""

    def __init__(self, ticket_id: str, rules: Rules) -> None:
        super().__init__(0, 1, rules)
        self.steps: list[Step] = []
        self._ticket_id = ticket_id
        self._given = Effects()

    def read(self, record: Record) -> None:
        """The next record of the ticket."""
        while not self.apply([record]):  # stopped between two timers, to be flushed
            self.take()

    def pass_time(self, to_ms: int) -> None:
        """Other records came meanwhile, and time went on to here."""
        while not self._advance(to_ms, -1):
            self.take()

    def present(self) -> Present:
        """The ticket as of now."""
        state = self._state()
        at_ms, which = self._machine.next_timer(state)
        return Present(self.now_ms, state, clocks(state), None if at_ms == NEVER else (at_ms, TIMERS[which]))

    # -- taking down -----------------------------------------------------------------------------------------------------------------------

    def _state(self) -> State:
        """A copy: a step changes the state in place."""
        return _decode_state(_encode(self.tickets.wake(self._ticket_id).state))

    def _accept(self, ticket_id: str, event: Event, offset: int) -> None:
        told = msgspec.structs.replace(event)  # the history takes it apart
        before, counted = self._state(), dict(self.counters)
        self._down(
            lambda: super(Explainer, self)._accept(ticket_id, event, offset),
            lambda out: Step(
                Cause.EVENT,
                told.at_ms,
                self.now_ms,
                offset,
                told,
                next((word for word in _OUTCOMES if self._rose(word, counted)), Outcome.STEPPED.value),
                "",
                out,
                _started(before, self._state()),
                self._rose("orphaned", counted),
                self._counted(out),
            ),
        )

    def _fire(self, ticket_id: str, due_ms: int, offset: int) -> None:
        before, fired_ms = self._state(), self.tickets.wake(ticket_id).fired_ms
        timer = self._machine.next_timer(before)

        def step(out: Effects) -> Step | None:
            after = self.tickets.wake(ticket_id)
            if timer[0] > due_ms or (after.fired_ms == fired_ms and after.state.last_ms):
                return None  # a leftover
            which, started = TIMERS[timer[1]], _started(before, after.state)
            return Step(
                Cause.TIMER, timer[0], self.now_ms, None, None, which, "", out, started, False, self._counted(out)
            )

        self._down(lambda: super(Explainer, self)._fire(ticket_id, due_ms, offset), step)

    def _down(self, happens: Callable[[], None], step: Callable[[Effects], Step | None]) -> None:
        self._given = Effects()
        happens()
        made = step(self._given)
        if made is not None:
            self.steps.append(made)

    def _counted(self, out: Effects) -> list[Counted]:
        slots: dict[tuple[str, int], list[str]] = {}
        samples = (duration[:3] for duration in out.durations)
        amounts = (amount[:3] for amount in out.amounts)
        for at_ms, channel, measure in (*out.counts, *samples, *amounts):
            slots.setdefault((channel, at_ms - at_ms % MINUTE_MS), []).append(measure)
        return [
            Counted(channel, figures, *self._windows(channel, at_ms)) for (channel, at_ms), figures in slots.items()
        ]

    def _windows(self, channel: str, minute_ms: int) -> tuple[list[Window], list[Window]]:
        windows = [self.windows.window(channel, kind, minute_ms) for kind in LATENESS_MS]
        final = [window for window in windows if self.now_ms > window.final_from_ms]
        return [window for window in windows if window not in final], final

    def _rose(self, counter: str, before: dict[str, int]) -> bool:
        return self.counters.get(counter, 0) > before.get(counter, 0)

    def _settle_accounts(
        self, ticket_id: str, before: TicketLevel | None, after: TicketLevel | None, offset: int, out: Effects
    ) -> None:
        super()._settle_accounts(ticket_id, before, after, offset, out)
        self._given = _of_channels(out)

    def _reject(self, record: Record, why: Rejected) -> None:
        super()._reject(record, why)
        at_ms = record.timestamp or self.now_ms
        self.steps.append(
            Step(
                Cause.REFUSED, at_ms, self.now_ms, record.offset, None, why.reason, why.detail, Effects(), [], False, []
            )
        )


def _of_channels(out: Effects) -> Effects:
    """What was given, once each: figures that arose together come apart, and those of teams and topics are the same again."""
    return Effects(
        [count for count in counts_apart(out.counts) if DIMENSION_SIGN not in count[1]],
        [duration for duration in durations_apart(out.durations) if DIMENSION_SIGN not in duration[1]],
        out.transitions,
        [count for count in out.removed_counts if DIMENSION_SIGN not in count[1]],
        [duration for duration in out.removed_durations if DIMENSION_SIGN not in duration[1]],
        [amount for amount in out.amounts if DIMENSION_SIGN not in amount[1]],
        [amount for amount in out.removed_amounts if DIMENSION_SIGN not in amount[1]],
    )


class Passing:
    """How far a record of any ticket moves the time of its partition."""

    def __init__(self, rules: Rules) -> None:
        self._decode = Decoder(rules)
        self._by_events = rules.clock == "events"

    def __call__(self, record: Record) -> int:
        """Stream time that the record alone gives; 0 if none."""
        if not self._by_events:
            return record.timestamp
        try:
            decoded = self._decode(record.value, record.key, record.timestamp)
        except Rejected:
            return 0
        return (decoded.at_ms or 0) if isinstance(decoded, Tick) else decoded[1].at_ms


def explain(ticket_id: str, rules: Rules, records: Iterable[tuple[int, Record]], until_ms: int) -> Explainer:
    """The whole story of a ticket: its records, each with the stream time that its partition had reached before; then time to `until_ms`."""
    explainer = Explainer(ticket_id, rules)
    for reached_ms, record in records:
        explainer.pass_time(reached_ms)
        explainer.read(record)
    explainer.pass_time(until_ms)
    return explainer


def _started(before: State, after: State) -> list[tuple[str, SlaClock]]:
    had = {(metric, clock.start_ms, clock.due_ms) for metric, clock in clocks(before)}
    return [each for each in clocks(after) if (each[0], each[1].start_ms, each[1].due_ms) not in had]
