"""Agents, teams, topics and tags have figures of their own."""

from dataclasses import replace

from app.kpi.dimensions import Dimensions
from app.kpi.sla import Attributes
from tests.kpi.story import Desk, ms, rules, told

ALL = replace(rules(), dimensions=frozenset(("agent", "team", "topic", "tag")))
STORY = """10:00 message team=a topic=billing/refund tags=vip, 10:05 assign anna, 10:10 reply who=anna,
10:20 message, 10:40 reply who=bob, 10:50 reply who=anna, 11:00 close who=bob""".replace("\n", " ")


def figures(desk: Desk, name: str) -> dict[str, int]:
    """Measure -> how often, without SLA verdicts."""
    counts: dict[str, int] = {}
    for (channel, kind, _), cell in desk.parts.items():
        if channel == name and kind == "day":
            counts |= {measure: count for measure, count in cell.counts.items() if not measure.startswith("sla|")}
    return counts


def minutes(desk: Desk, name: str, measure: str) -> tuple[int, int]:
    """(samples, their sum in minutes) of a duration."""
    spreads = [
        cell.durations[measure]
        for (channel, kind, _), cell in desk.parts.items()
        if channel == name and kind == "day" and measure in cell.durations
    ]
    return sum(spread.count for spread in spreads), sum(spread.sum_ms for spread in spreads) // 60_000


def test_teams_topics_and_tags_have_all_that_their_tickets_give() -> None:
    desk = told(STORY, ALL)
    web = figures(desk, "web")
    assert web["waits_answered"] == 2
    for name in ("topic:billing", "topic:billing/refund", "tag:vip"):
        assert (name, figures(desk, name)) == (name, web)
    assert figures(desk, "team:a") == {**web, "tickets_answered": 1}
    assert minutes(desk, "team:a", "response") == minutes(desk, "web", "response") == (2, 30)


def test_agents_have_what_they_did() -> None:
    desk = told(STORY, ALL)
    anna, bob = figures(desk, "agent:anna"), figures(desk, "agent:bob")
    assert (anna["replies_sent|agent"], anna["waits_answered"], anna["tickets_answered"]) == (2, 1, 1)
    assert (anna["tickets_assigned"], anna["tickets_completed"]) == (1, 1)
    assert (bob["replies_sent|agent"], bob["waits_answered"], bob["tickets_closed|resolved"]) == (1, 1, 1)
    assert (minutes(desk, "agent:anna", "first_response"), minutes(desk, "agent:bob", "first_response")) == (
        (1, 10),
        (0, 0),
    )
    assert minutes(desk, "agent:bob", "response") == (1, 20)


def test_the_slowest_reply_is_kept_with_its_ticket() -> None:
    desk = told(
        "10:00 message ticket=t1 team=a, 10:05 message ticket=t2 team=a, 10:10 reply ticket=t1, 10:30 reply ticket=t2",
        ALL,
    )
    cell = desk.parts[
        "team:a", "day", next(start for name, kind, start in desk.parts if (name, kind) == ("team:a", "day"))
    ]
    assert cell.first_reply_ms == ms("10:10")
    assert cell.slowest == {"response": (25 * 60_000, "t2")}


def test_answers_to_surveys_count_for_topic_and_who_replied_last() -> None:
    desk = told(
        "10:00 message topic=billing, 10:10 reply who=anna, 10:20 reply who=bob, 10:30 close, 10:40 answer 4, 12:00 now",
        ALL,
    )
    for name in ("agent:bob", "topic:billing", "web"):
        assert (name, figures(desk, name).get("survey_scores|4")) == (name, 1)
    assert "survey_scores|4" not in figures(desk, "agent:anna")


def test_only_what_is_asked_for_is_kept() -> None:
    names = {channel for channel, _, _ in told(STORY, replace(rules(), dimensions=frozenset(("team",)))).parts}
    assert names == {"web", "team:a"}
    assert {channel for channel, _, _ in told(STORY, replace(rules(), dimensions=frozenset())).parts} == {"web"}


def test_windows_of_dimensions_are_hours_and_days() -> None:
    kinds = {kind for channel, kind, _ in told(STORY, ALL).parts if channel == "team:a"}
    assert kinds == {"hour", "day"}


def test_a_label_that_comes_late_moves_what_came_after_it() -> None:
    late = told("10:00 message, 10:10 reply, 10:05 label team=a read=10:20", ALL)
    assert late.count("waits_answered", "team:a") == 1
    assert late.count("messages_received", "team:a") == 0


def test_a_topic_without_parent_is_one_name() -> None:
    assert Dimensions(frozenset(("topic",))).of(Attributes(topic="billing")) == ["topic:billing"]


def test_a_call_is_handled_by_its_agent_for_as_long_as_it_tells() -> None:
    desk = told("10:00 message, 10:10 call anna talk_seconds=120, 10:20 call bob, 11:00 close", ALL)
    assert minutes(desk, "agent:anna", "handle") == minutes(desk, "web", "handle") == (1, 2)
    assert minutes(desk, "agent:bob", "handle") == (0, 0)


def test_the_first_reply_is_a_humans_whatever_the_source_calls_them() -> None:
    desk = told("10:00 message team=a, 10:05 reply unknown who=anna, 10:40 reply who=anna", ALL)
    for name in ("team:a", "agent:anna"):
        start = next(start for of, kind, start in desk.parts if (of, kind) == (name, "hour"))
        assert desk.parts[name, "hour", start].first_reply_ms == ms("10:05")
    bot = told(
        "10:00 message team=a, 10:05 reply unknown, 10:40 reply",
        replace(rules("defaults: {unknown_authors: bot}"), dimensions=ALL.dimensions),
    )
    start = next(start for of, kind, start in bot.parts if (of, kind) == ("team:a", "hour"))
    assert bot.parts["team:a", "hour", start].first_reply_ms == ms("10:40")


def test_a_late_reply_can_be_the_first_one() -> None:
    desk = told("10:00 message team=a, 10:40 reply, 10:20 reply", ALL)
    start = next(start for of, kind, start in desk.parts if (of, kind) == ("team:a", "hour"))
    assert desk.parts["team:a", "hour", start].first_reply_ms == ms("10:20")
