"""The state machine, sentence by sentence of what each KPI means."""

import pytest

from app.kpi.levels import Level
from tests.kpi.story import Desk, ms, told

SOURCE_REOPENS = "defaults: {reopen_on_message: false}"
SILENCE = "defaults: {close_after_silence: 24h}"

# -- opening ---------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "opener", ["open", "message", "reply", "reply bot", "reply unknown", "reopen", "assign anna", "call anna"]
)
def test_what_opens_a_ticket(opener: str) -> None:
    assert told(f"10:00 {opener}").level().open == 1


@pytest.mark.parametrize(
    "kind", ["reply automation", "reply campaign", "note", "close", "handover", "label team=a", "pause"]
)
def test_what_opens_nothing(kind: str) -> None:
    desk = told(f"10:00 {kind}")
    assert (desk.level().open, desk.count("tickets_opened"), desk.counters) == (0, 0, {"orphaned": 1})


@pytest.mark.parametrize("kind", ["resume", "merge", "survey", "answer", "offer", "order"])
def test_other_events_of_an_unknown_ticket_wait_for_its_opening(kind: str) -> None:
    assert told(f"10:00 {kind}").counters == {"orphaned": 1}


def test_a_reply_of_unknown_authors_who_are_automation_opens_nothing() -> None:
    assert told("10:00 reply unknown", "defaults: {unknown_authors: automation}").level().open == 0


def test_a_ticket_opens_once() -> None:
    assert told("10:00 open, 10:01 message, 10:02 reply, 10:03 open").count("tickets_opened") == 1


def test_a_close_before_the_opening_closes_nothing() -> None:
    desk = told("10:00 close, 10:05 message")
    assert (desk.level().open, desk.cell().counts.get("tickets_closed|resolved")) == (1, None)


def test_events_before_the_opening_set_attributes() -> None:
    desk = told("10:00 label team=billing priority=high, 10:05 assign anna")
    assert desk.gauges() == {"open": 1}


def test_events_before_the_opening_change_no_team() -> None:
    desk = told("10:00 label team=a, 10:01 message team=b, 10:02 reply, 10:03 close, d9 10:00 now")
    assert desk.count("first_contact_resolved") == 1


def test_a_late_opening_event_makes_what_came_before_it_count() -> None:
    desk = told("10:05 close, 10:00 message")
    assert (desk.count("tickets_closed|resolved"), desk.level().open) == (1, 0)


# -- rounds ----------------------------------------------------------------------------------------------------------------------------------


def test_durations_start_at_the_first_customer_message_not_at_the_opening() -> None:
    desk = told("10:00 open, 10:10 message, 10:30 close")
    assert (desk.durations("resolution"), desk.durations("round_resolution")) == (["20m"], ["20m"])


def test_a_ticket_without_a_customer_message_gives_no_durations() -> None:
    desk = told("10:00 assign anna, 10:10 reply, 10:30 close, d9 10:00 now")
    assert desk.cell().durations == {}


def test_a_later_round_starts_at_its_reopening() -> None:
    desk = told("10:00 message, 11:00 close, 12:00 reopen, 12:05 message, 12:30 close")
    assert desk.durations("round_resolution") == ["1h", "30m"]


def test_a_message_on_a_closed_ticket_starts_a_round() -> None:
    desk = told("10:00 message, 11:00 close, 12:00 message, 12:30 close")
    assert (desk.count("tickets_reopened"), desk.durations("round_resolution")) == (1, ["1h", "30m"])


def test_resolution_is_given_once_a_ticket() -> None:
    assert told("10:00 message, 11:00 close, 12:00 message, 12:30 close").durations("resolution") == ["1h"]


def test_resolution_waits_for_the_first_close_that_gives_a_sample() -> None:
    assert told("10:00 message, 11:00 close spam, 12:00 message, 12:30 close").durations("resolution") == ["2h30m"]


def test_a_round_reopened_before_any_message_has_no_duration_but_may_give_resolution() -> None:
    desk = told("10:00 open, 10:10 close, 10:20 reopen, 10:30 message, 11:30 close")
    assert (desk.durations("round_resolution"), desk.durations("resolution")) == ([], ["1h"])


