"""The families of what is now: levels, windows, partitions, and what is configured. What is not there has no sample."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric as Family

from app.kpi.ages import BANDS
from app.metrics import catalogue
from app.metrics.families import MS, family, filled
from app.metrics.flow import targets_ms
from app.metrics.snapshot import Facts, Snapshot
from app.metrics.windows import WindowFigures


def level_families(snapshot: Snapshot) -> Iterator[Family]:
    """How many tickets are open, waiting and so on, by partition."""
    for index, metric in enumerate(catalogue.LEVELS):
        samples = [
            ((channel, priority, levels.partition), figures[index])
            for levels in snapshot.levels
            for (channel, priority), figures in levels.figures.items()
        ]
        yield from filled([family(metric, samples)])
    ages = [
        ((channel, band, levels.partition), count)
        for levels in snapshot.levels
        for channel, counts in levels.ages.items()
        for band, count in zip(BANDS, counts, strict=True)
    ]
    yield from filled([family(catalogue.OPEN_BY_AGE, ages)])
    oldest = [
        ((channel, levels.partition), wait_ms / MS)
        for levels in snapshot.levels
        for channel, wait_ms in levels.oldest_wait_ms.items()
    ]
    yield from filled([family(catalogue.OLDEST_WAIT, oldest)])


def window_families(windows: list[WindowFigures]) -> Iterator[Family]:
    """The figures of the last final and of the running windows."""
    labelled = [((window.channel, window.kind, window.state), window) for window in windows]
    families = [family(catalogue.WINDOW_END, [(labels, window.end_ms / MS) for labels, window in labelled])]
    for metric in catalogue.WINDOW_COUNTS:
        (measure,) = metric.feeds
        families.append(family(metric, [(labels, window.counts.get(measure, 0)) for labels, window in labelled]))
    samples = [((*labels, name), count) for labels, window in labelled for name, count in window.samples.items()]
    families.append(family(catalogue.WINDOW_SAMPLES, samples))
    for index, metric in enumerate(catalogue.WINDOW_QUANTILES):
        quantiles = [
            ((*labels, name), values_ms[index] / MS)
            for labels, window in labelled
            for name, values_ms in window.quantiles_ms.items()
        ]
        families.append(family(metric, quantiles))
    ratios = [((*labels, name), ratio) for labels, window in labelled for name, ratio in window.attainment.items()]
    families.append(family(catalogue.WINDOW_ATTAINMENT, ratios))
    return filled(families)


def channel_families(facts: Facts, snapshot: Snapshot) -> Iterator[Family]:
    """What is configured for channels, and when they were last heard of."""
    targets = [
        ((channel, policy.name, metric, "business" if policy.schedule else "calendar"), target_ms / MS)
        for channel in snapshot.channels
        for policy in facts.rules.of(channel).policies
        for metric, target_ms in targets_ms(policy).items()
    ]
    goals = [
        ((channel, goal), value) for channel in snapshot.channels for goal, value in facts.goals_of(channel).items()
    ]
    schedules = [((name,), float(is_open)) for name, is_open in snapshot.schedules_open.items()]
    last_events = [((channel,), at_ms / MS) for channel, at_ms in snapshot.last_event_ms.items()]
    return filled(
        [
            family(catalogue.SLA_TARGET, targets),
            family(catalogue.GOAL, goals),
            family(catalogue.SCHEDULE_OPEN, schedules),
            family(catalogue.CHANNEL_LAST_EVENT, last_events),
        ]
    )


def partition_families(snapshot: Snapshot) -> Iterator[Family]:
    """How far the owned partitions have come, and how much they hold."""
    levels = [((one.partition,), one) for one in snapshot.levels]
    stream_times = [(labels, one.stream_ms / MS) for labels, one in levels if one.stream_ms]
    lags = [(labels, one.lag_records) for labels, one in levels if one.lag_records is not None]
    return filled(
        [
            family(catalogue.STREAM_TIME, stream_times),
            family(catalogue.LAG, lags),
            family(catalogue.STATE_ENTRIES, [(labels, one.state_entries) for labels, one in levels]),
            family(catalogue.TIMERS, [(labels, one.timers) for labels, one in levels]),
        ]
    )
