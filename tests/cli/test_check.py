import json
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.config import default_path
from app.config_channels import ChannelConfig
from app.kpi.instants import instant_ms
from tests.cli.conftest import Type

MONDAY = "2026-03-02T11:00:00Z"
TEXT = """
schedules:
  office: {zone: Europe/Berlin, week: {mon-fri: "09:00-17:00", sat: "10:00-12:00"}}
defaults: {schedule: office}
channels:
  web: {sla: {resolution: 72h}, sla_schedule: channel}
  email: {schedule: always, pause_on: [on_hold]}
policies:
  - name: vip
    match: {channel: [web, other], priority: urgent, tags: [vip, press]}
    sla: {first_response: 15m}
    warn_before: 5m
    clock: customer
"""
DOUBTFUL = "policies:\n  - {name: a, match: {tags: x}}\n  - {name: b, match: {tags: x, team: t}}\n"


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "wall_milliseconds", lambda: instant_ms(MONDAY))


@pytest.fixture
def check(run_command: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)  # a long path would break lines elsewhere

    def checked(text: str, *options: str) -> Any:
        Path("c.yaml").write_text(text)
        return run_command("check", "--config", "c.yaml", *options)

    return checked


def words(told: Any) -> list[str]:
    return [" ".join(line.split()) for line in told.output.splitlines()]


