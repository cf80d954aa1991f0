"""Who waits for whom: waits, the first response and its queue, who owns the ticket; what messages start and replies end.

wait           starts at a customer message when none runs; ends at a human reply (answered), a bot reply while no human owns the ticket
(automated), or a close (cancelled). Several messages in a row are one wait, from the oldest.
first response starts at a customer message while it is not running and no human reply has ended it; a close cancels it.
queue          starts with first response; a bot's answer stops it; the next message, or a hand-over to a human, starts it again there.
ownership      a human owns from a human reply or hand-over to a human, until a hand-over to a bot or a close.
"""

from typing import Final

from app.kpi import effort
from app.kpi.dimensions import Dimensions, under
from app.kpi.effects import Effects
from app.kpi.event import AGENT, AUTHOR_WORDS, AUTHORS, BOT, Event
from app.kpi.event import UNKNOWN as UNKNOWN_AUTHOR
from app.kpi.measures import together
from app.kpi.promises import Promises
from app.kpi.rules import Rules
from app.kpi.samples import FIRST_ACTION, FIRST_RESPONSE, QUEUE, RESPONSE, Stretches, reply_samples, short_sample
from app.kpi.settling import count_replier
from app.kpi.state import CLOSED, State

_ANSWERED_KEPT: Final = 100
"""Agents and teams of one ticket; later ones are not counted, so that a ticket fits into a record."""


class Waits:
    """The transitions of waits, under one configuration."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules.by_channel()
        self._dimensions = Dimensions(rules.dimensions)
        self.promises = Promises(rules, self._rules)

    def _author(self, event: Event) -> int:
        """The author's class; unknown ones as the event's channel has it."""
        if event.author != UNKNOWN_AUTHOR:
            return event.author
        return AUTHORS[self._rules[event.channel].unknown_author]

    def _start_clocks(
        self, state: State, start_ms: int, set_ms: int, channel: str, messages: int, out: Effects
    ) -> None:
        """A customer turn that began at `start_ms` and is known at `set_ms` (later only for messages that waited for a reopening)."""
        if state.first_ms is None and not state.first_done:
            state.first_ms, state.first_channel = start_ms, channel
            state.first_historic = out.historic
        if state.first_ms is not None and state.queue_ms is None:
            self._start_queue(state, start_ms, set_ms, channel, out)
        if state.wait_ms is None:
            self._start_wait(state, start_ms, set_ms, channel, messages, out)

    def _start_queue(self, state: State, start_ms: int, set_ms: int, channel: str, out: Effects) -> None:
        state.queue_ms, state.queue_channel = start_ms, channel
        state.queue_historic = out.historic
        self.promises.start_first(state, set_ms, out)

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

    def reply(self, state: State, event: Event, out: Effects) -> None:
        """Somebody or something answered."""
        at_ms = event.at_ms
        out.counts.append((at_ms, event.channel, _REPLIES_SENT[event.author]))
        author = self._author(event)
        if author == AGENT:
            count_replier(state.since, event.who)
            state.replier = event.who
            if self._dimensions.any:
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
        out.human_replies = [*out.human_replies, *((event.at_ms, name) for name in ("", agent) if name is not None)]
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

    def handed_over(self, state: State, event: Event, out: Effects) -> None:
        """From bot to human, or back."""
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


_REPLIES_SENT: Final = tuple(f"replies_sent|{word}" for word in AUTHOR_WORDS)
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
