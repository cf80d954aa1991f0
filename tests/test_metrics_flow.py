import pytest

from app import config
from app.kpi.effects import Transition
from app.kpi.harvest import Caused
from app.kpi.partition import Partition
from app.kpi.windows import Gathering
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
