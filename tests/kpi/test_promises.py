"""Which policy a clock runs under, when it is matched again, paused, and what is said of it."""

from dataclasses import replace
from typing import Any

from app.kpi.rules import Rules
from tests.kpi.promised import OFFICE, policy, target, with_policies
from tests.kpi.story import HOUR, MINUTE, Desk, rules, told


def promising(name: str = "vip", config: str = "", **different: Any) -> Rules:
    """One policy before the default one; for tickets with the tag vip, unless it asks for something else."""
    of = rules(config)
    if not {"priorities", "teams", "tags"} & set(different):
        different["tags"] = frozenset(("vip",))
    return with_policies(of, policy(name, of.default.default_policy, **different))


def policies(desk: Desk, metric: str) -> list[str]:
    """State and policy of all that was said of a metric's clocks."""
    return [f"{said.state} {said.policy}" for said in desk.clocks if said.metric == metric]


QUICK = promising(teams=frozenset(("gold",)), first_response=target(20 * MINUTE), next_response=target(10 * MINUTE))


# -- matching


def test_the_first_policy_that_fits_applies_and_else_the_default() -> None:
    assert policies(told("10:00 message team=gold, 10:10 reply", QUICK), "first_response") == ["met vip"]
    assert policies(told("10:00 message team=tin, 10:10 reply", QUICK), "first_response") == ["met default"]
    both = with_policies(QUICK, policy("urgent", QUICK.default.default_policy, priorities=frozenset(("high",))))
    assert policies(told("10:00 message team=gold priority=high, 10:10 reply", both), "first_response") == [
        "met urgent"
    ]


def test_what_a_policy_asks_for_must_hold_all_together() -> None:
    of = promising(teams=frozenset(("gold",)), priorities=frozenset(("high", "urgent")))
    for labels, name in (("team=gold", "default"), ("priority=high", "default"), ("team=gold priority=urgent", "vip")):
        assert policies(told(f"10:00 message {labels}, 10:10 reply", of), "first_response") == [f"met {name}"]


def test_a_tag_is_enough_where_several_are_asked_for() -> None:
    desk = Desk(promising(tags=frozenset(("vip", "press")), first_response=target(20 * MINUTE)))
    desk.tell("10:00 message tags=vip+blue, 10:30 reply")
    assert desk.clock("first_response")[-2:] == ["breached 10:20", "met_late 10:30"]


def test_next_response_and_resolution_have_their_own_targets() -> None:
    desk = told("10:00 message team=gold, 10:05 reply, 10:10 message, 10:30 reply, 11:00 close", QUICK)
    assert desk.clock("next_response") == ["at_risk 10:18", "breached 10:20", "met_late 10:30"]
    assert desk.verdicts("resolution") == {"met": 1}


# -- matching again


def test_a_clock_goes_on_as_if_it_had_run_under_the_new_policy_from_its_start() -> None:
    desk = told("10:00 message, 10:10 label team=gold, 11:00 reply", QUICK)
    assert desk.clock("first_response") == ["at_risk 10:16", "breached 10:20", "met_late 11:00"]
    assert {said.policy for said in desk.clocks if said.metric == "first_response"} == {"vip"}


def test_a_match_that_makes_due_lie_in_the_past_breaks_it_at_the_change() -> None:
    desk = told("10:00 message, 11:00 label team=gold, 11:30 reply", QUICK)
    assert desk.clock("first_response") == ["at_risk 11:00", "breached 11:00", "met_late 11:30"]
    assert desk.windows("sla|vip|vip-1|first_response|breached") == {"11:00": 1}


def test_a_reply_at_the_instant_of_such_a_change_is_in_time() -> None:
    desk = told("10:00 message, 11:00 label team=gold, 11:00 reply", QUICK)
    assert desk.verdicts("first_response") == {"met": 1}


def test_a_due_that_has_passed_stays_breached() -> None:
    desk = told("10:00 message team=gold, 10:20:05 label team=tin, 11:00 reply", QUICK)
    assert policies(desk, "first_response") == ["at_risk vip", "breached vip", "met_late vip"]
    desk = told("10:00 message team=gold, 10:40 label team=tin, 11:00 reply", QUICK)
    assert policies(desk, "first_response") == ["at_risk vip", "breached vip", "met_late vip"]


