"""Records in, harvest out: stream time, timers, refused records, restarts."""

from collections import Counter
from dataclasses import replace

import pytest

from app.kpi.levels import Level
from app.kpi.measures import apart
from app.kpi.partials import LevelPartial, Progress, WindowPartial
from app.kpi.partition import Partition
from tests.kpi.office import Office
from tests.kpi.story import DAY, HOUR, MINUTE, Desk, Record, event, ms, record, records, rules, told

MONTH = "d31 10:00 now"


# -- stream time by events -------------------------------------------------------------------------------------------------------------------


def test_time_is_the_highest_instant_of_events() -> None:
    assert told("10:00 message, 12:00 reply, 11:00 message").partition.now_ms == ms("12:00")


def test_explicit_ticks_move_time() -> None:
    assert told("10:00 message, d3 10:00 now").partition.now_ms == ms("d3 10:00")


def test_a_tick_back_in_time_is_nothing() -> None:
    assert told("10:00 message, 09:00 now").partition.now_ms == ms("10:00")


def test_a_refused_record_moves_no_time() -> None:
    desk = Desk()
    desk.read([record(0, event(0, ms("10:00"), "message", channel="Web"), append_ms=ms("12:00"))])
    assert (desk.partition.now_ms, desk.partition.counters) == (0, {"rejected|bad-value": 1})


# -- stream time by the log ------------------------------------------------------------------------------------------------------------------


def test_time_is_the_highest_append_time() -> None:
    assert told("10:00 message read=10:07", clock="log").partition.now_ms == ms("10:07")


def test_even_a_refused_record_moves_time() -> None:
    desk = Desk(clock="log")
    desk.read([Record(0, ms("10:00"), None, b"hello")])
    assert desk.partition.now_ms == ms("10:00")


def test_ticks_carry_no_instant_of_their_own() -> None:
    assert told("d3 10:00 now read=10:05", clock="log").partition.now_ms == ms("d3 10:05")
    desk = Desk(clock="log")
    desk.read([record(0, {"type": "clock-ticked", "partition": 0, "occurred_at": "2030-01-01T00:00:00Z"}, ms("10:05"))])
    assert desk.partition.now_ms == ms("10:05")


def test_an_instant_ahead_of_its_append_time_counts_as_that() -> None:
    desk = Desk(clock="log")
    desk.read([record(0, event(0, ms("10:05"), "message"), ms("10:00"))])
    assert desk.ticket().history[0].at_ms == ms("10:00")


def test_an_instant_more_than_5_minutes_ahead_is_refused() -> None:
    desk = Desk(clock="log")
    desk.read([record(0, event(0, ms("10:05:00.001"), "message"), ms("10:00"))])
    desk.take()
    assert desk.refused == ["future"]


def test_a_backlog_causes_no_false_breach() -> None:
    desk = told("10:00 message read=20:00, 10:05 reply read=20:00", clock="log")
    assert desk.verdicts("first_response") == {"met": 1}


# -- timers ----------------------------------------------------------------------------------------------------------------------------------

STORY = """10:00 message, 10:20 message ticket=t2 in=email, 10:30 reply bot ticket=t2, 11:00 handover ticket=t2, 12:00 reply,
12:10 close, 13:00 message ticket=t3, d2 09:00 message, d2 09:30 reply, d2 10:00 close idle"""


def test_a_jump_of_a_month_gives_the_figures_of_a_month_of_ticks() -> None:
    slow, fast = told(STORY), told(STORY).tell(MONTH)
    for hour in range(ms("d2 11:00"), ms("d31 10:00") + 1, HOUR):
        slow.read([record(0, event(0, hour, "now"))])
        slow.take()
    assert (slow.parts, slow.clocks, slow.level()) == (fast.parts, fast.clocks, fast.level())


def test_timers_fire_in_order_of_due_across_tickets() -> None:
    desk = told("10:00 message, 10:01 message ticket=t2, 10:02 message ticket=t3").tell(MONTH)
    assert [said.at_ms for said in desk.clocks] == sorted(said.at_ms for said in desk.clocks)


def test_a_timer_fires_before_anything_later_happens() -> None:
    desk = told("10:00 message, 10:05 reply, 10:10 close, d5 10:00 message", "defaults: {settle: 48h}")
    assert (desk.count("settled"), desk.count("first_contact_resolved")) == (1, 1)


AT_ONCE = 20


def crowd() -> list[Record]:
    """More tickets than timers fire at once; then a jump over all their timers."""
    waiting = [record(n, event(n, ms("10:00") + n, "message", ticket_id=f"t{n}")) for n in range(AT_ONCE + 7)]
    return [*waiting, record(99, event(99, ms("d31 10:00"), "message", ticket_id="late"))]


@pytest.fixture(scope="module")
def uninterrupted() -> Office:
    office = Office(rules())
    office.read(crowd())
    office.flush()
    return office


def test_a_long_jump_stops_for_a_flush_on_the_way() -> None:
    partition = Partition(0, 1, rules(), timers_at_once=AT_ONCE)
    assert partition.apply(crowd()) == len(crowd()) - 1
    assert ms("10:00") < partition.now_ms < ms("d31 10:00")


