"""From Kafka into the figures, with how fresh they are."""

from collections.abc import Iterable
from typing import Any

from app.cli.board.feed import Feed
from app.cli.board.figures import Figures
from app.cli.board.screen import Freshness
from app.cli.board.words import instant_of
from app.clock import monotonic_seconds, wall_milliseconds
from app.kpi.rules import Clock


class Reader:
    """Reads a feed into figures; `clock` is the deployment's, since history is not as old as it says."""

    def __init__(self, feed: Feed, figures: Figures, clock: Clock) -> None:
        self._feed = feed
        self._figures = figures
        self._clock = clock
        self._heard_seconds = monotonic_seconds()

    async def past(self) -> list[Any]:
        """Take in what was there at the start; the records taken. Of a key that is replaced only the newest is read."""
        found: dict[object, Any] = {}
        for record in await self._feed.past():
            place = record.key if self._figures.replaces(record.topic) else (record.partition, record.offset)
            found[record.topic, place] = record
        return self._take(found.values())

    async def more(self, limit_seconds: float) -> list[Any]:
        """Take in what has come since, waiting so long for the first; the records taken."""
        return self._take(await self._feed.more(limit_seconds))

    def _take(self, records: Iterable[Any]) -> list[Any]:
        wanted = [record for record in records if self._figures.wants(record.topic, record.key)]
        for record in wanted:
            self._figures.take(record.topic, record.value)
        if wanted:
            self._heard_seconds = monotonic_seconds()
        return wanted

    def freshness(self) -> Freshness:
        """As of now."""
        now = instant_of(wall_milliseconds()) if self._clock == "log" else None
        return Freshness(now, monotonic_seconds() - self._heard_seconds)