def test_a_page_says_what_was_understood(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    lines = words(check(TEXT))
    assert any(line.endswith("is understood: 2 channels, 2 policies, 1 schedule.") for line in lines)
    wanted = [
        "1 vip channel web or other, priority urgent, tag vip or press",
        "2 default every other ticket",
        "email default 4h 1d 3d 80% always",
        "web vip 15m 24h 72h 5m before office",
        "default 4h 24h 72h 80% office",
        "other vip 15m 1d 3d 5m before always",
        "vip: first response counts the time too in which a bot holds the ticket",
        "default in email: pauses for on_hold stop the resolution clock",
        "Schedule office Europe/Berlin, open now (Mon 2026-03-02 12:00 CET)",
        "mon-fri 09:00-17:00",
        "sat 10:00-12:00",
        "next opening Tue 2026-03-03 09:00 CET",
        "next closing Mon 2026-03-02 17:00 CET",
        "durations in business time email no `schedule`: name a `schedule`",
        "No doubts.",
    ]
    assert [line for line in wanted if line not in lines] == []


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal(check: Any, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert max(len(line) for line in check(TEXT).output.splitlines()) <= columns
    assert "…" not in check(TEXT).output


def test_a_policy_that_cannot_apply_in_a_channel_is_not_promised_there(check: Any) -> None:
    text = "channels: {web: , email: }\npolicies: [{name: a, match: {channel: web}}, {name: b, match: {tags: x}}]"
    channels = json.loads(check(text, "--json").output)["channels"]
    told = {name: [policy["name"] for policy in channel["policies"]] for name, channel in channels.items()}
    assert told == {"email": ["b", "default"], "web": ["a"], "other": ["b", "default"]}


def test_that_orders_are_joined_is_told(check: Any) -> None:
    assert not any("Orders" in line for line in words(check("")))
    assert "Orders of shops go to the customer's latest ticket after 2h." in words(check("orders: {settle: 2h}"))
    assert json.loads(check("orders: {settle: 2h}", "--json").output)["orders"] == {"settle_seconds": 7200}


def test_programs_get_seconds(check: Any) -> None:
    found = json.loads(check(TEXT, "--json").output)
    (vip, default) = found["channels"]["web"]["policies"]
    assert (vip["targets"]["first_response"], vip["warn_before_seconds"], vip["at_risk"]) == (900, 300, None)
    assert (default["at_risk"], default["schedule"], default["pause_on"]) == (0.8, "office", ["customer", "snoozed"])
    assert found["policies"][0]["match"] == {
        "channel": ["web", "other"],
        "priority": ["urgent"],
        "tags": ["vip", "press"],
    }
    assert found["schedules"][0]["next_opening_at"] == "2026-03-03T08:00:00Z"
    assert (found["doubts"], len(found["version"])) == ([], 12)


def test_doubts_are_told_with_their_line_and_are_no_failure(check: Any, caplog: pytest.LogCaptureFixture) -> None:
    told = check(DOUBTFUL)
    assert told.exit_code == 0
    assert "c.yaml:3: policy `b` never applies" in " ".join(words(told)).replace("doubt ", "")
    assert not caplog.records, "the page says it; the log would say it again"


def test_strict_makes_a_doubt_a_failure(check: Any) -> None:
    assert (check(DOUBTFUL, "--strict").exit_code, check(TEXT, "--strict").exit_code) == (1, 0)


def test_errors_end_with_status_2_and_a_line_each(check: Any) -> None:
    told = check("defaults: {at_risk: 5}\npolicy: [a]\n")
    assert told.exit_code == 2
    assert [line.split(":")[1] for line in told.stderr.splitlines()] == ["1", "2"]
    assert not told.stdout


def test_programs_get_errors_too(check: Any) -> None:
    told = check("defaults: {at_risk: 5}", "--json")
    assert told.exit_code == 2
    (error,) = json.loads(told.output)["errors"]
    assert "`at_risk` (5) should be less than 1" in error


def test_without_a_file_the_packaged_one_is_checked(run_command: Type) -> None:
    told = run_command("check", "--strict", "--json")
    assert told.exit_code == 0
    assert json.loads(told.output)["file"] == str(default_path())


def test_any_channel_is_taken_where_none_is_named(check: Any) -> None:
    assert any(line.startswith("every channel default 4h") for line in words(check("")))


def test_goals_of_a_channel_are_told(check: Any) -> None:
    text = "channels: {web: {goals: {backlog: {alarm: 50}}}}"
    goals = json.loads(check(text, "--json").output)["channels"]["web"]["goals"]
    assert goals == {**ChannelConfig().goals.values(), "backlog_alarm": 50}


SOURCES = """
connectors:
  zendesk: {support: {secrets: [{env: A}]}}
  whatsapp: {shop: {secrets: [{env: A}], keys: {verify_token: {env: B}}}}
  mailgun: {a-mailbox-with-a-long-name: {secrets: [{env: A}], channel: email}}
  generic: {surveys: {secrets: [{env: A}]}}
authority:
  - accounts: [zendesk/support, whatsapp/shop, generic/surveys]
    main: zendesk/support
    events: {survey-answered: generic/surveys}
  - accounts: [mailgun/a-mailbox-with-a-long-name, generic/surveys]
    main: generic/surveys
    channel: email
"""
SCOPED = SOURCES.replace("main: zendesk/support", "main: zendesk/support\n    channel: whatsapp")
ALONE = SOURCES[: SOURCES.index("authority:")]


def test_a_page_says_who_tells_what_and_what_is_dropped(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    lines = words(check(SCOPED))
    wanted = [
        "Sources what becomes of each kind of event that they send",
        "event zendesk/support whatsapp/shop mailgun/a-mailbox-with-a-long-name generic/surveys",
        "message-received authoritative dropped dropped dropped",
        "survey-answered dropped cannot cannot authoritative",
        "ticket-closed authoritative cannot cannot dropped",
        "zendesk/support tells what whatsapp/shop, generic/surveys see too in whatsapp; generic/surveys tells survey-answered",
        "voice handling time zendesk/support no `call-ended`: send `call-ended`",
    ]
    assert [line for line in wanted if line not in lines] == []


def test_where_nobody_is_the_authority_a_source_gives_what_it_can(check: Any) -> None:
    lines = words(check(ALONE))
    assert "ticket-closed gives it cannot" in lines
    assert "If zendesk/support has conversations of whatsapp/shop or" in " ".join(lines)
    assert not any(line.startswith("Sources") for line in words(check(TEXT)))


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("text", [SCOPED, ALONE])
def test_no_line_about_sources_is_wider_than_the_terminal(
    check: Any, monkeypatch: pytest.MonkeyPatch, columns: int, text: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert max(len(line) for line in check(text).output.splitlines()) <= columns


def test_programs_get_who_tells_what(check: Any) -> None:
    zendesk, whatsapp, _, generic = json.loads(check(SCOPED, "--json").output)["sources"]
    assert (zendesk["account"], zendesk["channel"], whatsapp["channel"]) == ("zendesk/support", None, "whatsapp")
    assert (zendesk["events"]["ticket-closed"], zendesk["events"]["call-ended"]) == ("authoritative", "cannot")
    assert zendesk["dropped_in"] == {"survey-answered": ["whatsapp"]}
    assert (generic["events"]["survey-answered"], generic["events"]["reply-sent"]) == ("authoritative", "dropped")


def test_a_kind_given_to_who_cannot_tell_it_is_refused_with_its_line(check: Any) -> None:
    told = check(SOURCES.replace("survey-answered: generic/surveys", "ticket-closed: whatsapp/shop"))
    assert told.exit_code == 2
    assert told.stderr.startswith("c.yaml:10: `whatsapp/shop` cannot tell `ticket-closed`")
