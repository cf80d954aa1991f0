"""Made-up events as a foreign system sends them: CloudEvents in signed posts to a gateway's generic channel."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import msgspec

from app.clock import monotonic_seconds, wall_milliseconds
from app.connectors import standard_webhooks
from app.errors import CarebeatError, UnavailableError

_MOST_EVENTS: Final = 100
"""In one post."""
_POST_SECONDS: Final = 15.0
_RETRY_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 30.0
_GIVE_UP_SECONDS: Final = 120.0
_STOP_LIMIT_SECONDS: Final = 5.0
_SOURCE: Final = "https://simulator.carebeat.invalid"
_COMES_AGAIN: Final = frozenset({408, 429, 502, 503, 504})
_encode = msgspec.json.Encoder().encode


class WebhookRefusedError(CarebeatError):
    """The gateway will not take these webhooks, however often they come."""

    exit_status = 78


class ToGateway:
    """An async context manager that posts to one account. A post at a time, so that events arrive in order.

    What a gateway cannot take now is posted again when it says, with the same id and a fresh signature. Leaving the
    context posts what is left, for some seconds at most. Raises WebhookRefusedError, UnavailableError.
    """

    def __init__(self, url: str, key: bytes, *, now_ms: Callable[[], int] = wall_milliseconds) -> None:
        self.url = url
        self.posts = 0
        """That were acknowledged."""
        self.repeats = 0
        """Posts that had to be made again."""
        self.trouble = ""
        """What kept the last attempt from being taken; "" if nothing did."""
        self._key = key
        self._now_ms = now_ms
        self._waiting: list[dict[str, Any]] = []
        self._posting: asyncio.Task[int] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_POST_SECONDS))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        try:
            if kind is None:
                await self._settle_soon()
            elif issubclass(kind, asyncio.CancelledError):
                with contextlib.suppress(CarebeatError):
                    await self._settle_soon()
        finally:
            if self._posting is not None:
                self._posting.cancel()
            await self._session.close()

    async def _settle_soon(self) -> None:
        try:
            async with asyncio.timeout(_STOP_LIMIT_SECONDS):
                await self.settle()
        except TimeoutError:
            raise UnavailableError(
                f"the gateway at {self.url} did not take the last {len(self._waiting)} events within"
                f" {_STOP_LIMIT_SECONDS:.0f} s{f' ({self.trouble})' if self.trouble else ''}. See that it runs"
            ) from None

    async def put(self, event: dict[str, Any]) -> None:
        """Add one."""
        self._waiting.append(_cloud_event(event))
        if len(self._waiting) >= _MOST_EVENTS:
            await self.submit()

    async def submit(self) -> None:
        """Post what was put so far. Cancelled in between, a post goes on, and the next call waits for it."""
        while self._waiting:
            if self._posting is None:
                self._posting = asyncio.create_task(self._post(self._waiting[:_MOST_EVENTS]))
            await asyncio.wait([self._posting])
            posted, self._posting = self._posting, None
            del self._waiting[: posted.result()]

    async def settle(self) -> None:
        """The same: a post is acknowledged when its events are safe."""
        await self.submit()

    async def _post(self, events: list[dict[str, Any]]) -> int:
        body = _encode(events[0] if len(events) == 1 else events)
        kind = "application/cloudevents+json" if len(events) == 1 else "application/cloudevents-batch+json"
        message_id = f"msg_{secrets.token_hex(12)}"
        began_seconds = monotonic_seconds()
        while True:
            self.trouble, pause_seconds = await self._attempt(body, kind, message_id)
            if not self.trouble:
                self.posts += 1
                return len(events)
            self.repeats += 1
            if monotonic_seconds() - began_seconds > _GIVE_UP_SECONDS:
                raise UnavailableError(
                    f"the gateway at {self.url} has not taken a webhook for {_GIVE_UP_SECONDS:.0f} s ({self.trouble}). When"
                    " it does again, send again"
                )
            await asyncio.sleep(min(pause_seconds, _LONGEST_PAUSE_SECONDS))

    async def _attempt(self, body: bytes, kind: str, message_id: str) -> tuple[str, float]:
        """What kept it from being taken, and how long to wait; ("", 0) if nothing did."""
        assert self._session is not None
        headers = {"content-type": kind, **self._signature(body, message_id)}
        try:
            async with self._session.post(self.url, data=body, headers=headers) as answer:
                if 200 <= answer.status < 300:
                    return "", 0.0
                said = (await answer.text(errors="replace"))[:300]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return str(error) or type(error).__name__, _RETRY_SECONDS
        if answer.status not in _COMES_AGAIN:
            raise WebhookRefusedError(f"the gateway at {self.url} refuses webhooks with {answer.status}: {said}")
        after = answer.headers.get("retry-after", "")
        return f"{answer.status}: {said}", float(after) if after.isdecimal() else _RETRY_SECONDS

    def _signature(self, body: bytes, message_id: str) -> dict[str, str]:
        timestamp = str(self._now_ms() // 1000)
        signature = standard_webhooks.sign(message_id.encode(), timestamp.encode(), body, self._key)
        values = (message_id, timestamp, signature.decode())
        names = (standard_webhooks.ID, standard_webhooks.TIMESTAMP, standard_webhooks.SIGNATURE)
        return {name.decode(): value for name, value in zip(names, values, strict=True)}


def _cloud_event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event["id"],
        "source": _SOURCE,
        "type": event["type"],
        "time": event["occurred_at"],
        "datacontenttype": "application/json",
        "data": event,
    }
