"""What `/tickets` answers, as the worker writes it and as commands read it. Instants are RFC 3339."""

import msgspec

from app.kpi.waiting import WaitState


class TicketRow(msgspec.Struct, frozen=True, gc=False):
    """A ticket that somebody must look at. Ids only: no name, no text."""

    ticket_id: str
    channel: str
    priority: str | None
    team: str | None
    agent_id: str | None
    state: WaitState
    since: str
    """Start of its wait."""
    metric: str | None
    """The promise that runs: first_response or next_response."""
    due_at: str | None
    link: str | None
    partition: int


class PartitionRow(msgspec.Struct, frozen=True, gc=False):
    """A partition that was looked through, as of a stream time (None: no record yet), and how many tickets of it are meant."""

    partition: int
    as_of: str | None
    total: int


class WorkerAnswer(msgspec.Struct, frozen=True, gc=False):
    """The oldest `tickets` of the `total` in the partitions that this worker owns, of so many in the deployment."""

    state: WaitState
    channel: str | None
    total: int
    partitions: list[PartitionRow]
    of_partitions: int
    channels: list[str]
    """Configured ones and those that were seen."""
    tickets: list[TicketRow]
    next: str | None
    """`after` of the next page; None when this is the last."""
