"""The board as it goes on: what was read goes into the figures, and now and then they are shown."""

from collections.abc import Iterable
from typing import Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from app.cli.board.feed import Feed
from app.cli.board.figures import Figures, View
from app.cli.board.limits import LimitsOf
from app.cli.board.lines import change_line, plain_line, update
from app.cli.board.screen import Freshness, screen
from app.cli.terminal import write_json
from app.clock import monotonic_seconds, wall_milliseconds
from app.cli.board.words import instant_of
from app.kpi.rules import Clock
from schemas.sla import SlaTransition


class Foot(Protocol):
    """What stands below a board: where it comes from."""

    def __call__(self, view: View, width: int) -> list[Text]:
        """The lines at the bottom, at most `width` columns wide."""


class Reader:
    """Feeds figures from Kafka, and knows since when nothing came."""

    def __init__(self, feed: Feed, figures: Figures, clock: Clock) -> None:
        self._feed = feed
        self._figures = figures
        self._clock = clock
        self._heard_seconds = monotonic_seconds()

    async def past(self) -> None:
        """Take in what there was at the start: of each key only the newest needs to be read."""
        newest: dict[tuple[str, bytes | None], Any] = {}
        keyless_or_all: list[Any] = []
        for record in await self._feed.past():
            if self._figures.wants(record.topic, record.key):
                if record.topic in self._keyed:
                    newest[record.topic, record.key] = record
                else:
                    keyless_or_all.append(record)
        self._take([*newest.values(), *keyless_or_all])
