"""Pauses, handle time, the first touch after an assignment, and what counts as an action."""

from tests.kpi.promised import OFFICE
from tests.kpi.story import told


def handled(story: str, config: str = "") -> tuple[list[str], list[str]]:
    """(samples of handle, how they were found)."""
    desk = told(story, config)
    methods = [word for word in ("voice", "owned", "round") for _ in range(desk.count(f"handle_methods|{word}"))]
    return desk.durations("handle"), methods


# -- pauses


def test_net_resolution_leaves_pauses_of_every_reason_out() -> None:
    # 10:00 ---- 10:20 [other] 10:50 ---- 11:00 [third_party] 11:30 ---- 12:00
    desk = told("10:00 message, 10:20 pause, 10:50 resume, 11:00 pause third_party, 11:30 resume, 12:00 close")
    assert (desk.durations("resolution"), desk.durations("resolution_net")) == (["2h"], ["1h"])
    assert (desk.durations("round_resolution"), desk.durations("round_resolution_net")) == (["2h"], ["1h"])


def test_net_full_resolution_has_the_pauses_of_all_rounds() -> None:
    desk = told(
        "10:00 message, 10:10 pause, 10:20 resume, 11:00 close, 12:00 message, 12:10 pause, 12:30 close, d9 10:00 now"
    )
    assert (desk.durations("full_resolution"), desk.durations("full_resolution_net")) == (["2h30m"], ["2h"])
    assert desk.durations("round_resolution_net") == ["50m", "10m"]


def test_a_pause_before_the_first_message_takes_nothing_away() -> None:
    desk = told("09:00 open, 09:30 pause other, 10:00 message, 11:00 close")
    assert desk.durations("resolution_net") == ["0s"]
    desk = told("09:00 open, 09:30 pause customer, 10:00 message, 11:00 close")
    assert desk.durations("resolution_net") == ["1h"]


def test_a_customer_message_ends_a_pause_for_the_customer_or_until_later_and_no_other() -> None:
    for reason, net in (("customer", "50m"), ("snoozed", "50m"), ("on_hold", "20m"), ("third_party", "20m")):
        desk = told(f"10:00 message, 10:20 pause {reason}, 10:30 message, 11:00 close")
        assert (reason, desk.durations("resolution_net")) == (reason, [net])


def test_a_close_ends_a_pause_and_closed_tickets_do_not_pause() -> None:
    desk = told("10:00 message, 10:20 pause, 10:30 close, 10:40 pause, 11:00 message, 11:30 close")
    assert desk.durations("round_resolution_net") == ["20m", "30m"]


def test_another_reason_is_another_pause_and_the_same_is_nothing() -> None:
    desk = told(
        "10:00 message, 10:10 pause on_hold, 10:20 pause on_hold, 10:30 pause customer, 10:40 message, 11:00 close"
    )
    assert desk.durations("resolution_net") == ["30m"]


def test_a_pause_in_business_time_counts_inside_the_schedule_only() -> None:
    # office: 08:00 to 16:00 UTC on weekdays; the first day is a Monday
    desk = told("15:00 message, 15:30 pause, d2 08:30 resume, d2 09:00 close", OFFICE)
    assert desk.durations("resolution_business") == ["2h"]
    assert desk.durations("resolution_net_business") == ["1h"]
    assert desk.durations("resolution_net") == ["1h"]


# -- handle time


def test_a_call_tells_its_own_handle_time() -> None:
    assert handled("10:00 call talk_seconds=60 hold_seconds=5 wrap_seconds=25") == (["1m30s"], ["voice"])


def test_a_round_with_a_call_gives_no_second_sample() -> None:
    assert handled("10:00 message, 10:10 call talk_seconds=60, 11:00 close") == (["1m"], ["voice"])
    assert handled("10:10 call talk_seconds=60, 11:00 close, 12:00 message, 12:10 close") == (
        ["1m", "10m"],
        ["voice", "round"],
    )


def test_a_call_that_tells_no_length_leaves_handle_time_to_its_round() -> None:
    assert handled("10:00 message, 10:02 assign anna, 10:10 call, 10:12 close") == (["10m"], ["owned"])
    assert handled("10:00 message, 10:10 call talk_seconds=0, 10:12 close") == (["0s"], ["voice"])


def test_a_call_counts_in_its_own_channel() -> None:
    assert told("10:00 message, 10:10 call in=phone talk_seconds=60").durations("handle", "phone") == ["1m"]


def test_handle_time_is_the_time_that_agents_had_the_ticket_unpaused() -> None:
    story = (
        "10:00 message, 10:10 assign anna, 10:20 assign bob, 10:30 pause, 10:50 resume, 11:00 assign null, 12:00 close"
    )
    assert handled(story) == (["30m"], ["owned"])


def test_handle_time_of_owners_counts_in_the_schedule() -> None:
    assert handled("15:00 message, 15:30 assign anna, d2 08:15 close", OFFICE) == (["45m"], ["owned"])


def test_who_had_the_ticket_has_it_when_it_opens_again() -> None:
    assert handled("10:00 message agent_id=x, 10:00 assign anna, 10:30 close, 12:00 message, 12:20 close") == (
        ["20m", "30m"][::-1],
        ["owned", "owned"],
    )


def test_without_owner_handle_time_is_the_round() -> None:
    assert handled("10:00 message, 11:00 close") == (["1h"], ["round"])


def test_no_handle_time_at_idle_and_cancelling_closes() -> None:
    for reason in ("idle", "spam", "merged", "deleted", "abandoned"):
        assert handled(f"10:00 message, 10:05 assign anna, 11:00 close {reason}") == ([], [])


