"""The marker: how far the source is included. Part of every flush, so it is true of what stands beside it."""

import msgspec

from app.engine.crash import OperatorNeededError
from app.engine.ports import Bounds

MARKER_KEY = b"\x00marker"
"""Its key in the changelog; a processor's keys must differ from it."""
PROOF_KEY = b"\x00proof"
"""Removing what was never there changes nothing, but only the present owner can. A processor's keys must differ."""


class Marker(msgspec.Struct, frozen=True):
    """`next_offset` is the first source offset not yet included, under these rules of reading."""

    next_offset: int
    partitions: int
    clock: str
    version: str
    note: bytes


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Marker).decode


class Identity(msgspec.Struct, frozen=True):
    """Whose partition it is, and under which rules its records are read."""

    job: str
    topic: str
    partition: int
    partitions: int
    clock: str
    version: str

    def __str__(self) -> str:
        return f"{self.job} of {self.topic}/{self.partition}"

    def marker(self, next_offset: int, note: bytes) -> Marker:
        """The marker of a flush under these rules."""
        return Marker(next_offset, self.partitions, self.clock, self.version, note)


def starting_offset(identity: Identity, marker: Marker | None, bounds: Bounds) -> int:
    """Where to go on reading. Raises OperatorNeededError when no answer would be exact."""
    if marker is None:
        if bounds.committed is None:
            return bounds.begin
        raise OperatorNeededError(
            f"{identity}: the consumer group has committed offset {bounds.committed}, the changelog has no "
            "marker: it was deleted or recreated. Restore it, or reset the group's offsets to begin anew from the start"
        )
    _same_rules(identity, marker)
    if marker.next_offset < bounds.begin:
        raise OperatorNeededError(
            f"{identity}: the state ends at offset {marker.next_offset}, but the source begins only at {bounds.begin}: "
            "retention took records that were never counted. Begin anew (reset changelog and group), and lengthen the "
            "source's retention"
        )
    if marker.next_offset > bounds.end:
        raise OperatorNeededError(
            f"{identity}: the state ends at offset {marker.next_offset}, but the source ends at {bounds.end}: it was "
            "recreated or lost its end. Restore it, or begin anew (reset changelog and group)"
        )
    return marker.next_offset


def _same_rules(identity: Identity, marker: Marker) -> None:
    if marker.partitions != identity.partitions:
        raise OperatorNeededError(
            f"{identity}: the source has {identity.partitions} partitions, the state was made with "
            f"{marker.partitions}: keys have moved between partitions. Go back to the old count, or begin anew on new "
            "topics"
        )
    if marker.clock != identity.clock:
        raise OperatorNeededError(
            f"{identity}: the clock is set to '{identity.clock}', the state was made with '{marker.clock}'. Set it "
            "back, or begin anew (reset changelog and group)"
        )