def test_a_round_reopened_before_any_message_has_no_resolution_clock() -> None:
    assert told("10:00 open, 10:10 close, 10:20 reopen, 10:30 message, 11:30 close").clock("resolution") == []


def test_reopening_an_open_ticket_is_nothing() -> None:
    desk = told("10:00 message, 10:30 reopen, 11:00 close")
    assert (desk.count("tickets_reopened"), desk.durations("round_resolution")) == (0, ["1h"])


def test_closing_a_closed_ticket_is_nothing() -> None:
    desk = told("10:00 message, 11:00 close, 12:00 close spam")
    assert (desk.count("tickets_closed|resolved"), desk.count("tickets_closed|spam")) == (1, 0)


def test_round_figures_belong_to_the_channel_that_opened_the_round() -> None:
    desk = told("10:00 open in=web, 10:10 message in=email, 10:20 close in=phone, d9 10:00 now")
    assert [desk.count(name, "web") for name in ("tickets_closed|resolved", "settled")] == [1, 1]
    assert (desk.durations("round_resolution", "web"), desk.durations("full_resolution", "web")) == (["10m"], ["10m"])


def test_the_resolution_clock_belongs_to_the_channel_that_opened_the_round() -> None:
    desk = told("10:00 open in=web, 10:10 message in=email, 10:20 close in=phone")
    assert [said.channel for said in desk.clocks if said.metric == "resolution"] == ["web"]


def test_levels_belong_to_the_channel_that_opened_the_round() -> None:
    desk = told("10:00 message in=web, 10:10 close, 10:20 message in=email")
    assert (desk.level("web").open, desk.level("email").open) == (0, 1)


def test_wait_figures_belong_to_the_channel_of_the_message_that_started_it() -> None:
    desk = told("10:00 open in=web, 10:10 message in=email, 10:20 reply in=phone")
    assert (desk.count("waits_answered", "email"), desk.durations("response", "email")) == (1, ["10m"])


# -- reopening where the source says so itself ---------------------------------------------------------------------------------------------


def test_a_message_on_a_closed_ticket_only_counts_where_the_source_reopens() -> None:
    desk = told("10:00 message, 10:30 close, 11:00 message", SOURCE_REOPENS)
    assert (desk.count("messages_received"), desk.count("tickets_reopened"), desk.level()) == (2, 0, Level(0, 0, None))


def test_a_reopening_within_the_hour_starts_the_wait_at_the_message() -> None:
    desk = told("10:00 message, 10:30 close, 11:00 message, 11:10 reopen", SOURCE_REOPENS)
    assert desk.level() == Level(1, 1, ms("11:00"))


def test_such_a_wait_opens_in_the_window_of_the_reopening() -> None:
    desk = told("10:00 message, 10:30 close, 11:50 message, 12:10 reopen", SOURCE_REOPENS)
    assert desk.windows("waits_opened") == {"10:00": 1, "12:00": 1}


def test_the_hour_is_inclusive() -> None:
    desk = told("10:00 message, 10:30 close, 11:00 message, 12:00 reopen", SOURCE_REOPENS)
    assert desk.level().waiting == 1


def test_after_the_hour_a_message_starts_no_wait() -> None:
    desk = told("10:00 message, 10:30 close, 11:00 message, 12:00:00.001 reopen", SOURCE_REOPENS)
    assert desk.level() == Level(1, 0, None)


def test_each_message_has_its_own_hour() -> None:
    desk = told("10:00 message, 10:30 close, 11:00 message, 11:30 message, 12:15 reopen", SOURCE_REOPENS)
    assert desk.level().oldest_wait_ms == ms("11:30")


@pytest.mark.parametrize("author", ["agent", "bot", "unknown"])
def test_a_reply_meanwhile_has_dealt_with_the_message(author: str) -> None:
    desk = told(f"10:00 message, 10:30 close, 11:00 message, 11:05 reply {author}, 11:10 reopen", SOURCE_REOPENS)
    assert desk.level().waiting == 0


def test_a_reply_at_the_very_instant_of_the_message_has_dealt_with_it() -> None:
    desk = told("10:00 message, 10:30 close, 11:00 message, 11:00 reply bot, 11:10 reopen", SOURCE_REOPENS)
    assert desk.level().waiting == 0


