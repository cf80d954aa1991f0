"""Policies as written and as the core gets them."""

from dataclasses import replace

import pytest

from app.config import parse, rules
from app.errors import ConfigurationError
from app.kpi.rules import Policy, Rules, Target

MINUTE_MS = 60_000
HOURS = (
    'schedules: {office: {zone: UTC, week: {mon-fri: "09:00-17:00"}}, night: {zone: UTC, week: {sat: "00:00-24:00"}}}\n'
)
VIP = (
    "policies: [{name: vip, match: {priority: urgent, team: [gold, silver], tags: vip}, sla: {first_response: 15m}}]\n"
)


def compiled(text: str) -> Rules:
    return rules(parse(text), "log")


def policy(text: str, channel: str = "web") -> Policy:
    """The first of a channel."""
    return compiled(text).of(channel).policies[0]


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        parse(text, "c.yaml")
    return str(refused.value)


def names(text: str, channel: str) -> list[str]:
    return [policy.name for policy in compiled(text).of(channel).policies]


def test_without_policies_a_channel_promises_its_own_alone() -> None:
    assert names("channels: {web: }", "web") == ["default"]


def test_a_policy_matches_any_of_a_list() -> None:
    vip = policy(VIP)
    assert (vip.priorities, vip.teams, vip.tags) == ({"urgent"}, {"gold", "silver"}, {"vip"})


def test_what_is_not_named_matches_anything() -> None:
    assert compiled(VIP).default.default_policy == compiled("").default.default_policy
    assert not (compiled("").default.default_policy.priorities | compiled("").default.default_policy.tags)


def test_a_channel_has_the_policies_that_match_it_in_order_and_its_own_promise_last() -> None:
    text = (
        "channels: {web: , email: }\npolicies:\n- {name: a, match: {channel: email, priority: high}}\n"
        "- {name: b, match: {tags: x}}\n- {name: c, match: {channel: [web, other], team: t}}\n"
    )
    told = {channel: names(text, channel) for channel in ("web", "email", "other")}
    assert told == {
        "web": ["b", "c", "default"],
        "email": ["a", "b", "default"],
        "other": ["b", "c", "default"],
    }


def test_a_channel_that_only_a_policy_names_has_rules_of_its_own_where_any_is_taken() -> None:
    text = "policies: [{name: a, match: {channel: web}}]"
    assert (names(text, "web"), names(text, "email")) == (["a", "default"], ["default"])


def test_what_a_policy_does_not_name_is_that_of_the_channel() -> None:
    text = (
        HOURS + "channels: {web: {sla: {next_response: 2h}, at_risk: 0.5, sla_schedule: office, clock: customer,"
        " pause_on: [other]}}\npolicies: [{name: vip, sla: {first_response: 10m}, match: {tags: x}}]"
    )
    vip, default = compiled(text).of("web").policies
    assert vip.first_response == Target(10 * MINUTE_MS, 5 * MINUTE_MS)
    kept = replace(default, name="vip", version=vip.version, first_response=vip.first_response, tags=frozenset("x"))
    assert vip == kept


def test_a_warning_may_be_so_long_before_the_due() -> None:
    vip = policy("policies: [{name: vip, sla: {first_response: 1h}, warn_before: 15m}]")
    assert vip.first_response == Target(60 * MINUTE_MS, 45 * MINUTE_MS)
    assert vip.resolution.warn_ms == 72 * 60 * MINUTE_MS - 15 * MINUTE_MS


def test_either_way_to_warn_takes_the_place_of_the_other() -> None:
    text = "defaults: {warn_before: 15m}\nchannels: {web: {at_risk: 0.5}, email: }\n"
    made = compiled(text + "policies: [{name: a, match: {tags: x}, at_risk: 0.25}]")
    warnings = [made.of(channel).policies[index].first_response.warn_ms for channel, index in (("web", 1), ("web", 0))]
    assert [*warnings, made.of("email").default_policy.first_response.warn_ms] == [
        120 * MINUTE_MS,
        60 * MINUTE_MS,
        225 * MINUTE_MS,
    ]


@pytest.mark.parametrize(
    ("word", "zone_days"),
    [("office", 5), ("channel", 1), ("always", 0)],
)
def test_targets_run_in_a_schedule_in_the_channels_or_always(word: str, zone_days: int) -> None:
    text = HOURS + f"channels: {{web: {{schedule: night}}}}\npolicies: [{{name: a, schedule: {word}}}]"
    schedule = policy(text).schedule
    open_days = sum(map(bool, schedule.timetables[0].week)) if schedule else 0
    assert open_days == zone_days


