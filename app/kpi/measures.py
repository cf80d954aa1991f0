"""The KPI catalogue: every figure that a window can hold, its unit and what it means.

A measure's name is its key in windows, partials and state. Some carry their label behind a bar (`replies_sent|agent`); SLA verdicts carry policy,
version, metric and outcome. `app/kpi/records.py` unfolds them into the published shape. Definitions: docs of the project, part by part in
`ticket.py` (when they arise) and here (what they are).
"""

from typing import Final, NamedTuple


class Measure(NamedTuple):
    """One figure of the catalogue. `label` names what stands behind the bar, if anything."""

    name: str
    unit: str
    meaning: str
    label: str = ""


COUNTS: Final = (
    Measure("messages_received", "messages", "customer messages, by their own instant"),
    Measure("replies_sent", "replies", "public replies", label="author"),
    Measure("tickets_opened", "tickets", "first events of tickets"),
    Measure("tickets_reopened", "tickets", "rounds after the first"),
    Measure("tickets_closed", "tickets", "closes of open tickets", label="reason"),
    Measure("tickets_closed_unanswered", "tickets", "closes of rounds in which nobody and nothing replied"),
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
)

DURATIONS: Final = (
    Measure("first_response", "ms", "customer message that started the first-response clock, to the first human reply"),
    Measure("first_response_queue", "ms", "the same without the time that a bot held the ticket"),
    Measure("response", "ms", "start of a wait, to the human reply that ends it"),
    Measure("automated_response", "ms", "start of a wait, to the bot reply that ends it"),
    Measure("resolution", "ms", "first customer message, to the first close that gives a sample"),
    Measure("round_resolution", "ms", "start of the round, to its close"),
    Measure("full_resolution", "ms", "first customer message, to the close that settled"),
)

COUNT_NAMES: Final = tuple(measure.name for measure in COUNTS)
DURATION_NAMES: Final = tuple(measure.name for measure in DURATIONS)

SLA_METRICS: Final = ("first_response", "next_response", "resolution")
SLA_OUTCOMES: Final = ("met", "breached", "cancelled")


def sla_measure(policy: str, version: str, metric: str, outcome: str) -> str:
    """The key under which verdicts of one policy are counted."""
    return f"sla|{policy}|{version}|{metric}|{outcome}"
