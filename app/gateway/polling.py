"""Polling beside the webhooks: a round for each account every few minutes, and what it says about the webhooks."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final, Protocol

import httpx
from aiokafka.errors import KafkaError

from app.gateway.accounts import AccountPlace, Desk, Desks, Polling
from app.gateway.calls import Calls, Pace, PollError, client
from app.gateway.completeness import Completeness
from app.gateway.delivery import Delivery
from app.gateway.events import CONTACT
from app.gateway.poll import Cursor, Dated, Round
from app.gateway.refusal import Refusal
from app.metrics.gateway import GatewayMetrics

log = logging.getLogger(__name__)

_KEEP_MS: Final = 5_000
"""A long round keeps its cursor so often."""
_MOST_AT_ONCE: Final = 500


class Kept(Protocol):
    """Where cursors are."""

    def of(self, place: AccountPlace) -> Cursor | None:
        """How far an account was polled; None if it never was."""
        ...

    async def keep(self, place: AccountPlace, cursor: Cursor) -> None:
        """From now on it is this. Raises KafkaError."""
        ...


def completeness_of(desks: Desks, started_ms: int) -> Mapping[AccountPlace, Completeness]:
    """The memories of the accounts that are polled."""
    return {place: Completeness(desk.owed, started_ms) for place, desk in desks.items() if desk.polling}


class AccountPolling:
    """Polls one account."""

    def __init__(
        self,
        desk: Desk,
        kept: Kept,
        delivery: Delivery,
        completeness: Completeness,
        metrics: GatewayMetrics,
        pace: Pace,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        assert desk.polling is not None
        self._desk, self._kept, self._delivery = desk, kept, delivery
        self._completeness, self._metrics, self._pace, self._transport = completeness, metrics, pace, transport
        self._polling: Polling = desk.polling
        self._place: AccountPlace = desk.connector.name, desk.account.name

    async def run(self) -> None:
        """A round every few minutes, until cancelled."""
        async with client(self._polling.headers, self._transport) as http:
            calls = self.calls(http)
            while True:
                began_seconds = self._pace.monotonic_seconds()
                await self.round(calls)
                took_seconds = self._pace.monotonic_seconds() - began_seconds
                await self._pace.sleep(max(0.0, self._polling.every_ms / 1000 - took_seconds))

    def calls(self, http: httpx.AsyncClient) -> Calls:
        """For all rounds: what the source asked for in one holds in the next."""
        return Calls(http, self._polling.url, self._polling.poller, self._pace, self._count)

    async def round(self, calls: Calls) -> None:
        """One round. What it could not read is in the next."""
        polling = Round(self._desk, self._polling.poller, calls, self._take, self._pace.now_ms)
        outcome = "done"
        try:
            await self._read(polling)
        except PollError as error:
            outcome = error.reason
            log.warning("Polling %s/%s stopped: %s", *self._place, error)
        except KafkaError as error:
            outcome = "kafka"
            log.warning("Polling %s/%s stopped: its cursor cannot be kept (%s)", *self._place, type(error).__name__)
        except Exception:  # a fault of ours with one account must not stop the others, nor the webhooks
            outcome = "fault"
            log.exception("Polling %s/%s stopped", *self._place)
        self._metrics.poll_rounds[*self._place, outcome] += 1
        self._metrics.poll_malformed[self._place] += polling.tally.malformed
        for kind, count in self._completeness.missed(self._pace.now_ms()).items():
            self._metrics.missed_webhooks[*self._place, kind] += count

    async def _read(self, polling: Round) -> None:
        kept_at_ms = now_ms = self._pace.now_ms()
        cursor = self._kept.of(self._place)
        if cursor is None:
            cursor = Cursor.at(now_ms)
            await self._keep(cursor)  # so that a first round that fails loses nothing
        self._show(cursor)  # a round that fails must not hide how far the last one came
        cursor = Cursor(*(min(at_ms, now_ms) for at_ms in cursor))

        async def reached(further: Cursor) -> None:
            nonlocal kept_at_ms
            if self._pace.now_ms() - kept_at_ms >= _KEEP_MS:
                await self._keep(further)
                kept_at_ms = self._pace.now_ms()

        await self._keep(await polling.run(cursor, self._polling.overlap_ms, reached))

    async def _keep(self, cursor: Cursor) -> None:
        await self._kept.keep(self._place, cursor)
        self._show(cursor)

    def _show(self, cursor: Cursor) -> None:
        self._metrics.poll_cursors[self._place] = cursor.reached_ms / 1000

    async def _take(self, dated: Sequence[Dated]) -> None:
        new = [one for one in dated if not self._completeness.is_known(one.event.id)]
        for start in range(0, len(new), _MOST_AT_ONCE):
            await self._send(new[start : start + _MOST_AT_ONCE])

    async def _send(self, dated: Sequence[Dated]) -> None:
        """Known only once they are safe, or a round that fails would lose them; awaited before, since they are heard at once."""
        memory, now_ms = self._completeness, self._pace.now_ms()
        for one in dated:
            memory.found(one.event.id, one.event.type, one.occurred_ms, one.received_at, now_ms)
        try:
            await self._delivery.take([one.event for one in dated], 0)
        except Refusal as refusal:
            raise PollError("kafka", f"events cannot be kept now ({refusal.reason})") from None
        for one in dated:
            memory.safe(one.event.id, now_ms)
            if one.event.type != CONTACT:
                self._metrics.polled[*self._place, one.event.type] += 1

    def _count(self, outcome: str) -> None:
        self._metrics.poll_requests[*self._place, outcome] += 1


async def poll_all(accounts: Sequence[AccountPolling], beside: Coroutine[Any, Any, None]) -> None:
    """All accounts side by side, and what goes with it, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(beside)
        for account in accounts:
            tasks.create_task(account.run())
