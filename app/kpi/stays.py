"""Which customer is in which ticket, since when: what orders are given by (theory in `orders.py`)."""

from typing import Final

import msgspec

from app.kpi.instants import DAY_MS, NEVER
from app.kpi.outcomes import CONVERSION_MS

TOO_OLD_MS: Final = 2 * DAY_MS
"""After so long an order counts nowhere: no hour or day in which it could is open any more."""
APART_MS: Final = CONVERSION_MS + TOO_OLD_MS
"""Between two contacts of one stay, at most: as long as an order that comes late may ask for it."""

Span = tuple[int, int]


class Stay(msgspec.Struct, array_like=True):
    """One contact point in one ticket: (first, last) instants of contacts, further apart than `APART_MS`."""

    channel: str
    spans: list[Span] = []

    def began_ms(self, at_ms: int) -> int | None:
        """When the customer came, if there at an instant."""
        return next((first for first, last in self.spans if first <= at_ms <= last + APART_MS), None)

    def join(self, channel: str, at_ms: int) -> None:
        """One contact more."""
        near = [span for span in self.spans if span[0] - APART_MS <= at_ms <= span[1] + APART_MS]
        far = [span for span in self.spans if span not in near]
        ends = [end for span in near for end in span]
        self.spans = sorted([*far, (min((at_ms, *ends)), max((at_ms, *ends)))])
        self.channel = min(
            self.channel, channel
        )  # figures go by the ticket's own; this one only must not depend on order

    def forget(self, now_ms: int, settle_ms: int) -> None:
        """Drop what is of no use any more."""
        self.spans = [span for span in self.spans if span[1] + APART_MS + settle_ms > now_ms]

    def due_ms(self, settle_ms: int) -> int:
        """When the oldest of its spans is of no use any more: no order that can still come asks for it."""
        return min((last for _, last in self.spans), default=NEVER) + APART_MS + settle_ms


class Stays:
    """Those of all customers, by contact point and ticket."""

    def __init__(self) -> None:
        self.by_point: dict[str, dict[str, Stay]] = {}

    def __len__(self) -> int:
        return sum(map(len, self.by_point.values()))

    def put(self, point: str, ticket_id: str, stay: Stay) -> None:
        """Know of one."""
        self.by_point.setdefault(point, {})[ticket_id] = stay

    def get(self, point: str, ticket_id: str) -> Stay | None:
        """The one, if there is one."""
        return self.by_point.get(point, {}).get(ticket_id)

    def drop(self, point: str, ticket_id: str) -> None:
        """Forget one, if there is one."""
        stays = self.by_point.get(point, {})
        stays.pop(ticket_id, None)
        if not stays:
            self.by_point.pop(point, None)

    def latest(self, points: list[str], at_ms: int) -> tuple[str, str] | None:
        """(ticket, its channel) in which a customer of these contact points was then, and had come last, at most five days before.

        A ticket began for the customer when the first of the points came there; of two that began together the greater id.
        """
        there = [
            (first_ms, ticket_id, stay.channel)
            for point in points
            for ticket_id, stay in self.by_point.get(point, {}).items()
            if (first_ms := stay.began_ms(at_ms)) is not None
        ]
        began: dict[str, tuple[int, str]] = {}
        for first_ms, ticket_id, channel in there:
            known_ms, known = began.get(ticket_id, (first_ms, channel))
            began[ticket_id] = min(first_ms, known_ms), min(channel, known)
        if not began:
            return None
        ticket = max(began, key=lambda ticket_id: (began[ticket_id][0], ticket_id))
        began_ms, channel = began[ticket]
        return (ticket, channel) if at_ms <= began_ms + CONVERSION_MS else None
