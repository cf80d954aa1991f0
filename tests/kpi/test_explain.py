"""What is explained is what was computed: a ticket read alone, with the time of its partition, gives what the whole partition gave of it."""

from collections import Counter

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from app.cli.ticket_log import Gathering
from app.kpi.explain import Cause, Explainer, Step, explain
from app.kpi.instants import NEVER
from app.kpi.partition import Partition
from app.kpi.rules import Clock, Rules
from app.kpi.ticket import Machine
from app.kpi.windows import Window
from tests.kpi.law import DELAYS_MS, RULES, Traffic, instants, traffic
from tests.kpi.office import Office
from tests.kpi.story import DAY, MINUTE, at, ms, records, rules

PROMPT_MS = [delay_ms for delay_ms in DELAYS_MS if delay_ms <= 10 * MINUTE]
TOO_LATE_MS = [*DELAYS_MS, 25 * 60 * MINUTE, 3 * DAY, 8 * DAY]
SLA = "defaults: {sla: {first_response: 1h, next_response: 2h, resolution: 3h}, at_risk: 0.5}"


def explained(story: str, config: str | Rules = SLA, clock: Clock = "events", ticket_id: str = "t1") -> Explainer:
    of = config if isinstance(config, Rules) else rules(config, clock)
    gathering = Gathering(ticket_id, of)
    for record in records(story):
        gathering.put(record)
    return explain(ticket_id, of, gathering.records, gathering.reached_ms)


def alone(told: Traffic, of: Rules) -> dict[str, Explainer]:
    """Every ticket of the traffic, each explained for itself."""
    ids = {record.key.decode() for record in told.arrivals if record.key is not None}
    found = {}
    for ticket_id in sorted(ids):
        gathering = Gathering(ticket_id, of)
        for record in told.arrivals:
            gathering.put(record)
        found[ticket_id] = explain(ticket_id, of, gathering.records, max(gathering.reached_ms, told.until_ms))
    return found


def told_to(told: Traffic, of: Rules) -> Office:
    office = Office(of)
    office.read(told.arrivals)
    office.tick(told.until_ms)
    return office


any_rules = st.sampled_from(list(RULES.values()))


@given(traffic(TOO_LATE_MS, tickets=4), any_rules)
def test_a_ticket_explained_alone_says_what_the_partition_said_of_it(told: Traffic, of: Rules) -> None:
    note("\n".join(instants(told.arrivals)))
    office, explainers = told_to(told, of), alone(told, of)
    for ticket_id, explainer in explainers.items():
        said = [transition for name, transition in office.said if name == ticket_id]
        assert [transition for step in explainer.steps for transition in step.out.transitions] == said
        assert explainer.present().state == office.partitions[0].tickets.wake(ticket_id).state
    samples: Counter[tuple[str, int, str, str, int]] = Counter()
    for ticket_id, explainer in explainers.items():
        for step in explainer.steps:
            samples.update((ticket_id, *duration[:4]) for duration in step.out.durations)
            samples.subtract((ticket_id, *duration[:4]) for duration in step.out.removed_durations)
    assert +samples == +office.samples


@given(traffic(TOO_LATE_MS, tickets=4), any_rules)
def test_what_became_of_events_is_told_as_it_is_counted(told: Traffic, of: Rules) -> None:
    counters = told_to(told, of).partitions[0].counters
    steps = [step for explainer in alone(told, of).values() for step in explainer.steps]
    outcomes = Counter(step.what for step in steps if step.cause is Cause.EVENT)
    refused = Counter(f"rejected|{step.what}" for step in steps if step.cause is Cause.REFUSED)
    orphans = sum(step.is_orphan for step in steps)
    words = ("duplicate", "conflicting", "too_old", "revised")
    assert {word: outcomes[word] for word in words} == {word: counters.get(word, 0) for word in words}
    assert orphans == counters.get("orphaned", 0)
    assert dict(refused) == {name: count for name, count in counters.items() if name.startswith("rejected|")}


@given(traffic(PROMPT_MS, tickets=4), any_rules)
def test_the_windows_named_are_those_that_hold_the_figures(told: Traffic, of: Rules) -> None:
    figures: Counter[tuple[str, int, str]] = Counter()
    for explainer in alone(told, of).values():
        for step in explainer.steps:
            for counted in step.counted:
                hours = [window.start_ms for window in counted.open if window.kind == "hour"]
                figures.update((counted.channel, hour, figure) for hour in hours for figure in counted.figures)
            removed = [*step.out.removed_counts, *(duration[:3] for duration in step.out.removed_durations)]
            figures.subtract((channel, at_ms - at_ms % (60 * MINUTE), measure) for at_ms, channel, measure in removed)
    published: Counter[tuple[str, int, str]] = Counter()
    for (channel, span), window in told_to(told, of).windows.items():
        if span.kind == "hour" and channel != "all" and ":" not in channel:
            published.update({(channel, span.start_ms, measure): n for measure, n in window.cell.counts.items()})
            spreads = window.cell.durations.items()
            published.update({(channel, span.start_ms, measure): spread.count for measure, spread in spreads})
    assert _without_amounts(figures) == _without_amounts(published)


