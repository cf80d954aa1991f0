"""What a step or a run of a ticket gives: counts, durations and amounts for windows, transitions of SLA clocks.

Effects are values, so that two runs of one ticket can be compared: what a revision takes back and what it adds is the difference of what the
old and the new history give (`revise`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from app.kpi.measures import parts_of

Count = tuple[int, str, str]
"""(instant, channel, measure): one more of a measure in the window that the instant falls in."""

Duration = tuple[int, str, str, int, int, int]
"""(instant, channel, measure, duration in ms, start, end): one sample. It counts in the window of the instant, which is its end, except for a
close that settled, which counts when it settled."""

Amount = tuple[int, str, str, int]
"""(instant, channel, measure, amount): so much more of a measure in the window that the instant falls in."""


HumanReply = tuple[int, str]
"""(instant, dimension); of the whole ticket, the dimension is empty."""


class Transition(msgspec.Struct, frozen=True, gc=False):
    """One change of one SLA clock. (metric, started_ms) names the clock within its ticket."""

    metric: str
    started_ms: int
    due_ms: int
    state: str
    at_ms: int
    channel: str
    policy: str
    version: str
    priority: str | None
    team: str | None
    agent: str | None
    historic: bool = False
    business_ms: int | None = None
    """Since the start, inside the channel's schedule, where it has one."""


class Effects(msgspec.Struct, gc=False):
    """Lists in order of happening; `removed_*` only after a revision. Counts and durations are plain tuples: there are many."""

    counts: list[Count] = msgspec.field(default_factory=list)
    durations: list[Duration] = msgspec.field(default_factory=list)
    transitions: list[Transition] = msgspec.field(default_factory=list)
    removed_counts: Sequence[Count] = ()
    removed_durations: Sequence[Duration] = ()
    amounts: Sequence[Amount] = ()
    removed_amounts: Sequence[Amount] = ()
    historic: bool = False
    """Whether the event of the present step was over a day old when it reached the log."""
    human_replies: Sequence[HumanReply] = ()
    """Where figures of dimensions are kept; these are not taken back."""

    def revise(self, before: "Effects", after: "Effects") -> None:
        """Add what turns `before` (already given) into `after`: net, so that what both hold is not touched even in final windows."""
        had, has = Counter(counts_apart(before.counts)), Counter(counts_apart(after.counts))
        self.counts += (has - had).elements()
        self.removed_counts = list((had - has).elements())
        had_durations = Counter(durations_apart(before.durations))
        has_durations = Counter(durations_apart(after.durations))
        self.durations += (has_durations - had_durations).elements()
        self.removed_durations = list((had_durations - has_durations).elements())
        if before.amounts or after.amounts:
            net = _summed(after.amounts)
            net.subtract(_summed(before.amounts))
            self.amounts = [*self.amounts, *((*key, amount) for key, amount in net.items() if amount > 0)]
            self.removed_amounts = [(*key, -amount) for key, amount in net.items() if amount < 0]
        self.transitions += _corrections(before.transitions, after.transitions)
        known = frozenset(before.human_replies)
        self.human_replies = [reply for reply in after.human_replies if reply not in known]


def counts_apart(counts: Iterable[Count]) -> Iterator[Count]:
    """The counts, those that arose together once for each of their measures."""
    for at_ms, channel, name in counts:
        for measure in parts_of(name):
            yield at_ms, channel, measure


def durations_apart(durations: Iterable[Duration]) -> Iterator[Duration]:
    """The samples, those that arose together once for each of their measures."""
    for at_ms, channel, name, *stretch in durations:
        for measure in parts_of(name):
            yield at_ms, channel, measure, *stretch  # type: ignore[misc]  # the three numbers of a duration


def _summed(amounts: Iterable[Amount]) -> Counter[Count]:
    summed: Counter[Count] = Counter()
    for at_ms, channel, measure, amount in amounts:
        summed[at_ms, channel, measure] += amount
    return summed


_Clock = tuple[str, int]
_OUTLIVED = ("started", "at_risk", "paused", "resumed", "due_changed")


def _corrections(before: list[Transition], after: list[Transition]) -> list[Transition]:
    """Transitions to publish so that each clock's published history ends as `after` says.

    `retracted` takes back all that was published of a clock; what follows it is the clock's new truth. It is needed when a verdict was
    published that no longer holds, or the clock no longer exists; what is no verdict is simply outlived. Clocks come one after the other.
    """
    old, new = _by_clock(before), _by_clock(after)
    corrections: list[Transition] = []
    for clock in {**old, **new}:
        corrections += _correct(old.get(clock, []), new.get(clock, []))
    return corrections


def _by_clock(transitions: list[Transition]) -> dict[_Clock, list[Transition]]:
    clocks: dict[_Clock, list[Transition]] = {}
    for transition in transitions:
        clocks.setdefault((transition.metric, transition.started_ms), []).append(transition)
    return clocks


def _correct(old: list[Transition], new: list[Transition]) -> list[Transition]:
    if _told(new[: len(old)]) == _told(old):
        return new[len(old) :]
    if new and all(transition.state in _OUTLIVED for transition in old):
        return [transition for transition in new if transition.state not in _OUTLIVED] or new
    return [msgspec.structs.replace(old[-1], state="retracted"), *new]


def _told(transitions: list[Transition]) -> list[tuple[str | int, ...]]:
    return [(said.state, said.due_ms, said.at_ms, said.channel, said.policy, said.version) for said in transitions]