@pytest.mark.parametrize("author", ["automation", "campaign"])
def test_automation_has_not_dealt_with_the_message(author: str) -> None:
    desk = told(f"10:00 message, 10:30 close, 11:00 message, 11:05 reply {author}, 11:10 reopen", SOURCE_REOPENS)
    assert desk.level().waiting == 1


@pytest.mark.parametrize("reason", ["idle", "merged"])
def test_idle_and_merged_tickets_wait_for_the_reopening_too(reason: str) -> None:
    desk = told(f"10:00 message, 10:30 close {reason}, 11:00 message, 11:10 reopen, 11:30 reply", SOURCE_REOPENS)
    assert desk.durations("response") == ["30m"]


def test_the_first_response_clock_starts_at_the_message_likewise() -> None:
    desk = told("10:00 message, 10:30 close, 11:00 message, 11:10 reopen, 11:30 reply", SOURCE_REOPENS)
    assert (desk.durations("first_response"), desk.clock("first_response")) == (
        ["30m"],
        ["cancelled 10:30", "met 11:30"],
    )


def test_a_clock_that_a_reopening_starts_too_late_is_due_at_the_reopening() -> None:
    config = "defaults: {reopen_on_message: false, sla: {first_response: 20m}}"
    desk = told("10:00 message, 10:05 close, 11:00 message, 11:50 reopen, 12:30 now", config)
    assert desk.clock("first_response") == ["cancelled 10:05", "at_risk 11:50", "breached 11:50"]


def test_the_first_message_may_come_on_a_closed_ticket() -> None:
    desk = told("10:00 open, 10:10 close, 10:20 message, 10:30 reopen, 11:00 close", SOURCE_REOPENS)
    assert (desk.durations("resolution"), desk.durations("round_resolution")) == (["40m"], ["30m"])


def test_a_message_after_the_close_gives_that_close_no_full_resolution() -> None:
    desk = told("10:00 open, 10:10 close, 10:20 message, d9 10:00 now", SOURCE_REOPENS)
    assert (desk.count("settled"), desk.durations("full_resolution")) == (1, [])


# -- silence ---------------------------------------------------------------------------------------------------------------------------------


def test_silence_is_off_unless_configured() -> None:
    assert told("10:00 message, 10:05 reply, d9 10:00 now").level().open == 1


def test_silence_ends_a_round_with_reason_idle() -> None:
    desk = told("10:00 message, 10:05 reply, d9 10:00 now", SILENCE)
    assert (desk.windows("tickets_closed|idle"), desk.level().open) == ({"d2 10:00": 1}, 0)


def test_silence_counts_from_the_last_public_reply() -> None:
    desk = told("10:00 message, 10:05 reply, 23:00 reply campaign, d2 22:59 now", SILENCE)
    assert desk.level().open == 1


@pytest.mark.parametrize("kind", ["note", "label team=a", "assign anna", "pause"])
def test_what_breaks_no_silence(kind: str) -> None:
    assert told(f"10:00 message, 10:05 reply, 23:00 {kind}, d2 10:06 now", SILENCE).level().open == 0


def test_silence_does_not_end_a_round_in_which_somebody_waits() -> None:
    assert told("10:00 message, d9 10:00 now", SILENCE).level().open == 1


def test_a_message_at_the_very_end_of_the_silence_keeps_the_round_open() -> None:
    desk = told("10:00 message, 10:00 reply, d2 10:00 message", SILENCE)
    assert (desk.count("tickets_closed|idle"), desk.count("tickets_reopened")) == (0, 0)


def test_an_idle_close_gives_no_resolution_and_cancels_its_clock() -> None:
    desk = told("10:00 message, 10:05 reply, d3 10:00 now", SILENCE)
    assert (desk.durations("round_resolution"), desk.clock("resolution")) == ([], ["cancelled d2 10:05"])


def test_after_an_idle_close_the_first_response_clock_starts_anew() -> None:
    desk = told("10:00 message, 10:05 reply, d4 10:00 message, 10:20 reply", SILENCE)
    assert desk.durations("first_response") == ["5m", "20m"]


