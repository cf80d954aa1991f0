"""The signals: what boards and alerts ask Prometheus, each in one place. No panel and no rule invents a query.

Levels carry the partition. A worker that has lost a partition without knowing still exports it, so the larger copy
counts: `max by (..., partition)`, then the sum. Counters and histograms are per process and simply add up.
"""

from typing import Final, NamedTuple

JOB: Final = "carebeat"
"""The Prometheus job of the workers."""
GATEWAY_JOB: Final = "carebeat-gateway"

_MEMORY: Final = "1h"
"""For so long a partition that nobody exports is remembered, so that its lag goes on growing."""


class Scope(NamedTuple):
    """Which series are meant: label matchers as PromQL writes them."""

    matchers: str
    by_channel: str = ""
    by_priority: str = ""

    def process(self, metric: str, *more: str) -> str:
        """A metric of the process, such as `carebeat_ready`."""
        return _select(metric, self.matchers, *more)

    def channel(self, metric: str, *more: str) -> str:
        """A metric that has the label `channel`."""
        return _select(metric, self.matchers, self.by_channel, *more)

    def priority(self, metric: str, *more: str) -> str:
        """A metric that has the labels `channel` and `priority`."""
        return _select(metric, self.matchers, self.by_channel, self.by_priority, *more)


def _select(metric: str, *matchers: str) -> str:
    return f"{metric}{{{','.join(filter(None, matchers))}}}"


RULES: Final = Scope(f'job="{JOB}"')
BOARD: Final = Scope('job=~"$job"', 'channel=~"$channel"', 'priority=~"$priority"')


def level(scope: Scope, metric: str, by: str = "channel", memory: str = "") -> str:
    """How many tickets, such as those of `support_waiting_tickets`; `by` "" gives one figure for all.

    With `memory`, what a worker said last holds for so long after the worker is gone.
    """
    series = scope.priority(metric)
    owned = f"max by (channel, priority, partition) ({f'last_over_time({series}[{memory}])' if memory else series})"
    return f"sum by ({by}) ({owned})" if by else f"sum({owned})"


def oldest_wait_seconds(scope: Scope, by: str = "channel") -> str:
    """How long the oldest wait is by now. It is the start that is exported: an age would freeze with its worker."""
    started = scope.channel("support_oldest_wait_started_timestamp_seconds")
    return f"time() - min by ({by}) ({started})" if by else f"time() - min({started})"


def reply_targets(scope: Scope, time: str = "calendar") -> str:
    """Targets for replies: only those in calendar time can be held against the age of a wait."""
    return scope.channel("support_sla_target_seconds", 'metric=~"first_response|next_response"', f'time="{time}"')


def stream_lag_seconds(scope: Scope, by: str = "") -> str:
    """How far stream time is behind: of the slowest partition, with those that nobody exports any more."""
    newest = f"max by (partition) (max_over_time({scope.process('carebeat_stream_time_timestamp_seconds')}[{_MEMORY}]))"
    return f"time() - {newest}" if by == "partition" else f"time() - min({newest})"


def verdicts(scope: Scope, outcome: str, window: str, function: str = "rate", by: str = "channel, metric") -> str:
    """SLA verdicts of an outcome (a regular expression) in a window, as a rate or an increase."""
    counted = f"{function}({scope.priority('support_sla_verdicts_total', _outcome(outcome))}[{window}])"
    return f"sum by ({by}) ({counted})" if by else f"sum({counted})"


def _outcome(outcome: str) -> str:
    return f'outcome=~"{outcome}"' if "|" in outcome else f'outcome="{outcome}"'


def breach_ratio(scope: Scope, window: str) -> str:
    """The share of verdicts in a window that are breaches, by channel and SLA metric."""
    return f"{verdicts(scope, 'breached', window)} / {verdicts(scope, 'met|breached', window)}"


def attainment(scope: Scope, window: str, by: str = "channel") -> str:
    """The share of verdicts in a window that are met; nothing where there are none."""
    met, judged = (verdicts(scope, outcome, window, "increase", by) for outcome in ("met", "met|breached"))
    return f"{met} / ({judged} > 0)"


def quantile_seconds(scope: Scope, share: float, metric: str, window: str) -> str:
    """A quantile of a duration in a window, from the histogram, over all channels in scope; nothing without samples."""
    buckets = f"sum by (le) (rate({scope.channel(f'{metric}_bucket')}[{window}]))"
    return f"histogram_quantile({share:g}, {buckets}) >= 0"  # without samples it is NaN


def waits_judged(scope: Scope, window: str, by: str = "channel") -> str:
    """How many waits in a window were answered by a person in time, or expired."""
    return f"({_waits(scope, 'answered_in_time', window, by)} + {_waits(scope, 'expired', window, by)})"


def response_rate(scope: Scope, window: str, by: str = "channel") -> str:
    """The share of waits in a window that a person answered in time; nothing where there are none."""
    return f"{_waits(scope, 'answered_in_time', window, by)} / ({waits_judged(scope, window, by)} > 0)"


def _waits(scope: Scope, how: str, window: str, by: str) -> str:
    counted = f"increase({scope.channel(f'support_waits_{how}_total')}[{window}])"
    return f"sum by ({by}) ({counted})" if by else f"sum({counted})"


def goal(scope: Scope, name: str) -> str:
    """A goal by channel, such as `backlog_alarm`; every worker tells it."""
    return f"max by (channel) ({_goal(scope, name)})"


def goals(scope: Scope, name: str) -> str:
    """All levels of a goal over the channels in scope, the largest where they differ."""
    return f"max by (goal) ({_goal(scope, f'{name}_(good|acceptable|alarm)', operator='=~')})"


def _goal(scope: Scope, name: str, operator: str = "=") -> str:
    return scope.channel("support_goal", f'goal{operator}"{name}"')


def open_by_age(scope: Scope) -> str:
    """Open tickets by how long ago their round began."""
    return f"sum by (age) (max by (channel, age, partition) ({scope.channel('support_open_tickets_by_age')}))"


def share(part: str, of: str, window: str, by: str = "") -> str:
    """How much of one counter another is in a window; nothing where there is none. Both are selectors."""
    grouped = f"sum by ({by}) " if by else "sum"
    return f"{grouped}(increase({part}[{window}])) / {grouped}(increase({of}[{window}])) < Inf"  # 0 / 0 is not either


def per_minute(counter: str, window: str, by: str = "") -> str:
    """How many of a counter there are in a minute. `counter` is a selector."""
    return f"60 * sum by ({by}) (rate({counter}[{window}]))" if by else f"60 * sum(rate({counter}[{window}]))"


def refused_ratio(scope: Scope, window: str) -> str:
    """The share of records in a window that became dead letters. Ticks are no events of anybody's."""
    read = scope.process("carebeat_events_total", 'type!="clock-ticked"')
    events = f"sum(rate({read}[{window}]))"
    refused = f"sum(rate({scope.process('carebeat_dead_letters_total')}[{window}]))"
    return f"{refused} / ({refused} + {events})"


def refused(scope: Scope, window: str, by: str = "") -> str:
    """How many records became dead letters in a window."""
    increase = f"increase({scope.process('carebeat_dead_letters_total')}[{window}])"
    return f"sum by ({by}) ({increase})" if by else f"sum({increase})"
