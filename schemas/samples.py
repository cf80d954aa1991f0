"""What stands on `support.samples` (opt-in): every measured duration with its ticket. The key is the ticket id."""

from schemas.kpis import DurationName
from schemas.wire import Channel, Id, Instant, Name, Seconds, WireModel


class Sample(WireModel):
    """One measured duration, or that it no longer holds."""

    id: Id
    """The same for a repeat and for its retraction."""
    ticket_id: Id
    kpi: DurationName
    seconds: Seconds
    started_at: Instant
    ended_at: Instant
    """It counts in the window of this instant; a `full_resolution`, which ends with the close, in that of the instant at which the close settled."""
    channel: Channel
    agent_id: Name | None = None
    team: Name | None = None
    topic: Name | None = None
    retracted: bool = False
    """The sample of this id is taken back."""
