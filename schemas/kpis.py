"""What stands on `support.kpis`: the figures of one channel (or dimension) and window, again whenever they changed.

Read with `isolation.level=read_committed`, keep the highest `revision` of each key; `final` turns true when a record
can no longer change. An empty window has no record. A count that is not there is 0; a duration that is not there has no
sample; a rate that is not there has no denominator.

Weeks, months and quarters are the sums of the days in them. While they run they are published at most once in a minute of
stream time, and when a day in them becomes final; they are final a day after their end, as their last day is. Figures of
an agent, team, topic or tag are there for hours and longer, and are not in `all`: each counts under its channel too.
"""

from typing import Annotated, Final, Literal

from pydantic import Discriminator, Field, Tag, TypeAdapter

from schemas.events import AuthorKind, CloseReason, Sentiment
from schemas.wire import Channel, Count, Currency, DecimalText, Instant, Name, Seconds, WireModel

SKETCH_TEXT: Final = (
    "Durations by bucket. Bounds are whole milliseconds: b[0] = 0 and b[i+1] = b[i] + max(1, b[i] // 50)."
    " Bucket 0 counts durations of exactly 0; bucket i (i >= 1) counts durations d with b[i-1] < d <= b[i]."
    " Keys are bucket numbers; a bucket that is not there is empty. Sketches of several windows merge by adding."
    " A quantile is read at the middle of its bucket, (b[i-1] + 1 + b[i]) / 2 (0 for bucket 0), and lies within 1 %"
    " (relative) of the exact nearest-rank value."
)

WindowKind = Literal["minute", "hour", "day", "week", "month", "quarter"]
DurationName = Literal[
    "first_response",
    "first_response_business",
    "first_response_queue",
    "first_response_queue_business",
    "response",
    "response_business",
    "automated_response",
    "automated_response_business",
    "first_action",
    "first_action_business",
    "first_touch",
    "first_touch_business",
    "resolution",
    "resolution_business",
    "resolution_net",
    "resolution_net_business",
    "round_resolution",
    "round_resolution_business",
    "round_resolution_net",
    "round_resolution_net_business",
    "full_resolution",
    "full_resolution_business",
    "full_resolution_net",
    "full_resolution_net_business",
    "handle",
]
RateName = Literal[
    "response",
    "resolution",
    "messages_answered",
    "messages_actioned",
    "first_contact_resolved",
    "one_touch",
    "no_human_reply",
    "automated",
    "surveys_answered",
    "satisfied",
    "conversion",
    "deflection",
]
SlaMetric = Literal["first_response", "next_response", "resolution"]
HandleMethod = Literal["voice", "owned", "round"]
"""Told by a call; the time that agents had the ticket; the length of the round."""
Score = Literal["1", "2", "3", "4", "5"]
Bucket = Annotated[str, Field(pattern="^(0|[1-9][0-9]{0,3})$")]
Dimension = Annotated[str, Field(pattern="^(agent|team|topic|tag):", max_length=210)]


class Window(WireModel):
    """Half-open: `start` is inside, `end` is not. Days and longer run in the reporting zone, written in UTC.

    Weeks begin on Monday. After a change of the reporting zone a window that has begun keeps its start; a longer one then
    ends with its last day.
    """

    kind: WindowKind
    start: Instant
    end: Instant


