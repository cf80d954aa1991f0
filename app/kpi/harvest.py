"""What a partition gives at each flush."""

from typing import NamedTuple

import msgspec

from app.kpi.effects import Duration, Transition
from app.kpi.partials import Partial
from app.kpi.sla import Attributes
from app.kpi.wire import Rejected
from app.record import Record


class Caused(msgspec.Struct, frozen=True, gc=False):
    """A transition, with its ticket and the offset of the record that caused it."""

    ticket_id: str
    offset: int
    transition: Transition


class Sampled(NamedTuple):
    """A duration sample, with its ticket and the offset of the record that caused it."""

    ticket_id: str
    offset: int
    duration: Duration
    retracted: bool
    attributes: Attributes
    """The ticket's labels when it was published."""


class DeadLetter(NamedTuple):
    """A record that is no event, and why."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    reason: str
    field: str | None
    """Which one was refused, where it was one."""


def dead_letter(record: Record, why: Rejected) -> DeadLetter:
    """A refused record as it is published."""
    return DeadLetter(record.offset, record.timestamp, record.key, record.value, why.reason, why.field)


class Harvest(NamedTuple):
    """All that happened since the last one. `changes` are entries of the state; None = gone."""

    changes: list[tuple[bytes, bytes | None]]
    partials: list[Partial]
    transitions: list[Caused]
    samples: list[Sampled]
    dead_letters: list[DeadLetter]
