"""Both sides of the demo, counted apart: what was sent, and what the KPIs say. At the end they must agree."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from app.traffic.simulator import Due
from schemas.kpis import KPIS, ChannelKpis

_WINDOW: Final = "hour"
"""Each event counts in one hour, so hours add up to the whole."""


@dataclass(slots=True)
class Sent:
    """What the simulator sent."""

    events: int = 0
    tickets: dict[str, set[str]] = field(default_factory=dict)
    """Channel -> its tickets."""

    def watching(self, source: Iterable[Due], is_over: Callable[[], bool]) -> Iterator[Due]:
        """The same traffic until it is over; an event counts when the next one is asked for: then it was sent."""
        for due in source:
            if is_over():
                return
            yield due
            self.events += 1
            self.tickets.setdefault(due.event["channel"], set()).add(due.event["ticket_id"])

    @property
    def ticket_count(self) -> int:
        """Tickets of all channels."""
        return sum(len(tickets) for tickets in self.tickets.values())


class Counted:
    """What the published windows say, all hours together."""

    def __init__(self) -> None:
        self.dead_letters = 0
        self._windows: dict[tuple[str, datetime], ChannelKpis] = {}

    def take(self, value: bytes) -> None:
        """Take one record of the KPI topic in."""
        record = KPIS.validate_json(value)
        if not isinstance(record, ChannelKpis) or record.window.kind != _WINDOW:
            return
        place = (record.channel, record.window.start)
        if place not in self._windows or self._windows[place].revision <= record.revision:
            self._windows[place] = record

    def _of(self, channel: str) -> list[ChannelKpis]:
        return [record for (name, _), record in self._windows.items() if name == channel]

    def tickets_opened(self, channel: str = "all") -> int:
        """In one channel."""
        return sum(record.counts.tickets_opened for record in self._of(channel))

    @property
    def waits_answered(self) -> int:
        """By humans, in all channels."""
        return sum(record.counts.waits_answered for record in self._of("all"))

    @property
    def met(self) -> int:
        """SLA clocks of all metrics."""
        return sum(entry.met for record in self._of("all") for entry in record.sla)

    @property
    def breached(self) -> int:
        """SLA clocks of all metrics."""
        return sum(entry.breached for record in self._of("all") for entry in record.sla)