def test_going_on_after_the_flush_is_as_if_there_had_been_none(uninterrupted: Office) -> None:
    office = Office(rules(), timers_at_once=AT_ONCE)
    office.read(crowd())
    office.flush()
    assert (office.figures(), office.said) == (uninterrupted.figures(), uninterrupted.said)


@pytest.mark.parametrize("at_once", [1, AT_ONCE])
def test_another_owner_goes_on_from_the_time_reached(uninterrupted: Office, at_once: int) -> None:
    office = Office(rules(), timers_at_once=at_once)
    *waiting, late = crowd()
    office.read(waiting)
    while not office.partitions[0].apply([late]):
        office.restart(0)
    office.flush()
    assert (office.figures(), office.said) == (uninterrupted.figures(), uninterrupted.said)


# -- refused records -------------------------------------------------------------------------------------------------------------------------


def test_a_refused_record_is_a_dead_letter_with_its_reason_and_place() -> None:
    desk = Desk()
    desk.read([Record(41, ms("10:00"), b"t1", b"hello")])
    letter = desk.take().dead_letters[0]
    assert (letter.offset, letter.timestamp_ms, letter.key, letter.value, letter.reason) == (
        41,
        ms("10:00"),
        b"t1",
        b"hello",
        "not-json",
    )


def test_a_refused_record_stops_no_others() -> None:
    desk = Desk()
    good = list(records("10:00 message, 10:05 reply"))
    desk.read([good[0], Record(7, 0, b"t1", b"hello"), good[1]])
    desk.take()
    assert (desk.durations("response"), desk.refused) == (["5m"], ["not-json"])


def test_a_fault_of_ours_is_a_dead_letter_and_leaves_the_ticket_as_it_was() -> None:
    broken = rules()
    broken = replace(broken, default=replace(broken.default, unknown_author="nobody"))  # type: ignore[arg-type]
    desk = told("10:00 message, 10:05 reply unknown, 10:10 reply", broken)
    assert (desk.refused, desk.durations("response"), desk.count("replies_sent|unknown")) == (["fault"], ["10m"], 0)


def test_a_late_fault_leaves_the_ticket_as_it_was() -> None:
    broken = rules()
    broken = replace(broken, default=replace(broken.default, unknown_author="nobody"))  # type: ignore[arg-type]
    desk = told("10:00 message, 10:10 reply, 10:05 reply unknown, 10:20 message, 10:30 reply", broken)
    assert (desk.refused, desk.durations("response")) == (["fault"], ["10m", "10m"])


# -- what is given ---------------------------------------------------------------------------------------------------------------------------


def test_a_harvest_is_given_once() -> None:
    desk = told("10:00 message, 10:05 reply")
    harvest = desk.take()
    assert (harvest.changes, harvest.transitions, harvest.samples, harvest.dead_letters) == ([], [], [], [])
    assert [type(partial) for partial in harvest.partials] == [Progress]


def test_progress_comes_after_the_windows_and_levels_of_its_flush() -> None:
    kinds = [type(partial) for partial in told("10:00 message, 10:05 message").harvests[0].partials]
    assert kinds == [*[WindowPartial] * (len(kinds) - 3), LevelPartial, LevelPartial, Progress]


def test_progress_says_stream_time_and_levels() -> None:
    progress = told("10:00 message, 10:05 message").harvests[0].partials[-1]
    level = Level(1, 1, ms("10:00"))
    assert progress == Progress(0, 1, ms("10:05"), {"web": level, "all": level})


def test_transitions_and_samples_name_ticket_and_cause() -> None:
    harvest = told("10:00 message, 10:05 reply").harvests[0]
    assert {(caused.ticket_id, caused.offset) for caused in harvest.transitions} == {("t1", 1)}
    assert {sampled[:2] for sampled in harvest.samples} == {("t1", 1)}


def test_samples_are_kept_only_where_they_are_wanted() -> None:
    partition = Partition(0, 1, rules())
    partition.apply(list(records("10:00 message, 10:05 reply")))
    assert partition.take().samples == []


def test_size_says_whether_there_is_anything_to_take() -> None:
    desk = Desk()
    assert desk.partition.size() == 0
    desk.read(list(records("10:00 message")))
    assert desk.partition.size() > 0
    desk.take()
    assert desk.partition.size() == 0


def test_a_windows_last_partial_holds_all_of_it_though_it_is_final() -> None:
    desk = told("10:00 message, d9 10:00 now")
    assert desk.windows("messages_received", kind="minute") == {"10:00": 1}


def test_a_window_leaves_the_state_when_it_is_final() -> None:
    desk = told("10:00 message, 10:30 close")
    assert {key for key in desk.entries if key.startswith(b"w")} > set()
    desk.tell(MONTH)
    assert {key for key in desk.entries if key.startswith(b"w")} == set()


