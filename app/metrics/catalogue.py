"""The catalogue of metrics: what can be on `/metrics`, and what each figure means.

`support_*` are the KPIs, `carebeat_*` the process. Counters and histograms count what this process saw first, from 0:
what a revision takes back is still in them and only raises `carebeat_revisions_total`; exact figures are those of
windows. Gauges with the label `partition` come from state and are there for owned partitions only:
`sum by (channel) (max by (channel, priority, partition) (x))`.
"""

from typing import Final, get_args

from app.kpi.ages import BANDS
from app.kpi.event import AUTHOR_WORDS, CLOSE_REASONS, KINDS
from app.kpi.measures import COUNTS, DURATIONS, REVENUE, SLA_METRICS
from app.kpi.orders import OUTCOMES
from app.metrics.dimension_catalogue import DIMENSION_KINDS, DIMENSIONS
from app.metrics.metric import Metric
from schemas.dead_letters import Reason
from schemas.events import Sentiment

PRIORITIES: Final = ("low", "normal", "high", "urgent", "none", "other")
SLA_OUTCOMES: Final = ("met", "breached", "cancelled", "retracted")
DEAD_LETTER_REASONS: Final = (*Reason, "other")

IN_HOURS: Final = "messages_received|in"
"""What flow metrics make of `messages_received`: those that are not off hours."""
SCORES: Final = ("1", "2", "3", "4", "5")

_MEANINGS: Final = {measure.name: measure.meaning for measure in (*COUNTS, *DURATIONS)}


def _count(name: str, measure: str, unit: str) -> Metric:
    return Metric(f"support_{name}_total", "counter", unit, ("channel",), _MEANINGS[measure], {measure: ""})


def _labelled(measure: str, unit: str, label: str, values: tuple[str, ...]) -> Metric:
    feeds = {f"{measure}|{value}": value for value in values}
    return Metric(f"support_{measure}_total", "counter", unit, ("channel", label), _MEANINGS[measure], feeds, values)


COUNTERS: Final = (
    Metric(
        "support_messages_received_total",
        "counter",
        "messages",
        ("channel", "hours"),
        _MEANINGS["messages_received"] + "; off: outside the channel's schedule (without one, all are in)",
        {IN_HOURS: "in", "messages_received_off_hours": "off"},
        ("in", "off"),
    ),
    _labelled("messages_by_sentiment", "messages", "sentiment", get_args(Sentiment)),
    _count("messages_answered", "messages_answered", "messages"),
    _count("messages_actioned", "messages_actioned", "messages"),
    _labelled("replies_sent", "replies", "author", AUTHOR_WORDS),
    _count("tickets_opened", "tickets_opened", "tickets"),
    _count("tickets_reopened", "tickets_reopened", "tickets"),
    _labelled("tickets_closed", "tickets", "reason", CLOSE_REASONS),
    _count("tickets_closed_unanswered", "tickets_closed_unanswered", "tickets"),
    _count("tickets_assigned", "tickets_assigned", "assignments"),
    _count("tickets_completed", "tickets_completed", "tickets"),
    _count("waits_opened", "waits_opened", "waits"),
    Metric(
        "support_waits_ended_total",
        "counter",
        "waits",
        ("channel", "by"),
        "waits that a human reply, a bot's reply or a close ended",
        {"waits_answered": "human", "waits_automated": "bot", "waits_cancelled": "close"},
        ("human", "bot", "close"),
    ),
    _count("waits_answered_in_time", "waits_answered_in_time", "waits"),
    _count("waits_expired", "waits_expired", "waits"),
    _count("tickets_forgotten", "tickets_forgotten", "tickets"),
    _count("waits_forgotten", "waits_forgotten", "waits"),
    _count("settled", "settled", "tickets"),
    _count("first_contact_resolved", "first_contact_resolved", "tickets"),
    _count("one_touch", "one_touch", "tickets"),
    _count("no_human_reply", "no_human_reply", "tickets"),
    _count("automated", "automated", "tickets"),
    _count("surveys_sent", "surveys_sent", "surveys"),
    Metric(
        "support_survey_answers_total",
        "counter",
        "answers",
        ("channel", "score"),
        _MEANINGS["survey_scores"],
        {f"survey_scores|{score}": score for score in SCORES},
        SCORES,
    ),
    _count("tickets_converted", "tickets_converted", "tickets"),
    _count("deflections_offered", "deflections_offered", "calls"),
    _count("deflections_accepted", "deflections_accepted", "calls"),
)
"""Fed by the counts of windows, by channel."""
NOT_EXPORTED: Final = {
    "quick_replies": "whatever buttons a bot shows: no closed list",
    "handle_methods": "says how handle samples were found, not how support does",
    "surveys_answered": "the sum of support_survey_answers_total over scores",
    "tickets_answered": "agents and teams only: support_agent_tickets_answered_total, support_team_tickets_answered_total",
}
"""Counts that are on the topic only, and why. Everything else of `app/kpi/measures.py` is exported by channel."""

