"""KPIs are a function of the set of events and of stream time: not of order, duplicates, batches, restarts or partitions."""

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from app.kpi.effects import Effects
from app.kpi.history import Ticket
from app.kpi.levels import Levels
from app.kpi.partition import Partition
from app.kpi.rules import Rules
from tests.kpi.law import DELAYS_MS, RULES, Traffic, instants, law, traffic
from tests.kpi.office import Figures, Office
from tests.kpi.story import DAY, MINUTE, event, record

KINDS = ("minute", "hour", "day")
PROMPT_MS = [delay_ms for delay_ms in DELAYS_MS if delay_ms <= 10 * MINUTE]
TOO_LATE_MS = [*DELAYS_MS, 25 * 60 * MINUTE, 3 * DAY, 8 * DAY]
more = settings(max_examples=settings.default.max_examples * 2 if settings.default else 200)
all_rules = pytest.mark.parametrize("of", RULES.values(), ids=RULES)


def computed(told: Traffic, of: Rules, partitions: int = 1, kinds: tuple[str, ...] = ("hour", "day")) -> Figures:
    office = Office(of, partitions)
    office.read(told.arrivals)
    office.tick(told.until_ms)
    return office.figures(kinds)


@all_rules
@more
@given(traffic())
def test_no_order_of_arrival_changes_anything(of: Rules, told: Traffic) -> None:
    note("\n".join(instants(told.arrivals)))
    assert computed(told, of) == law(told.arrivals, told.until_ms, of)


@all_rules
@given(traffic(PROMPT_MS))
def test_within_ten_minutes_not_even_in_minute_windows(of: Rules, told: Traffic) -> None:
    assert computed(told, of, kinds=KINDS) == law(told.arrivals, told.until_ms, of, KINDS)


@given(traffic(tickets=6), st.integers(2, 4), st.sampled_from(list(RULES.values())))
def test_the_number_of_partitions_changes_nothing(told: Traffic, partitions: int, of: Rules) -> None:
    assert computed(told, of, partitions) == law(told.arrivals, told.until_ms, of)


cuts = st.sets(st.integers(1, 40), max_size=6)


@more
@given(traffic(TOO_LATE_MS), cuts, cuts, st.sampled_from(list(RULES.values())), st.sampled_from([1, 3, 5_000]))
def test_neither_batches_nor_restarts_nor_stops_change_anything_however_late_events_are(
    told: Traffic, flushes: set[int], restarts: set[int], of: Rules, timers_at_once: int
) -> None:
    whole, cut = Office(of), Office(of, timers_at_once=timers_at_once)
    whole.read(told.arrivals)
    for index, one in enumerate(told.arrivals):
        cut.read([one])
        if index in flushes:
            cut.flush()
        if index in restarts:
            cut.restart(0)
            cut.restart_merge()
    for office in (whole, cut):
        office.tick(told.until_ms)
        office.tick(told.until_ms + 3 * DAY)
    assert _all_of(cut) == _all_of(whole)


def _all_of(office: Office) -> tuple[object, ...]:
    windows = {key: (given.cell, given.level) for key, given in office.windows.items() if given.cell}
    return office.samples, office.said, windows, office.figures().levels


# -- what must hold after every event --------------------------------------------------------------------------------------------------------


@all_rules
@given(traffic(TOO_LATE_MS, tickets=3))
def test_base_and_history_up_to_the_present_give_the_state(of: Rules, told: Traffic) -> None:
    partition = Partition(0, 1, of)
    for one in [*told.arrivals, record(99, event(99, told.until_ms, "now"), told.until_ms)]:
        assert partition.apply([one]) == 1
        for ticket in _tickets(partition).values():
            assert partition._history._run(ticket, ticket.history, partition.now_ms, Effects())[0] == ticket.state


@given(traffic(TOO_LATE_MS, tickets=3), st.sampled_from(list(RULES.values())))
def test_every_ticket_is_armed_at_or_before_its_earliest_timer(told: Traffic, of: Rules) -> None:
    partition = Partition(0, 1, of)
    for one in told.arrivals:
        partition.apply([one])
        for ticket_id, ticket in _tickets(partition).items():
            next_ms = partition._history._machine.next_timer(ticket.state)[0]
            assert ticket.armed_ms <= next_ms
            assert (ticket.armed_ms, ticket_id) in partition.due or next_ms == ticket.armed_ms


@given(traffic(TOO_LATE_MS, tickets=3), st.sampled_from(list(RULES.values())))
def test_levels_are_sums_over_tickets(told: Traffic, of: Rules) -> None:
    partition = Partition(0, 1, of)
    for one in [*told.arrivals, record(99, event(99, told.until_ms, "now"), told.until_ms)]:
        partition.apply([one])
    summed = Levels()
    for ticket in _tickets(partition).values():
        summed.move(None, ticket.state.level())
    open_now = {channel: level for channel, level in partition.levels.present().items() if level.open}
    assert open_now == {channel: level for channel, level in summed.present().items() if level.open}
    assert {name: partition.levels.channels[name].ages.bands(partition.now_ms) for name in summed.channels} == {
        name: channel.ages.bands(partition.now_ms) for name, channel in summed.channels.items()
    }


@given(traffic(TOO_LATE_MS), st.sampled_from(list(RULES.values())))
def test_no_sample_is_negative_and_no_figure_falls_below_zero(told: Traffic, of: Rules) -> None:
    office = Office(of)
    office.read(told.arrivals)
    office.tick(told.until_ms)
    assert all(sample[-1] >= 0 and count > 0 for sample, count in office.figures().samples.items())
    assert all(count >= 0 for given in office.windows.values() for count in given.cell.counts.values())


@more
@given(traffic(TOO_LATE_MS), st.lists(st.tuples(st.integers(0, 24), st.sampled_from(list(RULES)[:-1])), max_size=3))
def test_it_holds_through_changes_of_version_as_well(told: Traffic, changes: list[tuple[int, str]]) -> None:
    office = Office(RULES["defaults"])
    for index, one in enumerate(told.arrivals):
        for when, name in changes:
            if when == index:
                office.restart(0, RULES[name])
        office.read([one])
        partition = office.partitions[0]
        for ticket in _tickets(partition).values():
            assert partition._history._run(ticket, ticket.history, partition.now_ms, Effects())[0] == ticket.state
            assert ticket.armed_ms <= partition._history._machine.next_timer(ticket.state)[0]
    office.tick(told.until_ms)
    assert office.dead_letters == []
    assert all(sample[-1] >= 0 for sample in office.samples)


def _tickets(partition: Partition) -> dict[str, Ticket]:
    return {
        ticket_id: partition.tickets.wake(ticket_id)
        for ticket_id in {**partition.tickets.resting, **partition.tickets.awake}
    }
