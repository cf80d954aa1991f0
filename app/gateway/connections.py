"""How many connections there may be, and for how long one may owe us a request.

Theory of operation
-------------------
uvicorn waits for ever for the first byte of a connection, and for the next byte of a body. So each connection here is
either *owing* (opened, or in the middle of a request that has not wholly come), *busy* (its request is with us), or
*resting* (kept alive between requests; uvicorn ends it after a while). Who owes for longer than the limit is cut off.

When all places are taken, a new connection takes the place of the one that owes longest, else of the one that rests
longest: thousands of connections that are held open push each other out, and somebody who just sends a request gets
through. Only when all are busy is the new one closed at once.

Heads have no limit of size in the parser, so they are counted here.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_HEAD_BYTES: Final = 32 * 1024
_SWEEP_SECONDS: Final = 0.25


class Connections:
    """The connections of one server. `ended` counts by reason: crowded-out, refused, too-slow, head-too-large."""

    def __init__(self, most: int, owing_seconds: float, now_seconds: Callable[[], float]) -> None:
        self.ended: Counter[str] = Counter()
        self.swept_seconds = now_seconds()
        """When the loop last came by: a blocked one does not."""
        self._most = most
        self._owing_seconds = owing_seconds
        self._now_seconds = now_seconds
        self._open = 0
        self._owing: dict[GatewayProtocol, float] = {}
        self._resting: dict[GatewayProtocol, None] = {}

    @property
    def open(self) -> int:
        """How many there are."""
        return self._open

    async def sweep(self) -> None:
        """Cut off who owes for too long, until cancelled."""
        while True:
            self.swept_seconds = self._now_seconds()
            latest_seconds = self.swept_seconds - self._owing_seconds
            while self._owing:
                protocol, since_seconds = next(iter(self._owing.items()))
                if since_seconds > latest_seconds:
                    break
                self._end(protocol, "too-slow")
            await asyncio.sleep(_SWEEP_SECONDS)

    def opened(self, protocol: "GatewayProtocol") -> None:
        """A connection is there; one may have to go for it."""
        self._open += 1
        if self._open > self._most:
            self._make_room(protocol)
        if not protocol.is_ended:
            self._owing[protocol] = self._now_seconds()

    def closed(self, protocol: "GatewayProtocol") -> None:
        """A connection is gone."""
        self._owing.pop(protocol, None)
        self._resting.pop(protocol, None)
        if not protocol.is_ended:
            self._open -= 1

    def began(self, protocol: "GatewayProtocol") -> None:
        """The first byte of a request came."""
        self._resting.pop(protocol, None)
        if protocol not in self._owing:
            self._owing[protocol] = self._now_seconds()

    def has_come(self, protocol: "GatewayProtocol") -> None:
        """The last byte of a request came."""
        self._owing.pop(protocol, None)

    def rests(self, protocol: "GatewayProtocol") -> None:
        """Its request is answered."""
        if protocol not in self._owing and not protocol.is_ended:
            self._resting[protocol] = None

    def refuse(self, protocol: "GatewayProtocol", why: str) -> None:
        """Cut a connection off."""
        self._end(protocol, why)

    def _make_room(self, newcomer: "GatewayProtocol") -> None:
        for crowd in (self._owing, self._resting):
            if crowd:
                self._end(next(iter(crowd)), "crowded-out")
                return
        self._end(newcomer, "refused")

    def _end(self, protocol: "GatewayProtocol", why: str) -> None:
        self._owing.pop(protocol, None)
        self._resting.pop(protocol, None)
        if not protocol.is_ended:
            protocol.is_ended = True
            self._open -= 1
            self.ended[why] += 1
            protocol.transport.abort()


class GatewayProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 connection that tells where it stands."""

    def __init__(self, places: Connections, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._places = places
        self._head_bytes = 0
        self._is_in_head = True
        self.is_ended = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the base class
        """Somebody connected."""
        super().connection_made(transport)
        self._places.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """They, or we, ended it."""
        self._places.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self.is_ended:
            return
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > _MOST_HEAD_BYTES:
            self._places.refuse(self, "head-too-large")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head_bytes = 0
        self._is_in_head = True
        self._places.began(self)

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """It is there as a whole."""
        super().on_message_complete()
        self._places.has_come(self)
        if self.cycle is None or self.cycle.response_complete:
            self._places.rests(self)

    def on_response_complete(self) -> None:
        """It is answered."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._places.rests(self)
