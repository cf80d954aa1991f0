"""What happens at a made-up help desk, for the vendors' servers to tell: messages, replies, closes and reopenings of tickets."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["in", "out", "close", "reopen"]
START_MS = 1_772_448_000_000
AGENT, CUSTOMER = 901, 501


class Happening(NamedTuple):
    id: int
    ticket: int
    kind: Kind
    at_ms: int
    is_first: bool


class World:
    """Its clock goes by one second with each happening; every instant is a whole second."""

    def __init__(self) -> None:
        self.now_ms = START_MS
        self.tickets: dict[int, list[Happening]] = {}
        self._count = 0

    def happen(self, ticket: int, kind: Kind, after_seconds: int = 1) -> Happening:
        """The first thing that happens to a ticket is a message; an open one is not reopened, a closed one not closed."""
        self.now_ms += 1000 * after_seconds
        self._count += 1
        before = self.tickets.setdefault(ticket, [])
        if not before:
            kind = "in"
        elif (kind == "close") == (self.status(ticket) == "closed") and kind in ("close", "reopen"):
            kind = "out"
        happening = Happening(1000 + self._count, ticket, kind, self.now_ms, not before)
        before.append(happening)
        return happening

    def status(self, ticket: int, until_ms: int | None = None) -> str:
        states = [
            one.kind
            for one in self.tickets[ticket]
            if one.kind in ("close", "reopen") and (until_ms is None or one.at_ms <= until_ms)
        ]
        return "closed" if states and states[-1] == "close" else "open"

    def changed_ms(self, ticket: int) -> int:
        return self.tickets[ticket][-1].at_ms

    def by_change(self) -> list[int]:
        """Tickets, the one that changed longest ago first."""
        return sorted(self.tickets, key=lambda ticket: (self.changed_ms(ticket), ticket))

    def happenings(self) -> Iterator[Happening]:
        for ticket in self.tickets.values():
            yield from ticket