def test_targets_of_a_channel_run_always_unless_it_says_otherwise() -> None:
    text = HOURS + "channels: {web: {schedule: office}, email: {schedule: office, sla_schedule: channel}}"
    made = compiled(text)
    assert made.of("web").default_policy.schedule is None
    assert made.of("email").default_policy.schedule == made.of("email").schedule


def test_the_clock_and_what_stops_it_are_compiled() -> None:
    made = policy("policies: [{name: a, clock: customer, pause_on: [on_hold, third_party]}]")
    assert (made.customer_clock, made.pause_on) == (True, {"on_hold", "third_party"})
    assert policy("policies: [{name: a, pause_on: []}]").pause_on == frozenset()


def test_a_key_without_a_value_names_nothing() -> None:
    assert compiled("policies:") == compiled("")
    assert policy("policies: [{name: a, match: }]").priorities == frozenset()


@pytest.mark.parametrize(
    "change",
    [
        "sla: {resolution: 1h}",
        "at_risk: 0.5",
        "warn_before: 1m",
        "schedule: office",
        "clock: customer",
        "pause_on: [customer]",
    ],
)
def test_the_version_of_a_policy_changes_with_what_changes_its_verdicts(change: str) -> None:
    plain, changed = (policy(f"{HOURS}policies: [{{name: a{more}}}]") for more in ("", f", {change}"))
    assert plain.version != changed.version
    assert len(changed.version) == 6


def test_the_version_of_a_policy_does_not_change_with_whom_it_is_for() -> None:
    assert policy(VIP).version == policy("policies: [{name: other-name, sla: {first_response: 15m}}]").version


def test_a_policy_version_follows_the_hours_of_its_schedule() -> None:
    text = "policies: [{name: a, schedule: office}]"
    assert policy(HOURS + text).version != policy(HOURS.replace("17:00", "18:00") + text).version


def test_the_order_in_which_lists_are_written_changes_no_version() -> None:
    one, other = (
        compiled(f"policies: [{{name: a, match: {{tags: {tags}}}, pause_on: {reasons}}}]")
        for tags, reasons in (("[x, y]", "[customer, other]"), ("[y, x]", "[other, customer, other]"))
    )
    assert one == other


def test_promises_from_before_there_were_policies_keep_their_version() -> None:
    """A version that changed without need would split one promise's verdicts in two."""
    assert compiled("").default.default_policy.version == "79af61"
    assert policy("channels: {web: {sla: {first_response: 20m}}}").version == "f473d6"


@pytest.mark.parametrize(
    "text",
    [
        VIP,
        "policies: [{name: a, match: {tags: x}}, {name: b, match: {tags: y}}]",
        "policies: [{name: b, match: {tags: y}}, {name: a, match: {tags: x}}]",
        "policies: [{name: a, match: {tags: x}, clock: customer}]",
        "policies: [{name: a, match: {tags: x}, pause_on: []}]",
        "policies: [{name: a, match: {team: x}}]",
        "policies: [{name: a, match: {priority: x}}]",
        "defaults: {warn_before: 3m}",
        "defaults: {clock: customer}",
        "defaults: {pause_on: [on_hold]}",
        HOURS + "defaults: {sla_schedule: office}",
        "sla_publish: all",
        "records: [topic, team, tag, agent]",
        "records: []",
        "connectors: {generic: {a: {secrets: [{env: A}], channel: web, grace: 2m}}}",
    ],
)
def test_the_version_of_the_rules_changes_with_every_figure(text: str) -> None:
    assert compiled(text).version != compiled("").version