def test_a_warning_that_lies_ahead_again_is_given_again() -> None:
    desk = told("10:00 message team=gold, 10:17 label team=tin, d2 10:00 reply", QUICK)
    assert desk.clock("first_response") == ["at_risk 10:16", "at_risk 13:12", "breached 14:00", "met_late d2 10:00"]


def test_the_same_policy_again_changes_nothing() -> None:
    desk = told("10:00 message team=gold, 10:17 label priority=low, 10:18 reply", QUICK)
    assert desk.clock("first_response") == ["at_risk 10:16", "met 10:18"]


def test_a_late_label_matches_as_if_it_had_come_in_time() -> None:
    prompt = told("10:00 message, 10:10 label team=gold, 11:00 reply", QUICK)
    late = told("10:00 message, 11:00 reply, 10:10 label team=gold read=11:30", QUICK)
    assert late.verdicts("first_response") == prompt.verdicts("first_response") == {"breached": 1}
    assert late.clock("first_response")[-3:] == prompt.clock("first_response")


# -- the customer's clock


CUSTOMER = promising(teams=frozenset(("gold",)), first_response=target(HOUR), customer_clock=True)


def test_the_customers_clock_goes_on_while_a_bot_answers_and_hands_over() -> None:
    story = "10:00 message{}, 10:05 reply bot, 10:10 message, 10:50 handover, 11:20 reply"
    desk = told(story.format(" team=gold"), CUSTOMER)
    assert desk.clock("first_response") == ["at_risk 10:48", "breached 11:00", "met_late 11:20"]
    assert told(story.format(""), CUSTOMER).clock("first_response") == ["cancelled 10:05", "met 11:20"]


def test_a_change_to_the_customers_clock_starts_it_at_the_customers_message() -> None:
    desk = told("10:00 message, 10:05 reply bot, 10:30 label team=gold, 11:20 reply", CUSTOMER)
    assert desk.clock("first_response") == ["cancelled 10:05", "at_risk 10:48", "breached 11:00", "met_late 11:20"]


def test_a_change_from_the_customers_clock_takes_its_warning_back() -> None:
    desk = told("10:00 message team=gold, 10:30 handover, 10:50 label team=tin, 11:20 reply", CUSTOMER)
    assert desk.clock("first_response") == ["at_risk 10:48", "retracted 10:48", "met 11:20"]
    assert desk.clocks[-1].started_ms - desk.clocks[0].started_ms == 30 * MINUTE


# -- opening hours


HOURS = promising(
    config=OFFICE, teams=frozenset(("gold",)), first_response=target(2 * HOUR), schedule=rules(OFFICE).default.schedule
)


def test_targets_run_in_the_policys_schedule() -> None:
    # open 08:00 to 16:00 UTC: an hour on the first day, another from 08:00 on
    desk = told("15:00 message team=gold, d2 09:30 reply", HOURS)
    assert desk.clock("first_response") == ["at_risk d2 08:36", "breached d2 09:00", "met_late d2 09:30"]


def test_a_target_that_is_used_up_at_closing_time_is_due_then() -> None:
    assert told("14:00 message team=gold, 16:00 reply", HOURS).verdicts("first_response") == {"met": 1}
    assert told("14:00 message team=gold, 16:00:00.001 reply", HOURS).verdicts("first_response") == {"breached": 1}


def test_what_is_said_has_the_time_since_the_start_in_the_channels_schedule() -> None:
    desk = told("15:00 message, d2 09:30 reply", OFFICE)
    assert {said.business_ms for said in desk.clocks if said.state == "met_late"} == {150 * MINUTE}


# -- pauses


def resolved(story: str, of: Rules | str = "defaults: {sla: {resolution: 2h}}") -> list[str]:
    """What is said of the resolution clock."""
    return told(story, of).clock("resolution")


def test_a_pause_for_the_customer_stops_the_resolution_clock() -> None:
    assert resolved("10:00 message, 10:30 pause customer, 13:30 resume, 14:30 close") == ["met 14:30"]
    assert resolved("10:00 message, 10:30 pause customer, 13:30 resume, 15:10 close") == [
        "at_risk 14:36",
        "breached 15:00",
        "met_late 15:10",
    ]


