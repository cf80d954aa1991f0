import pytest
from msgspec import structs

from app import config
from app.kpi.effects import Transition
from app.kpi.harvest import Caused
from app.kpi.partition import Partition
from app.kpi.windows import Gathering
from app.metrics.catalogue import CURRENCY_LIMIT, IN_HOURS
from app.metrics.flow import Flow, Histogram, edges_ms
from app.metrics.labels import Channels

RULES = config.rules(config.parse("channels: {chat: {sla: {resolution: 90m}}}"), "log")


@pytest.fixture
def flow() -> Flow:
    return Flow(edges_ms(RULES), Channels(RULES))


@pytest.fixture
def partition() -> Partition:
    return Partition(0, 1, RULES)


def gathered(**counts: int) -> Gathering:
    gathering = Gathering()
    gathering.counts.update({measure.replace("__", "|"): count for measure, count in counts.items()})
    return gathering


def caused(state: str) -> Caused:
    return Caused("t", 0, Transition("first_response", 0, 60, state, 60, "chat", "p", "v", None, None, None))


def test_edges_are_the_usual_ones_and_the_targets() -> None:
    minutes = [0.5, 1, 2, 5, 10, 15, 20, 30, 60, 90, 120, 240, 480, 1440, 2880, 4320]
    assert edges_ms(RULES) == tuple(int(minute * 60_000) for minute in minutes)


def test_a_sample_on_an_edge_is_up_to_it() -> None:
    histogram = Histogram((10, 20))
    histogram.observe([10, 11, 99])
    assert histogram.distribution() == ((1, 1, 1), 120)


def test_the_flow_of_a_partition_is_emptied(flow: Flow, partition: Partition) -> None:
    partition.flow.append(("chat", gathered(settled=2)))
    flow.take(partition, [])
    assert (flow.counts["chat", "settled"], partition.flow) == (2, [])


def test_unlisted_channels_count_as_other(flow: Flow, partition: Partition) -> None:
    partition.flow += [("fax", gathered(settled=2)), ("telex", gathered(settled=1))]
    flow.take(partition, [])
    assert flow.counts == {("other", "settled"): 3}


def test_durations_are_kept_in_milliseconds(flow: Flow, partition: Partition) -> None:
    gathering = Gathering()
    gathering.durations["response"] = [1_000, 31_000]
    partition.flow.append(("chat", gathering))
    flow.take(partition, [])
    buckets, sum_ms = flow.durations()["chat", "response"]
    assert (buckets[:2], sum_ms) == ((1, 1), 32_000)


@pytest.mark.parametrize("state", ["met", "breached", "cancelled", "retracted"])
def test_verdicts_are_counted(flow: Flow, partition: Partition, state: str) -> None:
    flow.take(partition, [caused(state)])
    assert flow.verdicts == {("chat", "none", "p", "first_response", state): 1}


@pytest.mark.parametrize("state", ["met", "breached", "retracted"])
def test_verdicts_of_history_are_not_counted(flow: Flow, partition: Partition, state: str) -> None:
    one = caused(state)
    flow.take(partition, [structs.replace(one, transition=structs.replace(one.transition, historic=True))])
    assert not flow.verdicts


@pytest.mark.parametrize("state", ["at_risk", "met_late"])
def test_other_transitions_are_no_verdicts(flow: Flow, partition: Partition, state: str) -> None:
    flow.take(partition, [caused(state)])
    assert not flow.verdicts


def test_counters_of_a_partition_are_added_once(flow: Flow, partition: Partition) -> None:
    partition.counters["duplicate"] = 2
    flow.take(partition, [])
    partition.counters["duplicate"] = 3
    partition.windows.late = 1
    flow.take(partition, [])
    assert (flow.core["duplicate"], flow.core["late"]) == (3, 1)


def test_a_partition_that_comes_back_counts_on(flow: Flow, partition: Partition) -> None:
    partition.counters["revised"] = 2
    flow.take(partition, [])
    again = Partition(0, 1, RULES)
    again.counters["revised"] = 1
    flow.take(again, [])
    assert flow.core["revised"] == 3


def test_a_message_is_a_sign_of_life_of_its_channel(flow: Flow, partition: Partition) -> None:
    partition.now_ms = 5_000
    partition.flow.append(("chat", gathered(messages_received=1)))
    flow.take(partition, [])
    assert flow.last_event_ms == {"chat": 5_000}


def test_a_timer_is_no_sign_of_life(flow: Flow, partition: Partition) -> None:
    timers = gathered(waits_expired=1, tickets_closed__idle=1, tickets_closed_unanswered=1, settled=1)
    partition.flow.append(("chat", timers))
    flow.take(partition, [])
    assert flow.last_event_ms == {}


def test_messages_are_in_hours_or_off(flow: Flow, partition: Partition) -> None:
    partition.flow.append(("chat", gathered(messages_received=5, messages_received_off_hours=2)))
    flow.take(partition, [])
    assert (flow.counts["chat", IN_HOURS], flow.counts["chat", "messages_received_off_hours"]) == (3, 2)


def test_labels_that_senders_choose_are_not_kept(flow: Flow, partition: Partition) -> None:
    partition.flow.append(("chat", gathered(quick_replies__yes=1, survey_scores__5=1)))
    flow.take(partition, [])
    assert flow.counts == {("chat", "survey_scores|5"): 1}


def test_only_so_many_currencies_have_a_label(flow: Flow, partition: Partition) -> None:
    for index in range(CURRENCY_LIMIT + 3):
        partition.flow.append(("chat", gathered(**{f"revenue__C{index:02d}": 7_000_000})))
    partition.flow.append(("chat", gathered(revenue__C00=1)))
    flow.take(partition, [])
    assert (len(flow.counts), flow.counts["chat", "revenue|C00"], flow.overflow["currency"]) == (20, 7_000_001, 3)


def test_figures_of_a_dimension_are_no_channel(partition: Partition) -> None:
    flow = Flow(edges_ms(RULES), Channels(RULES), {"agent": 1})
    partition.flow.append(("agent:anna", gathered(replies_sent__agent=2)))
    flow.take(partition, [])
    assert (flow.counts, flow.dimensions.figures()["support_agent_replies_sent_total"]) == ({}, {"anna": (2, 0)})