def test_an_idle_close_that_a_source_makes_is_the_same() -> None:
    desk = told("10:00 message, 10:05 reply, 11:00 close idle, 12:00 message, 12:20 reply")
    assert (desk.durations("resolution"), desk.durations("first_response")) == ([], ["5m", "20m"])


def test_an_idle_close_settles_without_full_resolution() -> None:
    desk = told("10:00 message, 10:05 reply, d9 10:00 now", SILENCE)
    assert (desk.windows("settled"), desk.durations("full_resolution")) == ({"d5 10:00": 1}, [])


def test_an_idle_close_by_silence_has_no_author() -> None:
    desk = told("10:00 message, 10:05 reply automation, 10:06 reply bot, d9 10:00 now", SILENCE)
    assert desk.count("automated") == 1  # by the bot's reply; see the next one
    desk = told("10:00 open, d9 10:00 now", SILENCE)
    assert (desk.count("no_human_reply"), desk.count("automated")) == (1, 0)


# -- waits -----------------------------------------------------------------------------------------------------------------------------------


def test_several_messages_in_a_row_are_one_wait_from_the_oldest() -> None:
    desk = told("10:00 message, 10:02 message, 10:03 message, 10:10 reply")
    assert (desk.count("waits_opened"), desk.durations("response")) == (1, ["10m"])


def test_later_replies_in_the_same_turn_add_nothing() -> None:
    desk = told("10:00 message, 10:10 reply, 10:20 reply")
    assert (desk.count("waits_answered"), desk.durations("response")) == (1, ["10m"])


def test_a_bot_ends_a_wait_that_no_human_owns() -> None:
    desk = told("10:00 message, 10:01 reply bot")
    assert (desk.count("waits_automated"), desk.durations("automated_response"), desk.level().waiting) == (1, ["1m"], 0)


@pytest.mark.parametrize("claim", ["handover", "handover human", "reply"])
def test_a_bot_ends_no_wait_of_a_ticket_that_a_human_owns(claim: str) -> None:
    desk = told(f"10:00 message, 10:01 {claim}, 10:02 message, 10:03 reply bot")
    assert (desk.count("waits_automated"), desk.level().waiting) == (0, 1)


def test_a_hand_over_to_a_bot_ends_ownership() -> None:
    desk = told("10:00 message, 10:01 reply, 10:02 handover bot, 10:03 message, 10:04 reply bot")
    assert desk.durations("automated_response") == ["1m"]


def test_a_close_ends_ownership() -> None:
    desk = told("10:00 message, 10:01 reply, 10:02 close, 10:03 message, 10:04 reply bot")
    assert desk.durations("automated_response") == ["1m"]


def test_a_reply_on_a_closed_ticket_owns_nothing() -> None:
    desk = told("10:00 message, 10:02 close, 10:03 reply, 10:04 message, 10:05 reply bot")
    assert desk.durations("automated_response") == ["1m"]


def test_a_hand_over_on_a_closed_ticket_is_nothing() -> None:
    desk = told("10:00 message, 10:02 close, 10:03 handover, 10:04 message, 10:05 reply bot")
    assert desk.durations("automated_response") == ["1m"]


def test_a_hand_over_after_a_bots_answer_starts_a_wait() -> None:
    desk = told("10:00 message, 10:01 reply bot, 10:10 handover, 10:25 reply")
    assert (desk.count("waits_opened"), desk.durations("response")) == (2, ["15m"])


def test_a_hand_over_without_a_bots_answer_starts_no_wait() -> None:
    assert told("10:00 open, 10:10 handover").count("waits_opened") == 0


def test_a_second_hand_over_is_nothing() -> None:
    desk = told("10:00 message, 10:01 reply bot, 10:10 handover, 10:20 handover, 10:25 reply")
    assert desk.durations("response") == ["15m"]


@pytest.mark.parametrize("author", ["automation", "campaign"])
def test_automation_and_campaigns_end_no_wait(author: str) -> None:
    assert told(f"10:00 message, 10:01 reply {author}").level().waiting == 1


