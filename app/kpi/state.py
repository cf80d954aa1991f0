"""What is known of one ticket: all that its future depends on. How it changes: `ticket.py`."""

from typing import Final

import msgspec

from app.kpi import sla
from app.kpi.sla import Attributes, SlaClock

UNKNOWN, OPEN, CLOSED = range(3)
NEVER: Final = 1 << 62
"""Later than every instant."""


class Settling(msgspec.Struct, array_like=True, gc=False):
    """What happened since the ticket last settled: the evidence for first contact, one touch, automated."""

    rounds: int = 0
    replies: int = 0
    replier: str | None = None
    repliers: int = 0
    """1 or, for two and more, 2."""
    bot_replied: bool = False
    bot_closed: bool = False
    team_changed: bool = False
    held: bool = False


class State(msgspec.Struct, array_like=True, gc=False):
    """All that a ticket's future depends on. None = not running, not yet, not known."""

    status: int = UNKNOWN
    channel: str = ""
    """Of the event that opened the round."""
    attributes: Attributes = msgspec.field(default_factory=Attributes)
    last_ms: int = 0
    """The last event; 0 only while nothing at all is known."""
    turn_ms: int = 0
    """The last customer message, public reply or opening of a round: silence counts from here."""
    opened_ms: int | None = None
    """The first customer message: the start of durations."""
    round_ms: int | None = None
    first_round: bool = True
    round_replied: bool = False
    resolution_given: bool = False
    owned: bool = False
    bot_answered: bool = False
    """A bot ended the last wait and nothing came since: a hand-over to a human starts a wait."""
    wait_ms: int | None = None
    wait_channel: str = ""
    wait_expired: bool = False
    first_ms: int | None = None
    first_channel: str = ""
    first_done: bool = False
    queue_ms: int | None = None
    queue_channel: str = ""
    first_sla: SlaClock | None = None
    next_sla: SlaClock | None = None
    resolution_sla: SlaClock | None = None
    closed_ms: int | None = None
    """Set while the last close may still settle."""
    closed_idle: bool = False
    since: Settling = msgspec.field(default_factory=Settling)
    pending: list[tuple[int, str]] | None = None
    """Messages on a closed ticket that only a reopening turns into a wait: (instant, channel)."""
    forgotten_ms: int | None = None

    def level(self) -> tuple[str, str | None, bool, int | None, bool, bool, bool] | None:
        """What the ticket adds to the levels: (channel, priority, waiting, wait's start, unassigned, at risk, breached); None if not open."""
        if self.status != OPEN:
            return None
        reply = self.first_sla or self.next_sla
        phase = reply.phase if reply is not None else sla.RUNNING
        attributes = self.attributes
        waiting = self.wait_ms is not None
        return (
            self.channel,
            attributes.priority,
            waiting,
            self.wait_ms,
            attributes.agent is None,
            phase == sla.AT_RISK,
            waiting and phase == sla.BREACHED,
        )
