"""Reading a body under limits: counted while it comes, before anything is computed from it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from app.gateway.refusal import Refusal

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

_SWEEP_SECONDS: Final = 0.25
_SMALL_BYTES: Final = 16 * 1024


class Room:
    """What all bodies that are being read may take together.

    The first 16 KiB of a body are free, so that nobody who sends large bodies slowly can keep small ones out.
    """

    def __init__(self, most_bytes: int) -> None:
        self._free_bytes = most_bytes

    def take(self, count: int) -> bool:
        """Whether there was room."""
        if count > self._free_bytes:
            return False
        self._free_bytes -= count
        return True

    def give_back(self, count: int) -> None:
        """What was taken."""
        self._free_bytes += count


class Reader:
    """Reads bodies. `sweep` must run beside: one look at all that are being read costs less than a timer for each."""

    def __init__(self, seconds: float, room: Room, now_seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._room = room
        self._now_seconds = now_seconds
        self._reading: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()

    async def sweep(self) -> None:
        """Interrupt those that take too long, until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            latest_seconds = self._now_seconds() - self._seconds
            for task in [task for task, since_seconds in self._reading.items() if since_seconds <= latest_seconds]:
                if task not in self._late:
                    self._late.add(task)
                    task.cancel()

    async def read(self, receive: Receive, headers: Mapping[bytes, bytes], most_bytes: int) -> bytes:
        """The body as it came. Raises Refusal."""
        _check_headers(headers, most_bytes)
        task = asyncio.current_task()
        assert task is not None
        self._reading[task] = self._now_seconds()
        try:
            return await self._body(receive, most_bytes)
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            task.uncancel()
            raise Refusal("too-slow", f"the whole body must come within {self._seconds:g} s") from None
        finally:
            del self._reading[task]
            self._late.discard(task)

    async def _body(self, receive: Receive, most_bytes: int) -> bytes:
        message = _part(await receive())
        body: bytes = message["body"]
        if message["more_body"]:
            return await self._rest(receive, body, most_bytes)
        if len(body) > most_bytes:
            raise _too_large(most_bytes)
        return body

    async def _rest(self, receive: Receive, first: bytes, most_bytes: int) -> bytes:
        parts, size, taken = [first], len(first), 0
        more = True
        try:
            while more:
                if size > most_bytes:
                    raise _too_large(most_bytes)
                if size > _SMALL_BYTES + taken:
                    if not self._room.take(size - _SMALL_BYTES - taken):
                        raise Refusal("too-many-bodies", "too many large bodies at once; send again", retry_after=5)
                    taken = size - _SMALL_BYTES
                message = _part(await receive())
                parts.append(message["body"])
                size += len(parts[-1])
                more = message["more_body"]
        finally:
            self._room.give_back(taken)
        if size > most_bytes:
            raise _too_large(most_bytes)
        return b"".join(parts)


def _check_headers(headers: Mapping[bytes, bytes], most_bytes: int) -> None:
    encoding = headers.get(b"content-encoding")
    if encoding is not None and encoding.strip().lower() != b"identity":
        raise Refusal("content-encoding", "send the body as it was signed, without Content-Encoding")
    length = headers.get(b"content-length", b"")
    if length.isdigit() and (len(length) > len(str(most_bytes)) or int(length) > most_bytes):
        raise _too_large(most_bytes)


def _too_large(most_bytes: int) -> Refusal:
    return Refusal("too-large", f"a body has at most {most_bytes} bytes")


def _part(message: Mapping[str, Any]) -> Mapping[str, Any]:
    if message["type"] != "http.request":
        raise Refusal("disconnected", "the connection ended before the body did")
    return message
