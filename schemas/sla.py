"""What stands on `support.sla`: every change of state of every SLA clock, never netted. The key is the ticket id."""

from typing import Final, Literal

from schemas.kpis import SlaMetric
from schemas.wire import Channel, Id, Instant, Name, Seconds, WireModel

SlaState = Literal[
    "started",
    "at_risk",
    "breached",
    "met",
    "met_late",
    "cancelled",
    "retracted",
    "paused",
    "resumed",
    "due_changed",
]

VERBOSE_STATES: Final[tuple[SlaState, ...]] = ("started", "paused", "resumed", "due_changed")
"""Published only where the configuration asks for all."""


class SlaTransition(WireModel):
    """One change of one clock. `retracted` takes back what was published of it; what follows is the new truth."""

    id: Id
    """A hash of ticket, metric, start, due, state and the source offset of the cause: a repeat has the same id."""
    ticket_id: Id
    channel: Channel
    policy: Name
    version: Name
    """Names the content of the policy that the clock was matched with."""
    metric: SlaMetric
    state: SlaState
    started_at: Instant
    due_at: Instant
    occurred_at: Instant
    """When the state changed, by the log; a breach occurs at due."""
    elapsed_seconds: Seconds
    """Since the start of the clock, calendar time."""
    elapsed_business_seconds: Seconds | None = None
    """The same inside the channel's schedule, where it has one."""
    priority: Name | None = None
    team: Name | None = None
    agent_id: Name | None = None
    historic: bool = False
    """The events were over a day old when they reached the log: do not page."""
    ticket_url: str | None = None
