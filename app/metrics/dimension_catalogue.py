"""The catalogue, continued: what can be on `/metrics` of agents, teams, topics and tags.

Nobody knows how many there will be, so they are there only where somebody asks for them, up to a cap: those that come first after a start have
a label of their own, the others count as `other` and raise `carebeat_label_overflow_total`. Agents are keyed hashes, as on the topics.
"""

from collections.abc import Mapping
from typing import Final

from app.kpi.event import CLOSE_REASONS
from app.metrics.metric import Metric

DIMENSION_KINDS: Final = ("agent", "team", "topic", "tag")
OTHER: Final = "other"
"""The label of all that come after the cap is reached."""
_SCORES: Final = tuple(f"survey_scores|{score}" for score in range(1, 6))
_CLOSES: Final = tuple(f"tickets_closed|{reason}" for reason in CLOSE_REASONS)
_REPLIES: Final = {"replies_sent|agent": "", "replies_sent|unknown": ""}


def _counter(kind: str, name: str, unit: str, meaning: str, feeds: Mapping[str, str]) -> Metric:
    return Metric(f"support_{kind}_{name}_total", "counter", unit, (kind,), meaning, feeds)


def _work(kind: str) -> tuple[Metric, ...]:
    """Of those who work."""
    own = "at the first reply of theirs"
    return (
        _counter(kind, "replies_sent", "replies", "public replies by people", _REPLIES),
        _counter(kind, "tickets_answered", "tickets", f"tickets, {own}", {"tickets_answered": ""}),
        _counter(
            kind, "tickets_completed", "tickets", "closes of tickets that an agent had", {"tickets_completed": ""}
        ),
    )


def _subject(kind: str) -> tuple[Metric, ...]:
    """Of what tickets are about. A ticket has several tags, and both topics of `parent/child`: sums count it twice."""
    of = f"of tickets with that {kind}"
    return (
        _counter(kind, "messages_received", "messages", f"customer messages {of}", {"messages_received": ""}),
        _counter(kind, "tickets_closed", "tickets", f"closes {of}", dict.fromkeys(_CLOSES, "")),
    )


def _quality(kind: str) -> tuple[Metric, ...]:
    """Of all: how long replies took and what customers said; sum and count, so that the mean of any time can be had."""
    scores = dict.fromkeys(_SCORES, "")
    took = "start of a wait, to the human reply that ends it"
    return (
        Metric(f"support_{kind}_response_seconds", "summary", "seconds", (kind,), took, {"response": ""}),
        Metric(f"support_{kind}_survey_score", "summary", "", (kind,), "answers to surveys, 1 to 5", scores),
    )


DIMENSIONS: Final = {
    kind: (*(_work(kind) if kind in ("agent", "team") else _subject(kind)), *_quality(kind)) for kind in DIMENSION_KINDS
}
"""Kind -> its metrics."""
