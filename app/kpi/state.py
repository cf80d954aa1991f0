"""What is known of one ticket: all that its future depends on. How it changes: `ticket.py`."""

import msgspec

from app.kpi.sla import BREACHED, RUNNING, Attributes, Pause, SlaClock

UNKNOWN, OPEN, CLOSED = range(3)


TicketLevel = tuple[str, str | None, int | None, bool, int, int]
"""(channel, priority, start of its wait or None, whether nobody is assigned, phase of its reply clock: running is 0, at risk 1, breached 2;
beginning of its round)."""


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


class Work(msgspec.Struct, array_like=True, gc=False):
    """How long agents had the ticket in this round, and who is to touch it next."""

    since_ms: int | None = None
    """Since when it counts; None while paused or nobody's."""
    total_ms: int = 0
    owned: bool = False
    """Whether somebody had it at all."""
    called: bool = False
    """A call told how long it took."""
    touch_ms: int | None = None
    """When it was assigned to who has not replied since."""


class Survey(msgspec.Struct, array_like=True, gc=False):
    """A customer's answer that may still be changed."""

    first_ms: int
    score: int
    channel: str
    agent: str | None


class Sales(msgspec.Struct, array_like=True, gc=False):
    """Orders within five days of opening, each by a digest of its id."""

    orders: list[str] = msgspec.field(default_factory=list)


class State(msgspec.Struct, array_like=True, gc=False):
    """All that a ticket's future depends on. None = not running, not yet, not known.

    New fields go to the end: what an earlier version stored must still be read.
    """

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
    pauses: list[Pause] | None = None
    """Since opening, in order; the last may still last."""
    work: Work | None = None
    replier: str | None = None
    """The last human who replied."""
    answered: list[str] | None = None
    """Agents and teams that have replied, as far as they are counted."""
    surveys: list[Survey] | None = None
    """Answers that do not count yet, in order."""
    surveyed: bool = False
    """This round has its answer."""
    sales: Sales | None = None
    begun_ms: int = 0
    """The event that opened the ticket."""
    turned_ms: int = 0
    """The event that opened or reopened: the beginning of the round for its age."""
    wait_messages: int = 0
    wait_actioned: bool = False
    """Somebody did something about the messages that wait."""
    first_historic: bool = False
    """The message that started the first response was over a day old when it reached the log."""
    queue_historic: bool = False
    """The same of what started the queue."""

    def level(self) -> TicketLevel | None:
        """What the ticket adds to the levels; None if it is not open."""
        if self.status != OPEN:
            return None
        reply = self.first_sla or self.next_sla
        phase = reply.phase if reply is not None and not reply.historic else RUNNING
        wait_ms, attributes = self.wait_ms, self.attributes
        if phase == BREACHED and wait_ms is None:
            phase = RUNNING
        return self.channel, attributes.priority, wait_ms, attributes.agent is None, phase, self.turned_ms

    def pause(self) -> Pause | None:
        """The pause that lasts, if one does."""
        if self.pauses is None or self.pauses[-1].end_ms is not None:
            return None
        return self.pauses[-1]
