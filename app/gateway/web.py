"""One request: the steps from bytes to an answer.

    limits -> who sends how much -> body -> signature -> items -> events -> safe -> answer

Nothing is computed from a body before its signature is verified, and nothing is answered with a 2xx before its events
are on Kafka or on disk. Of a post that is partly wrong the right events are kept, then it is refused with the first
fault: when it comes again, repaired or not, they have the same ids.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from starlette.routing import Route, Router

from app.connectors.connector import Answer, Draft, Malformed, Request, WrongTypeError
from app.gateway.accounts import AccountPlace, Desk, Desks
from app.gateway.completeness import Completeness
from app.gateway.delivery import Delivery
from app.gateway.events import CONTACT, InvalidEvent, Ready
from app.gateway.rates import Peers
from app.gateway.reading import Reader, Receive
from app.gateway.refusal import Refusal
from app.metrics.gateway import NO_CONNECTOR, GatewayMetrics
from schemas.wire import format_instant

log = logging.getLogger(__name__)

Scope = Mapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_MOST_EVENTS: Final = 10_000
_NOTHING_POLLED: Final[Mapping[AccountPlace, Completeness]] = MappingProxyType({})


class Clock(NamedTuple):
    """The time, for tests to set."""

    monotonic_seconds: Callable[[], float]
    wall_milliseconds: Callable[[], int]


class Gateway:
    """The ASGI endpoint of all accounts."""

    def __init__(
        self,
        desks: Desks,
        delivery: Delivery,
        metrics: GatewayMetrics,
        *,
        peers: Peers,
        reader: Reader,
        clock: Clock,
        polled: Mapping[AccountPlace, Completeness] = _NOTHING_POLLED,
    ) -> None:
        self._desks, self._delivery, self._metrics = desks, delivery, metrics
        self._peers, self._reader, self._clock, self._polled = peers, reader, clock, polled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path_params"]
        desk = self._desks.get((path["connector"], path["account"]))
        name = desk.connector.name if desk else NO_CONNECTOR
        began_seconds = self._clock.monotonic_seconds()
        try:
            answer, outcome = await self._handle(desk, scope, receive, began_seconds)
            self._metrics.seconds.observe((self._clock.monotonic_seconds() - began_seconds,))
        except Refusal as refusal:
            answer, outcome = _told(refusal), refusal.reason
        self._metrics.requests[name, outcome] += 1
        await _send(send, answer)

    async def _handle(
        self, desk: Desk | None, scope: Scope, receive: Receive, now_seconds: float
    ) -> tuple[Answer, str]:
        self._check_rates(desk, scope, now_seconds)
        if desk is None:
            raise Refusal("unknown-path", "there is no such account; the path is /in/<connector>/<account>")
        if not desk.connector.capabilities.takes_posts:
            raise Refusal("unknown-path", f"{desk.connector.name} is polled: nothing is sent here")
        headers = dict(scope["headers"])
        if scope["method"] != "POST":
            return self._shake_hands(desk, _request(scope, headers, b"")), "handshake"
        body = await self._reader.read(receive, headers, desk.connector.capabilities.body_bytes)
        return await self._take(desk, _request(scope, headers, body))

    def _check_rates(self, desk: Desk | None, scope: Scope, now_seconds: float) -> None:
        client = scope.get("client")
        if wait_seconds := self._peers.take(client[0] if client else "", now_seconds):
            raise Refusal("rate-peer", "too many requests from this address", retry_after=wait_seconds)
        if desk is not None and (wait_seconds := desk.bucket.take(now_seconds)):
            raise Refusal("rate-account", "too many requests for this account", retry_after=wait_seconds)

    def _shake_hands(self, desk: Desk, request: Request) -> Answer:
        answer = desk.connector.handshake(request, desk.account)
        if answer is None:
            raise Refusal("method", f"{desk.connector.name} is sent here by POST")
        return answer

    async def _take(self, desk: Desk, request: Request) -> tuple[Answer, str]:
        self._verify(desk, request)
        events, fault = self._events(desk, request)
        outcome = "ignored"
        if events:
            retry_after = desk.connector.capabilities.retry_after_seconds
            outcome = "accepted" if await self._delivery.take(events, retry_after) else "spooled"
            for event in events:
                if event.type != CONTACT:
                    self._metrics.events[desk.connector.name, event.type] += 1
            self._tell_polling(desk, events)
        if fault is not None:
            raise fault
        return desk.connector.accepted(request), outcome

    def _tell_polling(self, desk: Desk, events: Sequence[Ready]) -> None:
        completeness = self._polled.get((desk.connector.name, desk.account.name))
        if completeness is not None:
            now_ms = self._clock.wall_milliseconds()
            for event in events:
                completeness.told(event.id, now_ms)

    def _verify(self, desk: Desk, request: Request) -> None:
        verdict = desk.connector.verify(request, desk.account, self._clock.wall_milliseconds())
        place = desk.connector.name, desk.account.name
        if verdict.secret is None:
            self._metrics.signatures_refused[*place, str(verdict.fault)] += 1
            raise Refusal("signature", _SIGNATURE_ADVICE.get(str(verdict.fault), "the signature is not right"))
        self._metrics.secrets[*place, str(verdict.secret)] += 1

    def _events(self, desk: Desk, request: Request) -> tuple[Sequence[Ready], Refusal | None]:
        """The events of a post, and its first fault if it has any."""
        received_at = _instant(self._clock.wall_milliseconds())
        events: list[Ready] = []
        fault: Refusal | None = None
        for number, item in enumerate(_items(desk, request)):
            try:
                drafts = desk.connector.normalise(item, desk.account)
                events += [
                    record for draft in self._own(desk, drafts) for record in desk.finishing.records(draft, received_at)
                ]
            except (Malformed, InvalidEvent) as error:
                found = self._fault(desk, number, error)  # each is counted, the first is told
                fault = fault or found
                continue
            if not drafts:
                self._metrics.unused[desk.connector.name,] += 1
        if len(events) > _MOST_EVENTS:
            raise Refusal("too-large", f"a post has at most {_MOST_EVENTS:,} events")
        return events, fault

    def _own(self, desk: Desk, drafts: Sequence[Draft]) -> Sequence[Draft]:
        """Those that no other account is the authority for. The others are no fault, whatever is in them."""
        if not desk.drops:
            return drafts
        for draft in filter(desk.is_others, drafts):
            self._metrics.dropped[desk.connector.name, desk.account.name, draft.fields["type"]] += 1
        return [draft for draft in drafts if not desk.is_others(draft)]

    def _fault(self, desk: Desk, number: int, error: Malformed | InvalidEvent) -> Refusal:
        status = desk.connector.capabilities.invalid_status
        if isinstance(error, InvalidEvent):
            self._metrics.invalid[desk.connector.name, error.reason] += 1
            field = f" in {error.field}" if error.field else ""
            return Refusal("invalid-event", f"item {number}: {error.reason}{field}", status=status)
        return Refusal("malformed", f"item {number}: {error.detail}", status=status)


_SIGNATURE_ADVICE: Final = {
    "missing-header": "a header of the signature is missing",
    "malformed-header": "a header of the signature is not in its form",
    "stale": "the signed instant is too far from now: see that both clocks are right, and sign each attempt anew",
    "mismatch": "the signature is not that of this body and any secret of this account",
}


def _items(desk: Desk, request: Request) -> Sequence[Any]:
    try:
        return desk.connector.parse(request, desk.account)
    except WrongTypeError as error:
        raise Refusal("content-type", error.detail) from None
    except Malformed as error:
        status = desk.connector.capabilities.invalid_status
        raise Refusal("malformed", error.detail, status=status) from None


def _request(scope: Scope, headers: Mapping[bytes, bytes], body: bytes) -> Request:
    raw: bytes = scope["query_string"]
    query = dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True, errors="replace")) if raw else {}
    return Request(scope["method"], headers, query, body)


@lru_cache(maxsize=1)
def _instant(at_ms: int) -> str:
    return format_instant(datetime.fromtimestamp(at_ms / 1000, UTC))


def _told(refusal: Refusal) -> Answer:
    body = json.dumps({"reason": refusal.reason, "detail": refusal.detail}).encode()
    headers: tuple[tuple[str, str], ...] = ()
    if refusal.retry_after_seconds is not None:
        headers = (("retry-after", str(refusal.retry_after_seconds)),)
    if refusal.status == 401:
        headers = (("www-authenticate", "Signature"),)
    return Answer(refusal.status, body, "application/json", headers)


async def _send(send: Send, answer: Answer) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.content_type:
        headers.append((b"content-type", answer.content_type.encode("latin-1")))
    if answer.status not in (204, 304):
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def application(gateway: Gateway) -> Router:
    """The gateway with its route. A router alone: what Starlette's own middleware catches is caught by uvicorn too."""
    return Router(routes=[Route("/in/{connector}/{account}", gateway)], redirect_slashes=False)
