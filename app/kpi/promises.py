"""When SLA clocks start, stop, pause, and are matched with policies again. What is said of them: `verdicts.py`.

A ticket is matched with the first policy that fits when a clock starts, and again when what policies ask for changes: the clock then goes on as
if it had run under the new policy from its start, except that nothing of the past is due before the change, and a due that has passed stays.
Only the resolution clock pauses.
"""

from app.kpi.effects import Effects
from app.kpi.rules import Policy, Target
from app.kpi.sla import BREACHED, RUNNING, Attributes, Pause, SlaClock, spent_ms, used_up, used_up_ms
from app.kpi.state import State
from app.kpi.verdicts import FIRST, NEXT, RESOLUTION, Verdicts


class Promises(Verdicts):
    """The SLA clocks of tickets, under one configuration."""

    def policy(self, channel: str, attributes: Attributes) -> Policy:
        """The first policy that fits."""
        policies = self._rules[channel].policies
        if len(policies) == 1:
            return policies[0]
        return next((policy for policy in policies if _fits(policy, attributes)), policies[-1])

    # -- starting --------------------------------------------------------------------------------------------------------------------------

    def start_first(self, state: State, set_ms: int, out: Effects) -> None:
        """The queue clock started; the promise runs with it, or with the customer's clock, unless it runs already."""
        found = None if state.first_sla is not None else self._first_start(state)
        if found is None:
            return
        start_ms, channel, policy = found
        clock = _new(start_ms, set_ms, channel, policy, policy.first_response, self._rules[channel].grace_ms)
        clock.customer = policy.customer_clock
        clock.historic = state.first_historic if clock.customer else state.queue_historic
        state.first_sla = clock
        if self._publish_all:
            self._say(clock, FIRST, "started", set_ms, state.attributes, out)

    def _first_start(self, state: State) -> tuple[int, str, Policy] | None:
        """Where the clock of the first response starts by what is known now: (instant, channel, policy); None if nowhere."""
        if state.first_ms is None:
            return None
        policy = self.policy(state.first_channel, state.attributes)
        if policy.customer_clock:
            return state.first_ms, state.first_channel, policy
        if state.queue_ms is None:
            return None
        if state.queue_channel != state.first_channel:
            policy = self.policy(state.queue_channel, state.attributes)
        return state.first_ms if policy.customer_clock else state.queue_ms, state.queue_channel, policy

    def start_next(self, state: State, start_ms: int, set_ms: int, channel: str, out: Effects) -> None:
        """A wait began after the first human response."""
        rules = self._rules[channel]
        policy = self.policy(channel, state.attributes)
        clock = state.next_sla = _new(start_ms, set_ms, channel, policy, policy.next_response, rules.grace_ms)
        clock.historic = out.historic
        if self._publish_all:
            self._say(clock, NEXT, "started", set_ms, state.attributes, out)

    def start_resolution(self, state: State, at_ms: int, out: Effects) -> None:
        """A round began to count."""
        rules = self._rules[state.channel]
        policy = self.policy(state.channel, state.attributes)
        clock = state.resolution_sla = _new(at_ms, at_ms, state.channel, policy, policy.resolution, rules.grace_ms)
        clock.historic = out.historic
        if self._publish_all:
            self._say(clock, RESOLUTION, "started", at_ms, state.attributes, out)
        pause = None if state.pauses is None else state.pause()
        if pause is not None and pause.reason in policy.pause_on:
            self._pause(clock, at_ms, policy, state.attributes, out)

    # -- ending ----------------------------------------------------------------------------------------------------------------------------

    def answer_reply_clocks(self, state: State, at_ms: int, out: Effects) -> None:
        """A human replied."""
        if state.first_sla is not None:
            self.answer(state.first_sla, FIRST, at_ms, state.attributes, out)
            state.first_sla = None
        if state.next_sla is not None:
            self.answer(state.next_sla, NEXT, at_ms, state.attributes, out)
            state.next_sla = None

    def cancel_reply_clocks(self, state: State, at_ms: int, out: Effects) -> None:
        """Nobody needs to reply any more."""
        if state.first_sla is not None:
            self.cancel(state.first_sla, FIRST, at_ms, state.attributes, out)
            state.first_sla = None
        self._cancel_next(state, at_ms, out)

    def bot_answered(self, state: State, at_ms: int, out: Effects) -> None:
        """A bot's answer ends the promises that count a queue, not the one that counts the customer's time."""
        if state.first_sla is not None and state.first_sla.customer:
            self._cancel_next(state, at_ms, out)
        else:
            self.cancel_reply_clocks(state, at_ms, out)

    def _cancel_next(self, state: State, at_ms: int, out: Effects) -> None:
        if state.next_sla is not None:
            self.cancel(state.next_sla, NEXT, at_ms, state.attributes, out)
            state.next_sla = None

    # -- pausing ---------------------------------------------------------------------------------------------------------------------------

    def pause(self, state: State, pause: Pause, out: Effects) -> None:
        """The ticket is paused: the resolution clock stops, if its policy says so."""
        clock = state.resolution_sla
        if clock is None or clock.phase == BREACHED or clock.left is not None:
            return
        policy = self.policy(clock.channel, state.attributes)
        if pause.reason in policy.pause_on:
            self._pause(clock, pause.start_ms, policy, state.attributes, out)

    def _pause(self, clock: SlaClock, at_ms: int, policy: Policy, attributes: Attributes, out: Effects) -> None:
        if at_ms >= clock.due_ms:
            return  # nothing is left to be paused
        schedule = policy.schedule
        clock.left = spent_ms(schedule, at_ms, clock.due_ms), spent_ms(schedule, at_ms, clock.warn_ms)
        if self._publish_all:
            self._say(clock, RESOLUTION, "paused", at_ms, attributes, out)

    def resume(self, state: State, at_ms: int, out: Effects) -> None:
        """The ticket's pause ended: what was left of the target runs from now on."""
        clock = state.resolution_sla
        if clock is None or clock.left is None:
            return
        schedule = self.policy(clock.channel, state.attributes).schedule
        due_left_ms, warn_left_ms = clock.left
        clock.due_ms, clock.left = used_up_ms(schedule, at_ms, due_left_ms), None
        if clock.phase == RUNNING:
            clock.warn_ms = used_up_ms(schedule, at_ms, warn_left_ms)
        if self._publish_all:
            self._say(clock, RESOLUTION, "resumed", at_ms, state.attributes, out)

    # -- matching again --------------------------------------------------------------------------------------------------------------------

    def match_again(self, state: State, at_ms: int, out: Effects) -> None:
        """The ticket's priority, team or tags changed at `at_ms`."""
        self._match_first_again(state, at_ms, out)
        clock = state.next_sla
        if clock is not None and self.is_open(clock, NEXT, at_ms, state.attributes, out):
            policy = self.policy(clock.channel, state.attributes)
            self._apply(clock, NEXT, policy, policy.next_response, [], at_ms, state.attributes, out)
        clock = state.resolution_sla
        if clock is not None and self.is_open(clock, RESOLUTION, at_ms, state.attributes, out):
            policy = self.policy(clock.channel, state.attributes)
            pauses = [pause for pause in state.pauses or () if pause.reason in policy.pause_on]
            self._apply(clock, RESOLUTION, policy, policy.resolution, pauses, at_ms, state.attributes, out)

    def _match_first_again(self, state: State, at_ms: int, out: Effects) -> None:
        clock = state.first_sla
        if clock is None:
            self.start_first(state, at_ms, out)
            return
        if not self.is_open(clock, FIRST, at_ms, state.attributes, out):
            return
        found = self._first_start(state)
        if found is not None and (found[1], found[2].customer_clock) == (clock.channel, clock.customer):
            policy = found[2]
            self._apply(clock, FIRST, policy, policy.first_response, [], at_ms, state.attributes, out)
            return
        self.retract(clock, FIRST, state.attributes, out)  # it would have another start: another clock
        state.first_sla = None
        self.start_first(state, at_ms, out)

    def _apply(
        self,
        clock: SlaClock,
        metric: str,
        policy: Policy,
        target: Target,
        pauses: list[Pause],
        at_ms: int,
        attributes: Attributes,
        out: Effects,
    ) -> None:
        """Let the clock go on as if it had run under the policy from its start."""
        if (policy.name, policy.version) == (clock.policy, clock.version):
            return
        clock.policy, clock.version = policy.name, policy.version
        due = used_up(policy.schedule, clock.start_ms, target.target_ms, pauses)
        warn = used_up(policy.schedule, clock.start_ms, target.warn_ms, pauses)
        clock.due_ms, clock.warn_ms = max(due.at_ms, at_ms), max(warn.at_ms, at_ms)
        clock.left = None if due.left_ms is None else (due.left_ms, warn.left_ms or 0)
        if warn.at_ms > at_ms or warn.left_ms is not None:
            clock.phase = RUNNING
        if self._publish_all:
            self._say(clock, metric, "due_changed", at_ms, attributes, out)


def _new(start_ms: int, set_ms: int, channel: str, policy: Policy, target: Target, grace_ms: int) -> SlaClock:
    """A clock from `start_ms`. Due and warning are never before `set_ms`, the change that set them."""
    schedule = policy.schedule
    if schedule is None:
        due_ms, warn_ms = start_ms + target.target_ms, start_ms + target.warn_ms
    else:
        due_ms, warn_ms = (used_up_ms(schedule, start_ms, ms) for ms in (target.target_ms, target.warn_ms))
    if warn_ms < set_ms:
        due_ms, warn_ms = max(due_ms, set_ms), set_ms
    return SlaClock(start_ms, due_ms, warn_ms, grace_ms, channel, policy.name, policy.version)


def _fits(policy: Policy, attributes: Attributes) -> bool:
    return (
        (not policy.priorities or attributes.priority in policy.priorities)
        and (not policy.teams or attributes.team in policy.teams)
        and (not policy.tags or not policy.tags.isdisjoint(attributes.tags or ()))
    )
