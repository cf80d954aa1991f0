"""Requests to one account's API: one at a time, no faster than the source wants, and again when it could not answer.

A 429 is obeyed: as long as Retry-After says, or longer and longer. So are network faults, 5xx and answers that are no JSON,
for some attempts. What the source says is left of our share is kept (`Poller.pause_seconds`). The token is in the headers
of the client and nowhere else; no redirect is followed, and no address is taken from an answer.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import httpx

from app.connectors.connector import Malformed
from app.connectors.json_body import read_json
from app.connectors.poller import Ask, Poller, number

log = logging.getLogger(__name__)

_ATTEMPTS: Final = 6
_FIRST_SECONDS: Final = 1.0
_LONGEST_BACKOFF_SECONDS: Final = 60.0
_LONGEST_RETRY_AFTER_SECONDS: Final = 3600.0
_MOST_BYTES: Final = 64 << 20
_ANSWER_SECONDS: Final = 30.0
_GONE: Final = (404, 410)
_DENIED: Final = (401, 403)


class Pace(NamedTuple):
    """Time, for tests to set. `chance` is a number from 0 to 1."""

    now_ms: Callable[[], int]
    monotonic_seconds: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]


class PollError(Exception):
    """A round cannot go on; the next one may. `reason` is one of a few words, for the metric."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Gone(Exception):
    """What was asked for is no longer there."""


def client(headers: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client that shows the token in `headers` to whom it asks."""
    return httpx.AsyncClient(
        headers={**headers, "accept": "application/json"},
        timeout=_ANSWER_SECONDS,
        follow_redirects=False,
        transport=transport,
        limits=httpx.Limits(max_connections=1),
    )


class Calls:
    """Made for one account; its caller asks one thing after the other. `count` is told of each answer's kind."""

    def __init__(
        self, http: httpx.AsyncClient, url: str, poller: Poller, pace: Pace, count: Callable[[str], None]
    ) -> None:
        self._http, self._url, self._poller, self._pace, self._count = http, url, poller, pace, count
        self._asked_seconds: float | None = None
        self._next_seconds = 0.0

    async def answer(self, ask: Ask) -> Any:
        """The JSON that the source answers. Raises Gone, PollError."""
        for attempt in range(_ATTEMPTS):
            await self._wait(ask.spacing_seconds)
            outcome, wait_seconds, value = await self._try(ask)
            self._count(outcome)
            if outcome == "answered":
                return value
            if outcome == "gone":
                raise Gone
            if outcome == "denied":
                raise PollError(
                    "denied", "the token is refused: see that it is right, not withdrawn, and may read tickets"
                )
            if outcome == "refused":
                raise PollError(
                    "refused", f"the source refuses the request ({value}): see that `url` is its API's address"
                )
            backoff = min(_LONGEST_BACKOFF_SECONDS, _FIRST_SECONDS * 2**attempt) * (0.5 + self._pace.chance() / 2)
            self._hold_back(max(wait_seconds, 0.0 if wait_seconds else backoff))
        raise PollError(outcome, f"no answer in {_ATTEMPTS} attempts ({outcome})")

    async def _wait(self, spacing_seconds: float) -> None:
        now_seconds = self._pace.monotonic_seconds()
        until = self._next_seconds
        if self._asked_seconds is not None:
            until = max(until, self._asked_seconds + spacing_seconds)
        if until > now_seconds:
            await self._pace.sleep(until - now_seconds)

    def _hold_back(self, seconds: float) -> None:
        self._next_seconds = max(self._next_seconds, self._pace.monotonic_seconds() + seconds)

    async def _try(self, ask: Ask) -> tuple[str, float, Any]:
        """What became of one attempt, how long the source wants to be left alone, and the answer."""
        self._asked_seconds = self._pace.monotonic_seconds()
        try:
            status, headers, body = await self._exchanged(ask)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.info("%s: no answer (%s)", self._poller.name, type(error).__name__)
            return "silent", 0, None
        self._hold_back(self._poller.pause_seconds(headers, self._pace.now_ms()))
        if status == 200:
            return _read(body)
        if status == 429 or status >= 500:
            waits = self._retry_after(headers)
            return ("limited" if status == 429 else "failed"), waits, None
        return ("gone" if status in _GONE else "denied" if status in _DENIED else "refused"), 0, status

    async def _exchanged(self, ask: Ask) -> tuple[int, Mapping[str, str], bytes]:
        method = "GET" if ask.body is None else "POST"
        query = dict(ask.query) or None
        async with self._http.stream(method, self._url + ask.path, params=query, json=ask.body) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise httpx.DecodingError("too large")
            return response.status_code, MappingProxyType(dict(response.headers)), bytes(body)

    def _retry_after(self, headers: Mapping[str, str]) -> float:
        """Seconds, or the date in a Retry-After header; 0 without one."""
        text = headers.get("retry-after")
        seconds = number(text)
        if text and seconds is None:
            try:
                seconds = parsedate_to_datetime(text).timestamp() - self._pace.now_ms() / 1000
            except (ValueError, TypeError, OverflowError):
                seconds = 0.0
        return min(max(seconds or 0.0, 0.0), _LONGEST_RETRY_AFTER_SECONDS)


def _read(body: bytes) -> tuple[str, float, Any]:
    try:
        return "answered", 0, read_json(body)
    except Malformed:
        return "malformed", 0, None