def test_an_internal_note_is_nothing() -> None:
    desk = told("10:00 message, 10:01 note")
    assert (desk.level().waiting, desk.cell().counts.get("replies_sent|agent")) == (1, None)


@pytest.mark.parametrize(("of", "ended"), [("agent", "waits_answered"), ("bot", "waits_automated")])
def test_unknown_authors_are_whom_the_channel_says(of: str, ended: str) -> None:
    assert told("10:00 message, 10:01 reply unknown", f"defaults: {{unknown_authors: {of}}}").count(ended) == 1


def test_a_close_cancels_a_wait_without_a_sample() -> None:
    desk = told("10:00 message, 10:01 close")
    assert (desk.count("waits_cancelled"), desk.durations("response")) == (1, [])


def test_a_reply_that_closes_sorts_first() -> None:
    desk = told("10:00 message, 10:05 close, 10:05 reply")
    assert (desk.durations("response"), desk.count("waits_cancelled")) == (["5m"], 0)


def test_a_bots_reply_sorts_after_a_message_of_the_same_instant() -> None:
    assert told("10:00 reply bot, 10:00 message").level().waiting == 0


# -- closing reasons -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["spam", "merged", "deleted", "abandoned"])
def test_reasons_that_cancel_all_clocks_and_give_no_resolution(reason: str) -> None:
    desk = told(f"10:00 message, 10:30 close {reason}, d9 10:00 now")
    given = set(desk.cell().durations)
    assert (given, desk.clock("first_response"), desk.clock("resolution"), desk.count("settled")) == (
        {"first_action"},
        ["cancelled 10:30"],
        ["cancelled 10:30"],
        0,
    )


def test_a_merge_closes_the_source_and_a_later_message_reopens_it() -> None:
    desk = told("10:00 message, 10:30 merge t2, 11:00 message")
    assert (desk.count("tickets_closed|merged"), desk.count("tickets_reopened"), desk.level().open) == (1, 1, 1)


def test_the_target_of_a_merge_keeps_its_own_clocks() -> None:
    desk = told("10:00 message ticket=t2, 10:10 message, 10:30 merge t2, 10:40 reply ticket=t2")
    assert desk.durations("first_response") == ["40m"]


# -- durations -------------------------------------------------------------------------------------------------------------------------------


def test_first_response_runs_from_the_first_message_to_the_first_human_reply() -> None:
    desk = told("10:00 message, 10:01 reply bot, 10:20 message, 10:30 reply, 10:40 message, 10:50 reply")
    assert desk.durations("first_response") == ["30m"]


def test_a_close_cancels_first_response_and_the_next_message_starts_it_anew() -> None:
    assert told("10:00 message, 10:10 close, 11:00 message, 11:05 reply").durations("first_response") == ["5m"]


def test_once_a_human_has_answered_first_response_never_starts_again() -> None:
    desk = told("10:00 message, 10:10 reply, 10:20 close, 11:00 message, 11:05 reply")
    assert desk.durations("first_response") == ["10m"]


def test_the_queue_clock_starts_again_at_the_next_message() -> None:
    desk = told("10:00 message, 10:01 reply bot, 10:20 message, 10:30 reply")
    assert desk.durations("first_response_queue") == ["10m"]


def test_the_queue_clock_starts_again_at_a_hand_over_to_a_human() -> None:
    desk = told("10:00 message, 10:01 reply bot, 10:20 handover, 10:25 reply")
    assert (desk.durations("first_response"), desk.durations("first_response_queue")) == (["25m"], ["5m"])


def test_a_hand_over_moves_the_start_of_the_running_queue_clock() -> None:
    desk = told("10:00 message, 10:20 handover, 10:25 reply")
    assert (desk.durations("first_response_queue"), desk.durations("response")) == (["5m"], ["25m"])


def test_a_human_who_replies_while_the_queue_clock_is_stopped_gives_no_queue_sample() -> None:
    desk = told("10:00 message, 10:01 reply bot, 10:20 reply")
    assert (desk.durations("first_response"), desk.durations("first_response_queue")) == (["20m"], [])


def test_a_bots_reply_that_ends_no_wait_stops_no_queue_clock() -> None:
    desk = told("10:00 message, 10:10 handover, 10:15 reply bot, 10:30 reply")
    assert desk.durations("first_response_queue") == ["20m"]


