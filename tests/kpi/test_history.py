"""Order of arrival, duplicates, folding, and what another version makes of a ticket."""

import pytest

from app.kpi.history import HISTORY_EVENTS
from app.kpi.levels import Level
from tests.kpi.story import Desk, event, ms, record, told

SOURCE_REOPENS = "defaults: {reopen_on_message: false}"


def messages(count: int, start: str = "10:00") -> str:
    """So many messages, a second apart, with replies of none."""
    first_ms = ms(start)
    return ", ".join(f"10:{s // 60:02}:{s % 60:02} message" for s in range((first_ms - ms("10:00")) // 1000, count))


# -- order of arrival ------------------------------------------------------------------------------------------------------------------------


def test_an_event_read_late_counts_as_if_it_had_come_in_time() -> None:
    desk = told("10:00 message, 10:30 reply, 10:20 message, 10:10 reply")
    assert desk.durations("response") == ["10m", "10m"]


def test_what_no_longer_holds_is_taken_back() -> None:
    desk = told("10:00 message, 10:30 reply, 10:20 reply")
    assert (desk.durations("first_response"), desk.count("waits_answered")) == (["20m"], 1)


def test_a_late_event_runs_the_timers_that_it_sets_in_the_past() -> None:
    desk = told("d2 12:00 now, d1 10:00 message")
    assert (desk.windows("waits_expired"), desk.clock("first_response")) == (
        {"d2 10:00": 1},
        ["at_risk 13:12", "breached 14:00"],
    )


def test_an_event_before_a_timer_that_fired_revises() -> None:
    desk = told("10:00 message, 10:10 close, d5 10:00 now, d4 10:05 message")
    assert (desk.count("settled"), desk.count("tickets_reopened"), desk.counters["revised"]) == (0, 1, 1)


def test_an_event_at_the_instant_of_a_timer_that_fired_comes_before_it() -> None:
    desk = told("10:00 message, 10:10 close, d5 10:00 now, d4 10:10 message")
    assert desk.count("settled") == 0


def test_events_of_one_instant_are_ordered_by_kind_not_by_arrival() -> None:
    desk = told("10:00 message, 10:05 close, 10:05 reply, 10:05 message, 10:05 reopen")
    assert (desk.count("tickets_closed|resolved"), desk.count("tickets_reopened"), desk.durations("response")) == (
        1,
        0,
        ["5m"],
    )


def test_events_of_one_instant_and_kind_are_ordered_by_id() -> None:
    desk = told("10:00 message, 10:05 reply id=b who=ben, 10:05 reply id=a who=anna, 10:10 close, d9 10:00 now")
    assert desk.ticket().history[1].id == "a"


# -- the same id -----------------------------------------------------------------------------------------------------------------------------


def test_a_duplicate_changes_nothing() -> None:
    desk = told("10:00 message id=a, 10:10 reply id=b, 10:00 message id=a, 10:10 reply id=b")
    assert (desk.count("messages_received"), desk.durations("response"), desk.counters) == (
        1,
        ["10m"],
        {"opened": 1, "duplicate": 2},
    )


@pytest.mark.parametrize("other", ["10:00 message id=a in=email", "10:00 reply id=a", "11:00 message id=a"])
def test_of_the_same_id_with_different_content_the_first_wins(other: str) -> None:
    desk = told(f"10:00 message id=a, {other}")
    assert (desk.count("messages_received"), desk.counters) == (1, {"opened": 1, "conflicting": 1})


def test_the_same_id_on_another_ticket_is_another_event() -> None:
    desk = told("10:00 message id=a, 10:00 message id=a ticket=t2")
    assert desk.level().open == 2


# -- folding ---------------------------------------------------------------------------------------------------------------------------------


def test_a_history_holds_what_is_less_than_7_days_older_than_its_latest() -> None:
    desk = told("10:00 message, 10:00:00.001 message, d8 10:00 message")
    assert [event.at_ms for event in desk.ticket().history] == [ms("10:00:00.001"), ms("d8 10:00")]


def test_what_sorts_before_the_fold_is_too_old() -> None:
    desk = told("10:00 message, d9 10:00 message, d1 09:00 message")
    assert (desk.count("messages_received"), desk.counters["too_old"]) == (2, 1)


def test_what_is_redelivered_after_the_fold_is_too_old() -> None:
    desk = told("10:00 message id=a, d9 10:00 message, d1 10:00 message id=a")
    assert (desk.count("messages_received"), desk.counters["too_old"]) == (2, 1)


def test_what_sorts_after_the_fold_still_counts() -> None:
    desk = told("10:00 message, d9 10:00 message, d1 10:00 reply")
    assert (desk.durations("response"), desk.counters) == (["0s"], {"opened": 1, "revised": 1})


def test_a_history_holds_256_events() -> None:
    desk = told(messages(HISTORY_EVENTS))
    assert (len(desk.ticket().history), desk.ticket().fold) == (HISTORY_EVENTS, None)
    assert len(desk.tell("11:00 message").ticket().history) == HISTORY_EVENTS


def test_the_event_beyond_256_folds_the_first() -> None:
    desk = told(messages(HISTORY_EVENTS + 1))
    assert (desk.ticket().fold or (0,))[0] == ms("10:00")


def test_a_folded_ticket_revises_rightly() -> None:
    desk = told(messages(HISTORY_EVENTS + 10) + ", 11:00 reply, 10:30 reply")
    assert (desk.durations("response"), desk.count("messages_received")) == (["30m"], HISTORY_EVENTS + 10)


def test_timers_before_a_fold_do_not_fire_again() -> None:
    desk = told("10:00 message, d3 10:00 message, d9 12:00 message, d9 11:00 reply")
    assert (desk.count("waits_expired"), desk.verdicts("first_response")) == (1, {"breached": 1})


# -- another version -------------------------------------------------------------------------------------------------------------------------


def adopted(story: str, then: str) -> Desk:
    """A ticket that another configuration wrote, and how it goes on."""
    return told(story).restart("policy: another").tell(then)


def test_a_ticket_of_another_version_is_folded() -> None:
    desk = adopted("10:00 message, 10:10 reply", "10:20 message")
    assert ([event.at_ms for event in desk.ticket().history], desk.ticket().adopted) == ([ms("10:20")], True)


def test_it_goes_on_as_it_was() -> None:
    desk = adopted("10:00 message", "10:20 message, 10:30 reply")
    assert desk.durations("first_response") == ["30m"]


def test_an_unseen_event_before_such_a_fold_applies_right_after_it() -> None:
    desk = adopted("10:00 message, 10:30 message", "10:10 reply")
    assert (desk.durations("response"), desk.counters) == (["10m"], {"revised": 1})


def test_an_unseen_event_before_such_a_fold_that_is_a_day_old_is_too_old() -> None:
    desk = adopted("10:00 message, 10:30 message, d2 10:10 now", "10:10 reply")
    assert (desk.durations("response"), desk.counters) == ([], {"too_old": 1})


def test_ids_seen_by_another_version_stay_known() -> None:
    desk = adopted("10:00 message id=a, 10:30 reply id=b", "10:00 message id=a, 10:30 reply id=b")
    assert (desk.count("messages_received"), desk.counters) == (1, {"duplicate": 2})


def test_ids_seen_by_another_version_stay_known_though_their_content_changes() -> None:
    desk = adopted("10:00 message id=a, 10:30 reply id=b", "10:40 message id=a")
    assert (desk.count("messages_received"), desk.level().waiting) == (1, 0)


def test_ids_stay_known_through_several_versions() -> None:
    desk = adopted("10:00 message id=a", "10:30 reply id=b").restart("policy: third")
    desk.tell("10:00 message id=a, 10:30 reply id=b")
    assert desk.counters == {"duplicate": 2}


def test_ids_stay_known_for_seven_days() -> None:
    desk = adopted("10:00 message id=a", "d7 09:00 message id=b").restart("policy: third")
    assert desk.tell("10:00 message id=a").counters == {"duplicate": 1}
    desk.tell("d8 11:00 message").restart("policy: fourth")
    assert len(desk.ticket().known or ()) == 2  # of d7 and d8


def test_a_known_id_with_another_instant_conflicts() -> None:
    desk = adopted("10:00 message id=a", "10:05 message id=a")
    assert (desk.count("messages_received"), desk.counters) == (1, {"conflicting": 1})


def test_ids_are_forgotten_after_seven_days_though_nothing_is_folded() -> None:
    assert adopted("10:00 message id=a", "d60 10:00 message").ticket().known is None


def test_what_was_folded_before_a_change_of_version_stays_too_old() -> None:
    story = "10:00 message id=a, 10:01 reply id=b, " + messages(HISTORY_EVENTS + 200, "10:02")
    desk = adopted(story, "10:00 message id=a, 10:01 reply id=b")
    assert desk.counters == {"too_old": 2}
    assert desk.restart("policy: third").tell("10:00 message id=a").counters == {"too_old": 1}


def test_a_ticket_fits_into_a_record_whatever_its_events_hold() -> None:
    wide = "\N{GRINNING FACE}" * 190
    desk = Desk()
    people = {"author_id": wide, "priority": wide, "team": wide}
    for round_, version in enumerate(("policy: one", "policy: two", "policy: three")):
        numbers = range(round_ * 300, round_ * 300 + 300)
        bodies = [event(n, ms("10:00") + n * 1000, "reply", id=f"{wide}{n}", **people) for n in numbers]
        desk.read([record(n, body) for n, body in zip(numbers, bodies, strict=True)])
        desk.restart(version)
    assert len(desk.ticket().encode()) < 600_000


def test_what_this_version_folded_is_too_old_as_ever() -> None:
    desk = adopted(
        "10:00 message id=a", messages(HISTORY_EVENTS + 1, "10:00:01") + ", 11:00 message, 10:00:01 message id=e1"
    )
    assert desk.counters == {"too_old": 1}


def test_no_duration_is_negative_though_an_event_applies_after_a_later_one() -> None:
    desk = adopted("10:20 message", "10:10 reply")
    assert desk.durations("response") == ["0s"]


def test_a_closed_ticket_of_another_version_settles_by_the_rules_of_this_one() -> None:
    desk = told("10:00 message, 10:10 close").restart("defaults: {settle: 48h}").tell("d3 10:10:00.001 now")
    assert desk.windows("settled") == {"d3 10:00": 1}


def test_a_timer_that_another_version_sets_in_the_past_fires_at_once() -> None:
    desk = told("10:00 message, 10:10 close, d3 20:00 now").restart("defaults: {settle: 48h}").tell("d3 20:01 now")
    assert desk.windows("settled") == {"d3 10:00": 1}


def test_such_a_timer_fires_even_before_what_is_read_late() -> None:
    desk = told("10:00 message, 12:00 now").restart("defaults: {reply_limit: 1h}").tell("11:30 message, 11:40 reply")
    assert (desk.windows("waits_expired"), desk.durations("response")) == ({"11:00": 1}, ["1h40m"])


def test_a_restart_of_the_same_version_keeps_the_history() -> None:
    desk = told("10:00 message, 10:30 reply").restart().tell("10:20 reply")
    assert (desk.durations("response"), desk.level()) == (["20m"], Level(1, 0, None))


def test_a_breach_before_the_fold_stands_when_what_came_after_it_is_taken_back() -> None:
    desk = told("10:00 message, d5 10:00 label, d12 10:01 reply, d12 10:00 reply bot")
    assert desk.clock("first_response")[-3:] == ["met_late d12 10:01", "retracted d12 10:01", "breached 14:00"]


def test_a_warning_before_the_fold_is_said_again_when_what_came_after_it_is_taken_back() -> None:
    patient = "defaults: {sla: {resolution: 20d}, at_risk: 0.2}"
    desk = told("10:00 message, d5 11:00 label, d12 11:00 close, d12 10:59 close spam", patient)
    assert desk.clock("resolution")[1:] == [
        "met d12 11:00", "retracted d12 11:00", "at_risk d5 10:00", "cancelled d12 10:59"
    ]  # fmt: skip


def test_a_redelivery_after_more_than_a_day_is_a_duplicate_and_no_conflict() -> None:
    desk = told("10:00 message id=a", clock="log").tell("d2 11:00 now, d1 10:00 message id=a")
    assert (desk.counters.get("duplicate"), desk.counters.get("conflicting")) == (1, None)


def test_messages_on_a_closed_ticket_do_not_outgrow_a_record() -> None:
    messages = ", ".join(f"10:{n // 100:02d}:{n % 100 * 6 // 10:02d}.{n % 10}00 message" for n in range(1, 3000))
    desk = told(f"09:00 message, 09:10 close, {messages}", "defaults: {reopen_on_message: false}")
    assert len(desk.ticket().state.pending or ()) == 1_000
