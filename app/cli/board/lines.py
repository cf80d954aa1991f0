"""The board without a screen: one line for a log, one JSON object for a program."""

from collections.abc import Sequence
from typing import Any, Final

from app.cli.board.figures import Row, View
from app.cli.board.screen import STALE_SECONDS, Freshness, margin_text
from app.cli.board.words import count_text, safe_text, seconds_text, share_text, time_text
from schemas.kpis import DurationName, Durations, Rate, RateName
from schemas.sla import SlaTransition
from schemas.wire import format_instant


def plain_line(view: View, freshness: Freshness) -> str:
    """All channels in one line, with a word when the figures are stale."""
    total = view.total
    if total is None or view.stream_at is None:
        return "no figures yet"
    first, sla = total.first_response, total.sla.get("first_response")
    p50, p95 = (seconds_text(getattr(first, name, None)) for name in ("p50", "p95"))
    parts = [
        f"{time_text(view.stream_at)} open {count_text(total.open)}, waiting {count_text(total.waiting)}",
        f"opened {count_text(total.opened)}, closed {count_text(total.closed)}, replies {count_text(total.replies)}",
        f"first response p50 {p50}, p95 {p95}",
        f"first-response SLA met {share_text(sla.attainment if sla else None)}, breaches {total.breaches}",
    ]
    age = freshness.age_seconds(view.stream_at)
    if age > STALE_SECONDS:
        parts.append(f"STALE, {seconds_text(age)} old")
    return "; ".join(parts)


def change_line(transition: SlaTransition) -> str:
    """One breach, or another SLA change, in one line."""
    state = "BREACHED" if transition.state == "breached" else transition.state.replace("_", " ")
    ticket = safe_text(transition.ticket_id, 200)
    what = f"{transition.channel} {transition.metric.replace('_', ' ')} {margin_text(transition)}".rstrip()
    return f"{time_text(transition.occurred_at)} {state}: {what}, ticket {ticket}"


def update(view: View, freshness: Freshness, new: Sequence[SlaTransition]) -> dict[str, Any]:
    """One update for programs: what the board shows, with the SLA changes that are new since the last one.

    Figures have the names of the KPI records; what has no figure is null.
    """
    return {
        "stream_time": format_instant(view.stream_at) if view.stream_at else None,
        "age_seconds": round(freshness.age_seconds(view.stream_at), 3) if view.stream_at else None,
        "window": view.window.model_dump(mode="json") if view.window else None,
        "channels": {row.channel: _row(row) for row in view.rows},
        "transitions": [transition.model_dump(mode="json") for transition in new],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "open": row.open,
        "waiting": row.waiting,
        "oldest_wait_seconds": row.oldest_wait_seconds,
        "tickets_opened": row.opened,
        "tickets_closed": row.closed,
        "replies_sent": row.replies,
        **{f"{name}_seconds": _durations(row.durations.get(name)) for name in _DURATIONS},
        "sla": {
            name: {"met": verdicts.met, "breached": verdicts.breached, "attainment": verdicts.attainment}
            for name, verdicts in sorted(row.sla.items())
        },
        "breaches": row.breaches,
        **{name: _rate(row.rates.get(name)) for name in _RATES},
    }


_DURATIONS: Final[tuple[DurationName, ...]] = ("first_response_queue", "first_response", "response", "resolution")


_RATES: Final[tuple[RateName, ...]] = ("first_contact_resolved", "satisfied")


def _rate(rate: Rate | None) -> dict[str, Any] | None:
    return None if rate is None else rate.model_dump()


def _durations(durations: Durations | None) -> dict[str, Any] | None:
    if durations is None:
        return None
    return durations.model_dump(include={"count", "mean", "p50", "p90", "p95", "p99"})