def test_a_human_who_writes_first_replies_and_responds_to_nothing() -> None:
    desk = told("10:00 reply, 10:10 message, 10:30 reply")
    assert (desk.durations("first_response"), desk.durations("response")) == (["20m"], ["20m"])


def test_a_sample_belongs_to_the_window_of_the_event_that_ended_it() -> None:
    desk = told("10:50 message, 12:10 reply")
    assert list(desk.sampled) == [
        (ms("12:10"), "web", "response", 80 * 60_000),
        (ms("12:10"), "web", "first_action", 80 * 60_000),
        (ms("12:10"), "web", "first_response", 80 * 60_000),
        (ms("12:10"), "web", "first_response_queue", 80 * 60_000),
    ]


def test_full_resolution_ends_at_the_close_and_counts_when_it_settles() -> None:
    desk = told("10:00 message, 11:00 close, 12:00 message, 13:00 close, d9 10:00 now")
    assert desk.sampled[ms("d4 13:00"), "web", "full_resolution", 3 * 3_600_000] == 1


def test_full_resolution_is_given_for_every_settled_close() -> None:
    desk = told("10:00 message, 11:00 close, d9 10:00 message, 11:00 close, d20 10:00 now")
    assert desk.durations("full_resolution") == ["1h", "8d1h"]


# -- volumes and rates -----------------------------------------------------------------------------------------------------------------------


def test_replies_count_by_the_kind_of_author_that_was_sent() -> None:
    desk = told("10:00 message, 10:01 reply bot, 10:02 reply unknown, 10:03 reply, 10:04 close, 10:05 reply campaign")
    kinds = ("agent", "bot", "unknown", "campaign", "automation")
    assert [desk.count(f"replies_sent|{kind}") for kind in kinds] == [1, 1, 1, 1, 0]


@pytest.mark.parametrize("author", ["agent", "bot", "automation", "campaign", "unknown"])
def test_a_round_with_a_reply_of_any_kind_is_not_unanswered(author: str) -> None:
    desk = told(f"10:00 message, 10:01 reply {author}, 10:02 close, 10:03 message, 10:04 close")
    assert desk.windows("tickets_closed_unanswered", kind="minute") == {"10:04": 1}


def test_a_reply_within_the_limit_is_in_time_in_the_window_of_the_reply() -> None:
    desk = told("10:00 message, d2 10:00 reply")
    assert (desk.windows("waits_answered_in_time"), desk.count("waits_expired")) == ({"d2 10:00": 1}, 0)


def test_a_wait_expires_in_the_window_of_start_and_limit() -> None:
    desk = told("10:00 message, d3 12:00 reply")
    assert (desk.windows("waits_expired"), desk.count("waits_answered_in_time")) == ({"d2 10:00": 1}, 0)


def test_a_wait_expires_once() -> None:
    assert told("10:00 message, d5 12:00 now, d9 12:00 message, d20 10:00 now").count("waits_expired") == 1


def test_each_wait_expires_by_itself() -> None:
    assert told("10:00 message, d2 11:00 reply, d2 12:00 message, d5 12:00 now").count("waits_expired") == 2


def test_a_closed_wait_neither_answers_nor_expires() -> None:
    desk = told("10:00 message, 10:30 close, d9 12:00 now")
    assert (desk.count("waits_answered"), desk.count("waits_expired")) == (0, 0)


# -- settling --------------------------------------------------------------------------------------------------------------------------------


def test_a_close_settles_when_time_passes_close_and_window() -> None:
    assert told("10:00 message, 10:30 close, d4 10:30 now").count("settled") == 0
    assert told("10:00 message, 10:30 close, d4 10:30:00.001 now").windows("settled") == {"d4 10:00": 1}


def test_a_reopening_at_the_very_instant_unsettles() -> None:
    assert told("10:00 message, 10:30 close, d4 10:30 reopen, d9 10:00 now").count("settled") == 0


def test_a_settled_close_stays_settled_when_the_ticket_is_reopened() -> None:
    assert told("10:00 message, 10:30 close, d5 10:30 reopen").count("settled") == 1


