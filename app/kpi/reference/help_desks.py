"""Where help desks count otherwise. Only what is known is said: an empty cell means that nobody looked, not that all agree."""

from typing import Final, NamedTuple

HELP_DESKS: Final = ("Zendesk", "Intercom", "Chatwoot", "Gorgias", "Sprout", "Sparkcentral")


class Difference(NamedTuple):
    """One case. `theirs`: help desk -> what it does."""

    kpi: str
    case: str
    ours: str
    theirs: dict[str, str]


DIFFERENCES: Final = (
    Difference(
        "first_response",
        "a bot or rule answers first, then a person",
        "from the customer's message to the person; first_response_queue from the hand-over",
        {
            "Intercom": "to the person: its time to admin reply ignores bots",
            "Gorgias": "a message made by a rule carries the rule's id, which tells it from an agent's",
            "Sparkcentral": "from the hand-over to the human queue",
        },
    ),
    Difference(
        "first_response",
        "a bot answers and closes; days later the customer comes back",
        "from the message that comes back",
        {"Chatwoot": "the same"},
    ),
    Difference(
        "first_response",
        "we write first, the customer answers, we reply",
        "from the customer's message",
        {"Zendesk": "from creation to the second public comment by an agent"},
    ),
    Difference(
        "first_response",
        "a phone ticket is solved at once and reopened by a message days later",
        "from that message",
        {"Zendesk": "from creation: the days between count"},
    ),
    Difference(
        "first_response",
        "a message comes before opening time",
        "both: calendar time, and _business from the opening on",
        {"Sparkcentral": "from the opening on"},
    ),
    Difference(
        "response",
        "a bot answers; two weeks later the customer writes again",
        "the bot's answer ended the wait; the new message starts another",
        {"Chatwoot": "the same"},
    ),
    Difference(
        "response",
        "a bot answers, then hands over to a person",
        "from the hand-over",
        {"Chatwoot": "the same"},
    ),
    Difference(
        "response",
        "the mean of 5 and 10 minutes",
        "7 min 30 s: sums are exact, the mean is rounded to the millisecond",
        {"Sprout": "printed as 7 minutes"},
    ),
    Difference(
        "response_rate",
        "what a share of answered is a share of",
        "waits, against a limit; messages_answered and messages_actioned stand beside it",
        {"Sprout": "messages received: those answered, those acted on"},
    ),
    Difference(
        "first_touch",
        "an agent gets a ticket that has waited",
        "from the assignment; first_response goes on from the message",
        {"Sprout": "the same"},
    ),
    Difference(
        "sla_attainment",
        "the customer says thanks, and we close without a word",
        "the promise of a next response is cancelled",
        {"Chatwoot": "it is breached when its time is over"},
    ),
    Difference(
        "sla_attainment",
        "a target of one day, with opening hours from 9 to 17",
        "24 hours inside opening hours: three working days",
        {"Intercom": "the same"},
    ),
    Difference(
        "sla_attainment",
        "1 h from Friday 16:30, opening hours from 9 to 17",
        "due on Monday at 9:30",
        {"Chatwoot": "the same"},
    ),
    Difference(
        "sla_attainment",
        "a target that is used up exactly at closing time",
        "due at closing time",
        {"Zendesk": "its published library for business time says: at the next opening"},
    ),
    Difference(
        "resolution",
        "what ends a ticket",
        "the first close that resolves; further closes of a closed ticket are nothing",
        {
            "Zendesk": "two ends: solved by the agent, closed by an automation days later; solved to open is the reopening"
        },
    ),
    Difference(
        "satisfied",
        "the scale",
        "1 to 5; 4 and 5 are satisfied",
        {"Gorgias": "1 to 5"},
    ),
)
