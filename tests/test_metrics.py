"""The metrics of a worker as a whole: events in, exposition out."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import count
from typing import NamedTuple

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from app import config
from app.kpi.aggregate import Cell, Spread
from app.kpi.levels import Level
from app.kpi.measures import DURATIONS
from app.kpi.merge import MergedWindow, Span
from app.kpi.partition import Partition
from app.kpi.rules import Rules
from app.metrics import METRICS, Metrics
from app.metrics.catalogue import ORDERS
from tests.render.programs import program

BEGIN_MS = 1_774_000_020_000
TEXT = "channels:\n  chat:\n    sla: {first_response: 7m}\n  email:\n"
OFFICE = 'schedules: {office: {zone: UTC, week: {mon-sun: "09:00-17:00"}}, night: {zone: UTC, week: {mon-sun: "17:00-09:00"}}}\n'
DESKS = f"{OFFICE}channels: {{chat: {{schedule: office}}, email: }}\n"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Record(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def rules(text: str = TEXT) -> Rules:
    return config.rules(config.parse(text), "log")


def metrics(
    text: str = TEXT, *, is_ready: Callable[[], bool] = lambda: True, caps: dict[str, int] | None = None
) -> Metrics:
    support = config.parse(text)
    return Metrics(
        rules(text),
        build={"version": "0.1.0"},
        is_ready=is_ready,
        goals_of=cache(lambda channel: support.of(channel).goals.values()),
        schedules=config.compiled_schedules(support, support.schedules),
        caps=caps,
    )


class Scene:
    """One partition and the metrics it feeds; time is in seconds since the beginning."""

    def __init__(self, text: str = TEXT, **caps: int) -> None:
        self.metrics = metrics(text, caps=caps)
        of = replace(rules(text), dimensions=frozenset(caps))
        self.partition = Partition(0, 1, of, flow_of=self.metrics.dimensions)
        self._offsets = count()

    def event(self, kind: str, at_seconds: int, **fields: object) -> None:
        at_ms, offset = BEGIN_MS + at_seconds * 1000, next(self._offsets)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_ms / 1000))
        event = {"type": kind, "id": f"e{offset}", "ticket_id": "t", "channel": "chat", "occurred_at": at, **fields}
        self._apply(Record(offset, at_ms, str(event["ticket_id"]).encode(), json.dumps(event).encode()))

    def rubbish(self) -> None:
        self._apply(Record(next(self._offsets), BEGIN_MS, b"t", b"{"))

    def _apply(self, record: Record) -> None:
        assert self.partition.apply([record]) == 1

    def values(self, *, lag_records: int | None = None) -> Values:
        self.metrics.took(self.partition, self.partition.take().transitions)
        self.metrics.publish([self.partition], {} if lag_records is None else {0: lag_records})
        return values(self.metrics)


def values(of: Metrics) -> Values:
    text = of.exposition("")[0].decode()
    samples = [sample for family in parse_text(text) for sample in family.samples]
    read = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
    assert len(read) == len(samples), "a series is there twice"
    return read


def series(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def window(channel: str, kind: str = "minute", *, final: bool = False, samples: int = 1) -> MergedWindow:
    cell = Cell({"messages_received": 3, "sla|p|v|first_response|met": 3, "sla|p|v|first_response|breached": 1})
    for name in (measure.name for measure in DURATIONS):
        cell.durations[name] = spread = Spread()
        spread.add_samples([60_000 + 977 * index for index in range(samples)])
    return MergedWindow(channel, Span(kind, BEGIN_MS), BEGIN_MS + 60_000, 1, final, BEGIN_MS, cell, Level(0, 0, None))


def eventful() -> Scene:
    """Something of everything."""
    scene = Scene(DESKS, agent=9, team=9, topic=9, tag=9)
    labels = {"team": "a", "topic": "money", "tags": ["vip"]}
    scene.event("message-received", 0, **labels)
    scene.event("ticket-assigned", 1, agent_id="anna")
    scene.event("reply-sent", 2, author_id="anna")
    scene.event("order-placed", 3, order_id="o1", amount="12.50", currency="EUR")
    scene.event("ticket-closed", 4)
    scene.event("survey-answered", 5, score=4)
    scene.event("clock-ticked", 7200)
    scene.event("message-received", 7201, ticket_id="t2")
    scene.metrics.saw_windows([window("chat")], BEGIN_MS)
    scene.values(lag_records=0)
    return scene


def busy() -> tuple[Metrics, list[Partition]]:
    """Twelve channels on twelve partitions, nearly everything in use."""
    text = "channels:\n" + "".join(f"  c{index}:\n" for index in range(12))
    partitions = [Partition(number, 12, rules(text)) for number in range(12)]
    for partition in partitions:
        for ticket in range(120):
            priority = (None, "low", "normal", "high", "urgent")[ticket % 5]
            partition.levels.move(None, (f"c{ticket % 12}", priority, BEGIN_MS, False, 0, BEGIN_MS))
    full = metrics(text)
    kinds = [(kind, final) for kind in ("minute", "hour", "day") for final in (True, False)]
    windows = [window(f"c{index}", kind, final=final, samples=200) for index in range(12) for kind, final in kinds]
    full.saw_windows(windows, BEGIN_MS)
    return full, partitions


def test_an_answered_message_is_counted_and_timed() -> None:
    scene = Scene()
    scene.event("message-received", 0)
    scene.event("reply-sent", 90, author_kind="agent")
    seen = scene.values()
    assert {
        "received": seen[series("support_messages_received_total", channel="chat", hours="in")],
        "replies": seen[series("support_replies_sent_total", channel="chat", author="agent")],
        "ended": seen[series("support_waits_ended_total", channel="chat", by="human")],
        "at most 60 s": seen[series("support_first_response_seconds_bucket", channel="chat", le="60.0")],
        "at most 120 s": seen[series("support_first_response_seconds_bucket", channel="chat", le="120.0")],
        "seconds": seen[series("support_first_response_seconds_sum", channel="chat")],
    } == {"received": 1, "replies": 1, "ended": 1, "at most 60 s": 0, "at most 120 s": 1, "seconds": 90}


def test_a_second_publication_counts_nothing_twice() -> None:
    scene = Scene()
    scene.event("message-received", 0)
    scene.rubbish()
    assert scene.values() == scene.values()


def test_a_breach_is_counted_with_its_priority() -> None:
    scene = Scene()
    scene.event("message-received", 0, priority="High")
    scene.event("clock-ticked", 3600)
    labels = {"channel": "chat", "priority": "high", "policy": "default", "metric": "first_response"}
    seen = scene.values()
    assert seen[series("support_sla_verdicts_total", **labels, outcome="breached")] == 1


def test_known_label_sets_are_there_before_the_first_event() -> None:
    seen = values(metrics())
    labels = {"channel": "other", "priority": "none", "policy": "default", "metric": "resolution"}
    assert [
        seen[series("support_sla_verdicts_total", **labels, outcome="breached")],
        seen[series("support_messages_received_total", channel="email", hours="off")],
        seen[series("support_tickets_closed_total", channel="chat", reason="spam")],
        seen[series("support_resolution_seconds_count", channel="email")],
        seen[series("carebeat_dead_letters_total", reason="not-json")],
    ] == [0, 0, 0, 0, 0]


def test_configured_targets_are_edges() -> None:
    seen = values(metrics())
    assert series("support_response_seconds_bucket", channel="email", le="420.0") in seen


def test_levels_carry_channel_priority_and_partition() -> None:
    scene = Scene()
    scene.event("message-received", 0, priority="urgent")
    seen = scene.values(lag_records=7)
    assert {
        "open": seen[series("support_open_tickets", channel="chat", priority="urgent", partition="0")],
        "email": seen[series("support_open_tickets", channel="email", priority="none", partition="0")],
        "oldest": seen[series("support_oldest_wait_started_timestamp_seconds", channel="chat", partition="0")],
        "stream": seen[series("carebeat_stream_time_timestamp_seconds", partition="0")],
        "lag": seen[series("carebeat_lag_records", partition="0")],
    } == {"open": 1, "email": 0, "oldest": BEGIN_MS / 1000, "stream": BEGIN_MS / 1000, "lag": 7}


def test_business_time_is_there_only_for_channels_that_have_a_schedule() -> None:
    found = values(metrics(DESKS))
    name = "support_response_business_seconds_count"
    assert {dict(labels)["channel"] for of, labels in found if of == name} == {"chat"}
    assert not [name for name, _ in values(metrics()) if "business" in name]


def test_satisfaction_and_sales_are_counted() -> None:
    scene = Scene()
    scene.event("message-received", 0)
    scene.event("call-offered-messaging", 1, accepted=False)
    scene.event("order-placed", 2, order_id="o1", amount="12.50", currency="EUR")
    scene.event("survey-sent", 3)
    scene.event("survey-answered", 4, score=4)
    scene.event("clock-ticked", 3605)
    seen = scene.values()
    assert {
        "revenue": seen[series("support_revenue_total", channel="chat", currency="EUR")],
        "converted": seen[series("support_tickets_converted_total", channel="chat")],
        "offered": seen[series("support_deflections_offered_total", channel="chat")],
        "accepted": seen[series("support_deflections_accepted_total", channel="chat")],
        "sent": seen[series("support_surveys_sent_total", channel="chat")],
        "fours": seen[series("support_survey_answers_total", channel="chat", score="4")],
        "fives": seen[series("support_survey_answers_total", channel="chat", score="5")],
    } == {"revenue": 12.5, "converted": 1, "offered": 1, "accepted": 0, "sent": 1, "fours": 1, "fives": 0}


def test_agents_are_there_only_when_asked_for() -> None:
    for caps, agents in (({}, set()), ({"agent": 5}, {"anna"})):
        scene = Scene(**caps)
        scene.event("message-received", 0)
        scene.event("reply-sent", 90, author_id="anna")
        assert {dict(labels)["agent"] for _, labels in scene.values() if "agent" in dict(labels)} == agents


def test_agents_beyond_the_cap_are_other() -> None:
    scene = Scene(agent=1)
    for index, agent in enumerate(("anna", "ben", "cleo", "anna")):
        scene.event("message-received", 100 * index)
        scene.event("reply-sent", 100 * index + 60, author_id=agent)
        seen = scene.values()
    of = "support_agent_response_seconds"
    assert {
        "anna": (seen[series(f"{of}_count", agent="anna")], seen[series(f"{of}_sum", agent="anna")]),
        "other": (seen[series(f"{of}_count", agent="other")], seen[series(f"{of}_sum", agent="other")]),
        "overflow": seen[series("carebeat_label_overflow_total", label="agent")],
    } == {"anna": (2, 120), "other": (2, 120), "overflow": 2}


def test_open_tickets_have_an_age() -> None:
    scene = Scene()
    scene.event("message-received", 0)
    scene.event("clock-ticked", 2 * 3600)
    seen = scene.values()
    of = "support_open_tickets_by_age"
    assert seen[series(of, channel="chat", age="1h_to_4h", partition="0")] == 1
    assert seen[series(of, channel="chat", age="under_1h", partition="0")] == 0


def test_given_up_partitions_leave_no_level_behind() -> None:
    scene = Scene()
    scene.event("message-received", 0)
    scene.values()
    scene.metrics.publish([], {})
    assert not [labels for _, labels in values(scene.metrics) if "partition" in dict(labels)]


def test_what_flowed_stays_when_partitions_are_given_up() -> None:
    scene = Scene()
    scene.event("message-received", 0)
    scene.values()
    scene.metrics.publish([], {})
    assert values(scene.metrics)[series("support_tickets_opened_total", channel="chat")] == 1


def test_refused_records_are_counted_by_reason() -> None:
    scene = Scene()
    scene.rubbish()
    assert scene.values()[series("carebeat_dead_letters_total", reason="not-json")] == 1


def test_windows_of_both_states_are_told_apart_and_all_is_left_out() -> None:
    seen = metrics()
    windows = [window("chat", final=True), window("chat"), window("all")]
    seen.saw_windows(windows, BEGIN_MS)
    seen.publish([], {})
    found = values(seen)
    labels = {"channel": "chat", "window": "minute"}
    assert {
        "end": found[series("support_window_end_timestamp_seconds", **labels, state="running")],
        "received": found[series("support_window_messages_received", **labels, state="final")],
        "attainment": found[
            series("support_window_attainment_ratio", **labels, state="final", metric="first_response")
        ],
        "p95": found[series("support_window_p95_seconds", **labels, state="final", duration="response")],
        "channels": {dict(labels)["channel"] for name, labels in found if name.startswith("support_window")},
    } == {
        "end": BEGIN_MS / 1000 + 60,
        "received": 3,
        "attainment": 0.75,
        "p95": pytest.approx(60, rel=0.01),
        "channels": {"chat"},
    }


def test_windows_go_with_the_merge() -> None:
    seen = metrics()
    seen.saw_windows([window("chat")], BEGIN_MS)
    seen.forget_windows()
    seen.publish([], {})
    assert not [name for name, _ in values(seen) if name.startswith("support_window")]


def test_reversed_spans_of_all_schedules_are_counted() -> None:
    support = config.parse(
        "schedules: {a: {zone: UTC, week: {mon: '09:00-17:00'}}, b: {zone: UTC, week: {tue: '09:00-17:00'}}}\n"
        "defaults: {schedule: a}\nchannels: {chat: , mail: {sla_schedule: b}}"
    )
    of = config.rules(support, "log")
    seen = Metrics(of, build={"version": "0.1.0"}, is_ready=lambda: True)
    schedules = of.schedules()
    for schedule in schedules:
        schedule.open_ms(1_000, 0)
    seen.publish([], {})
    assert (len(schedules), values(seen)[series("carebeat_reversed_spans_total")]) == (2, 2)


def test_refused_partials_are_counted_for_good() -> None:
    seen = metrics()
    seen.saw_windows([], BEGIN_MS, refused=2)
    seen.saw_windows([], BEGIN_MS, refused=1)
    seen.publish([], {})
    assert values(seen)[series("carebeat_partials_refused_total")] == 3


def test_readiness_is_asked_at_each_scrape() -> None:
    answers = iter([False, True])
    seen = metrics(is_ready=lambda: next(answers))
    assert [values(seen)[series("carebeat_ready")] for _ in range(2)] == [0, 1]


def test_the_work_of_the_engine_is_timed() -> None:
    seen = metrics()
    seen.applied(0.004)
    seen.flushed(0.03)
    seen.recovered(2.0)
    seen.publish([], {})
    found = values(seen)
    assert [
        found[series("carebeat_apply_seconds_sum")],
        found[series("carebeat_flush_seconds_bucket", le="0.025")],
        found[series("carebeat_recovery_seconds_count")],
    ] == [0.004, 0, 1]


def test_what_is_configured_is_told() -> None:
    found = values(metrics())
    version = rules().version
    assert [
        found[
            series(
                "support_sla_target_seconds", channel="chat", policy="default", metric="first_response", time="calendar"
            )
        ],
        found[series("support_goal", channel="chat", goal="response_rate_good")],
        found[series("carebeat_config_info", version=version, policy="default", clock="log", zone="UTC")],
        found[series("carebeat_build_info", version="0.1.0")],
    ] == [420, 0.5, 1, 1]


def test_every_policy_that_a_channel_can_have_tells_its_targets() -> None:
    text = TEXT + "policies: [{name: vip, match: {channel: chat, tags: x}, sla: {first_response: 11m}}]"
    found = values(metrics(text))
    told = {
        (dict(labels)["channel"], dict(labels)["policy"], value)
        for (name, labels), value in found.items()
        if name == "support_sla_target_seconds" and dict(labels)["metric"] == "first_response"
    }
    assert told == {
        ("chat", "vip", 660),
        ("chat", "default", 420),
        ("email", "default", 14_400),
        ("other", "default", 14_400),
    }
    assert series("support_response_seconds_bucket", channel="email", le="660.0") in found


def test_targets_in_a_schedule_are_told_apart() -> None:
    found = values(metrics(OFFICE + "channels: {chat: {sla_schedule: office}}"))
    assert (
        series("support_sla_target_seconds", channel="chat", policy="default", metric="resolution", time="business")
        in found
    )


def test_verdicts_of_a_policy_are_there_at_0_for_the_tickets_that_it_can_match() -> None:
    found = values(metrics(TEXT + "policies: [{name: vip, match: {channel: chat, priority: [Urgent, p1]}}]"))
    told = {
        dict(labels)["priority"]
        for name, labels in found
        if name == "support_sla_verdicts_total" and dict(labels)["policy"] == "vip"
    }
    assert told == {"urgent", "other"}


def test_goals_are_told_where_there_are_any() -> None:
    found = values(metrics("channels: {chat: {goals: {backlog: {alarm: 50}}}, email: }"))
    assert found[series("support_goal", channel="chat", goal="backlog_alarm")] == 50
    assert series("support_goal", channel="email", goal="backlog_alarm") not in found


def test_schedules_are_open_by_stream_time() -> None:
    """It begins at 09:47 UTC."""
    scene = Scene(OFFICE + TEXT)
    before = values(scene.metrics)
    scene.event("message-received", 0)
    seen = scene.values()
    assert series("support_schedule_open", schedule="office") not in before
    assert [seen[series("support_schedule_open", schedule=name)] for name in ("office", "night")] == [1, 0]
    scene.event("message-received", 8 * 3600)
    seen = scene.values()
    assert [seen[series("support_schedule_open", schedule=name)] for name in ("office", "night")] == [0, 1]


def test_all_that_is_exported_is_in_the_catalogue_and_the_other_way_round() -> None:
    scene = eventful()
    assert _exported(scene) == [metric.name for metric in METRICS if metric != ORDERS]
    scene.metrics.saw_orders({"placed": 2})
    scene.metrics.saw_orders({"placed": 1})
    assert _exported(scene) == [metric.name for metric in METRICS]
    assert values(scene.metrics)[series("carebeat_orders_total", outcome="placed")] == 3


def _exported(scene: Scene) -> list[str]:
    scene.values(lag_records=1)
    text = scene.metrics.exposition("")[0].decode()
    return [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]


def test_every_sample_has_the_labels_of_the_catalogue() -> None:
    labels_of = {metric.name: set(metric.labels) for metric in METRICS if metric.kind in ("counter", "gauge")}
    for name, labels in values(eventful().metrics):
        assert dict(labels).keys() == labels_of.get(name, dict(labels).keys()), name


def test_openmetrics_is_given_to_those_who_ask_and_has_no_created_series() -> None:
    full, partitions = busy()
    full.publish(partitions, {})
    body, content_type = full.exposition(OPENMETRICS)
    names = [sample.name for family in parse_openmetrics(body.decode()) for sample in family.samples]
    assert content_type.startswith("application/openmetrics-text")
    assert not [name for name in names if name.endswith("_created")]


def test_a_snapshot_does_not_change_when_the_loop_goes_on() -> None:
    scene = Scene()
    scene.event("message-received", 0)
    before = scene.values()
    scene.event("reply-sent", 30)
    scene.metrics.took(scene.partition, scene.partition.take().transitions)
    assert values(scene.metrics) == before


def cheapest_milliseconds(work: Callable[[], object], times: int) -> float:
    """Of several runs, so that what else runs on the machine counts little."""
    durations = []
    for _ in range(times):
        began = time.thread_time()
        work()
        durations.append(time.thread_time() - began)
    return min(durations) * 1000


def test_publishing_hardly_holds_up_the_loop() -> None:
    full, partitions = busy()
    assert cheapest_milliseconds(lambda: full.publish(partitions, {}), 20) < 3


def test_promtool_has_nothing_to_say() -> None:
    promtool = program("promtool")
    full, partitions = busy()
    full.publish(partitions, dict.fromkeys(range(12), 0))
    for seen in (full, eventful().metrics):
        text = seen.exposition("")[0]
        checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_events_are_counted_by_type_and_internal_notes_are_replies() -> None:
    scene = Scene()
    scene.event("message-received", 0)
    scene.event("reply-sent", 1, public=False)
    seen = scene.values()
    types = ("message-received", "reply-sent", "ticket-closed")
    assert [seen[series("carebeat_events_total", type=kind)] for kind in types] == [1, 1, 0]