REVENUE_TOTAL: Final = Metric(
    "support_revenue_total",
    "counter",
    "",
    ("channel", "currency"),
    f"{REVENUE.meaning}, in that currency; of the first currencies that come after a start",
    {REVENUE.name: ""},
)
CURRENCY_LIMIT: Final = 20
"""How many currencies have a label. Amounts of further ones are on the topic only: currencies do not add up."""

HISTOGRAMS: Final = tuple(
    Metric(f"support_{measure.name}_seconds", "histogram", "seconds", ("channel",), measure.meaning, {measure.name: ""})
    for measure in DURATIONS
)
"""Fed by the durations of windows, by channel."""

SLA_VERDICTS: Final = Metric(
    "support_sla_verdicts_total",
    "counter",
    "verdicts",
    ("channel", "priority", "policy", "metric", "outcome"),
    "verdicts of SLA clocks when they were published; retracted: an earlier publication was taken back",
    values=SLA_OUTCOMES,
)

_LEVEL_LABELS: Final = ("channel", "priority", "partition")
LEVELS: Final = (
    Metric("support_open_tickets", "gauge", "tickets", _LEVEL_LABELS, "open tickets"),
    Metric("support_waiting_tickets", "gauge", "tickets", _LEVEL_LABELS, "tickets whose customer waits for a reply"),
    Metric("support_unassigned_tickets", "gauge", "tickets", _LEVEL_LABELS, "open tickets that no agent has"),
    Metric("support_at_risk_tickets", "gauge", "tickets", _LEVEL_LABELS, "tickets whose reply clock warns"),
    Metric("support_breached_tickets", "gauge", "tickets", _LEVEL_LABELS, "tickets past due that still wait"),
)
"""In the order of `ChannelLevels.by_priority`."""
OPEN_BY_AGE: Final = Metric(
    "support_open_tickets_by_age",
    "gauge",
    "tickets",
    ("channel", "age", "partition"),
    f"open tickets by the time since their round began, in whole minutes: {', '.join(BANDS)}",
)
OLDEST_WAIT: Final = Metric(
    "support_oldest_wait_started_timestamp_seconds",
    "gauge",
    "seconds",
    ("channel", "partition"),
    "start of the oldest wait; absent where nobody waits",
)

_WINDOW_LABELS: Final = ("channel", "window", "state")
_WINDOW_MEASURES: Final = {
    "messages_received": "messages",
    "replies_sent": "replies",
    "tickets_opened": "tickets",
    "tickets_reopened": "tickets",
    "tickets_closed": "tickets",
    "waits_opened": "waits",
    "waits_answered_in_time": "waits",
    "waits_expired": "waits",
}
WINDOW_END: Final = Metric(
    "support_window_end_timestamp_seconds",
    "gauge",
    "seconds",
    _WINDOW_LABELS,
    "end of the window that support_window_* tell of: the last final one, and the one that is running",
)
WINDOW_COUNTS: Final = tuple(
    Metric(f"support_window_{name}", "gauge", unit, _WINDOW_LABELS, f"in the window: {_MEANINGS[name]}", {name: ""})
    for name, unit in _WINDOW_MEASURES.items()
)
WINDOW_SAMPLES: Final = Metric(
    "support_window_samples", "gauge", "samples", (*_WINDOW_LABELS, "duration"), "in the window: samples of a duration"
)
WINDOW_QUANTILES: Final = tuple(
    Metric(
        f"support_window_p{percent}_seconds",
        "gauge",
        "seconds",
        (*_WINDOW_LABELS, "duration"),
        f"in the window: {percent} % took no longer, within 1 %; never to be averaged or summed",
    )
    for percent in (50, 95)
)
WINDOW_ATTAINMENT: Final = Metric(
    "support_window_attainment_ratio",
    "gauge",
    "ratio",
    (*_WINDOW_LABELS, "metric"),
    "in the window: verdicts met, of those met or breached; absent without any",
    values=SLA_METRICS,
)

SLA_TARGET: Final = Metric(
    "support_sla_target_seconds",
    "gauge",
    "seconds",
    ("channel", "policy", "metric", "time"),
    "what is promised, as configured; time: business where it runs in a schedule, which ages of waits do not",
    values=("calendar", "business"),
)
GOAL: Final = Metric(
    "support_goal",
    "gauge",
    "",
    ("channel", "goal"),
    "what is aimed at, as configured: seconds, tickets (backlog) or a share (response_rate), by goal and level",
)
SCHEDULE_OPEN: Final = Metric(
    "support_schedule_open",
    "gauge",
    "",
    ("schedule",),
    "1 if a schedule is open at the latest stream time of this process, else 0; absent before any",
)
CHANNEL_LAST_EVENT: Final = Metric(
    "support_channel_last_event_timestamp_seconds",
    "gauge",
    "seconds",
    ("channel",),
    "stream time when this process last counted a message, reply, opening or close; absent before the first",
)


