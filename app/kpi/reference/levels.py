"""Levels: how it is now."""

from typing import Final

from app.kpi.reference.kpi import Kpi


def _level(
    name: str,
    question: str,
    meaning: str,
    leaves_out: str,
    metric: str,
    fields: tuple[str, ...] = (),
    boards: tuple[str, ...] = (),
    commands: tuple[str, ...] = (),
    unit: str = "tickets",
) -> Kpi:
    return Kpi(name, question, meaning, leaves_out, unit, "ticket", fields, (metric,), boards, commands)


LEVEL_KPIS: Final = (
    _level(
        "open",
        "How large is the backlog?",
        "Tickets that are open now, in the channel that opened the round.",
        "Tickets on which nothing but automatic messages happened.",
        "support_open_tickets",
        ("levels.open",),
        ("Support goals: Open tickets", "Support goals: Backlog and its ceiling"),
        ("watch", "export", "compute"),
    ),
    _level(
        "waiting",
        "How many customers wait for an answer?",
        "Open tickets whose customer has written and has no answer yet, late or not.",
        "Open tickets in which we wrote last.",
        "support_waiting_tickets",
        ("levels.waiting",),
        ("Support overview: Waiting", "Support overview: Waiting by channel"),
        ("watch", "tickets", "export", "compute"),
    ),
    _level(
        "oldest_wait",
        "Since when does the customer wait who has waited longest?",
        "The start of the oldest open wait. What is exported is the instant, so that the wait goes on growing on boards when a "
        "worker is away.",
        "Absent where nobody waits.",
        "support_oldest_wait_started_timestamp_seconds",
        ("levels.oldest_wait_started_at",),
        ("Support overview: Oldest wait",),
        ("watch", "tickets", "export", "compute"),
        "an instant",
    ),
    _level(
        "unassigned",
        "What does nobody have?",
        "Open tickets without an agent.",
        "A team alone is no agent.",
        "support_unassigned_tickets",
        boards=("Support overview: Channels",),
    ),
    _level(
        "at_risk",
        "Who must be answered next?",
        "Tickets whose reply promise has used up most of its time (80 % unless configured) and that still wait.",
        "Breached ones, and promises of resolution.",
        "support_at_risk_tickets",
        boards=("Support overview: At risk",),
        commands=("tickets",),
    ),
    _level(
        "breached",
        "Who waits too long already?",
        "Tickets past the deadline of their reply that still wait. An answer takes them off; the breach stays counted.",
        "Promises of resolution; events that were over a day old when they arrived.",
        "support_breached_tickets",
        boards=("Support overview: Breached now",),
        commands=("tickets",),
    ),
    _level(
        "open_by_age",
        "What is left lying?",
        "Open tickets by the time since their round began: under 1 h, 4 h, 24 h, 3 days, more, in whole minutes. Each ticket is in "
        "one band. Reopening makes a ticket young again.",
        "Opening hours: nights and weekends count.",
        "support_open_tickets_by_age",
        boards=("Support quality: Open tickets by age",),
    ),
)
