import re
from dataclasses import replace
from datetime import timedelta

import pytest

from app.config import Config, default_path, load, parse, rules, truth_rules
from app.config_goals import Goals
from app.errors import ConfigurationError
from app.kpi.channels import Channels
from app.kpi.rules import ChannelRules, Policy, Rules, Target

HOUR_MS = 3_600_000


def compiled(text: str) -> Rules:
    return rules(parse(text), "log")


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        parse(text, "c.yaml")
    return str(refused.value)


def test_an_empty_configuration_promises_4_24_and_72_hours() -> None:
    default = compiled("").default.default_policy
    assert [target.target_ms for target in (default.first_response, default.next_response, default.resolution)] == [
        4 * HOUR_MS,
        24 * HOUR_MS,
        72 * HOUR_MS,
    ]


def test_an_empty_configuration_compiles_to_the_defaults() -> None:
    assert compiled("").default == ChannelRules(
        policies=(
            Policy(
                "default",
                compiled("").default.default_policy.version,
                first_response=Target(4 * HOUR_MS, int(3.2 * HOUR_MS)),
                next_response=Target(24 * HOUR_MS, int(19.2 * HOUR_MS)),
                resolution=Target(72 * HOUR_MS, int(57.6 * HOUR_MS)),
            ),
        ),
        grace_ms=10_000,
        reply_limit_ms=24 * HOUR_MS,
        settle_ms=72 * HOUR_MS,
        silence_ms=None,
        reopen_on_message=True,
        unknown_author="agent",
        forget_closed_ms=90 * 24 * HOUR_MS,
        forget_open_ms=400 * 24 * HOUR_MS,
    )


def test_a_channel_changes_what_it_names_and_nothing_else() -> None:
    made = compiled("defaults: {settle: 48h}\nchannels: {web: {sla: {first_response: 20m}, close_after_silence: 2h}}")
    own = Target(20 * 60_000, 16 * 60_000)
    version = made.of("web").default_policy.version
    policy = replace(made.default.default_policy, version=version, first_response=own)
    assert made.of("web") == replace(made.default, policies=(policy,), silence_ms=2 * HOUR_MS)


def test_a_channel_may_switch_off_what_the_defaults_switch_on() -> None:
    made = compiled("defaults: {close_after_silence: 24h}\nchannels: {email: {close_after_silence: off}}")
    assert (made.default.silence_ms, made.of("email").silence_ms) == (24 * HOUR_MS, None)


def test_a_channel_may_return_to_what_holds_without_a_configuration() -> None:
    made = compiled("defaults: {settle: 48h}\nchannels: {email: {settle: 72h}}")
    assert made.of("email").settle_ms == 72 * HOUR_MS


def test_a_channel_needs_no_rules_of_its_own() -> None:
    made = compiled("channels:\n  web:\n  email:\n")
    assert made.of("web") == made.default


def test_nothing_may_be_forgotten() -> None:
    default = compiled("forget: {closed: never, open: never}").default
    assert (default.forget_closed_ms, default.forget_open_ms) == (None, None)


@pytest.mark.parametrize(
    ("text", "counts_in"),
    [
        ("", "phone"),
        ("channels: {web: }", "other"),
        ("channels: {web: }\nunlisted_channels: accept", "phone"),
    ],
)
def test_a_channel_outside_the_list_counts_where_the_configuration_says(text: str, counts_in: str) -> None:
    assert Channels(compiled(text)).admit("phone") == counts_in


def test_unlisted_channels_need_a_list() -> None:
    assert "`unlisted_channels` needs a list" in complaint("unlisted_channels: other")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("defaults: {grace: 73h}", "`grace` (3d1h) must be shorter than `settle` (3d)"),
        ("defaults: {grace: 25h}", "`grace` (1d1h) must be shorter than the time for which windows stay open"),
        ("defaults: {settle: 90d}", "`settle` (90d) must be shorter than `forget: closed` (90d)"),
        ("defaults: {reply_limit: 400d}", "`reply_limit` (400d) must be shorter than `forget: open` (400d)"),
        ("defaults: {close_after_silence: 500d}", "`close_after_silence` (500d) must be shorter than"),
        (
            "forget: {closed: 12d}\ndefaults: {close_after_silence: 10d}",
            "`close_after_silence` (10d) must be shorter than `forget: closed` less `settle` (9d)",
        ),
        ("forget: {open: 2d}", "`sla: resolution` (3d) must be shorter than `forget: open` (2d)"),
    ],
)
def test_what_would_never_count_is_refused(text: str, words: str) -> None:
    assert words in complaint(text)