def _without_amounts(figures: Counter[tuple[str, int, str]]) -> Counter[tuple[str, int, str]]:
    return Counter({key: n for key, n in figures.items() if n > 0 and not key[2].startswith("revenue|")})


@given(traffic(TOO_LATE_MS, tickets=2), any_rules)
def test_what_happens_next_is_what_happens_when_time_goes_on(told: Traffic, of: Rules) -> None:
    for explainer in alone(told, of).values():
        following, machine = explainer.present().next_timer, Machine(of)
        if following is None:
            assert machine.next_timer(explainer.present().state)[0] == NEVER
            continue
        before = len(explainer.steps)
        explainer.pass_time(following[0])
        assert len(explainer.steps) == before
        explainer.pass_time(following[0] + 1)
        first = explainer.steps[before]
        assert (first.cause, first.at_ms, first.what) == (Cause.TIMER, *following)


def described(steps: list[Step]) -> list[str]:
    return [f"{at(step.at_ms)} {step.cause.value} {step.what}" for step in steps]


def test_timers_are_told_between_the_events_each_at_its_own_instant() -> None:
    assert described(explained("10:00 message, 10:10 reply, 11:00 message, 14:00 now").steps) == [
        "10:00 event stepped",
        "10:10 event stepped",
        "11:00 event stepped",
        "11:30 timer resolution",
        "12:00 timer next_response",
        "13:00:10 timer next_response",
    ]


def test_timers_of_one_instant_are_one_step_with_the_effects_of_all() -> None:
    last = explained("10:00 message, 10:10 reply, 11:00 message, 14:00 now").steps[-1]
    assert [(said.metric, said.state) for said in last.out.transitions] == [
        ("next_response", "breached"),
        ("resolution", "breached"),
    ]


def test_other_tickets_count_by_the_time_they_bring_and_in_no_other_way() -> None:
    explainer = explained("10:00 message, 10:00 message ticket=t2, 10:40 close ticket=t2")
    assert described(explainer.steps) == ["10:00 event stepped", "10:30 timer first_response"]
    assert explainer.present().stream_ms == ms("10:40")


def test_an_event_names_the_clocks_that_it_starts() -> None:
    (step,) = explained("10:00 message").steps
    assert [(metric, at(clock.due_ms)) for metric, clock in step.started] == [
        ("first_response", "11:00"),
        ("resolution", "13:00"),
    ]


def test_a_late_event_that_changes_a_clock_names_it_anew() -> None:
    last = explained("10:10 message, 10:00 message").steps[-1]
    assert (last.what, *((metric, at(clock.due_ms)) for metric, clock in last.started[:1])) == (
        "revised",
        ("first_response", "11:00"),
    )


def test_what_is_no_event_is_told_with_the_field() -> None:
    (_, step) = explained("10:00 message, 10:05 reply nobody").steps
    assert (step.cause, step.what, step.detail.startswith("author_kind")) == (Cause.REFUSED, "bad-value", True)


def test_an_event_is_told_as_it_came_though_the_history_takes_it_apart() -> None:
    steps = explained("10:00 message in=web, 10:05 message in=mail, 10:06 message in=web").steps
    assert [step.event.channel for step in steps if step.event] == ["web", "mail", "web"]


def test_a_figure_that_comes_too_late_names_the_windows_that_were_final() -> None:
    last = explained("10:00 message, d2 12:00 now, 10:30 label as=bot, d1 10:05 message").steps[-1]
    (counted,) = last.counted
    assert [window.kind for window in counted.final] == ["minute", "hour"]
    assert counted.open == [Window("web", "day", ms("00:00"), ms("d2 00:00"))]


def test_a_ticket_that_was_forgotten_says_so_until_nothing_is_kept() -> None:
    forgetting = rules("forget: {closed: 4d, open: 6d}")
    steps = explained("10:00 message, 10:05 close spam, d7 10:06 now", forgetting).steps
    assert described(steps)[-2:] == ["d5 10:05 timer forget", "d6 10:05 timer drop"]
    present = explained("10:00 message, 10:05 close spam, d9 10:05 now", forgetting).present()
    assert (present.state.last_ms, present.next_timer) == (0, None)


def test_nothing_of_the_core_changes_by_being_looked_at() -> None:
    of, story = rules(SLA), "10:00 message, 10:05 reply bot, 10:06 handover, 12:00 message, 11:59 reply, d3 10:00 now"
    partition = Partition(0, 1, of)
    partition.apply(list(records(story)))
    explainer = explained(story, of)
    mine, its = explainer.take(), partition.take()
    said = [[caused.transition for caused in harvest.transitions] for harvest in (mine, its)]
    assert (mine.changes, said[0], explainer.counters) == (its.changes, said[1], partition.counters)


@pytest.mark.parametrize("clock", ["events", "log"])
def test_time_is_that_of_the_deployments_clock(clock: Clock) -> None:
    explainer = explained("10:00 message read=10:40", SLA, clock)
    assert explainer.present().stream_ms == ms("10:40" if clock == "log" else "10:00")
