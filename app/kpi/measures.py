"""The KPI catalogue: every figure that a window can hold, its unit and what it means.

A measure's name is its key in windows, partials and state. Some carry their label behind a bar (`replies_sent|agent`); SLA verdicts carry policy,
version, metric and outcome. `app/kpi/records.py` unfolds them into the published shape. Definitions: docs of the project, part by part in
`ticket.py` (when they arise) and here (what they are).
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeVar

Figure = TypeVar("Figure")


class Measure(NamedTuple):
    """One figure of the catalogue. `label` names what stands behind the bar, if anything."""

    name: str
    unit: str
    meaning: str
    label: str = ""


COUNTS: Final = (
    Measure("messages_received", "messages", "customer messages, by their own instant"),
    Measure("messages_received_off_hours", "messages", "those of them outside the channel's schedule"),
    Measure("messages_answered", "messages", "messages in waits that a human answered, in the window of the answer"),
    Measure(
        "messages_actioned",
        "messages",
        "messages in waits that saw an action (human reply, assignment, label, pause, close not by bot or automation)",
    ),
    Measure("messages_by_sentiment", "messages", "messages whose sentiment the source says", label="sentiment"),
    Measure("quick_replies", "messages", "messages that chose a quick reply", label="quick reply"),
    Measure("replies_sent", "replies", "public replies", label="author"),
    Measure("tickets_opened", "tickets", "first events of tickets"),
    Measure("tickets_reopened", "tickets", "rounds after the first"),
    Measure("tickets_closed", "tickets", "closes of open tickets", label="reason"),
    Measure("tickets_closed_unanswered", "tickets", "closes of rounds in which nobody and nothing replied"),
    Measure("tickets_answered", "tickets", "agents and teams only: tickets with a reply of theirs, at the first one"),
    Measure("tickets_assigned", "tickets", "assignments to another agent than before"),
    Measure("tickets_completed", "tickets", "closes of tickets that an agent had; agents: that they had"),
    Measure(
        "handle_methods", "samples", "how handle time was found: told by a call, time owned, length of round", "method"
    ),
    Measure("tickets_forgotten", "tickets", "open tickets let go after long silence"),
    Measure("waits_opened", "waits", "a customer began to wait"),
    Measure("waits_answered", "waits", "waits that a human reply ended"),
    Measure("waits_automated", "waits", "waits that a bot's reply ended"),
    Measure("waits_cancelled", "waits", "waits that a close ended"),
    Measure("waits_forgotten", "waits", "waits of tickets let go after long silence"),
    Measure(
        "waits_answered_in_time", "waits", "answered by a human within the reply limit, in the window of the reply"
    ),
    Measure("waits_expired", "waits", "still unanswered at the reply limit, in the window of start + limit"),
    Measure("settled", "tickets", "closes that held for the settle window, at close + settle window"),
    Measure("first_contact_resolved", "tickets", "settled: answered, one round, one replier, one team, not held"),
    Measure("one_touch", "tickets", "settled with exactly one human reply"),
    Measure("no_human_reply", "tickets", "settled without a human reply"),
    Measure("automated", "tickets", "settled without a human reply, by a bot's reply or a close by bot or automation"),
    Measure("surveys_sent", "surveys", "customers asked whether they are satisfied"),
    Measure("surveys_answered", "answers", "rounds with an answer, an hour after the first one"),
    Measure("survey_scores", "answers", "answers by score, 1 to 5, as they stood then", label="score"),
    Measure("tickets_converted", "tickets", "tickets with an order within 5 days of opening, at the first one"),
    Measure("deflections_offered", "calls", "callers offered to write instead"),
    Measure("deflections_accepted", "calls", "callers who took the offer"),
)
REVENUE: Final = Measure("revenue", "millionths", "orders within 5 days of a ticket's opening, by currency", "currency")
"""The one measure that is an amount."""

_CALENDAR: Final = (
    Measure("first_response", "ms", "customer message that started the first-response clock, to the first human reply"),
    Measure("first_response_queue", "ms", "the same without the time that a bot held the ticket"),
    Measure("response", "ms", "start of a wait, to the human reply that ends it"),
    Measure("automated_response", "ms", "start of a wait, to the bot reply that ends it"),
    Measure("first_action", "ms", "start of a wait, to the first action on it"),
    Measure("first_touch", "ms", "assignment, to that agent's first reply, unless reassigned or closed before"),
    Measure("resolution", "ms", "first customer message, to the first close that gives a sample"),
    Measure("round_resolution", "ms", "start of the round, to its close"),
    Measure("full_resolution", "ms", "first customer message, to the close that settled"),
)
_NET: Final = tuple(
    Measure(f"{measure.name}_net", "ms", f"{measure.meaning}; less the time that the ticket was paused")
    for measure in _CALENDAR
    if measure.name.endswith("resolution")
)
BUSINESS_DURATIONS: Final = tuple(
    Measure(f"{measure.name}_business", "ms", f"{measure.meaning}; inside the channel's schedule")
    for measure in (*_CALENDAR, *_NET)
)
"""Only of channels that have a schedule."""
DURATIONS: Final = (
    *_CALENDAR,
    *_NET,
    Measure(
        "handle", "ms", "what a call told; else the time agents had the ticket, unpaused, in schedule; else the round"
    ),
    *BUSINESS_DURATIONS,
)

COUNT_NAMES: Final = tuple(measure.name for measure in COUNTS)
DURATION_NAMES: Final = tuple(measure.name for measure in DURATIONS)

SLA_METRICS: Final = ("first_response", "next_response", "resolution")
SLA_OUTCOMES: Final = ("met", "breached", "cancelled", "historic")
"""historic: of events that were over a day old when they reached the log, whatever the verdict."""


_PARTS: Final[dict[str, tuple[str, ...]]] = {}


def together(*measures: str) -> str:
    """The name of one more of each of these at once: of counts in the same instant, or of durations with the same sample."""
    name = "+".join(measures)
    if len(measures) > 1:
        _PARTS[name] = measures
    return name


def parts_of(measure: str) -> tuple[str, ...]:
    """The measures that a name stands for."""
    return _PARTS.get(measure) or (measure,)


def apart(figures: Mapping[str, Figure]) -> Iterator[tuple[str, Figure]]:
    """Figures by name, those of names that stand for several once for each."""
    for name, figure in figures.items():
        for measure in parts_of(name):
            yield measure, figure


def sla_measure(policy: str, version: str, metric: str, outcome: str) -> str:
    """The key under which verdicts of one policy are counted."""
    return f"sla|{policy}|{version}|{metric}|{outcome}"