def test_the_order_of_policies_changes_the_version_of_the_rules() -> None:
    a, b = "{name: a, match: {tags: x}}", "{name: b, match: {team: y}}"
    assert compiled(f"policies: [{a}, {b}]").version != compiled(f"policies: [{b}, {a}]").version


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("policies: [5]", "`policies` (5) must be keys with values; for example `policies: [{name: vip, match:"),
        ("policies: {name: a}", "`policies` must be a list; for example"),
        ("policies: [{match: {priority: urgent}}]", "`name` is missing; for example `name: vip`"),
        (
            "policies: [{name: a, match: {chanel: x}}]",
            "did you mean `channel`? For example `channel: [whatsapp, email]`",
        ),
        ("policies: [{name: a, match: {tags: []}}]", "`tags` names nothing; for example `tags: [vip, press]`"),
        ("policies: [{name: a, match: {team: 5}}]", "`team` (5) must be text; for example `team: gold`"),
        ("policies: [{name: a, match: {channel: all}}]", "leave `channel` out to match every one"),
        ("policies: [{name: a, clock: bot}]", "`clock` (bot) should be 'queue' or 'customer'; for example"),
        ("policies: [{name: a, pause_on: [lunch]}]", "`pause_on` (lunch) should be 'customer', 'third_party'"),
        ("policies: [{name: a, at_risk: 0.5, warn_before: 1m}]", "both say when to warn; keep one"),
        ("defaults: {at_risk: 0.5, warn_before: 1m}", "both say when to warn; keep one"),
        (
            "defaults: {warn_before: 4h}",
            "`warn_before` (4h) must be shorter than `sla: first_response` (4h): shorten it",
        ),
        ("policies: [{name: a, warn_before: 5h}]", "for example `at_risk: 0.8`"),
        ("policies: [{name: default}]", "`name` (default) is that of what holds where no policy matches"),
        ("policies: [{name: a}, {name: a}]", "give each its own, as `a-2`"),
        ("policies: [{name: a, match: {channel: other}}]", "`channel` (other) counts no ticket"),
        ("channels: {web: }\npolicies: [{name: a, match: {channel: wep}}]", "did you mean `web`?"),
        ("channels: {web: }\npolicies: [{name: a, match: {channel: fax}}]", "add it there, or match `other`"),
        (
            HOURS + "policies: [{name: a, schedule: ofice}]",
            "`schedule` (ofice) does not stand under `schedules`; did you",
        ),
        (HOURS + "defaults: {sla_schedule: nigth}", "`sla_schedule` (nigth) does not stand under `schedules`; did you"),
        (
            "policies: [{name: a, sla: {resolution: 400d}}]",
            "`sla: resolution` (400d) must be shorter than `forget: open`",
        ),
        (HOURS.replace("night", "channel"), "`channel` is what targets in the hours of their channel write"),
    ],
)
def test_what_cannot_be_is_told_with_a_way_out(text: str, words: str) -> None:
    told = complaint(text)
    assert told.startswith("c.yaml:")
    assert words in told


def test_a_warning_that_a_shorter_target_makes_impossible_is_told_where_that_is_named() -> None:
    text = "defaults: {warn_before: 15m}\npolicies:\n- name: a\n  sla:\n    first_response: 10m\n"
    assert complaint(text).startswith("c.yaml:5: `warn_before` (15m) must be shorter than `sla: first_response` (10m)")


def test_a_warning_of_a_policy_is_judged_in_each_of_its_channels() -> None:
    text = "channels: {web: , chat: {sla: {first_response: 2m}}}\npolicies: [{name: a, warn_before: 5m}]"
    assert "`sla: first_response` (2m) of chat" in complaint(text)
    assert policy(text.replace("warn_before: 5m", "warn_before: 1m")).first_response.warn_ms == 239 * MINUTE_MS


def account(name: str, more: str = "") -> str:
    return f"{name}: {{secrets: [{{env: A}}], {more}}}"


def test_the_grace_of_an_account_is_that_of_its_channel() -> None:
    made = compiled(
        f"channels: {{web: , email: }}\nconnectors: {{generic: {{{account('a', 'channel: web, grace: 3m')}}}}}"
    )
    assert (made.of("web").grace_ms, made.of("email").grace_ms) == (180_000, 10_000)


@pytest.mark.parametrize(
    ("channels", "accounts", "words"),
    [
        ("{web: }", account("a", "grace: 3m"), "name the `channel` too"),
        ("{web: }", account("a", "grace: 3m, channel: fax"), "does not stand under `channels`: add it there"),
        ("{web: {grace: 1m}}", account("a", "grace: 3m, channel: web"), "`grace` stands under `channels: web` too"),
        ("{web: }", account("a", "grace: 80h, channel: web"), "must be shorter than `settle` (3d)"),
        (
            "{web: }",
            f"{account('a', 'grace: 3m, channel: web')}, {account('b', 'channel: web')}",
            "cannot be told apart in `web`, which several accounts share: put it under `channels: web`",
        ),
    ],
)
def test_a_grace_that_is_not_of_one_channel_is_refused(channels: str, accounts: str, words: str) -> None:
    assert words in complaint(f"channels: {channels}\nconnectors: {{generic: {{{accounts}}}}}")
