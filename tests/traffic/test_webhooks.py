import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pytest
from aiohttp import web

from app.broker.ports import free_port
from app.clock import wall_milliseconds
from app.connectors import standard_webhooks
from app.errors import UnavailableError
from app.traffic import webhooks
from app.traffic.simulator import send, traffic
from app.traffic.webhooks import ToGateway, WebhookRefusedError

KEY = bytes(range(32))
_EVENT = {"id": "e", "type": "message-received", "occurred_at": "2026-03-02T10:00:00Z", "ticket_id": "t"}


@dataclass
class Receiver:
    """A gateway that answers as it is told, the last answer again and again."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(204, {})])
    bodies: list[Any] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower().encode(): value.encode() for name, value in request.headers.items()}
        assert standard_webhooks.verify(headers, body, [KEY], wall_milliseconds()).secret == 0
        kind = "batch" if body.startswith(b"[") else ""
        assert request.headers["content-type"] == f"application/cloudevents{'-batch' if kind else ''}+json"
        self.ids.append(request.headers["webhook-id"])
        status, more = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if status == 204:
            value = json.loads(body)
            self.bodies.append(value if isinstance(value, list) else [value])
        return web.Response(status=status, headers=more, text="" if status == 204 else "because")


@asynccontextmanager
async def _receiving(*answers: tuple[int, dict[str, str]]) -> AsyncIterator[Receiver]:
    receiver = Receiver(list(answers) or [(204, {})])
    app = web.Application()
    app.router.add_post("/in/generic/website", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/in/generic/website"
    try:
        yield receiver
    finally:
        await runner.cleanup()


async def test_traffic_is_posted_signed_in_order_and_in_batches() -> None:
    some = list(islice(traffic(1_772_445_600_000, events_per_second=20, speed=60), 250))
    async with _receiving() as receiver:
        async with ToGateway(receiver.url, KEY) as gateway:
            assert await send(gateway, some, in_real_time=False) == 250
        assert [len(body) for body in receiver.bodies] == [100, 100, 50]
        assert gateway.posts == 3
        events = [event for body in receiver.bodies for event in body]
        assert [event["data"] for event in events] == [due.event for due in some]
        assert [event["id"] for event in events] == [due.event["id"] for due in some]


@pytest.mark.parametrize("status", [429, 503])
async def test_what_cannot_be_taken_now_is_posted_again_when_the_gateway_says(status: int) -> None:
    async with _receiving((status, {"retry-after": "1"}), (204, {})) as receiver:
        began = asyncio.get_running_loop().time()
        async with ToGateway(receiver.url, KEY) as gateway:
            await gateway.put(_EVENT)
        assert asyncio.get_running_loop().time() - began >= 1
        assert (gateway.posts, gateway.repeats) == (1, 1)
        assert len(set(receiver.ids)) == 1, "a redelivery has the same id"


async def test_a_gateway_that_is_not_there_is_waited_for_a_while() -> None:
    gateway = ToGateway(f"http://127.0.0.1:{free_port()}/in/generic/website", KEY)
    with pytest.raises(UnavailableError, match=r"last 1 events within 5 s \(.*onnect"):
        async with gateway:
            await gateway.put(_EVENT)
    assert gateway.repeats > 3


async def test_a_refusal_for_good_is_told_with_its_reason() -> None:
    async with _receiving((401, {})) as receiver:
        with pytest.raises(WebhookRefusedError, match="with 401: because"):
            async with ToGateway(receiver.url, KEY) as gateway:
                await gateway.put(_EVENT)


async def test_what_was_put_is_posted_also_when_it_is_cancelled() -> None:
    async with _receiving() as receiver:

        async def run() -> None:
            async with ToGateway(receiver.url, KEY) as gateway:
                await gateway.put(_EVENT)
                await asyncio.sleep(60)

        task = asyncio.create_task(run())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(receiver.bodies) == 1


async def test_who_never_takes_anything_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "_GIVE_UP_SECONDS", 0.7)
    async with _receiving((503, {})) as receiver, ToGateway(receiver.url, KEY) as gateway:
        await gateway.put(_EVENT)
        with pytest.raises(UnavailableError, match="503: because"):
            await gateway.submit()
        gateway._waiting.clear()
