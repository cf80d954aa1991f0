"""The tickets of a partition: encoded while nothing happens to them.

Tickets rest as bytes (`resting`) and are decoded when something happens to them (`awake`); `rest` encodes them again, once, for the changelog and
for rest. So memory per ticket is that of its bytes, and the garbage collector has nothing to look through. Those of the last `rest` also stay
decoded until the next (`_warm`): one that is woken is taken out there, so that what is warm is always what rests.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from app.kpi.history import Ticket

_WARM_TICKETS: Final = 8_000
"""Decoded they take five times the memory: of a flush with more, none stays so."""

_decode_ticket = msgspec.msgpack.Decoder(Ticket).decode


class Shelf:
    """Tickets by id; `new` makes one of which nothing is known."""

    def __init__(self, new: Callable[[], Ticket]) -> None:
        self.resting: dict[str, bytes] = {}
        self.awake: dict[str, Ticket] = {}
        """What changed since the last `rest`; put a ticket here when it did."""
        self._new = new
        self._warm: dict[str, Ticket] = {}
        self._dropped: dict[str, None] = {}

    def load(self, ticket_id: str, encoded: bytes | None) -> None:
        """Take one entry of the changelog."""
        if encoded is None:
            self.resting.pop(ticket_id, None)
        else:
            self.resting[ticket_id] = encoded

    def wake(self, ticket_id: str) -> Ticket:
        """The ticket to work on."""
        ticket = self.awake.get(ticket_id)
        if ticket is not None:
            return ticket
        ticket = self._warm.pop(ticket_id, None)
        if ticket is not None:
            return ticket
        encoded = self.resting.get(ticket_id)
        if encoded is None:
            return self._new()
        return _decode_ticket(encoded)

    def replace(self, ticket_id: str, ticket: Ticket) -> None:
        """A ticket that did not change but for what can be found again, such as when to look at it: not worth an entry of the changelog."""
        if ticket_id not in self.awake:
            self.resting[ticket_id] = ticket.encode()

    def drop(self, ticket_id: str) -> None:
        """Nothing of a ticket needs to be kept."""
        self.awake.pop(ticket_id, None)
        if self.resting.pop(ticket_id, None) is not None:
            self._dropped[ticket_id] = None

    def size(self) -> int:
        """How many changes the next `rest` gives."""
        return len(self.awake) + len(self._dropped)

    def rest(self) -> list[tuple[bytes, bytes | None]]:
        """Put all to rest: (key, encoded ticket) of those that changed, None for those dropped."""
        changes: list[tuple[bytes, bytes | None]] = []
        resting = self.resting
        for ticket_id, ticket in self.awake.items():
            encoded = resting[ticket_id] = ticket.encode()
            changes.append((b"t" + ticket_id.encode(), encoded))
        changes += [(b"t" + ticket_id.encode(), None) for ticket_id in self._dropped if ticket_id not in self.awake]
        self._warm, self.awake = self.awake if len(self.awake) <= _WARM_TICKETS else {}, {}
        self._dropped.clear()
        return changes
