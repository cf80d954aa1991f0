"""The catalogue of rates: which counts are divided by which. A rate is always two counts, so that windows can be added up first."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from app.kpi.event import CLOSE_REASONS

_CLOSES: Final = tuple(f"tickets_closed|{reason}" for reason in CLOSE_REASONS)
_SCORES: Final = tuple(f"survey_scores|{score}" for score in range(1, 6))
_SETTLED: Final = ("settled",)
_RECEIVED: Final = ("messages_received",)


class Share(NamedTuple):
    """How much of the counts `of` the counts `part` are."""

    part: tuple[str, ...]
    of: tuple[str, ...]


RATES: Final = {
    "response": Share(("waits_answered_in_time",), ("waits_answered_in_time", "waits_expired")),
    "resolution": Share(_CLOSES, ("tickets_opened", "tickets_reopened")),
    "messages_answered": Share(("messages_answered",), _RECEIVED),
    "messages_actioned": Share(("messages_actioned",), _RECEIVED),
    "first_contact_resolved": Share(("first_contact_resolved",), _SETTLED),
    "one_touch": Share(("one_touch",), _SETTLED),
    "no_human_reply": Share(("no_human_reply",), _SETTLED),
    "automated": Share(("automated",), _SETTLED),
    "surveys_answered": Share(("surveys_answered",), ("surveys_sent",)),
    "satisfied": Share(_SCORES[3:], _SCORES),
    "conversion": Share(("tickets_converted",), ("tickets_opened",)),
    "deflection": Share(("deflections_accepted",), ("deflections_offered",)),
}
"""Rate -> its two counts; `satisfied` are scores of 4 and 5."""


def rates(counts: Mapping[str, int]) -> dict[str, tuple[int, float]]:
    """Rate -> (denominator, share to six decimals); without those whose denominator is 0."""
    told = {name: (_sum(counts, share.part), _sum(counts, share.of)) for name, share in RATES.items()}
    return {name: (of, round(part / of, 6)) for name, (part, of) in told.items() if of}


def _sum(counts: Mapping[str, int], measures: Iterable[str]) -> int:
    return sum(counts.get(measure, 0) for measure in measures)
