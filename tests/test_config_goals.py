import pytest

from app.config import parse, rules
from app.errors import ConfigurationError


def goals(text: str, channel: str = "web") -> dict[str, float]:
    return parse(text).of(channel).goals.values()


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        parse(text, "c.yaml")
    return str(refused.value)


def test_without_a_word_the_goals_are_the_usual() -> None:
    assert goals("") == {
        "first_response_good": 3600,
        "first_response_acceptable": 86_400,
        "response_good": 1200,
        "resolution_good": 3600,
        "resolution_acceptable": 7200,
        "resolution_alarm": 28_800,
        "response_rate_good": 0.5,
        "response_rate_alarm": 0.34,
    }


def test_a_channel_has_goals_of_its_own_and_else_those_of_the_defaults() -> None:
    text = "defaults: {goals: {backlog: {alarm: 500}, response: {good: 5m}}}\nchannels: {web: {goals: {backlog: {alarm: 50}}}}"
    assert (goals(text)["backlog_alarm"], goals(text)["response_good"], goals(text, "x")["backlog_alarm"]) == (
        50,
        300,
        500,
    )


def test_a_level_can_be_taken_away() -> None:
    assert "resolution_alarm" not in goals("defaults: {goals: {resolution: {alarm: off}}}")


def test_goals_change_no_figure() -> None:
    made = rules(parse("defaults: {goals: {backlog: {alarm: 5}}}"), "log")
    assert made == rules(parse(""), "log")


def test_caps_samples_and_objectives_change_no_figure() -> None:
    made = rules(parse("metrics: {topics: {most: 5}}\nsamples: true"), "log")
    assert made == rules(parse(""), "log")


def test_caps_are_by_dimension() -> None:
    text = "records: [agent, topic]\nmetrics: {agents: {most: 7}, topics: {most: 50}, tags: off, teams: {most: 9}}"
    assert parse(text.replace("topic]", "topic, team]")).metrics.caps() == {"agent": 7, "topic": 50, "team": 9}
    assert parse("").metrics.caps() == {}


def test_people_are_measured_by_name_only() -> None:
    assert rules(parse(""), "log").dimensions == {"topic", "team", "tag"}
    assert rules(parse("records: [agent]"), "log").dimensions == {"agent"}


def test_verdicts_alone_are_published_unless_all_is_said() -> None:
    assert [rules(parse(text), "log").publish_all for text in ("", "sla_publish: verdicts", "sla_publish: all")] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("defaults: {goals: {resolution: {good: 3h}}}", "has `good` not below `acceptable`"),
        ("defaults: {goals: {response_rate: {good: 0.3}}}", "has `good` not above `alarm`"),
        (
            "defaults: {goals: {response_rate: {good: 50}}}",
            "`good` (50) should be less than 1; for example `good: 0.5`",
        ),
        ("defaults: {goals: {backlog: {alarm: 0}}}", "`alarm` (0) should be greater than or equal to 1"),
        (
            "defaults: {goals: {backlog: {alarm: many}}}",
            "`alarm` (many) must be a whole number; for example `alarm: 500`",
        ),
        ("defaults: {goals: {backlog: {ceiling: 5}}}", "`ceiling` is no key here; known: good, acceptable, alarm"),
        ("goals: {backlog: {alarm: 5}}", "it stands under `defaults`, for example `defaults: {goals:"),
        ("metrics: {agents: {most: 5}}", "write `records: [topic, team, tag, agent]`, or `agents: off`"),
        ("metrics: {topics: {most: 0}}", "`most` (0)"),
        ("metrics: {topics: on}", "`topics` (on) must be keys with values; for example `topics: {most: 50}`"),
        ("records: [agents]", "`records` (agents) should be 'topic', 'team', 'tag' or 'agent'"),
        ("sla_publish: none", "should be 'verdicts' or 'all'"),
        ("samples: yes", "`samples` (yes) must be true or false"),
    ],
)
def test_what_cannot_be_is_told_with_a_right_line(text: str, words: str) -> None:
    assert words in complaint(text)
