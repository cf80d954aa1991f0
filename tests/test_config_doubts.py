"""Doubts, and the law behind the most useful of them: a policy is told of if, and only if, no ticket falls to it."""

from itertools import chain, combinations, product
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config import parse, rules
from app.config_doubts import doubts, shadows
from app.config_policies import PolicyConfig
from app.errors import ConfigurationError
from app.kpi.rules import OTHER_CHANNEL

PRIORITIES, TEAMS, TAGS = ("low", "high"), ("a", "b"), ("x", "y")


def told(text: str) -> list[str]:
    return [problem.text for problem in doubts(parse(text))]


def chosen(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=len(values))


MATCHES = st.fixed_dictionaries({"priority": chosen(PRIORITIES), "team": chosen(TEAMS), "tags": chosen(TAGS)})


def policy(index: int, match: dict[str, list[str]]) -> PolicyConfig:
    return PolicyConfig.model_validate({"name": f"p{index}", "match": {key: one for key, one in match.items() if one}})


def everybody() -> list[tuple[str | None, str | None, frozenset[str]]]:
    """Every ticket of a small world, with those whose priority, team or tags nobody names."""
    tags = (*TAGS, "z")
    sets = chain.from_iterable(combinations(tags, size) for size in range(len(tags) + 1))
    return list(product((None, "odd", *PRIORITIES), (None, "odd", *TEAMS), map(frozenset, sets)))


def falls_to(policies: list[PolicyConfig], ticket: tuple[str | None, str | None, frozenset[str]]) -> int | None:
    priority, team, tags = ticket
    for index, one in enumerate(policies):
        match = one.match
        if (
            (not match.priority or priority in match.priority)
            and (not match.team or team in match.team)
            and (not match.tags or tags & set(match.tags))
        ):
            return index
    return None


@given(st.lists(MATCHES, max_size=6))
@settings(max_examples=200, deadline=None)
def test_a_policy_is_shadowed_if_and_only_if_no_ticket_falls_to_it(matches: list[dict[str, list[str]]]) -> None:
    policies = [policy(index, match) for index, match in enumerate(matches)]
    met = {falls_to(policies, ticket) for ticket in everybody()}
    assert shadows(policies).keys() == set(range(len(policies))) - met


CHANNELS = ("web", "email")