def test_a_ticket_answered_at_once_is_first_contact_and_one_touch() -> None:
    desk = told("10:00 message, 10:05 reply who=anna, 10:10 close, d9 10:00 now")
    assert _judged(desk) == {"first_contact_resolved", "one_touch"}


def test_two_replies_of_one_human_are_first_contact_but_not_one_touch() -> None:
    desk = told("10:00 message, 10:05 reply who=anna, 10:06 reply who=anna, 10:10 close, d9 10:00 now")
    assert _judged(desk) == {"first_contact_resolved"}


def test_two_humans_are_no_first_contact() -> None:
    desk = told("10:00 message, 10:05 reply who=anna, 10:06 reply who=ben, 10:10 close, d9 10:00 now")
    assert _judged(desk) == set()


def test_humans_without_an_id_are_one() -> None:
    assert "first_contact_resolved" in _judged(
        told("10:00 message, 10:05 reply, 10:06 reply, 10:10 close, d9 10:00 now")
    )


def test_a_human_without_an_id_is_another_than_one_with() -> None:
    desk = told("10:00 message, 10:05 reply who=anna, 10:06 reply, 10:10 close, d9 10:00 now")
    assert _judged(desk) == set()


def test_a_bots_reply_is_a_contact_and_automated() -> None:
    desk = told("10:00 message, 10:05 reply bot, 10:10 close, d9 10:00 now")
    assert _judged(desk) == {"first_contact_resolved", "no_human_reply", "automated"}


def test_a_close_without_any_reply_is_no_first_contact() -> None:
    assert _judged(told("10:00 message, 10:10 close, d9 10:00 now")) == {"no_human_reply"}


@pytest.mark.parametrize("kind", ["bot", "automation"])
def test_a_close_by_bot_or_automation_is_automated(kind: str) -> None:
    assert _judged(told(f"10:00 message, 10:10 close as={kind}, d9 10:00 now")) == {"no_human_reply", "automated"}


def test_a_human_reply_makes_a_bots_close_not_automated() -> None:
    assert "automated" not in _judged(told("10:00 message, 10:05 reply, 10:10 close as=bot, d9 10:00 now"))


def test_a_second_round_is_no_first_contact() -> None:
    desk = told("10:00 message, 10:05 reply, 10:10 close, 11:00 reopen, 11:10 close, d9 10:00 now")
    assert _judged(desk) == {"one_touch"}


def test_a_change_of_team_is_no_first_contact() -> None:
    desk = told("10:00 message team=a, 10:05 reply, 10:06 label team=b, 10:10 close, d9 10:00 now")
    assert _judged(desk) == {"one_touch"}


def test_a_first_team_is_no_change_of_team() -> None:
    desk = told("10:00 message, 10:05 reply, 10:06 label team=b, 10:10 close, d9 10:00 now")
    assert "first_contact_resolved" in _judged(desk)


@pytest.mark.parametrize(("reason", "first"), [("on_hold", False), ("third_party", False), ("customer", True)])
def test_a_pause_for_others_is_no_first_contact(reason: str, first: bool) -> None:
    desk = told(f"10:00 message, 10:05 reply, 10:06 pause {reason}, 10:10 close, d9 10:00 now")
    assert ("first_contact_resolved" in _judged(desk)) is first


def test_closed_tickets_do_not_pause() -> None:
    desk = told("10:00 message, 10:05 reply, 10:10 close, 10:20 pause on_hold, d9 10:00 now")
    assert "first_contact_resolved" in _judged(desk)


def test_what_came_before_the_former_settling_counts_no_more() -> None:
    desk = told(
        "10:00 message, 10:05 reply who=anna, 10:06 reply who=ben, 10:10 close, d9 10:00 message, 10:05 reply, 10:10 close"
    )
    assert _judged(desk.tell("d20 10:00 now")) == {"first_contact_resolved", "one_touch"}


def test_what_comes_after_the_close_and_before_the_settling_counts() -> None:
    desk = told("10:00 message, 10:05 reply, 10:10 close, 10:20 reply, d9 10:00 now")
    assert _judged(desk) == {"first_contact_resolved"}


