"""Satisfaction, conversion, revenue, deflection, what messages tell."""

from collections.abc import Iterable
from dataclasses import replace

from app.kpi.aggregate import merged
from tests.kpi.story import Desk, rules, told


def scores(story: str) -> dict[str, int]:
    """Score -> how often it counts."""
    desk = told(story)
    return {str(score): count for score in range(1, 6) if (count := desk.count(f"survey_scores|{score}"))}


def test_an_answer_counts_one_hour_after_the_first_as_it_stands_then() -> None:
    desk = told("10:00 message, 10:30 close, 10:31 survey, 11:00 answer 2, 11:59 answer 4, 13:00 now")
    assert desk.windows("surveys_answered") == desk.windows("survey_scores|4") == {"12:00": 1}
    assert (desk.count("surveys_sent"), desk.count("survey_scores|2")) == (1, 0)


def test_an_answer_at_the_very_hour_still_counts_and_a_later_one_does_not() -> None:
    assert scores("10:00 message, 10:30 close, 11:00 answer 2, 12:00 answer 5, d2 10:00 now") == {"5": 1}
    assert scores("10:00 message, 10:30 close, 11:00 answer 2, 12:00:00.001 answer 5, d2 10:00 now") == {"2": 1}


def test_each_round_has_one_answer() -> None:
    story = "10:00 message, 10:30 close, 11:00 answer 2, 11:10 message, 11:20 close, 11:30 answer 5, 14:00 answer 1, d2 10:00 now"
    assert scores(story) == {"2": 1, "5": 1}


def test_an_answer_counts_though_the_ticket_opens_again_within_its_hour() -> None:
    assert scores("10:00 message, 10:30 close, 11:00 answer 3, 11:10 message, d2 10:00 now") == {"3": 1}


def test_an_answer_to_nothing_counts_nowhere() -> None:
    assert scores("10:00 answer 3, d2 10:00 now") == {}


def test_a_ticket_converts_at_its_first_order_within_five_days() -> None:
    desk = told("10:00 message, d2 12:00 order o1, d3 12:00 order o2")
    assert desk.windows("tickets_converted") == {"d2 12:00": 1}
    assert told("10:00 message, d6 10:00 order o1").count("tickets_converted") == 1
    assert told("10:00 message, d6 10:00:00.001 order o1").count("tickets_converted") == 0


def test_revenue_is_exact_and_each_order_counts_once() -> None:
    desk = told(
        "10:00 message, 11:00 order o1 amount=12.34 currency=EUR, 11:05 order o1 amount=12.34 currency=EUR,"
        "11:10 order o2 amount=0.000001 currency=EUR, 11:20 order o3 amount=5 currency=USD"
    )
    assert (desk.count("revenue|EUR"), desk.count("revenue|USD")) == (12_340_001, 5_000_000)


def test_an_order_that_is_read_first_is_found_when_the_ticket_opens() -> None:
    desk = told("11:00 order o1 amount=2 currency=EUR, 10:00 message")
    assert (desk.count("tickets_converted"), desk.count("revenue|EUR")) == (1, 2_000_000)


def test_revenue_is_taken_back_when_it_turns_out_too_late() -> None:
    desk = told("d2 10:30 message, d7 10:00 order o1 amount=2 currency=EUR, d7 10:20 order o2 amount=3 currency=EUR")
    assert desk.count("revenue|EUR") == 5_000_000
    assert desk.tell("d2 10:10 message").count("revenue|EUR") == 2_000_000


def test_an_offer_counts_whether_or_not_it_opens_a_ticket() -> None:
    desk = told("10:00 offer, 10:01 offer ticket=t2 accepted=, 10:02 message")
    assert desk.count("deflections_offered") == 2


def test_messages_tell_sentiment_and_quick_replies() -> None:
    desk = told("10:00 message sentiment=negative, 10:01 message sentiment=negative quick_reply=yes")
    assert (desk.count("messages_by_sentiment|negative"), desk.count("quick_replies|yes")) == (2, 1)


# -- what senders choose must not outgrow a record


def test_amounts_that_sum_beyond_64_bits_stop_nothing() -> None:
    orders = ", ".join(f"10:0{n} order o{n} amount=999999999999.999999 currency=EUR" for n in range(1, 8))
    desk = told(f"10:00 message, {orders}")
    assert (desk.refused, desk.count("tickets_converted")) == ([], 1)
    assert desk.cell("day").counts["revenue|EUR"] == (1 << 62) - 1


def test_an_amount_beyond_the_contract_is_refused_and_leaves_no_trace() -> None:
    desk = told(
        "10:00 message priority=high, 10:01 order o1 amount=9999999999999 currency=EUR priority=low, 10:02 close"
    )
    assert (desk.refused, desk.gauges()) == (["bad-value"], {})


def test_answers_of_a_few_rounds_an_hour_count_and_no_more() -> None:
    rounds = ", ".join(f"10:{n:02d} message, 10:{n:02d} close, 10:{n:02d} answer 5" for n in range(30))
    assert told(f"{rounds}, 13:00 now").count("surveys_answered") == 20


def test_endless_quick_replies_share_one_count() -> None:
    messages = ", ".join(f"10:{n // 60:02d}:{n % 60:02d} message quick_reply=q{n}" for n in range(700))
    counts = told(messages).cell("day").counts
    named = {measure: count for measure, count in counts.items() if measure.startswith("quick_replies|")}
    assert len(named) == 301
    assert sum(named.values()) == 700


def test_a_quick_reply_that_is_taken_back_leaves_where_it_went() -> None:
    def all_at(minute: int, what: str, numbers: Iterable[int]) -> str:
        return ", ".join(f"10:{minute + n // 60:02d}:{n % 60:02d} {what.format(n=n)} ticket=t{n}" for n in numbers)

    desk = Desk(replace(rules(), dimensions=frozenset(("team",))))
    desk.tell(all_at(0, "open team=a", range(303))).tell(all_at(20, "message quick_reply=q{n}", range(303)))
    desk.tell(all_at(10, "label team=b", (0, 1, 302)))
    of_a = (cell for (name, kind, _), cell in desk.parts.items() if (name, kind) == ("team:a", "day"))
    counts = {name: count for name, count in merged(of_a).counts.items() if name.startswith("quick_replies|")}
    assert min(counts.values()) > 0
    assert sum(counts.values()) == 300