@given(st.lists(st.tuples(MATCHES, chosen((*CHANNELS, OTHER_CHANNEL))), max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_policy_is_doubted_if_no_channel_has_a_ticket_for_it(
    matches: list[tuple[dict[str, list[str]], list[str]]],
) -> None:
    written = [{**match, "channel": channels} for match, channels in matches]
    policies = [policy(index, match) for index, match in enumerate(written)]
    text = yaml.safe_dump(
        {
            "channels": {name: {} for name in CHANNELS},
            "policies": [one.model_dump(exclude_unset=True) for one in policies],
        }
    )
    met: set[str] = set()
    for channel in (*CHANNELS, OTHER_CHANNEL):
        own = [one for one in policies if not one.match.channel or channel in one.match.channel]
        met.update(own[index].name for ticket in everybody() if (index := falls_to(own, ticket)) is not None)
    doubted = {one.name for one in policies if any(f"policy `{one.name}` never" in line for line in told(text))}
    assert doubted == {one.name for one in policies} - met


def test_who_takes_the_tickets_of_a_shadowed_policy_is_named() -> None:
    text = (
        "policies:\n- {name: a, match: {priority: high}}\n- {name: b, match: {priority: low}}\n"
        "- {name: c, match: {priority: [low, high], team: t}}\n"
    )
    assert told(text) == [
        "policy `c` never applies: every ticket that it matches falls to `a`, `b` before it; move it up, or remove it"
    ]


def test_a_policy_that_is_shadowed_in_one_channel_alone_is_no_doubt() -> None:
    assert not told("policies: [{name: a, match: {channel: web}}, {name: b, match: {tags: x}}]")


def test_a_policy_for_everybody_leaves_nothing_to_the_defaults() -> None:
    (one,) = told("policies: [{name: a}]")
    assert one.startswith("every ticket falls to `a`")


def test_a_later_message_due_before_a_first_one_is_doubted_where_it_is_written() -> None:
    text = "channels: {web: {sla: {next_response: 1h}}, email: }\npolicies: [{name: a, match: {tags: x}, sla: {first_response: 25h}}]"
    later = "a later message would be due before the first one; are they in each other's place?"
    assert told(text) == [
        f"`next_response` (1h) is shorter than `first_response` (4h): {later}",
        f"`next_response` (1d) is shorter than `first_response` (1d1h): {later}",
        f"`next_response` (1h) is shorter than `first_response` (1d1h): {later}",
    ]


def test_inherited_targets_are_doubted_once() -> None:
    assert len(told("defaults: {sla: {next_response: 1h}}\nchannels: {web: {settle: 1h}, email: }")) == 1


@pytest.mark.parametrize(
    ("goals", "doubted"),
    [
        ("{first_response: {good: 10h}}", True),
        ("{first_response: {good: 2h}}", False),
        ("{resolution: {good: 80h, acceptable: off, alarm: off}}", True),
        ("{backlog: {alarm: 5}}", False),
    ],
)
def test_a_goal_that_a_kept_promise_reaches_is_doubted(goals: str, doubted: bool) -> None:
    assert [line for line in told(f"defaults: {{goals: {goals}}}") if "better than the goal" in line] == (
        told(f"defaults: {{goals: {goals}}}") if doubted else []
    )


JUNK = st.sampled_from([None, "off", 0, -1, 5, "x", [], ["x"], {}, True, "1h", 0.5])


def some_of(keys: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=keys)


def files(junk: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Files of right values, which contradict each other or not, or of `junk` in their place."""

    def values(*right: Any) -> st.SearchStrategy[Any]:
        return st.sampled_from(right) | junk

    sla = some_of({metric: values("1h", "10m", "3d") for metric in ("first_response", "next_response", "resolution")})
    levels = some_of({level: values("1h", "2h", 0.3, 7) for level in ("good", "acceptable", "alarm")})
    goals = some_of(dict.fromkeys(("first_response", "resolution", "response_rate", "backlog"), levels))
    warning = some_of({"at_risk": values(0.5)}) | some_of({"warn_before": values("15m", "1h", "1s")})
    promise = {"sla": sla, "clock": values("customer", "queue"), "pause_on": values(["customer"], ["on_hold", "other"])}
    hours = values("office", "channel", "always")

    def with_warning(keys: dict[str, st.SearchStrategy[Any]], needed: dict[str, st.SearchStrategy[Any]]) -> Any:
        own = st.fixed_dictionaries(needed, optional={**promise, **keys})
        return st.builds(lambda one, other: {**one, **other}, own, warning)

    channel = with_warning({"sla_schedule": hours, "schedule": values("office", "always"), "grace": values("1m")}, {})
    match = some_of(
        {"channel": values("web", ["email"]), "priority": values("high"), "team": values("t"), "tags": values("x")}
    )
    policies = st.lists(
        with_warning({"schedule": hours, "match": match}, {"name": values("a", "b", "c")}),
        max_size=4,
        unique_by=lambda policy: str(policy["name"]),
    )
    account = {"secrets": [{"env": "A"}], "channel": "web", "grace": "2m"}
    return some_of(
        {
            "defaults": channel | st.builds(lambda one: {"goals": one}, goals),
            "channels": st.dictionaries(st.sampled_from(["web", "email", "chat"]), channel, min_size=1),
            "policies": policies | junk,
            "records": values(["agent"], ["topic", "tag"]),
            "metrics": some_of(dict.fromkeys(("topics", "tags"), values({"most": 5}))),
            "sla_publish": values("all", "verdicts"),
            "samples": values(True, False),
            "connectors": st.just({"generic": {"a": account}}),
        }
    )


OFFICE = {"schedules": {"office": {"zone": "UTC", "week": {"mon-fri": "09:00-17:00"}}}}


@given(files(JUNK))
@settings(max_examples=200, deadline=None)
def test_any_file_is_refused_in_words_or_compiled(written: dict[str, Any]) -> None:
    assert_understood_or_refused(yaml.safe_dump({**OFFICE, **written}))


@given(files(st.nothing()))
@settings(max_examples=300, deadline=None)
def test_what_is_compiled_of_right_values_is_what_the_core_relies_on(written: dict[str, Any]) -> None:
    assert_understood_or_refused(yaml.safe_dump({**OFFICE, **written}))


def assert_understood_or_refused(text: str) -> None:
    """Nothing but ConfigurationError, with a line; and what is compiled keeps what the core relies on."""
    try:
        config = parse(text, "c.yaml")
    except ConfigurationError as refused:
        assert all(line.startswith("c.yaml:") for line in str(refused).splitlines())
        return
    made = rules(config, "log")
    assert made == rules(parse(text), "log")
    for channel in (made.default, *made.channels.values()):
        last = channel.default_policy
        assert not (last.priorities or last.teams or last.tags)
        names = [one.name for one in channel.policies]
        assert len(set(names)) == len(names)
        for one in channel.policies:
            for target in (one.first_response, one.next_response, one.resolution):
                assert 0 < target.warn_ms < target.target_ms
