"""Where events go: to Kafka, or into the spool and from there to Kafka.

Theory of operation
-------------------
With an empty spool events go to Kafka directly. What Kafka does not acknowledge within two seconds goes into the spool,
and from then on everything goes through it, behind what is there, until it is empty again: so events keep their order,
and nobody waits two seconds for a broker that is known to be silent. (Some of those that were under way when it fell
silent may arrive after all, before or besides their copies. Their ids are the same.) A gateway that starts with a filled
spool begins with draining it.

Draining takes the oldest events, waits until Kafka has them, and only then forgets them: killed in between, the gateway
sends them again.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from app.gateway.events import Ready
from app.gateway.outbox import Outbox
from app.gateway.refusal import Refusal
from app.gateway.spool import Spool, SpoolError

log = logging.getLogger(__name__)

_DRAIN_EVENTS: Final = 500
_DRAIN_LIMIT_SECONDS: Final = 15.0
_PAUSE_SECONDS: Final = 0.5


class Delivery:
    """Takes events. Without a spool, what Kafka does not take is refused."""

    def __init__(self, outbox: Outbox, spool: Spool | None, wait_seconds: float) -> None:
        self._outbox = outbox
        self._spool = spool
        self._wait_seconds = wait_seconds
        self._draining: asyncio.Task[None] | None = None
        self._filled = asyncio.Event()
        self.drained_total = 0

    def start(self) -> None:
        """Begin to drain."""
        self._outbox.start()
        if self._spool is not None:
            if not self._spool.is_empty:
                log.warning("The spool holds %d events of a former run; they go first", self._spool.events)
                self._filled.set()
            self._draining = asyncio.create_task(self._drain(self._spool))

    async def take(self, events: Sequence[Ready], retry_after: int) -> bool:
        """Keep events safe; whether Kafka has them (else the spool). Raises Refusal."""
        spool = self._spool
        if (spool is None or spool.is_empty) and await self._outbox.send(events, self._wait_seconds):
            return True
        if spool is None:
            raise Refusal("kafka-silent", "events cannot be kept now; send again", retry_after=retry_after)
        try:
            await spool.put(events)
        except SpoolError as error:
            log.warning("Refused %d events: %s", len(events), error)
            raise Refusal("spool-full", "events cannot be kept now; send again", retry_after=retry_after) from None
        self._filled.set()
        return False

    async def stop(self) -> None:
        """Send no more. What is spooled stays for the next start."""
        if self._draining is not None:
            self._draining.cancel()
            with suppress(asyncio.CancelledError):
                await self._draining
        await self._outbox.stop()
        if self._spool is not None:
            await self._spool.close()

    def why_not_ready(self) -> tuple[str, ...]:
        """Why the next event would be refused."""
        if self._spool is None:
            return (self._outbox.problem,) if self._outbox.problem else ()
        return ("the spool is full",) if self._spool.is_full else ()

    async def _drain(self, spool: Spool) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while not spool.is_empty:
                if not await self._drained_some(spool):
                    await asyncio.sleep(_PAUSE_SECONDS)

    async def _drained_some(self, spool: Spool) -> bool:
        try:
            front = await spool.first(_DRAIN_EVENTS)
            if front is None or not await self._outbox.send(front.events, _DRAIN_LIMIT_SECONDS):
                return False
            await spool.remove(front.last_place)
        except SpoolError:
            return False
        self.drained_total += len(front.events)
        if spool.is_empty:
            log.info("The spool is drained")
        return True
