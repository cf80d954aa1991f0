"""Rates: always two counts. Several windows or channels are merged by adding the counts, never by averaging rates."""

from typing import Final

from app.kpi.rates import RATES
from app.kpi.reference.kpi import Kpi

_SETTLED: Final = (
    "Closes that have not held for the settle window yet: today's figure is about closes of that long ago."
)
_COMMANDS: Final = ("export", "compute")


def _share(
    name: str,
    rate: str,
    question: str,
    meaning: str,
    leaves_out: str,
    once_per: str,
    metrics: tuple[str, ...],
    boards: tuple[str, ...] = (),
    commands: tuple[str, ...] = (),
) -> Kpi:
    share = RATES[rate]
    measures = tuple(dict.fromkeys(measure.partition("|")[0] for measure in (*share.part, *share.of)))
    fields = (f"rates.{rate}", *(f"counts.{measure}" for measure in measures))
    unit, commands = "share, 0 to 1", (*commands, *_COMMANDS)
    return Kpi(name, question, meaning, leaves_out, unit, once_per, fields, metrics, boards, commands, measures)


SHARE_KPIS: Final = (
    Kpi(
        "sla_attainment",
        "Do we keep our promises?",
        "Verdicts of SLA clocks that were met, of those met or breached: first_response, next_response (every later wait), "
        "resolution (every round). Met counts in the window of the answer, breached in the window of the deadline, once, whether or "
        "not an answer ever comes. An answer that is read late but happened in time takes the breach back.",
        "Clocks that a close cancelled. Verdicts of events that were over a day old when they arrived (`historic`): they page "
        "nobody.",
        "share, 0 to 1",
        "clock",
        ("sla.met", "sla.breached", "sla.cancelled", "sla.historic"),
        ("support_sla_verdicts_total", "support_window_attainment_ratio"),
        ("Support overview: Attainment", "Support overview: Attainment by channel"),
        ("watch", "explain", "export", "compute"),
        ("sla",),
    ),
    _share(
        "response_rate",
        "response",
        "Which share of waiting customers did we answer in time?",
        "Waits that a person answered within the reply limit (24 h unless configured), of those and the waits that reached the "
        "limit unanswered. An answer counts in its own window, an expired wait in the window of start + limit. Never above 100 %, "
        "and customers who are met with silence show.",
        "Waits that a bot answered or a close ended before the limit.",
        "wait",
        ("support_waits_answered_in_time_total", "support_waits_expired_total"),
        ("Support goals: Response rate", "Support goals: Response rate by channel"),
    ),
    _share(
        "resolution_rate",
        "resolution",
        "Do we close as much as comes in?",
        "Closes of any reason, of tickets opened and reopened in the same window. Above 100 % the backlog shrinks.",
        "It follows no ticket: what is closed today may have come last week.",
        "round",
        ("support_tickets_closed_total", "support_tickets_opened_total", "support_tickets_reopened_total"),
    ),
    _share(
        "messages_answered",
        "messages_answered",
        "Which share of messages got an answer by a person?",
        "Messages in waits that a human answered, in the window of the answer, of messages received.",
        "Messages that a bot answered. Since both count in their own window, an hour may show more than 100 %.",
        "message",
        ("support_messages_answered_total", "support_messages_received_total"),
    ),
    _share(
        "messages_actioned",
        "messages_actioned",
        "Which share of messages did somebody act on?",
        "Messages in waits that saw an action (human reply, or an assignment, label, pause or close that no bot or automation made), "
        "of messages received.",
        "What bots and automations do.",
        "message",
        ("support_messages_actioned_total", "support_messages_received_total"),
    ),
    _share(
        "first_contact_resolved",
        "first_contact_resolved",
        "Which share was solved at the first contact?",
        "Of settled closes: answered by a person or bot, one round, at most one person, no change of team, never on hold for us or a "
        "third party.",
        _SETTLED,
        "settled close",
        ("support_first_contact_resolved_total", "support_settled_total"),
        ("Support quality: First contact resolved", "Support quality: First contact resolved by channel"),
        ("watch",),
    ),
    _share(
        "one_touch",
        "one_touch",
        "Which share needed one reply only?",
        "Of settled closes: exactly one human reply.",
        _SETTLED,
        "settled close",
        ("support_one_touch_total", "support_settled_total"),
    ),
    _share(
        "no_human_reply",
        "no_human_reply",
        "Which share got no reply by a person?",
        "Of settled closes: no human reply, whether or not a bot replied.",
        _SETTLED,
        "settled close",
        ("support_no_human_reply_total", "support_settled_total"),
    ),
    _share(
        "automated",
        "automated",
        "Which share was done without people?",
        "Of settled closes: no human reply, and a bot replied, or a bot or automation closed.",
        _SETTLED,
        "settled close",
        ("support_automated_total", "support_settled_total"),
        ("Support quality: Automated",),
    ),
    _share(
        "satisfied",
        "satisfied",
        "Are customers satisfied?",
        "Answers of 4 and 5, of all answers, 1 to 5. A round counts once, an hour after its first answer, as the answer stands "
        "then. By agent it is the last person who replied.",
        "Later answers of the same round; customers who did not answer.",
        "round with an answer",
        ("support_survey_answers_total", "support_agent_survey_score", "support_team_survey_score"),
        ("Support quality: Satisfied", "Support quality: Satisfied by channel", "Support quality: Survey answers"),
        ("watch",),
    ),
    _share(
        "surveys_answered",
        "surveys_answered",
        "How many customers answer when we ask?",
        "Rounds with an answer, of surveys sent; each in its own window.",
        "Answers after the first of a round.",
        "survey",
        ("support_surveys_sent_total", "support_survey_answers_total"),
    ),
    _share(
        "conversion",
        "conversion",
        "How many customers who wrote bought something?",
        "Tickets with an order within 5 days of their opening, in the window of the order, of tickets opened.",
        "Further orders of the same ticket; later ones.",
        "ticket",
        ("support_tickets_converted_total", "support_tickets_opened_total"),
        ("Support quality: Conversion", "Support quality: Offers, orders"),
    ),
    _share(
        "deflection",
        "deflection",
        "How many callers wrote instead?",
        "Callers who took the offer to write, of those who were offered it, whether or not it opened a ticket.",
        "Calls without an offer.",
        "offer",
        ("support_deflections_offered_total", "support_deflections_accepted_total"),
        ("Support quality: Calls deflected", "Support quality: Offers, orders"),
    ),
)
