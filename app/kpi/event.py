"""The event the core works on.

It is small, because a ticket keeps its events for days, and ordered, because the order of a ticket's events is the law of this project
(`ticket.py`).
"""

from typing import Final

import msgspec

OPENED, REOPENED, MESSAGE, REPLY, NOTE, CLOSED, ASSIGNED, HANDED_OVER, LABELLED = range(9)
PAUSED, RESUMED, MERGED, SURVEY_SENT, SURVEY_ANSWERED, CALL_ENDED, CALL_OFFERED, ORDER, TICK = range(9, 18)

KINDS: Final = {
    "ticket-opened": OPENED,
    "ticket-reopened": REOPENED,
    "message-received": MESSAGE,
    "reply-sent": REPLY,
    "ticket-closed": CLOSED,
    "ticket-assigned": ASSIGNED,
    "ticket-handed-over": HANDED_OVER,
    "ticket-labelled": LABELLED,
    "ticket-paused": PAUSED,
    "ticket-resumed": RESUMED,
    "ticket-merged": MERGED,
    "survey-sent": SURVEY_SENT,
    "survey-answered": SURVEY_ANSWERED,
    "call-ended": CALL_ENDED,
    "call-offered-messaging": CALL_OFFERED,
    "order-placed": ORDER,
    "clock-ticked": TICK,
}

AGENT, BOT, AUTOMATION, CAMPAIGN, UNKNOWN = range(5)
AUTHORS: Final = {"agent": AGENT, "bot": BOT, "automation": AUTOMATION, "campaign": CAMPAIGN, "unknown": UNKNOWN}
AUTHOR_WORDS: Final = tuple(AUTHORS)

_RANKS: Final = {OPENED: 0, REOPENED: 1, MESSAGE: 2, RESUMED: 4, CLOSED: 7, SURVEY_ANSWERED: 8}
RANKS: Final = tuple(_RANKS.get(kind, 5) for kind in range(TICK + 1))
"""By kind: the order among events of one instant. Replies by author (`REPLY_RANKS`)."""
REPLY_RANKS: Final = {AGENT: 6, UNKNOWN: 6, BOT: 3, AUTOMATION: 3, CAMPAIGN: 3}

CLOSE_REASONS: Final = ("resolved", "idle", "spam", "merged", "deleted", "abandoned")
PAUSE_REASONS: Final = ("customer", "third_party", "snoozed", "on_hold", "other")


class Event(msgspec.Struct, array_like=True, order=True, gc=False):
    """What happened to a ticket. Sorts by (instant, rank of its kind, id), the order in which a ticket is computed."""

    at_ms: int
    rank: int
    id: str
    kind: int
    channel: str
    author: int = AGENT
    who: str | None = None
    """The author's id."""
    word: str | None = None
    """What the kind adds: the reason of a close or pause, `human` or `bot` of a hand-over."""
    sets: dict[str, str | list[str] | None] | None = None
    """Attributes that it changes: priority, team, agent, topic, tags."""
    more: dict[str, str | int | bool] | None = None
    """What only its kind tells: sentiment and quick reply of a message, score, handle time and agent of a call, order, amount in millionths."""
    historic: bool = False
    """It was over a day old when it reached the log."""


class Tick(msgspec.Struct, gc=False):
    """Nothing but time passing: up to `at_ms` where it says so (history), else up to its append time."""

    at_ms: int | None