def _of_core(name: str, counter: str, unit: str, meaning: str) -> Metric:
    return Metric(f"carebeat_{name}_total", "counter", unit, (), meaning, {counter: ""})


CORE: Final = (
    Metric(
        "carebeat_events_total",
        "counter",
        "events",
        ("type",),
        "events that were read, ticks and repeats included",
        {f"event|{word}": word for word in KINDS},
        tuple(KINDS),
    ),
    Metric(
        "carebeat_dead_letters_total",
        "counter",
        "records",
        ("reason",),
        "records that were refused",
        {f"rejected|{reason}": reason for reason in Reason},
        DEAD_LETTER_REASONS,
    ),
    _of_core("duplicates", "duplicate", "events", "events that were read before"),
    _of_core("revisions", "revised", "events", "events that came late and changed what had been counted"),
    _of_core("late", "late", "figures", "figures that belonged to a window which was final already"),
    _of_core("too_old", "too_old", "events", "events too old to matter to their ticket"),
    _of_core("conflicting", "conflicting", "events", "events with a known id and other content"),
    _of_core("orphaned", "orphaned", "events", "events of tickets that nothing has opened"),
    _of_core(
        "crowded", "crowded", "events", "events of channels that no list names, after the first 1,000 of a partition"
    ),
    _of_core(
        "partials_refused", "partial_refused", "records", "records among the partials of windows that no worker wrote"
    ),
    _of_core(
        "reversed_spans",
        "reversed_span",
        "spans",
        "spans of business time that end before they start: 0 each, and none should be",
    ),
    _of_core("revived", "revived", "tickets", "forgotten tickets that began anew"),
)
"""Fed by the counters of partitions."""
ORDERS: Final = Metric(
    "carebeat_orders_total",
    "counter",
    "orders",
    ("outcome",),
    "orders of shops: placed in a ticket or not; late ones, decided at once, are in these too; rejected: records refused",
    values=OUTCOMES,
)
"""There only where orders are joined to tickets."""
OVERFLOW_LABELS: Final = ("channel", "currency", *DIMENSION_KINDS)
OVERFLOW: Final = Metric(
    "carebeat_label_overflow_total",
    "counter",
    "additions",
    ("label",),
    "additions that had no label of their own, since so many others came first: in `other`, currencies nowhere",
    values=OVERFLOW_LABELS,
)

_PARTITION: Final = ("partition",)
STREAM_TIME: Final = Metric(
    "carebeat_stream_time_timestamp_seconds", "gauge", "seconds", _PARTITION, "how far time has come by the log"
)
LAG: Final = Metric("carebeat_lag_records", "gauge", "records", _PARTITION, "records in the log that are not yet read")
STATE_ENTRIES: Final = Metric("carebeat_state_entries", "gauge", "entries", _PARTITION, "tickets and windows in state")
TIMERS: Final = Metric("carebeat_timers", "gauge", "timers", _PARTITION, "timers that are set, outlived ones included")

FLUSH: Final = Metric("carebeat_flush_seconds", "histogram", "seconds", (), "one flush, from taking to committed")
APPLY: Final = Metric(
    "carebeat_apply_seconds", "histogram", "seconds", (), "one batch of events, waits for flushes in it included"
)
RECOVERY: Final = Metric("carebeat_recovery_seconds", "histogram", "seconds", (), "one take-over, until all is loaded")

READY: Final = Metric("carebeat_ready", "gauge", "", (), "1 if partitions are assigned and loaded, else 0")
BUILD: Final = Metric("carebeat_build_info", "info", "", (), "what runs")
CONFIG: Final = Metric("carebeat_config_info", "info", "", (), "the configuration it runs under")

METRICS: Final[tuple[Metric, ...]] = (
    *COUNTERS,
    REVENUE_TOTAL,
    *HISTOGRAMS,
    SLA_VERDICTS,
    *(metric for metrics in DIMENSIONS.values() for metric in metrics),
    *LEVELS,
    OPEN_BY_AGE,
    OLDEST_WAIT,
    WINDOW_END,
    *WINDOW_COUNTS,
    WINDOW_SAMPLES,
    *WINDOW_QUANTILES,
    WINDOW_ATTAINMENT,
    SLA_TARGET,
    GOAL,
    SCHEDULE_OPEN,
    CHANNEL_LAST_EVENT,
    *CORE,
    ORDERS,
    OVERFLOW,
    STREAM_TIME,
    LAG,
    STATE_ENTRIES,
    TIMERS,
    FLUSH,
    APPLY,
    RECOVERY,
    READY,
    BUILD,
    CONFIG,
)
"""In the order in which they are exported."""
