"""Did a close hold, and how was it reached: first contact, one touch, nobody human, automated.

A resolved or idle close settles when nothing reopened the ticket for the settle window. It is judged by all that happened since the ticket last
settled, up to and including that instant.
"""

from app.kpi.effects import Effects
from app.kpi.rules import ByChannel
from app.kpi.samples import settled_samples
from app.kpi.state import Settling, State


def settle(state: State, at_ms: int, rules: ByChannel, out: Effects) -> None:
    """The settle window of the last close has passed."""
    channel, closed_ms, opened_ms = state.channel, state.closed_ms or 0, state.opened_ms
    out.counts.append((at_ms, channel, "settled"))
    out.counts.extend((at_ms, channel, measure) for measure in _judge(state.since))
    if opened_ms is not None and opened_ms <= closed_ms and not state.closed_idle:
        settled_samples(out, rules[channel], at_ms, channel, opened_ms, closed_ms, state.pauses or ())
    state.closed_ms = None
    state.since = Settling()


def count_replier(since: Settling, who: str | None) -> None:
    """A human replied. Replies without an author are of one replier."""
    since.replies += 1
    if since.repliers == 0:
        since.replier, since.repliers = who, 1
    elif since.replier != who:
        since.repliers = 2


def _judge(since: Settling) -> list[str]:
    """Which of the settled counts a close belongs to."""
    answered = since.replies > 0 or since.bot_replied
    verdicts = {
        "first_contact_resolved": answered
        and since.rounds <= 1
        and since.repliers <= 1
        and not (since.team_changed or since.held),
        "one_touch": since.replies == 1,
        "no_human_reply": since.replies == 0,
        "automated": since.replies == 0 and (since.bot_replied or since.bot_closed),
    }
    return [measure for measure, holds in verdicts.items() if holds]
