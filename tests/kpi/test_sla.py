"""SLA clocks: 4 h to the first response, 24 h to every later one, 72 h to the close of a round; grace 10 s; at risk after 80 %."""

import pytest

from tests.kpi.story import Desk, ms, told

GRACE_OF_AN_HOUR = "defaults: {grace: 1h}"


def test_an_answer_before_due_meets_the_clock_in_the_window_of_the_answer() -> None:
    desk = told("10:00 message, 13:00 reply")
    assert (desk.clock("first_response"), _windows(desk, "met")) == (["met 13:00"], {"13:00": 1})


def test_an_answer_at_due_meets_the_clock() -> None:
    assert told("10:00 message, 14:00 reply").clock("first_response") == ["at_risk 13:12", "met 14:00"]


def test_an_answer_a_millisecond_after_due_does_not() -> None:
    desk = told("10:00 message, 14:00:00.001 reply")
    assert desk.clock("first_response") == ["at_risk 13:12", "breached 14:00", "met_late 14:00:00.001"]


def test_a_clock_is_at_risk_after_its_share_of_the_target() -> None:
    desk = told("10:00 message, 13:12 now")
    assert desk.clock("first_response") == []
    assert desk.tell("13:12:00.001 now").clock("first_response") == ["at_risk 13:12"]


def test_a_breach_is_declared_when_time_is_past_due_and_grace() -> None:
    desk = told("10:00 message, 14:00:10 now")
    assert desk.clock("first_response") == ["at_risk 13:12"]
    assert desk.tell("14:00:10.001 now").clock("first_response") == ["at_risk 13:12", "breached 14:00"]


def test_a_breach_counts_in_the_window_of_due_not_in_that_of_its_declaration() -> None:
    assert _windows(told("10:30 message, 20:00 now", GRACE_OF_AN_HOUR), "breached") == {"14:00": 1}


def test_a_breach_counts_once_though_an_answer_comes() -> None:
    assert told("10:00 message, 15:00 reply, 16:00 close").verdicts("first_response") == {"breached": 1}


def test_a_grace_longer_than_a_minute_window_stays_open_leaves_the_breach_to_hours_and_days() -> None:
    #  14:00  14:01        14:11             15:00:00.001
    #    |due---|-- open ----|  final ............ | breach is published
    desk = told("10:00 message, 20:00 now", GRACE_OF_AN_HOUR)
    assert (_windows(desk, "breached"), _windows(desk, "breached", "minute")) == ({"14:00": 1}, {})


def test_an_answer_after_due_within_grace_is_late_all_the_same() -> None:
    desk = told("10:00 message, 14:30 reply", GRACE_OF_AN_HOUR)
    assert desk.clock("first_response") == ["at_risk 13:12", "breached 14:00", "met_late 14:30"]


def test_an_answer_read_within_grace_that_happened_by_due_meets_the_clock() -> None:
    desk = told("10:00 message, 14:30 now, 13:59 reply", GRACE_OF_AN_HOUR)
    assert desk.clock("first_response") == ["at_risk 13:12", "met 13:59"]


def test_an_answer_read_late_that_happened_by_due_retracts_the_breach() -> None:
    desk = told("10:00 message, 15:00 now, 13:59 reply")
    said = ["at_risk 13:12", "breached 14:00", "retracted 14:00", "at_risk 13:12", "met 13:59"]
    assert (desk.clock("first_response"), desk.verdicts("first_response")) == (said, {"met": 1})


def test_an_answer_read_late_that_happened_before_the_risk_outlives_it_silently() -> None:
    desk = told("10:00 message, 13:30 now, 13:00 reply")
    assert desk.clock("first_response") == ["at_risk 13:12", "met 13:00"]


def test_a_clock_that_a_late_event_leaves_without_a_start_is_retracted() -> None:
    desk = told("10:00 message id=m1, 10:10 message, 15:00 now, 10:05 close")
    last = {said.started_ms: said.state for said in desk.clocks if said.metric == "first_response"}
    assert last == {ms("10:00"): "cancelled", ms("10:10"): "breached"}


def test_an_earlier_message_read_late_moves_the_start_and_retracts_the_former_clock() -> None:
    desk = told("10:10 message, 15:00 now, 10:00 message")
    last = {said.started_ms: said.state for said in desk.clocks if said.metric == "first_response"}
    assert (last, desk.verdicts("first_response")) == (
        {ms("10:10"): "retracted", ms("10:00"): "breached"},
        {"breached": 1},
    )


def test_a_late_answer_of_a_breached_clock_is_met_late_and_no_new_verdict() -> None:
    desk = told("10:00 message, 16:00 now, 15:00 reply")
    assert (desk.clock("first_response")[-1], desk.verdicts("first_response")) == ("met_late 15:00", {"breached": 1})


def test_a_close_cancels_reply_clocks() -> None:
    desk = told("10:00 message, 10:10 reply, 10:20 message, 10:30 close")
    assert (desk.clock("next_response"), desk.verdicts("next_response")) == (["cancelled 10:30"], {"cancelled": 1})


def test_a_close_at_due_cancels() -> None:
    assert told("10:00 message, 14:00 close spam").verdicts("first_response") == {"cancelled": 1}