class Counts(WireModel):
    """How often it happened in the window."""

    messages_received: Count = 0
    messages_received_off_hours: Count = 0
    """Those of them outside the channel's schedule."""
    messages_answered: Count = 0
    """Messages in waits that a human answered."""
    messages_actioned: Count = 0
    """Messages in waits that saw an action: human reply, assignment, label, pause, close not by bot or automation."""
    messages_by_sentiment: dict[Sentiment, Count] = Field(default_factory=dict)
    quick_replies: dict[Name, Count] = Field(default_factory=dict)
    replies_sent: dict[AuthorKind, Count] = Field(default_factory=dict)
    tickets_opened: Count = 0
    tickets_reopened: Count = 0
    tickets_closed: dict[CloseReason, Count] = Field(default_factory=dict)
    tickets_closed_unanswered: Count = 0
    """Closed with no reply of any kind in that round."""
    tickets_forgotten: Count = 0
    tickets_answered: Count = 0
    """Agents and teams: tickets with a reply of theirs."""
    tickets_assigned: Count = 0
    tickets_completed: Count = 0
    """Closed while assigned; counts for the assignee."""
    handle_methods: dict[HandleMethod, Count] = Field(default_factory=dict)
    """Samples of `handle`, by how they were found."""
    waits_opened: Count = 0
    waits_answered: Count = 0
    waits_automated: Count = 0
    waits_cancelled: Count = 0
    waits_forgotten: Count = 0
    waits_answered_in_time: Count = 0
    """Answered by a human within the reply limit; in the window of the reply."""
    waits_expired: Count = 0
    """Not answered within the reply limit; in the window of start + limit."""
    settled: Count = 0
    """Closes that held; in the window of close + settle window, as the next four."""
    first_contact_resolved: Count = 0
    one_touch: Count = 0
    no_human_reply: Count = 0
    automated: Count = 0
    surveys_sent: Count = 0
    surveys_answered: Count = 0
    survey_scores: dict[Score, Count] = Field(default_factory=dict)
    tickets_converted: Count = 0
    """Tickets with an order within 5 days of opening; in the window of the order."""
    deflections_offered: Count = 0
    deflections_accepted: Count = 0


class Durations(WireModel):
    """Samples of one duration, in seconds. Without samples, all but `count` and `sum` are null."""

    count: Count
    sum: Seconds
    """Exact to the millisecond."""
    mean: Seconds | None = None
    min: Seconds | None = None
    """From the sketch's lowest bucket, within its error, as all that follows."""
    max: Seconds | None = None
    p50: Seconds | None = None
    p90: Seconds | None = None
    p95: Seconds | None = None
    p99: Seconds | None = None
    sketch: dict[Bucket, Count] = Field(default_factory=dict, description=SKETCH_TEXT)


class SlaVerdicts(WireModel):
    """Verdicts of one policy version: met and cancelled in the window of the stop, breached in that of due."""

    policy: Name
    version: Name
    metric: SlaMetric
    met: Count = 0
    breached: Count = 0
    cancelled: Count = 0
    historic: Count = 0
    """Verdicts of any kind, of events that were over a day old when they reached the log; in none of the others."""


class Rate(WireModel):
    """A share of `of`, which is never 0. Merge rates by their counts, never by averaging."""

    of: Count
    value: Annotated[float, Field(ge=0)]


class Levels(WireModel):
    """How many there were at the window's end; at `stream_time` while that is earlier."""

    open: Count
    waiting: Count
    oldest_wait_started_at: Instant | None = None


class SlowestReply(WireModel):
    """The reply that took longest, with its ticket. Best effort after corrections."""

    ticket_id: Name
    seconds: Seconds


class WindowFields(WireModel):
    """What a record says, whatever it is about."""

    window: Window
    revision: Count
    """Grows with each publication; ignore a lower one."""
    final: bool
    """It can no longer change."""
    stream_time: Instant
    """How far the slowest partition had come."""
    counts: Counts
    durations: dict[DurationName, Durations] = Field(default_factory=dict)
    sla: tuple[SlaVerdicts, ...] = ()
    rates: dict[RateName, Rate] = Field(default_factory=dict)
    levels: Levels | None = None
    revenue: dict[Currency, DecimalText] = Field(default_factory=dict)


class ChannelKpis(WindowFields):
    """The figures of one channel, of `other`, or of `all`. Key: `channel|window|start`."""

    channel: Channel


class DimensionKpis(WindowFields):
    """The figures of one agent, team, subject or tag. Key: `dimension|window|start`."""

    dimension: Dimension
    first_reply_at: Instant | None = None
    slowest_reply: SlowestReply | None = None


def _form(value: object) -> str:
    has_dimension = "dimension" in value if isinstance(value, dict) else isinstance(value, DimensionKpis)
    return "dimension" if has_dimension else "channel"


Kpis = Annotated[
    Annotated[ChannelKpis, Tag("channel")] | Annotated[DimensionKpis, Tag("dimension")], Discriminator(_form)
]
"""One record of the topic."""

KPIS: Final[TypeAdapter[Kpis]] = TypeAdapter(Kpis)