def test_what_a_revision_takes_back_is_not_in_the_flow() -> None:
    desk = told("10:00 message, 10:30 reply, 10:20 reply")
    flow = [dict(apart(figures.durations)) for _, figures in desk.partition.flow]
    assert sorted(durations["response"] for durations in flow if "response" in durations) == [
        [20 * MINUTE],
        [30 * MINUTE],
    ]


# -- channels --------------------------------------------------------------------------------------------------------------------------------


def test_channels_outside_a_list_are_counted_as_other() -> None:
    desk = told("10:00 message in=email", "channels: {web: {}}")
    assert desk.count("messages_received", "other") == 1


def test_channels_outside_a_list_may_be_accepted() -> None:
    desk = told("10:00 message in=email", "channels: {web: {}}\nunlisted_channels: accept")
    assert desk.count("messages_received", "email") == 1


# -- restarts --------------------------------------------------------------------------------------------------------------------------------


def test_a_restart_anywhere_changes_nothing() -> None:
    for stop in range(1, len(list(records(STORY)))):
        desk = Desk()
        story = list(records(STORY))
        desk.read(story[:stop])
        desk.restart()
        desk.read(story[stop:])
        desk.tell(MONTH)
        whole = told(STORY).tell(MONTH)
        assert (desk.parts, desk.clocks, desk.sampled) == (whole.parts, whole.clocks, whole.sampled)


def test_a_restart_keeps_time() -> None:
    assert told("10:00 message, 12:00 now").restart().partition.now_ms == ms("12:00")


def test_a_restart_keeps_windows_that_are_open() -> None:
    desk = told("10:00 message").restart().tell("10:01 message")
    assert desk.windows("messages_received") == {"10:00": 2}


def test_a_restart_keeps_a_forgotten_ticket_for_its_day() -> None:
    desk = told("10:00 message, d11 12:00 now", "forget: {closed: 4d, open: 10d}").restart().tell("d11 09:00 reply")
    assert (desk.count("tickets_forgotten"), desk.count("waits_answered")) == (0, 1)


def test_a_dropped_ticket_stays_gone() -> None:
    config = "forget: {closed: 4d, open: 10d}"
    desk = told("10:00 message", config).tell("d13 10:00 now").restart().tell("d13 10:05 message")
    assert (desk.count("tickets_opened"), desk.counters["opened"]) == (2, 1)


def test_a_ticket_read_after_it_would_be_forgotten_and_gone_leaves_nothing() -> None:
    desk = Desk("forget: {closed: 4d, open: 10d}", "log")
    desk.read([record(0, event(0, ms("10:00"), "message"), append_ms=ms("d31 10:00"))])
    desk.take()
    assert (desk.entries.keys() & {b"tt1"}, desk.level()) == (set(), Level(0, 0, None))


def test_what_arrives_once_a_day_keeps_every_window_right() -> None:
    desk = Desk()
    for number in range(40):
        desk.read([record(number, event(number, ms("10:00") + number * DAY, "message"))])
        desk.restart()
    assert sum(desk.windows("messages_received", kind="day").values()) == 40


def test_a_tick_that_stops_on_the_way_is_counted_once() -> None:
    partition = Partition(0, 1, rules(), timers_at_once=1)
    batch = list(records("10:00 message ticket=t1, 10:00 message ticket=t2, 10:00 message ticket=t3, d9 10:00 now"))
    done = partition.apply(batch)
    while done < len(batch):
        partition.take()
        done += partition.apply(batch[done:])
    partition.take()
    assert partition.events["clock-ticked"] == 1


def test_a_channel_without_open_tickets_is_not_named_any_more() -> None:
    progress = told("10:00 message, 10:01 message in=email ticket=t2, 10:05 close").harvests[-1].partials[-1]
    assert isinstance(progress, Progress)
    assert set(progress.levels) == {"email", "all"}


def test_samples_carry_the_labels_of_their_ticket_and_stand_once() -> None:
    desk = told("10:00 message team=a topic=billing/refund, 10:05 assign anna, 10:10 reply who=anna, 10:20 close")
    samples = desk.harvests[-1].samples
    assert {sample.duration[1] for sample in samples} == {"web"}
    assert {(sample.attributes.agent, sample.attributes.team, sample.attributes.topic) for sample in samples} == {
        ("anna", "a", "billing/refund")
    }
    assert len({(sample.duration[2], sample.duration[4:]) for sample in samples}) == len(samples)


def test_a_hundred_thousand_clocks_fire_each_once_in_order_of_their_dues() -> None:
    desk, tickets = Desk(), 50_000
    desk.partition.apply(
        [record(n, event(n, ms("10:00") + 7919 * n % tickets, "message", ticket_id=f"t{n}")) for n in range(tickets)]
    )
    desk.take()
    desk.tell("d9 10:00 now")
    fired = [said for said in desk.clocks if said.state in ("at_risk", "breached")]
    assert Counter((said.metric, said.state) for said in fired) == {
        (metric, state): tickets for metric in ("first_response", "resolution") for state in ("at_risk", "breached")
    }
    instants = [said.at_ms for said in fired]
    assert instants == sorted(instants)
    assert len({(said.metric, said.state, said.at_ms) for said in fired}) == len(fired)