@pytest.mark.parametrize("reason", ["resolved", "idle", "spam", "merged"])
def test_a_close_after_due_leaves_the_clock_breached(reason: str) -> None:
    desk = told(f"10:00 message, 14:30 close {reason}", GRACE_OF_AN_HOUR)
    assert (desk.clock("first_response"), desk.verdicts("first_response")) == (
        ["at_risk 13:12", "breached 14:00"],
        {"breached": 1},
    )


@pytest.mark.parametrize("reason", ["idle", "spam", "merged", "deleted", "abandoned"])
def test_a_cancelling_close_after_due_leaves_resolution_breached(reason: str) -> None:
    desk = told(f"10:00 message, d4 10:30 close {reason}", GRACE_OF_AN_HOUR)
    assert desk.verdicts("resolution") == {"breached": 1}


def test_nothing_more_is_said_of_a_breached_clock_that_is_closed() -> None:
    desk = told("10:00 message, 15:00 now, 16:00 close")
    assert desk.clock("first_response") == ["at_risk 13:12", "breached 14:00"]


def test_a_bots_answer_cancels_the_queue_clock() -> None:
    desk = told("10:00 message, 10:01 reply bot")
    assert (desk.clock("first_response"), desk.clock("next_response")) == (["cancelled 10:01"], [])


def test_a_bots_answer_cancels_next_response() -> None:
    desk = told("10:00 message, 10:01 reply, 10:02 handover bot, 10:03 message, 10:04 reply bot")
    assert desk.clock("next_response") == ["cancelled 10:04"]


def test_the_first_response_clock_follows_the_queue_clock() -> None:
    desk = told("10:00 message, 10:01 reply bot, 12:00 handover, 15:59 reply")
    assert desk.clock("first_response") == ["cancelled 10:01", "at_risk 15:12", "met 15:59"]


def test_a_hand_over_moves_the_start_of_the_queue_clock() -> None:
    assert told("10:00 message, 12:00 handover, 15:59 reply").verdicts("first_response") == {"met": 1}


def test_a_hand_over_takes_back_the_risk_of_the_former_start() -> None:
    desk = told("10:00 message, 13:30 handover, 15:00 reply")
    assert desk.clock("first_response") == ["at_risk 13:12", "retracted 13:12", "met 15:00"]


def test_a_hand_over_at_due_moves_it_still() -> None:
    assert told("10:00 message, 14:00 handover, 15:00 reply").verdicts("first_response") == {"met": 1}


def test_a_hand_over_after_due_leaves_the_clock_breached() -> None:
    desk = told("10:00 message, 14:30 handover, 15:00 reply", GRACE_OF_AN_HOUR)
    assert (desk.verdicts("first_response"), desk.durations("first_response_queue")) == ({"breached": 1}, ["5h"])


def test_next_response_runs_for_each_wait_after_the_first_human_response() -> None:
    desk = told("10:00 message, 10:10 reply, 11:00 message, 11:10 reply, 12:00 message, 12:20 reply")
    assert desk.clock("next_response") == ["met 11:10", "met 12:20"]


def test_no_next_response_before_the_first_human_response() -> None:
    desk = told("10:00 message, 10:10 reply bot, 11:00 message, 11:10 reply")
    assert desk.clock("next_response") == []


def test_a_human_who_writes_first_starts_no_next_response() -> None:
    desk = told("10:00 reply, 11:00 message, 11:10 reply")
    assert (desk.clock("first_response"), desk.clock("next_response")) == (["met 11:10"], [])


def test_resolution_runs_for_each_round() -> None:
    desk = told("10:00 message, 11:00 close, 12:00 message, 13:00 close")
    assert desk.clock("resolution") == ["met 11:00", "met 13:00"]


def test_resolution_of_the_first_round_starts_at_the_first_message() -> None:
    desk = told("10:00 open, 12:00 message, d4 11:00 close")
    assert desk.verdicts("resolution") == {"met": 1}


def test_reopening_restarts_the_resolution_clock() -> None:
    desk = told("10:00 message, 11:00 close, d3 10:00 reopen, d6 09:00 close")
    assert desk.clock("resolution") == ["met 11:00", "at_risk d5 19:36", "met d6 09:00"]


def test_verdicts_carry_policy_and_version() -> None:
    desk = told("10:00 message, 10:10 reply", "policy: gold")
    assert {(said.policy, said.version) for said in desk.clocks} == {
        ("gold", desk.rules.default.default_policy.version)
    }


def test_a_clock_keeps_the_version_it_was_started_with() -> None:
    desk = told("10:00 message")
    version = desk.rules.default.default_policy.version
    desk.restart("policy: gold\ndefaults: {sla: {first_response: 20m}}").tell("11:00 reply")
    assert [(said.state, said.policy, said.version) for said in desk.clocks] == [("met", "default", version)]


def test_transitions_carry_what_the_ticket_is_labelled_with() -> None:
    desk = told("10:00 message priority=high team=a, 10:05 assign anna, 10:10 reply")
    said = desk.clocks[0]
    assert (said.priority, said.team, said.agent) == ("high", "a", "anna")


def test_a_channel_has_promises_of_its_own() -> None:
    desk = told("10:00 message, 10:30 reply", "channels: {web: {sla: {first_response: 20m}}}")
    assert desk.verdicts("first_response") == {"breached": 1}


def _windows(desk: Desk, outcome: str, kind: str = "hour") -> dict[str, int]:
    policy = desk.rules.default.default_policy
    return desk.windows(f"sla|{policy.name}|{policy.version}|first_response|{outcome}", kind=kind)