def test_a_contradiction_has_the_line_of_the_channel_that_makes_it() -> None:
    text = "forget: {closed: 3d1s}\nchannels:\n  email:\n  web:\n    settle: 4d\n"
    assert complaint(text).startswith("c.yaml:5: `settle` (4d)")


def test_a_contradiction_of_the_defaults_is_told_once() -> None:
    assert len(complaint("defaults: {settle: 90d}\nchannels:\n  email:\n  web:\n").splitlines()) == 1


def test_the_version_does_not_depend_on_how_it_is_written() -> None:
    one = compiled("channels: {web: {settle: 1h30m}, email: }\nreporting_zone: UTC")
    other = compiled("channels:\n  email: {reply_limit: 24h}\n  web:\n    settle: 5400\n")
    assert one == other


@pytest.mark.parametrize(
    "text",
    ["reporting_zone: Asia/Tokyo", "forget: {open: never}", "channels: {web: }", "policy: gold"]
    + [f"defaults: {{{change}}}" for change in ("settle: 1h", "grace: 1s", "at_risk: 0.7", "reopen_on_message: false")],
)
def test_the_version_changes_when_a_figure_could(text: str) -> None:
    assert compiled(text).version != compiled("").version


def test_the_version_changes_with_the_clock() -> None:
    assert rules(Config(), "log").version != rules(Config(), "events").version


def test_an_objective_changes_no_figure_and_no_version() -> None:
    assert compiled("defaults: {objective: 0.5}") == compiled("")


def test_a_policy_version_names_the_content_of_the_targets() -> None:
    made = compiled("channels: {web: {sla: {resolution: 1h}}, chat: {sla: {resolution: 60m}}, email: {grace: 1s}}")
    web, chat, email = (made.of(name).default_policy.version for name in ("web", "chat", "email"))
    assert web == chat != email == made.default.default_policy.version


def test_versions_are_short_hex() -> None:
    made = compiled("")
    assert (len(made.version), len(made.default.default_policy.version)) == (12, 6)
    assert int(made.version + made.default.default_policy.version, 16)


def test_recorded_history_is_computed_by_the_defaults_and_never_forgets() -> None:
    made = truth_rules()
    assert (made.clock, made.zone, made.closed_list, made.channels) == ("events", "UTC", False, {})
    assert made.default == replace(compiled("").default, forget_closed_ms=None, forget_open_ms=None)


def test_the_packaged_example_is_understood() -> None:
    config = load()
    assert config.of("whatsapp").sla.first_response == timedelta(minutes=20)
    assert config.of("whatsapp").settle == config.defaults.settle


def test_the_packaged_example_shows_the_defaults_as_they_are() -> None:
    config = load(default_path())
    assert (config.defaults, config.forget, config.policy) == (Config().defaults, Config().forget, Config().policy)


def test_what_the_packaged_example_shows_in_comments_is_right() -> None:
    """Each block of a comment that begins with a key is read in its place; what it says of the defaults is what holds."""
    shown, plain = parse(uncommented(default_path().read_text())), load()
    assert [policy.name for policy in shown.policies] == ["vip", "desk-hours"]
    assert shown.metrics.caps() == {"topic": 50}
    kept = shown.defaults.goals.changed_by(Goals.model_validate({"backlog": {}}))
    assert kept.values() == plain.defaults.goals.values()
    assert shown.defaults.goals.values()["backlog_alarm"] == 500
    usual = ("pause_on", "at_risk", "sla")
    assert [getattr(shown.defaults, key) for key in usual] == [getattr(plain.defaults, key) for key in usual]


def uncommented(text: str) -> str:
    """With the blocks that show `policies`, `metrics` and `goals`, and what stands behind `pause_on`."""
    lines, is_shown = [], False
    for line in text.splitlines():
        begins = re.match(r" *# (policies|metrics|goals|pause_on):", line)
        is_shown = bool(begins) or (is_shown and bool(re.match(r" *#   +\S", line)))
        lines.append(re.sub(r"^( *)# ", r"\1", line) if is_shown else line)
    return "\n".join(lines)


def test_the_packaged_example_says_what_holds_without_it() -> None:
    config = load(default_path())
    assert (config.records, config.sla_publish, config.samples, config.metrics, config.policies) == (
        Config().records,
        Config().sla_publish,
        Config().samples,
        Config().metrics,
        [],
    )
