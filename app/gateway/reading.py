"""Reading a body under limits: counted while it comes, before anything is computed from it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from app.gateway.refusal import Refusal

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

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
    """Reads bodies."""

    def __init__(self, seconds: float, room: Room) -> None:
        self._seconds = seconds
        self._room = room

    async def read(self, receive: Receive, headers: Mapping[bytes, bytes], most_bytes: int) -> bytes:
        """The body as it came. Raises Refusal."""
        _check_headers(headers, most_bytes)
        message = await self._first(receive)
        body: bytes = message["body"]
        if not message["more_body"]:
            if len(body) > most_bytes:
                raise _too_large(most_bytes)
            return body
        return await self._rest(receive, body, most_bytes)

    async def _first(self, receive: Receive) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(self._seconds):
                return _part(await receive())
        except TimeoutError:
            raise self._too_slow() from None

    async def _rest(self, receive: Receive, first: bytes, most_bytes: int) -> bytes:
        parts, size, taken = [first], len(first), 0
        try:
            async with asyncio.timeout(self._seconds):
                while True:
                    if size > most_bytes:
                        raise _too_large(most_bytes)
                    if size > _SMALL_BYTES + taken:
                        if not self._room.take(size - _SMALL_BYTES - taken):
                            raise Refusal("too-many-bodies", "too many large bodies at once; send again", retry_after=5)
                        taken = size - _SMALL_BYTES
                    message = _part(await receive())
                    parts.append(message["body"])
                    size += len(parts[-1])
                    if not message["more_body"]:
                        break
        except TimeoutError:
            raise self._too_slow() from None
        finally:
            self._room.give_back(taken)
        if size > most_bytes:
            raise _too_large(most_bytes)
        return b"".join(parts)

    def _too_slow(self) -> Refusal:
        return Refusal("too-slow", f"the whole body must come within {self._seconds:g} s")


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