# -- first touch


def test_first_touch_is_from_the_assignment_to_that_agents_first_reply() -> None:
    desk = told("10:00 message, 10:10 assign anna, 10:15 reply who=bob, 10:30 reply who=anna, 10:40 reply who=anna")
    assert desk.durations("first_touch") == ["20m"]


def test_no_first_touch_when_reassigned_or_closed_before() -> None:
    assert (
        told("10:00 message, 10:10 assign anna, 10:20 assign bob, 10:30 reply who=anna").durations("first_touch") == []
    )
    assert told("10:00 message, 10:10 assign anna, 10:20 close, 10:30 reply who=anna").durations("first_touch") == []


def test_each_assignment_has_its_first_touch() -> None:
    desk = told(
        "10:00 message, 10:10 assign anna, 10:20 reply who=anna, 10:30 assign bob, 10:31 assign bob, 10:45 reply who=bob"
    )
    assert desk.durations("first_touch") == ["10m", "15m"]


# -- actions


def test_the_first_action_is_a_human_reply_assignment_label_pause_or_close() -> None:
    for action in ("reply", "assign anna", "label priority=high", "pause", "close", "merge"):
        assert (action, told(f"10:00 message, 10:20 {action}").durations("first_action")) == (action, ["20m"])


def test_what_bots_and_automations_do_is_no_action() -> None:
    for action in ("reply bot", "reply automation", "assign anna as=automation", "label as=bot", "close as=bot"):
        assert (action, told(f"10:00 message, 10:20 {action}").durations("first_action")) == (action, [])


def test_an_idle_close_by_silence_is_no_action() -> None:
    desk = told("10:00 message, 10:01 handover, d9 10:00 now", "defaults: {close_after_silence: 1h}")
    assert desk.durations("first_action") == []


def test_messages_count_as_actioned_at_the_first_action_and_later_ones_at_their_own_instant() -> None:
    desk = told("10:00 message, 10:30 message, 11:10 label priority=high, 12:20 message, 13:30 reply")
    assert desk.windows("messages_actioned") == {"11:00": 2, "12:00": 1}
    assert desk.windows("messages_answered") == {"13:00": 3}


def test_messages_that_only_a_bot_answered_are_neither() -> None:
    desk = told("10:00 message, 10:01 reply bot, 10:02 reply")
    assert (desk.count("messages_answered"), desk.count("messages_actioned")) == (0, 0)


def test_messages_that_a_reopening_turns_into_a_wait_are_answered_together() -> None:
    desk = told(
        "09:00 message, 09:10 close, 10:00 message, 10:10 message, 10:20 reopen, 10:30 reply",
        "defaults: {reopen_on_message: false}",
    )
    assert desk.count("messages_answered") == 2


def test_assignments_and_completions_are_counted() -> None:
    desk = told(
        "10:00 message, 10:01 assign anna, 10:02 assign anna, 10:03 assign bob, 11:00 close, 12:00 message, 12:10 close"
    )
    assert (desk.count("tickets_assigned"), desk.count("tickets_completed")) == (2, 2)


def test_messages_outside_the_schedule_are_off_hours() -> None:
    desk = told("07:59 message, 08:00 message, 16:00 message", OFFICE)
    assert desk.count("messages_received_off_hours") == 2
    assert told("07:59 message").count("messages_received_off_hours") == 0


def test_business_samples_stand_beside_calendar_ones() -> None:
    desk = told(
        "15:30 message, d2 08:10 reply, d2 08:30 message, d2 08:40 reply bot, d2 09:00 close, d9 10:00 now", OFFICE
    )
    assert desk.durations("first_response_business") == ["40m"]
    assert desk.durations("first_response") == ["16h40m"]
    for name in ("first_response_queue", "response"):
        assert (name, desk.durations(f"{name}_business")) == (name, ["40m"])
    for name in ("resolution", "round_resolution", "full_resolution"):
        assert (name, desk.durations(f"{name}_business")) == (name, ["1h30m"])


def test_a_thousand_pauses_and_one_more_do_not_end_handle_time() -> None:
    paused = ", ".join(
        f"{9 + n // 1800:02d}:{n % 1800 // 30:02d}:{n % 30 * 2:02d} pause on_hold, "
        f"{9 + n // 1800:02d}:{n % 1800 // 30:02d}:{n % 30 * 2 + 1:02d} resume"
        for n in range(1, 1002)
    )
    desk = told(f"09:00 message, 09:00 assign anna, {paused}, 20:00 close")
    assert desk.durations("handle") == ["10h43m20s"]


def test_overlapping_pauses_count_once() -> None:
    #  another version's pause is in the base; what is read late overlaps it
    desk = told("10:00 message, 10:01 pause on_hold, 12:00 resume").restart("sla_publish: all")
    desk.tell("10:02 pause on_hold, 11:59 resume, 12:01 close")
    assert desk.durations("resolution_net") == ["2m"]


def test_no_first_touch_without_a_customers_message() -> None:
    assert told("10:00 assign anna, 10:05 reply who=anna, 11:00 close").durations("first_touch") == []


def test_no_team_is_written_as_nothing_or_as_null() -> None:
    for nobody in ("team=", "team=null"):
        desk = told(f"10:00 message team=a, 10:02 label {nobody}, 10:05 reply, 10:06 close, d5 11:00 now")
        assert (nobody, desk.count("first_contact_resolved")) == (nobody, 1)
