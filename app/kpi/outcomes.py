"""What came of a contact beside its close: satisfaction, orders, calls that became messages.

One answer to a survey counts a round, one hour after the first one, as it stands then. An order counts for a ticket that was opened at most five
days before, each order id once.
"""

from hashlib import blake2s
from typing import Final

from app.kpi.effects import Effects
from app.kpi.event import Event
from app.kpi.instants import DAY_MS
from app.kpi.state import Sales, State, Survey

CONVERSION_MS: Final = 5 * DAY_MS
SURVEYS_KEPT: Final = 20
"""Rounds of one ticket within an hour; answers to more do not count, so that a ticket fits into a record."""
ORDERS_KEPT: Final = 1_000
"""Of one ticket; later ones do not count, so that a ticket fits into a record."""


def answered(state: State, event: Event) -> None:
    """The customer answered a survey: the first answer of the round, or a change of it while it does not count yet."""
    score = int((event.more or {}).get("score") or 0)
    if not state.surveyed:
        state.surveyed = True
        if len(state.surveys or ()) >= SURVEYS_KEPT:
            return
        state.surveys = [*(state.surveys or ()), Survey(event.at_ms, score, state.channel, state.replier)]
    elif state.surveys is not None:  # answers count in order: while one waits, the last is this round's
        state.surveys[-1].score = score


def count_survey(state: State, at_ms: int, out: Effects) -> Survey:
    """The oldest answer counts now, as it stands."""
    assert state.surveys is not None, "the timer is that of an answer"
    survey, *rest = state.surveys
    state.surveys = rest or None
    out.counts.append((at_ms, survey.channel, "surveys_answered"))
    out.counts.append((at_ms, survey.channel, f"survey_scores|{survey.score}"))
    return survey


def offered(event: Event, out: Effects) -> None:
    """A caller was offered to write instead."""
    out.counts.append((event.at_ms, event.channel, "deflections_offered"))
    if (event.more or {}).get("accepted"):
        out.counts.append((event.at_ms, event.channel, "deflections_accepted"))


def ordered(state: State, event: Event, out: Effects) -> None:
    """The ticket's customer bought something."""
    more = event.more or {}
    order = blake2s(str(more.get("order")).encode(), digest_size=8).hexdigest()
    sales = state.sales or Sales()
    if event.at_ms > state.begun_ms + CONVERSION_MS or order in sales.orders or len(sales.orders) >= ORDERS_KEPT:
        return
    if not sales.orders:
        out.counts.append((event.at_ms, state.channel, "tickets_converted"))
    sales.orders.append(order)
    state.sales = sales
    amount, currency = more.get("amount"), more.get("currency")
    if isinstance(amount, int) and currency is not None:
        out.amounts = [*out.amounts, (event.at_ms, state.channel, f"revenue|{currency}", amount)]
