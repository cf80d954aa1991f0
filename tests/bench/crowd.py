"""Many senders on kept-alive connections, each with its next request as soon as the last is answered."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast


@dataclass
class Served:
    """What came of it."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        """Requests of any answer."""
        return self.statuses.total() / self.seconds


class _Sender(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], served: Served, is_over: asyncio.Event) -> None:
        self._requests, self._served, self._is_over = requests, served, is_over
        self._answer = b""
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        # Only answers without a body, or with one that is short enough to come at once: enough for a benchmark.
        self._answer += data
        if b"\r\n\r\n" not in self._answer:
            return
        self._served.statuses[int(self._answer[9:12])] += 1
        self._answer = b""
        if self._is_over.is_set():
            self._transport.close()
        else:
            self._transport.write(next(self._requests))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(exc)


async def crowd(port: int, requests: Sequence[bytes], senders: int, seconds: float) -> Served:
    """Let so many senders send for so long, the requests over and over; what they were answered."""
    loop, served, is_over = asyncio.get_running_loop(), Served(), asyncio.Event()
    endless = itertools.cycle(requests)
    began = time.perf_counter()
    made = [
        await loop.create_connection(lambda: _Sender(endless, served, is_over), "127.0.0.1", port)
        for _ in range(senders)
    ]
    await asyncio.sleep(seconds)
    is_over.set()
    await asyncio.wait_for(asyncio.gather(*(sender.ended for _, sender in made)), 30)
    served.seconds = time.perf_counter() - began
    return served
