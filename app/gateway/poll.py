"""A round of polling: what changed at a source since the cursor, as events that are safe.

Theory of operation is in `app/connectors/poller.py`. This file makes the requests that a poller names, one after the
other, finishes the drafts of what they bring as the gateway does those of webhooks, and gives them on.

A cursor has two instants, since a ticket that changed today may have a message of yesterday that nobody has seen. All
events up to `complete_ms` are safe; of a round that was broken off, also all events of the tickets that last changed up to
`reached_ms`. So the listing goes on from the one, and the events of a ticket begin at the other. Neither ever passes what is
not safe.

What is not as the source says is counted and left out: an entry of a listing, an answer about a ticket, an item. Only a
listing whose pages cannot be followed any further ends the round, and the next one begins where this one did.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import filterfalse
from typing import Any, Final, NamedTuple

from app.connectors.connector import Draft, Malformed
from app.connectors.poller import Ask, Found, Listed, Page, Poller
from app.gateway.accounts import Desk
from app.gateway.calls import Calls, Gone, PollError
from app.gateway.events import InvalidEvent, Ready
from schemas.wire import format_instant, parse_instant

log = logging.getLogger(__name__)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_PAGES: Final = 100_000
_MOST_ASKS: Final = 1_000
"""Of a listing, and about one ticket: an answer that always names another is not followed for ever."""


class Cursor(NamedTuple):
    """How far a source was read. See the top of the file."""

    complete_ms: int
    reached_ms: int

    @classmethod
    def at(cls, at_ms: int) -> "Cursor":
        """All before this is read, and no round is under way."""
        return cls(at_ms, at_ms)


class Dated(NamedTuple):
    """An event, and when it happened."""

    event: Ready
    occurred_ms: int
    received_at: str


@dataclass
class Tally:
    """What a round did."""

    tickets: int = 0
    found: int = 0
    events: int = 0
    malformed: int = 0
    read: int = 0
    """Tickets that are done."""


Take = Callable[[Sequence[Dated]], Awaitable[None]]
"""Makes events safe, or raises PollError."""
Reached = Callable[[Cursor], Awaitable[None]]
"""Hears of the cursor whenever it has moved, and may keep it."""


class Round:
    """One round of one account."""

    def __init__(self, desk: Desk, poller: Poller, calls: Calls, take: Take, now_ms: Callable[[], int]) -> None:
        self._desk, self._poller, self._calls, self._take, self._now_ms = desk, poller, calls, take, now_ms
        self.tally = Tally()

    async def run(
        self, cursor: Cursor, overlap_ms: int, reached: Reached, wanted: Callable[[Found], bool] = lambda _: True
    ) -> Cursor:
        """Read all that happened since the cursor; the next one. Raises PollError."""
        began_ms = self._now_ms()
        found = [one for one in await self._listed(cursor.reached_ms - overlap_ms) if wanted(one)]
        self.tally.tickets = len(found)
        for one in found:
            since_ms = cursor.complete_ms - overlap_ms
            is_new = one.began_ms is not None and one.began_ms >= since_ms
            dated = await self._events(one, 0 if is_new else since_ms)
            if dated:
                await self._take(dated)
                self.tally.events += len(dated)
            self.tally.read += 1
            cursor = cursor._replace(reached_ms=max(cursor.reached_ms, min(one.changed_ms, began_ms)))
            await reached(cursor)
        return Cursor.at(max(cursor.complete_ms, began_ms - self._poller.lag_ms))

    async def _listed(self, since_ms: int) -> Sequence[Found]:
        """All tickets that changed, the one that did so longest ago first."""
        found: dict[str, Found] = {}
        ask: Ask | None = self._poller.listing(since_ms, self._now_ms())
        pages = 0
        while ask is not None:
            page = await self._listing_page(ask, since_ms)
            self.tally.malformed += page.malformed
            for one in page.found:
                known = found.get(one.ticket)
                found[one.ticket] = one if known is None else max(one, known, key=lambda each: each.changed_ms)
            self.tally.found = len(found)
            ask, pages = page.next, pages + 1
            if pages > _MOST_PAGES:
                raise PollError("malformed", f"the listing has no end: {pages:,} pages so far")
        return sorted(found.values(), key=lambda one: (one.changed_ms, one.ticket))

    async def _listing_page(self, ask: Ask, since_ms: int) -> Listed:
        try:
            return self._poller.listed(ask, await self._calls.answer(ask), since_ms)
        except (Malformed, Gone) as error:
            self.tally.malformed += 1
            raise PollError("malformed", f"a page of the listing is not as documented: {error}") from None

    async def _events(self, found: Found, since_ms: int) -> list[Dated]:
        """What happened to a ticket since an instant, each event once, in the order of the instants."""
        dated = list(self._finished(found.items))
        asks = list(reversed(self._poller.details(found)))
        asked = 0
        while asks and asked < _MOST_ASKS:
            page = await self._page(asks.pop(), since_ms)
            dated += self._finished(page.items)
            asks += reversed(page.asks)
            asked += 1
        self.tally.malformed += len(asks)
        recent = {one.event.id: one for one in reversed(dated) if one.occurred_ms >= since_ms}
        return sorted(recent.values(), key=lambda one: one.occurred_ms)

    async def _page(self, ask: Ask, since_ms: int) -> Page:
        """An answer about a ticket; nothing for a ticket that is gone, or for what nobody can read."""
        try:
            return self._poller.read(ask, await self._calls.answer(ask), since_ms)
        except Gone:
            return Page(())
        except Malformed as error:
            log.warning("%s: an answer about a ticket is not as documented: %s", self._place, error.detail)
        except PollError as error:
            if error.reason != "malformed":
                raise
            log.warning("%s: an answer about a ticket is no JSON", self._place)
        self.tally.malformed += 1
        return Page(())

    def _finished(self, items: Sequence[Any]) -> Iterator[Dated]:
        received_at = format_instant(datetime.fromtimestamp(self._now_ms() / 1000, UTC))
        for item in items:
            try:
                drafts = self._desk.connector.normalise(item, self._desk.account)
                for draft in filterfalse(self._desk.is_others, drafts):  # the webhooks' are counted
                    occurred_ms = _occurred_ms(draft)
                    for ready in self._desk.finishing.records(draft, received_at):
                        yield Dated(ready, occurred_ms, received_at)
            except (Malformed, InvalidEvent) as error:
                self.tally.malformed += 1
                log.warning("%s: an item cannot be read: %s", self._place, error)

    @property
    def _place(self) -> str:
        return f"{self._desk.connector.name}/{self._desk.account.name}"


def _occurred_ms(draft: Draft) -> int:
    at = parse_instant(draft.fields["occurred_at"])
    return round((at - _EPOCH).total_seconds() * 1000)