def test_other_pauses_do_not_stop_it_unless_the_policy_says_so() -> None:
    story = "10:00 message, 10:30 pause on_hold, 13:30 resume, 14:30 close"
    assert resolved(story) == ["at_risk 11:36", "breached 12:00", "met_late 14:30"]
    of = promising(teams=frozenset(("gold",)), resolution=target(2 * HOUR), pause_on=frozenset(("on_hold",)))
    assert resolved(story.replace("message", "message team=gold"), of) == ["met 14:30"]


def test_a_ticket_that_is_closed_while_it_is_paused_met_its_promise() -> None:
    assert (
        resolved("10:00 message, 10:30 pause, d3 10:00 close", "defaults: {sla: {resolution: 2h}}")[-1]
        == "met_late d3 10:00"
    )
    assert resolved("10:00 message, 10:30 pause customer, d3 10:00 close") == ["met d3 10:00"]


def test_a_pause_after_due_comes_too_late() -> None:
    assert resolved("10:00 message, 12:00:05 pause customer, d2 10:00 close")[-2:] == [
        "breached 12:00",
        "met_late d2 10:00",
    ]
    assert resolved("10:00 message, 12:00 pause customer, d2 10:00 close")[-2:] == [
        "breached 12:00",
        "met_late d2 10:00",
    ]


def test_a_match_again_counts_the_pauses_of_the_new_policy() -> None:
    of = promising(teams=frozenset(("gold",)), resolution=target(2 * HOUR), pause_on=frozenset(("on_hold",)))
    desk = told("10:00 message, 10:30 pause on_hold, 11:30 resume, 11:40 label team=gold, 13:10 close", of)
    assert desk.clock("resolution") == ["at_risk 12:36", "breached 13:00", "met_late 13:10"]
    desk = told("10:00 message, 10:30 pause on_hold, 11:40 label team=gold, 12:30 resume, 13:50 close", of)
    assert desk.clock("resolution") == ["at_risk 13:36", "met 13:50"]


# -- what is said, and what is not


def test_all_transitions_are_said_where_it_is_asked_for() -> None:
    of = replace(promising(teams=frozenset(("gold",)), resolution=target(2 * HOUR)), publish_all=True)
    desk = told("10:00 message, 10:30 pause customer, 10:40 label team=gold, 11:00 resume, 11:30 close", of)
    assert desk.clock("resolution") == [
        "started 10:00",
        "paused 10:30",
        "due_changed 10:40",
        "resumed 11:00",
        "met 11:30",
    ]
    assert desk.clock("first_response") == ["started 10:00", "due_changed 10:40", "cancelled 11:30"]


def test_clocks_started_are_met_breached_cancelled_or_running() -> None:
    of = replace(QUICK, publish_all=True)
    desk = told("10:00 message, 10:05 reply, 10:10 message, 10:11 close, 11:00 message, d5 10:00 now", of)
    for metric in ("first_response", "next_response", "resolution"):
        started = sum(said.state == "started" for said in desk.clocks if said.metric == metric)
        assert (metric, started) == (metric, sum(desk.verdicts(metric).values()))


def test_verdicts_of_old_news_are_historic_and_counted_apart() -> None:
    #  read more than a day after they happened
    desk = told("d9 10:00 now, d1 10:00 message, d1 18:00 reply, d9 10:01 message, d9 10:02 reply", clock="log")
    assert desk.verdicts("first_response") == {}  # its windows are final
    assert [(said.state, said.historic) for said in desk.clocks if said.metric == "first_response"] == [
        ("at_risk", True),
        ("breached", True),
        ("met_late", True),
    ]
    assert desk.verdicts("next_response") == {"met": 1}


def test_a_historic_breach_that_still_waits_is_on_no_gauge() -> None:
    desk = told("d9 10:00 now, d1 10:00 message, d9 10:01 now", clock="log")
    assert desk.gauges() == {"open": 1, "waiting": 1, "unassigned": 1}


def test_a_clock_goes_on_over_a_restart_in_the_middle_of_a_pause() -> None:
    desk = told("10:00 message, 10:30 pause customer", "defaults: {sla: {resolution: 2h}}")
    desk.restart().tell("13:30 resume, 14:30 close")
    assert desk.clock("resolution") == ["met 14:30"]
