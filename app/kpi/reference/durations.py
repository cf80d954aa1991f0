"""Durations. Each has its variants: inside opening hours (`_business`) and without paused time (`_net`), as far as they are counted."""

from typing import Final

from app.kpi.measures import DURATION_NAMES
from app.kpi.reference.kpi import Kpi

_COMMANDS: Final = ("explain", "export", "compute")


def _duration(
    name: str,
    question: str,
    meaning: str,
    leaves_out: str,
    once_per: str,
    boards: tuple[str, ...] = (),
    commands: tuple[str, ...] = (),
    counts: tuple[str, ...] = (),
) -> Kpi:
    variants = (name, f"{name}_business", f"{name}_net", f"{name}_net_business")
    measures = tuple(variant for variant in variants if variant in DURATION_NAMES)
    return Kpi(
        name,
        question,
        meaning,
        leaves_out,
        "seconds: count, sum, mean, median (p50), p90, p95, p99",
        once_per,
        (*(f"durations.{measure}" for measure in measures), *(f"counts.{count}" for count in counts)),
        tuple(f"support_{measure}_seconds" for measure in measures),
        boards,
        (*commands, *_COMMANDS),
        (*measures, *counts),
    )


DURATION_KPIS: Final = (
    _duration(
        "first_response",
        "How long did a customer wait for the first answer by a person?",
        "From the customer message that started the clock to the first human reply. The clock starts at a customer message while "
        "it does not run and no person has replied in this ticket; a close stops it, and the next message starts it anew. A bot's "
        "answer does not stop it. It counts in the window of the reply.",
        "Tickets that nobody has answered yet: they are in `waiting`, and in `sla_attainment` once they are late. Replies before "
        "any customer message (we wrote first). Internal notes, automatic mail, campaigns.",
        "ticket; once more after a close for silence, or after a close that came before any answer",
        commands=("watch",),
    ),
    _duration(
        "first_response_queue",
        "How long did our people let a customer wait for the first answer?",
        "As first_response, but a bot's answer stops the clock; the next customer message or the hand-over to a human starts it "
        "again there. This is the clock that boards lead with and that the first-response promise runs on, unless configured "
        "otherwise.",
        "The time in which a bot held the ticket. A person who replies while it is stopped gives a first_response and none here.",
        "ticket",
        (
            "Support overview: First response p50",
            "Support overview: First response p90",
            "Support overview: First response",
            "Support goals: First response p50",
        ),
        ("watch",),
    ),
    _duration(
        "response",
        "How long did customers wait for an answer, each time they wrote?",
        "From the start of a wait to the human reply that ends it. A wait starts at a customer message when none is open, so "
        "several messages in a row are one wait, from the oldest. A hand-over to a human after a bot's answer starts one too.",
        "Waits that a bot answered (automated_response), that a close ended, or that are still open. Second and later replies to "
        "the same message.",
        "wait",
        ("Support goals: Response p50", "Support goals: Response and its goals"),
        ("watch",),
    ),
    _duration(
        "automated_response",
        "How quickly did bots answer?",
        "From the start of a wait to the bot reply that ends it. A bot ends no wait once a person owns the ticket.",
        "Automatic notices and campaigns: they answer nobody.",
        "wait",
    ),
    _duration(
        "first_action",
        "How long until somebody did something about a message?",
        "From the start of a wait to the first action on it: a human reply, or an assignment, label, pause or close that no bot or "
        "automation made.",
        "What bots and automations do.",
        "wait",
    ),
    _duration(
        "first_touch",
        "How long did an agent take to reply after getting a ticket?",
        "From an assignment to that agent's first reply. It measures the agent, where first_response measures what the customer "
        "felt.",
        "Assignments that ended before a reply: the ticket went to somebody else, or was closed.",
        "assignment",
    ),
    _duration(
        "resolution",
        "How long until the problem was solved, as it seemed then?",
        "From the first customer message to the first close that counts as resolved. Reopening later does not change it.",
        "Closes for silence, spam, merges, deletions and abandoned tickets. Tickets without a customer message. `_net` leaves out "
        "paused time, whatever the reason of the pause.",
        "ticket",
        ("Support goals: Resolution p50", "Support goals: Resolution and its goals"),
        ("watch",),
    ),
    _duration(
        "round_resolution",
        "How long did each round take?",
        "A round runs from the opening or reopening of a ticket to its close. The first one is counted from the first customer "
        "message.",
        "Closes that resolve nothing, as in resolution.",
        "round",
    ),
    _duration(
        "full_resolution",
        "How long until the problem was solved for good?",
        "From the first customer message to the close that held: nothing reopened the ticket for the settle window (72 h unless "
        "configured). It counts when that window has passed, so a figure of today is about closes of three days ago.",
        "Closes that were followed by a reopening within the window; closes for silence.",
        "settled close",
    ),
    _duration(
        "handle",
        "How much work was it?",
        "What a call told (talk, hold and wrap time); else the time in which agents had the ticket, unpaused and inside opening "
        "hours; else the length of the round. `handle_methods` says how many were found which way (voice, owned, round).",
        "Rounds that ended for silence or without a resolution. There is no separate business variant: owned time is inside hours "
        "already.",
        "round, or call",
        ("Support quality: Handle time p50", "Support quality: Handle time"),
        counts=("handle_methods",),
    ),
)
