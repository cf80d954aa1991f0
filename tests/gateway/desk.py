"""A gateway in this process: real connectors, spool and web; only Kafka and the clock are stand-ins."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from app import config
from app.connectors.connector import SIGNATURE_FAULTS
from app.gateway.accounts import Desks, open_desks
from app.gateway.delivery import Delivery
from app.gateway.events import CONTACT, Ready
from app.gateway.rates import Peers
from app.gateway.reading import Reader, Room
from app.gateway.spool import Spool
from app.gateway.web import Clock, Gateway, application
from app.metrics.gateway import GatewayMetrics, Seen
from tests.gateway.real import CONFIGURATION
from tests.gateway.sender import OTHER_SECRET, PSEUDONYM_KEY, SECRET

NOW_MS = 1_772_448_067_000
ENVIRONMENT = {"WEBSITE_SECRET": SECRET, "WEBSITE_SECRET_BEFORE": OTHER_SECRET}


class FakeKafka:
    """An outbox whose Kafka does what it is told."""

    def __init__(self) -> None:
        self.is_up = True
        self.sent: list[Ready] = []
        self.problem = ""

    def start(self) -> None:
        """Nothing to connect to."""

    async def stop(self) -> None:
        """Nothing to disconnect from."""

    async def send(self, events: Sequence[Ready], seconds: float) -> bool:  # noqa: ARG002 - does not wait
        await asyncio.sleep(0)
        if self.is_up:
            self.sent += events
        return self.is_up

    @property
    def ids(self) -> list[str]:
        return [event.id for event in self.sent]


@dataclass
class FakeClock:
    monotonic_seconds: float = 1000.0
    wall_ms: int = NOW_MS

    def clock(self) -> Clock:
        return Clock(lambda: self.monotonic_seconds, lambda: self.wall_ms)


@dataclass
class Site:
    """The gateway and all around it."""

    client: httpx.AsyncClient
    gateway: Gateway
    kafka: FakeKafka
    delivery: Delivery
    metrics: GatewayMetrics
    clock: FakeClock
    receive_seconds: float = 0.0
    seen: list[Any] = field(default_factory=list)

    def outcomes(self) -> dict[tuple[str, ...], int]:
        return {labels: count for labels, count in self.metrics.requests.items() if count}


@asynccontextmanager
async def site(
    spool: Spool | None = None,
    *,
    configuration: str = CONFIGURATION,
    desks: Desks | None = None,
    peer_rate: float = 1e6,
    read_seconds: float = 5.0,
    room_bytes: int = 1 << 20,
) -> AsyncIterator[Site]:
    """Everything but the server."""
    if desks is None:
        support = config.parse(configuration)
        desks = open_desks(support.connectors, PSEUDONYM_KEY.encode(), ENVIRONMENT, support.authority)
    kafka, clock = FakeKafka(), FakeClock()
    delivery = Delivery(kafka, spool, 2.0)  # type: ignore[arg-type] # the fake is enough
    emits = {desk.connector.name: desk.connector.capabilities.emits for desk in desks.values()}
    secrets = {place: len(desk.account.secrets) for place, desk in desks.items()}
    dropped = {place: tuple(desk.drops) for place, desk in desks.items()}
    build = {"version": "0"}
    metrics = GatewayMetrics(
        emits, secrets, SIGNATURE_FAULTS, dropped=dropped, build=build, look=lambda: Seen(0, {}, *[0] * 6)
    )
    loop = asyncio.get_running_loop()
    reader = Reader(read_seconds, Room(room_bytes), loop.time)
    gateway = Gateway(desks, delivery, metrics, peers=Peers(peer_rate), reader=reader, clock=clock.clock())
    sweeping = asyncio.create_task(reader.sweep())
    delivery.start()
    transport = httpx.ASGITransport(application(gateway), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield Site(client, gateway, kafka, delivery, metrics, clock)
    sweeping.cancel()
    await delivery.stop()


def types_of(events: Iterable[Ready]) -> list[str]:
    """Of events; what says whose ticket it is, is none."""
    return [event.type for event in events if event.type != CONTACT]


def said(answer: httpx.Response) -> tuple[int, str]:
    """Status and reason."""
    return answer.status_code, json.loads(answer.content)["reason"] if answer.content else ""