def _judged(desk: Desk) -> set[str]:
    names = ("first_contact_resolved", "one_touch", "no_human_reply", "automated")
    return {name for name in names if desk.count(name)}


# -- levels ----------------------------------------------------------------------------------------------------------------------------------


def test_a_wait_is_a_level_from_its_start_to_its_end() -> None:
    desk = told("10:00 message, 10:01 message")
    assert desk.level() == Level(1, 1, ms("10:00"))
    assert desk.tell("10:05 reply").level() == Level(1, 0, None)


def test_an_open_ticket_without_an_owner_is_unassigned() -> None:
    desk = told("10:00 message")
    assert desk.gauges() == {"open": 1, "waiting": 1, "unassigned": 1}
    assert desk.tell("10:05 assign anna").gauges() == {"open": 1, "waiting": 1}
    assert desk.tell("10:06 assign null").gauges() == {"open": 1, "waiting": 1, "unassigned": 1}


def test_an_assignment_that_names_only_a_team_keeps_the_owner() -> None:
    assert told("10:00 message, 10:01 assign anna, 10:02 assign team=a").gauges() == {"open": 1, "waiting": 1}


def test_a_reply_clock_makes_a_ticket_at_risk_then_breached() -> None:
    desk = told("10:00 message, 10:01 assign anna, 13:12:00.001 now")
    assert desk.gauges() == {"open": 1, "waiting": 1, "at risk": 1}
    assert desk.tell("14:00:10.001 now").gauges() == {"open": 1, "waiting": 1, "breached": 1}
    assert desk.tell("14:05 reply").gauges() == {"open": 1}


def test_a_breached_resolution_is_no_level() -> None:
    desk = told("10:00 message, 10:01 assign anna, 10:02 reply, d9 10:00 now")
    assert desk.gauges() == {"open": 1}


# -- forgetting ------------------------------------------------------------------------------------------------------------------------------

FORGET = "forget: {closed: 4d, open: 10d}"


def test_a_closed_ticket_is_forgotten_after_its_silence() -> None:
    desk = told("10:00 message, 10:30 close, d5 10:30:00.001 now", FORGET)
    assert (desk.ticket().state.forgotten_ms, desk.count("tickets_forgotten")) == (ms("d5 10:30"), 0)


def test_an_open_ticket_that_is_forgotten_leaves_the_levels_and_counts() -> None:
    desk = told("10:00 message, d11 10:00:00.001 now", FORGET)
    assert (desk.level(), desk.windows("tickets_forgotten"), desk.windows("waits_forgotten")) == (
        Level(0, 0, None),
        {"d11 10:00": 1},
        {"d11 10:00": 1},
    )


def test_an_event_at_the_very_instant_keeps_a_ticket() -> None:
    desk = told("10:00 message, d11 10:00 message", FORGET)
    assert (desk.count("tickets_opened"), desk.count("tickets_forgotten")) == (1, 0)


def test_the_state_stays_a_day_longer_for_what_is_read_late() -> None:
    desk = told("10:00 message, d11 12:00 now, d11 09:00 reply", FORGET)
    assert (desk.count("tickets_forgotten"), desk.count("waits_answered"), desk.level().open) == (0, 1, 1)


def test_then_nothing_is_left() -> None:
    assert told("10:00 message, d12 10:00:00.001 now", FORGET).entries.keys() & {b"tt1"} == set()


def test_a_later_event_starts_a_forgotten_ticket_anew() -> None:
    desk = told("10:00 message, 10:10 reply, d11 20:00 message, 20:05 reply", FORGET)
    assert (desk.count("tickets_opened"), desk.durations("first_response"), desk.counters) == (
        2,
        ["10m", "5m"],
        {"opened": 1, "revived": 1},
    )


def test_an_unopened_ticket_is_forgotten_silently() -> None:
    desk = told("10:00 label team=a, d6 10:00:00.001 now", FORGET)
    assert (desk.entries.keys() & {b"tt1"}, desk.count("tickets_forgotten")) == (set(), 0)


def test_never_forgets_nothing() -> None:
    assert told("10:00 message, d3000 10:00 now", "forget: {closed: never, open: never}").level().open == 1
