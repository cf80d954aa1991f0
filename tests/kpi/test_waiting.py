"""What is listed is what the gauges count: the same stories, seen both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kpi.waiting import STATES, Waiting, WaitState, waiting
from tests.kpi.story import Desk, at, ms, told

SLA = "defaults: {sla: {first_response: 1h, next_response: 2h}, at_risk: 0.5}"


def listed(desk: Desk, state: WaitState = "waiting", channel: str | None = None) -> list[Waiting]:
    tickets = desk.partition.at_rest().tickets.items()
    found = [waiting(ticket_id, encoded, state, lambda name: channel in (None, name)) for ticket_id, encoded in tickets]
    return sorted(ticket for ticket in found if ticket)


def test_a_message_without_an_answer_waits_from_its_instant() -> None:
    assert listed(told("10:00 message priority=high team=a, 10:05 message, 10:06 assign anna", SLA)) == [
        Waiting(ms("10:00"), "t1", "web", "high", "a", "anna", "waiting", "first_response", ms("11:00"))
    ]


@pytest.mark.parametrize("end", ["reply", "reply bot", "close"])
def test_who_is_answered_or_closed_waits_no_more(end: str) -> None:
    assert listed(told(f"10:00 message, 10:05 {end}", SLA)) == []


def test_a_later_wait_has_the_later_promise() -> None:
    (found,) = listed(told("10:00 message, 10:05 reply, 10:20 message", SLA))
    assert (found.metric, at(found.since_ms), at(found.due_ms or 0)) == ("next_response", "10:20", "12:20")


@pytest.mark.parametrize(
    ("now", "state"), [("10:30", "waiting"), ("10:31", "at_risk"), ("11:00:10", "at_risk"), ("11:01", "breached")]
)
def test_the_state_is_that_of_the_running_promise(now: str, state: str) -> None:
    desk = told(f"10:00 message, {now} now", SLA)
    assert [ticket.state for ticket in listed(desk)] == [state]
    found = {word for word in STATES if listed(desk, word)}
    assert found == {"waiting", state}


def test_a_bot_that_answered_leaves_nobody_waiting_until_it_hands_over() -> None:
    desk = told("10:00 message, 10:01 reply bot, 10:30 handover", SLA)
    assert [at(ticket.since_ms) for ticket in listed(desk)] == ["10:30"]


def test_the_longest_wait_comes_first_then_by_id() -> None:
    desk = told("10:01 message ticket=c, 10:02 message ticket=b, 10:01 message ticket=a", SLA)
    assert [ticket.ticket_id for ticket in listed(desk)] == ["a", "c", "b"]


def test_the_channel_is_that_of_the_round_as_in_the_gauges() -> None:
    desk = told("10:00 open in=mail, 10:01 message in=chat", SLA)
    assert (len(listed(desk, channel="mail")), len(listed(desk, channel="chat"))) == (1, 0)
    assert desk.gauges("mail")["waiting"] == 1


def test_nothing_changes_in_what_was_taken() -> None:
    desk = told("10:00 message, 10:01 message ticket=t2", SLA)
    before = desk.partition.at_rest()
    desk.tell("10:02 reply, 10:03 reply ticket=t2, 10:04 message ticket=t3")
    assert [bool(waiting(*ticket, "waiting", lambda _: True)) for ticket in before.tickets.items()] == [True, True]
    assert before.stream_ms == ms("10:01")


_WORDS = ("message", "reply", "reply bot", "close", "handover", "assign anna", "label priority=high", "open", "now")


@given(st.lists(st.tuples(st.sampled_from(_WORDS), st.sampled_from("abcd"), st.integers(0, 239)), max_size=40))
def test_the_lists_are_as_long_as_the_gauges_say(steps: list[tuple[str, str, int]]) -> None:
    story = ", ".join(
        f"{10 + minute // 60}:{minute % 60:02d} {word}{'' if word == 'now' else f' ticket={ticket}'}"
        for word, ticket, minute in steps
    )
    desk = told(f"{story}, 15:00 now, 14:00 message ticket=z" if story else "14:00 message ticket=z", SLA)
    gauges = desk.gauges()
    assert {state: len(listed(desk, state)) for state in STATES} == {
        state: gauges.get(state.replace("_", " "), 0) for state in STATES
    }
