"""A help desk's API as a server: pages of three, limits, faults on demand, and a log of who asked what and when."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.gateway.vendors.world import Happening, World

PAGE = 3
TOKEN = "token-of-the-source-7c1d"


class Vendor(Protocol):
    """One vendor's paths, pages and webhooks; a small table of its own way of saying what happened."""

    name: str
    user: str | None

    def is_known(self, headers: Mapping[str, str]) -> bool:
        """Whether the token is right."""

    def answer(self, world: World, path: str, query: Mapping[str, str], body: Any) -> Any:
        """The JSON of a request; None: there is no such thing."""

    def webhooks(self, world: World, happening: Happening) -> list[Any]:
        """The items in what it would have posted at that moment."""


class Asked(NamedTuple):
    at_seconds: float
    path: str
    status: int


@dataclass
class Server:
    """Serves one vendor. `faults` are answers to give instead, the next one first; None: a right one."""

    vendor: Vendor
    world: World
    now_seconds: Callable[[], float] = lambda: 0.0
    faults: list[Response | None] = field(default_factory=list)
    before: Callable[[int], None] = lambda _: None
    """Called with the number of each request before it is answered: the world may change."""
    after: Callable[[str, Any], Any] = lambda _, answer: answer
    """Given the path and the answer; what it returns is sent."""
    headers: dict[str, str] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._serve, methods=["GET", "POST"])])

    async def _serve(self, request: Request) -> Response:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(0)
        try:
            response = await self._response(request)
        finally:
            self._at_once -= 1
        self.log.append(Asked(self.now_seconds(), request.url.path, response.status_code))
        return response

    async def _response(self, request: Request) -> Response:
        if not self.vendor.is_known(request.headers):
            return Response(status_code=401)
        self.before(len(self.log))
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            return fault
        body = await request.json() if request.method == "POST" else None
        answer = self.vendor.answer(self.world, request.url.path, dict(request.query_params), body)
        if answer is None:
            return Response(status_code=404)
        answer = self.after(request.url.path, answer)
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Response(content, headers=self.headers, media_type="application/json")


def instant(at_ms: int) -> str:
    """RFC 3339 of a whole second."""
    from app.connectors.instants import written

    return written(at_ms)
