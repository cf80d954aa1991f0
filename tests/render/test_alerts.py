"""When each alert fires and when not: the shipped rules, run by promtool over made-up series.

A series is written as promtool reads it, one sample each step: `1+2x3` is 1, 3, 5, 7. Time begins at 0, so that a
stream time that grows by a step each step is never behind.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.render.expressions import ROOT, RULES, rules
from tests.render.programs import run

FRESH = {'carebeat_stream_time_timestamp_seconds{job="carebeat",instance="a",partition="0"}': "0+STEPx2000"}
STUCK = {'carebeat_stream_time_timestamp_seconds{job="carebeat",instance="a",partition="0"}': "0+0x2000"}


class Case(NamedTuple):
    alert: str
    why: str
    at: str
    series: dict[str, str]
    firing: tuple[str, ...]
    """The channels (or "" where there is none) that it fires for, one each time; empty: it must not fire."""
    step_seconds: int = 15


def level(
    name: str, values: str, *, channel: str = "whatsapp", by: str = "a", partition: int = 0, of: str = "none"
) -> dict[str, str]:
    labels = f'job="carebeat",instance="{by}",channel="{channel}",priority="{of}",partition="{partition}"'
    return {f"support_{name}_tickets{{{labels}}}": values}


def verdicts(met: str, breached: str, *, channel: str = "whatsapp", metric: str = "first_response") -> dict[str, str]:
    labels = f'job="carebeat",instance="a",channel="{channel}",priority="none",policy="p",metric="{metric}"'
    return {
        f'support_sla_verdicts_total{{{labels},outcome="met"}}': met,
        f'support_sla_verdicts_total{{{labels},outcome="breached"}}': breached,
    }


def wait(started: str, target_seconds: int, time: str = "calendar") -> dict[str, str]:
    target = f'support_sla_target_seconds{{job="carebeat",instance="a",channel="whatsapp",time="{time}",metric='
    return {
        'support_oldest_wait_started_timestamp_seconds{job="carebeat",instance="a",channel="whatsapp",partition="0"}': started,
        f'{target}"first_response"}}': f"{target_seconds}x2000",
        f'{target}"next_response"}}': f"{target_seconds // 2}x2000",
        f'{target}"resolution"}}': "1x2000",
    }


def goal(name: str, value: float, *, channel: str = "whatsapp", by: str = "a") -> dict[str, str]:
    labels = f'job="carebeat",instance="{by}",channel="{channel}",goal="{name}"'
    return {f"support_goal{{{labels}}}": f"{value}x2000"}


def answered(in_time: str, expired: str, alarm: float = 0.34) -> dict[str, str]:
    labels = 'job="carebeat",instance="a",channel="whatsapp"'
    return {
        f"support_waits_answered_in_time_total{{{labels}}}": in_time,
        f"support_waits_expired_total{{{labels}}}": expired,
        **goal("response_rate_good", 0.99),
        **goal("response_rate_alarm", alarm),
    }


def letters(refused: str, events: str, ticks: str = "0+12x2000") -> dict[str, str]:
    return {
        'carebeat_dead_letters_total{job="carebeat",instance="a",reason="not-json"}': refused,
        'carebeat_events_total{job="carebeat",instance="a",type="message-received"}': events,
        'carebeat_events_total{job="carebeat",instance="a",type="clock-ticked"}': ticks,
    }


READY = 'carebeat_ready{job="carebeat",instance="a"}'
SPOOL = 'carebeat_spool_events{job="carebeat-gateway",instance="g"}'
LIMIT = 'carebeat_spool_limit_events{job="carebeat-gateway",instance="g"}'
MISSED = 'carebeat_missed_webhooks_total{job="carebeat-gateway",instance="g",connector="zendesk",account="support",type="reply-sent"}'
CURSOR = (
    'carebeat_poll_cursor_timestamp_seconds{job="carebeat-gateway",instance="%s",connector="zendesk",account="support"}'
)
ONE = ("whatsapp",)
NOBODY = ("",)

CASES = [
    Case("SupportSlaBreached", "one is late", "1m", {**FRESH, **level("breached", "1x20")}, ONE),
    Case("SupportSlaBreached", "none is late", "1m", {**FRESH, **level("breached", "0x20")}, ()),
    Case("SupportSlaBreached", "what is known is old", "10m", {**STUCK, **level("breached", "1x60")}, ()),
    Case("SupportSlaBreached", "the worker has gone", "4m30s", {**FRESH, **level("breached", "1x8 stale")}, ONE),
    Case("SupportSlaBreached", "it was answered", "5m", {**FRESH, **level("breached", "1x8 0x30")}, ()),
    Case(
        "SupportSlaBreached", "it was answered a moment ago", "2m30s", {**FRESH, **level("breached", "1x8 0x30")}, ONE
    ),
    Case(
        "SupportSlaBreached",
        "another worker has it now, and it was answered",
        "7m",
        {**FRESH, **level("breached", "1x8 stale"), **level("breached", "_x10 0x30", by="b")},
        (),
    ),
    Case(
        "SupportSlaBreached",
        "two channels",
        "1m",
        {**FRESH, **level("breached", "1x9"), **level("breached", "3x9", channel="x")},
        ("whatsapp", "x"),
    ),
    Case("SupportTicketsAtRisk", "one is close", "1m", {**FRESH, **level("at_risk", "1x20")}, ONE),
    Case("SupportTicketsAtRisk", "only for a moment", "1m", {**FRESH, **level("at_risk", "0 0 0 1 0 0 0")}, ()),
    Case("SupportTicketsAtRisk", "what is known is old", "10m", {**STUCK, **level("at_risk", "1x60")}, ()),
    Case("SupportOldestWaitTooLong", "over twice the target", "8m", {**FRESH, **wait("1x2000", 120)}, ONE),
    Case(
        "SupportOldestWaitTooLong",
        "some of its targets run in opening hours, and nobody knows which wait it is",
        "8m",
        {**FRESH, **wait("1x2000", 120, "business"), **wait("1x2000", 120)},
        (),
    ),
    Case("SupportOldestWaitTooLong", "not yet twice the target", "3m45s", {**FRESH, **wait("1x2000", 120)}, ()),
    Case("SupportOldestWaitTooLong", "what is known is old", "8m", {**STUCK, **wait("1x2000", 120)}, ()),
    Case("SupportSlaBurnFast", "all breach", "2h", {**FRESH, **verdicts("0x120", "0+1x120")}, ONE * 2, 60),
    Case("SupportSlaBurnFast", "none breaches", "2h", {**FRESH, **verdicts("0+1x120", "0x120")}, (), 60),
    Case("SupportSlaBurnFast", "a tenth breaches", "4h", {**FRESH, **verdicts("0+9x240", "0+1x240")}, (), 60),
    Case("SupportSlaBurnFast", "a quarter breaches", "4h", {**FRESH, **verdicts("0+3x240", "0+1x240")}, ONE, 60),
    Case("SupportSlaBurnFast", "too few to tell", "1h30m", {**FRESH, **verdicts("0x90", "0+0.15x90")}, (), 60),
    Case("SupportSlaBurnFast", "it is over", "2h", {**FRESH, **verdicts("0x99 0+9x20", "0+1x99 100x20")}, (), 60),
    Case("SupportSlaBurnFast", "what is known is old", "2h", {**STUCK, **verdicts("0x120", "0+1x120")}, (), 60),
    Case(
        "SupportSlaBurnFast",
        "a lower objective allows more",
        "4h",
        {**FRESH, **verdicts("0+7x240", "0+3x240", channel="instagram")},
        (),
        60,
    ),
    Case(
        "SupportSlaBurnFast",
        "but not all",
        "4h",
        {**FRESH, **verdicts("0x240", "0+3x240", channel="instagram")},
        ("instagram", "instagram"),
        60,
    ),
    Case("SupportSlaBurnSlow", "a sixth breaches", "8h", {**FRESH, **verdicts("0+5x480", "0+1x480")}, ONE, 60),
    Case("SupportSlaBurnSlow", "a twentieth breaches", "8h", {**FRESH, **verdicts("0+19x480", "0+1x480")}, (), 60),
    Case("SupportSlaBurnSlow", "too few to tell", "8h", {**FRESH, **verdicts("0x480", "0+0.03x480")}, (), 60),
    Case("SupportSlaBreachesInThinChannel", "three", "40m", {**FRESH, **verdicts("0x40", "0x15 1 2 3x40")}, ONE, 60),
    Case(
        "SupportSlaBreachesInThinChannel",
        "too few of each metric for a share, and enough of both together",
        "1h",
        {**FRESH, **verdicts("0x60", "0+0.3x60"), **verdicts("0x60", "0+0.3x60", metric="next_response")},
        ONE,
        60,
    ),
    Case(
        "SupportSlaBreachesInThinChannel",
        "a busy metric leaves the thin one to it",
        "1h",
        {**FRESH, **verdicts("0+1x60", "0x60"), **verdicts("0x60", "0+0.3x60", metric="next_response")},
        ONE,
        60,
    ),
    Case(
        "SupportSlaBreachesInThinChannel",
        "one of each metric",
        "40m",
        {
            **FRESH,
            **verdicts("0x40", "0x15 1x40"),
            **verdicts("0x40", "0x18 1x40", metric="next_response"),
            **verdicts("0x40", "0x21 1x40", metric="resolution"),
        },
        ONE,
        60,
    ),
    Case("SupportSlaBreachesInThinChannel", "two", "40m", {**FRESH, **verdicts("0x40", "0x15 1 2x40")}, (), 60),
    Case("SupportSlaBreachesInThinChannel", "long ago", "3h", {**FRESH, **verdicts("0x180", "0x15 1 2 3x180")}, (), 60),
    Case(
        "SupportSlaBreachesInThinChannel",
        "no thin channel",
        "40m",
        {**FRESH, **verdicts("0+1x40", "0x15 1 2 3x40")},
        (),
        60,
    ),
    Case(
        "SupportBacklogAboveCeiling",
        "above it, as two workers say",
        "6m",
        {**FRESH, **level("open", "51x40"), **goal("backlog_alarm", 50), **goal("backlog_alarm", 50, by="b")},
        ONE,
    ),
    Case(
        "SupportBacklogAboveCeiling",
        "at it",
        "6m",
        {**FRESH, **level("open", "50x40"), **goal("backlog_alarm", 50), **goal("backlog_good", 10)},
        (),
    ),
    Case(
        "SupportBacklogAboveCeiling",
        "for a moment",
        "6m",
        {**FRESH, **level("open", "51x10 50 51x30"), **goal("backlog_alarm", 50)},
        (),
    ),
    Case(
        "SupportBacklogAboveCeiling",
        "another channel's ceiling",
        "6m",
        {**FRESH, **level("open", "51x40"), **goal("backlog_alarm", 50, channel="x")},
        (),
    ),
    Case("SupportBacklogAboveCeiling", "there is none", "6m", {**FRESH, **level("open", "51x40")}, ()),
    Case(
        "SupportBacklogAboveCeiling",
        "what is known is old",
        "10m",
        {**STUCK, **level("open", "51x60"), **goal("backlog_alarm", 50)},
        (),
    ),
    Case("SupportResponseRateLow", "three of ten", "2h", {**FRESH, **answered("0+3x120", "0+7x120")}, ONE, 60),
    Case("SupportResponseRateLow", "four of ten", "2h", {**FRESH, **answered("0+4x120", "0+6x120")}, (), 60),
    Case("SupportResponseRateLow", "nobody", "2h", {**FRESH, **answered("0x120", "0+1x120")}, ONE, 60),
    Case("SupportResponseRateLow", "too few to tell", "2h", {**FRESH, **answered("0x120", "0+0.15x120")}, (), 60),
    Case("SupportResponseRateLow", "nobody waited", "2h", {**FRESH, **answered("0x120", "0x120")}, (), 60),
    Case("SupportResponseRateLow", "what is known is old", "2h", {**STUCK, **answered("0x120", "0+1x120")}, (), 60),
    Case("CarebeatPipelineStalled", "time stands", "4m", STUCK, NOBODY),
    Case("CarebeatPipelineStalled", "time goes on", "4m", FRESH, ()),
    Case(
        "CarebeatPipelineStalled",
        "one of two stands",
        "4m",
        {
            **FRESH,
            'carebeat_stream_time_timestamp_seconds{job="carebeat",instance="a",partition="1"}': "0+0x90",
        },
        NOBODY,
    ),
    Case(
        "CarebeatPipelineStalled",
        "nobody exports it any more",
        "10m",
        {
            **FRESH,
            'carebeat_stream_time_timestamp_seconds{job="carebeat",instance="b",partition="1"}': "0+15x8 stale",
        },
        NOBODY,
    ),
    Case(
        "CarebeatPipelineStalled",
        "another worker exports it now",
        "10m",
        {
            **FRESH,
            'carebeat_stream_time_timestamp_seconds{job="carebeat",instance="b",partition="0"}': "0+15x8 stale",
        },
        (),
    ),
    Case("CarebeatAbsent", "nothing is there", "6m", {}, NOBODY),
    Case("CarebeatAbsent", "not for long", "4m", {}, ()),
    Case("CarebeatAbsent", "one loads, and goes on loading", "6m", {READY: "0x40"}, NOBODY),
    Case("CarebeatAbsent", "one is ready, one loads", "6m", {READY: "1x40", READY.replace('"a"', '"b"'): "0x40"}, ()),
    Case("CarebeatWorkerDown", "one does not answer", "2m", {'up{job="carebeat",instance="a"}': "0x20"}, NOBODY),
    Case("CarebeatWorkerDown", "one scrape failed", "2m", {'up{job="carebeat",instance="a"}': "1 1 1 1 1 1 0 1 1"}, ()),
    Case("CarebeatWorkerDown", "not ours", "2m", {'up{job="other",instance="a"}': "0x20"}, ()),
    Case("CarebeatDeadLetters", "one in eleven", "20m", letters("0+1x90", "0+10x90"), NOBODY),
    Case("CarebeatDeadLetters", "one in a hundred", "20m", letters("0+1x90", "0+99x90"), ()),
    Case("CarebeatDeadLetters", "a handful", "20m", letters("0x50 3x40", "0x90"), ()),
    Case("CarebeatDeadLetters", "ticks are no events", "20m", letters("0+1x90", "0+10x90", "0+900x90"), NOBODY),
    Case("CarebeatWebhooksMissed", "polling found one", "5m", {MISSED: "0x8 1x20"}, NOBODY),
    Case("CarebeatWebhooksMissed", "none is missed", "5m", {MISSED: "0x40"}, ()),
    Case("CarebeatWebhooksMissed", "they were missed yesterday", "5m", {MISSED: "7x40"}, ()),
    Case("CarebeatWebhooksMissed", "half an hour after the last", "40m", {MISSED: "0x8 1x200"}, ()),
    Case("CarebeatPollingBehind", "no round reaches the end", "64m", {CURSOR % "g": "0x300"}, NOBODY),
    Case("CarebeatPollingBehind", "it is polled", "70m", {CURSOR % "g": "0+15x300"}, ()),
    Case("CarebeatPollingBehind", "not yet an hour", "50m", {CURSOR % "g": "0x300"}, ()),
    Case("CarebeatPollingBehind", "another took over", "70m", {CURSOR % "g": "0x300", CURSOR % "h": "0+15x300"}, ()),
    Case("CarebeatPollingBehind", "the one that polled has gone", "70m", {CURSOR % "g": "0x8 stale"}, NOBODY),
    Case("CarebeatSpoolFilling", "it does not drain", "4m", {SPOOL: "5x40"}, NOBODY),
    Case("CarebeatSpoolFilling", "it drains", "4m", {SPOOL: "5 5 5 0x40"}, ()),
    Case("CarebeatSpoolHalfFull", "more than half", "2m", {SPOOL: "600x40", LIMIT: "1000x40"}, NOBODY),
    Case("CarebeatSpoolHalfFull", "less than half", "2m", {SPOOL: "400x40", LIMIT: "1000x40"}, ()),
    Case("CarebeatSpoolHalfFull", "no spool", "2m", {SPOOL: "0x40", LIMIT: "0x40"}, ()),
    Case("CarebeatGatewayDown", "the only one", "2m", {'up{job="carebeat-gateway",instance="g"}': "0x20"}, NOBODY),
    Case(
        "CarebeatGatewayDown",
        "one of two",
        "2m",
        {'up{job="carebeat-gateway",instance="g"}': "0x20", 'up{job="carebeat-gateway",instance="h"}': "1x20"},
        (),
    ),
    Case("CarebeatGatewayDown", "there is none", "2m", {}, ()),
    Case("Watchdog", "always", "15s", {}, NOBODY),
]
ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}


def promtool_test(folder: Path, content: dict[str, object], step_seconds: int = 15) -> tuple[int, str]:
    path, step = folder / "case.yml", f"{step_seconds}s"
    path.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(path) for path in sorted(RULES.glob("*.yml"))],
                "evaluation_interval": step,
                "tests": [{"interval": step, **content}],
            }
        )
    )
    return run("promtool", "test", "rules", str(path))


def input_series(series: dict[str, str], step_seconds: int = 15) -> list[dict[str, str]]:
    return [{"series": name, "values": values.replace("STEP", str(step_seconds))} for name, values in series.items()]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.alert}: {case.why}" for case in CASES])
def test_it_fires_for_whom_it_should(case: Case, tmp_path: Path) -> None:
    firing = f'ALERTS{{alertname="{case.alert}",alertstate="firing"}}'
    expected = [
        {"labels": f'{{channel="{channel}"}}' if channel else "{}", "value": case.firing.count(channel)}
        for channel in sorted(set(case.firing))
    ]
    asked = {"expr": f"count by (channel) ({firing})", "eval_time": case.at, "exp_samples": expected}
    content = {"input_series": input_series(case.series, case.step_seconds), "promql_expr_test": [asked]}
    status, said = promtool_test(tmp_path, content, case.step_seconds)
    assert status == 0, said


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_not() -> None:
    fires = {case.alert for case in CASES if case.firing}
    quiet = {case.alert for case in CASES if not case.firing} | {"Watchdog"}
    assert fires == quiet == set(ALERTS)


def test_a_page_names_channel_count_link_runbook_and_the_command(tmp_path: Path) -> None:
    """One figure for all priorities and partitions; the copy that another worker still exports counts once."""
    series = {
        **FRESH,
        **level("breached", "2x20"),
        **level("breached", "2x20", by="zombie"),
        **level("breached", "1x20", of="high"),
        **level("breached", "4x20", partition=1),
    }
    expected = {
        "exp_labels": {"severity": "page", "scope": "sla", "channel": "whatsapp"},
        "exp_annotations": {
            "summary": "whatsapp: 7 past the deadline",
            "description": "Tickets of whatsapp that are past the deadline of their reply and still wait: 7.",
            "dashboard_url": "http://127.0.0.1:3000/d/carebeat-support?var-channel=whatsapp",
            "runbook_url": "http://127.0.0.1:3000/d/carebeat-runbook?viewPanel=565546",
            "tickets": "carebeat tickets --state breached --channel whatsapp",
        },
    }
    content = {
        "input_series": input_series(series),
        "alert_rule_test": [{"alertname": "SupportSlaBreached", "eval_time": "1m", "exp_alerts": [expected]}],
    }
    status, said = promtool_test(tmp_path, content)
    assert status == 0, said


def test_the_objective_of_each_channel_is_recorded(tmp_path: Path) -> None:
    target = 'support_sla_target_seconds{{job="carebeat",instance="a",channel="{}",metric="resolution"}}'
    expected = [
        {
            "labels": f'{{__name__="channel:support_sla_objective:ratio",job="carebeat",channel="{channel}"}}',
            "value": value,
        }
        for channel, value in (("instagram", 0.8), ("other", 0.9))
    ]
    asked = {"expr": "channel:support_sla_objective:ratio", "eval_time": "1m", "exp_samples": expected}
    series = [{"series": target.format(channel), "values": "9x9"} for channel in ("instagram", "other")]
    status, said = promtool_test(tmp_path, {"input_series": series, "promql_expr_test": [asked]})
    assert status == 0, said


def test_promtool_finds_nothing_to_lint() -> None:
    files = [str(path) for path in sorted(RULES.glob("*.yml"))]
    status, said = run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *files)
    assert status == 0, said


def test_promtool_takes_the_configuration() -> None:
    status, said = run("promtool", "check", "config", str(ROOT / "deploy" / "prometheus" / "prometheus.yml"))
    assert status == 0, said
    assert "WARNING" not in said


@pytest.mark.parametrize("name", ALERTS)
def test_the_runbook_has_a_section_that_says_what_to_do(name: str) -> None:
    runbook = (ROOT / "deploy" / "runbook.md").read_text()
    section = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", runbook, re.MULTILINE | re.DOTALL)
    assert section is not None
    for part in ("**Means:**", "**Look first", "**Do:**", "**Ends**"):
        assert part in section[1]


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_urgent_it_is_and_where_to_look(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in ("page", "ticket", "none")
    assert alert["labels"]["scope"] in ("sla", "pipeline", "none")
    annotations = alert["annotations"]
    is_of_channel = "channel" in annotations["summary"]
    assert ("var-channel={{ $labels.channel }}" in annotations["dashboard_url"]) == is_of_channel
    assert ("tickets" in annotations) == is_of_channel
