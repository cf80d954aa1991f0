"""Volumes."""

from typing import Final

from app.kpi.measures import COUNTS
from app.kpi.reference.kpi import Kpi

_UNITS: Final = {measure.name: measure.unit for measure in COUNTS}
_COMMANDS: Final = ("export", "compute")


def _count(
    name: str,
    question: str,
    meaning: str,
    leaves_out: str,
    once_per: str,
    measures: tuple[str, ...],
    metrics: tuple[str, ...],
    boards: tuple[str, ...] = (),
    commands: tuple[str, ...] = (),
) -> Kpi:
    fields = tuple(f"counts.{measure}" for measure in measures)
    unit = _UNITS[measures[0]]
    commands = (*commands, *_COMMANDS)
    return Kpi(name, question, meaning, leaves_out, unit, once_per, fields, metrics, boards, commands, measures)


_FLOW: Final = "Support overview: Arrivals, replies, closures"

COUNT_KPIS: Final = (
    _count(
        "messages_received",
        "How much did customers write, and how much of it while we were closed?",
        "Customer messages, by their own instant. Off hours are those outside the channel's opening hours; a channel without "
        "opening hours is always open.",
        "Edits, reactions, receipts, out-of-office mail.",
        "message",
        ("messages_received", "messages_received_off_hours"),
        ("support_messages_received_total",),
        (_FLOW,),
    ),
    _count(
        "messages_by_sentiment",
        "In which mood did customers write?",
        "Messages whose sentiment the source tells: positive, neutral, negative. Carebeat reads no text and judges none.",
        "Messages of sources that tell none.",
        "message",
        ("messages_by_sentiment",),
        ("support_messages_by_sentiment_total",),
    ),
    _count(
        "quick_replies",
        "Which buttons did customers press?",
        "Messages that chose a quick reply, by the reply.",
        "Messages written by hand.",
        "message",
        ("quick_replies",),
        (),
    ),
    _count(
        "replies_sent",
        "How much did we answer?",
        "Public replies by author: agent, bot, automation, campaign, unknown. Unknown authors count as agents everywhere else, "
        "unless configured otherwise.",
        "Internal notes.",
        "reply",
        ("replies_sent",),
        ("support_replies_sent_total", "support_agent_replies_sent_total", "support_team_replies_sent_total"),
        (_FLOW,),
        ("watch",),
    ),
    _count(
        "tickets_opened",
        "How many tickets came in?",
        "First events of tickets: a message, a reply by a person or bot, an opening, an assignment, a call.",
        "Reopenings. Campaigns and automatic notices open nothing.",
        "ticket",
        ("tickets_opened",),
        ("support_tickets_opened_total",),
        (_FLOW,),
        ("watch",),
    ),
    _count(
        "tickets_reopened",
        "How many came back?",
        "Rounds after the first: a customer wrote on a closed ticket, or the source reopened it.",
        "Reopening what is open.",
        "round",
        ("tickets_reopened",),
        ("support_tickets_reopened_total",),
    ),
    _count(
        "tickets_closed",
        "How many did we close, and why?",
        "Closes of open tickets by reason: resolved, idle (nobody wrote for so long), spam, merged, deleted, abandoned.",
        "Closing what is closed.",
        "round",
        ("tickets_closed",),
        ("support_tickets_closed_total",),
        (_FLOW,),
        ("watch",),
    ),
    _count(
        "tickets_closed_unanswered",
        "How many did we close without a word?",
        "Closes of rounds in which nobody and nothing replied, automatic messages included, whatever the reason.",
        "Rounds with a reply of any kind.",
        "round",
        ("tickets_closed_unanswered",),
        ("support_tickets_closed_unanswered_total",),
    ),
    _count(
        "tickets_assigned",
        "How often did a ticket get an agent?",
        "Assignments to another agent than before. By agent: to that agent.",
        "Taking an agent away; changes of team alone.",
        "assignment",
        ("tickets_assigned",),
        ("support_tickets_assigned_total",),
    ),
    _count(
        "tickets_completed",
        "How many tickets did agents bring to an end?",
        "Closes of tickets that an agent had at that moment. By agent: that this one had.",
        "Closes of tickets that nobody had.",
        "round",
        ("tickets_completed",),
        ("support_tickets_completed_total", "support_agent_tickets_completed_total"),
    ),
    _count(
        "tickets_answered",
        "How many tickets did an agent or a team answer?",
        "Tickets with a reply of theirs, at the first one. There is no such figure of a channel.",
        "Further replies to the same ticket.",
        "ticket and agent, or team",
        ("tickets_answered",),
        ("support_agent_tickets_answered_total", "support_team_tickets_answered_total"),
    ),
    _count(
        "waits",
        "How often did customers begin to wait, and how did it end?",
        "Waits opened; ended by a human reply (answered), a bot's reply (automated) or a close (cancelled).",
        "Messages while a wait is open: it is one wait.",
        "wait",
        ("waits_opened", "waits_answered", "waits_automated", "waits_cancelled"),
        ("support_waits_opened_total", "support_waits_ended_total"),
    ),
    _count(
        "forgotten",
        "What was never closed?",
        "Open tickets that were let go after long silence (400 days unless configured), and their open waits.",
        "Closed tickets that are forgotten.",
        "ticket",
        ("tickets_forgotten", "waits_forgotten"),
        ("support_tickets_forgotten_total", "support_waits_forgotten_total"),
    ),
    _count(
        "settled",
        "How many closes held?",
        "Closes as resolved or for silence that no reopening followed for the settle window (72 h unless configured). They count "
        "at close + settle window.",
        "Closes for spam, merges, deletions, abandoned tickets.",
        "settled close",
        ("settled",),
        ("support_settled_total",),
    ),
    Kpi(
        "revenue",
        "What did customers buy after they had written?",
        "Amounts of orders within 5 days of a ticket's opening, by currency, each order once, in the window of the order.",
        "Later orders; orders without an amount. Currencies are never added up. That a ticket led to the order is not said.",
        "the currency",
        "order",
        ("revenue",),
        ("support_revenue_total",),
        (),
        _COMMANDS,
        ("revenue",),
    ),
)
