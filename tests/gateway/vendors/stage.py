"""One account that is polled, with all around it: a vendor's server and its world, a clock that sleeping moves, Kafka's stand-in."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import msgspec

from app import config
from app.connectors.connector import SIGNATURE_FAULTS
from app.connectors.registry import CONNECTORS
from app.gateway.accounts import Desk, open_desks
from app.gateway.calls import Pace, client
from app.gateway.completeness import Completeness
from app.gateway.delivery import Delivery
from app.gateway.events import CONTACT, Ready
from app.gateway.poll import Cursor
from app.gateway.polling import AccountPolling
from app.metrics.gateway import GatewayMetrics, Seen
from tests.gateway.desk import FakeKafka
from tests.gateway.sender import PSEUDONYM_KEY
from tests.gateway.vendors.chatwoot import ChatwootServer
from tests.gateway.vendors.gorgias import GorgiasServer
from tests.gateway.vendors.intercom import IntercomServer
from tests.gateway.vendors.server import TOKEN, Server, Vendor
from tests.gateway.vendors.sprout import SproutServer
from tests.gateway.vendors.world import Happening, World
from tests.gateway.vendors.zendesk import ZendeskServer

VENDORS: Final[tuple[Vendor, ...]] = (
    ZendeskServer(),
    IntercomServer(),
    ChatwootServer(),
    GorgiasServer(),
    SproutServer(),
)
KNOWING: Final = tuple(one for one in VENDORS if one.name in ("intercom", "gorgias", "chatwoot"))
"""Those that tell addresses of customers both ways."""
POSTING: Final = tuple(one for one in VENDORS if CONNECTORS[one.name].capabilities.takes_posts)
"""Those with webhooks."""
ASKED_EACH: Final = tuple(one for one in VENDORS if one.name != "sprout")
"""Those that are asked about each ticket: a listing does not tell all of it."""
URLS: Final = {"chatwoot": "/api/v1/accounts/3", "sprout": "/v1/77"}
ENVIRONMENT: Final = {"HOOK": "a-secret-of-its-webhooks", "TOKEN": TOKEN}
EVERY_MS: Final = 300_000


def configuration(vendor: Vendor, address: str = "http://127.0.0.1:1") -> str:
    user = f"user: {vendor.user}, " if vendor.user else ""
    poll = f"{{token: {{env: TOKEN}}, {user}url: '{address}{URLS.get(vendor.name, '')}'}}"
    secrets = "secrets: [{env: HOOK}], " if CONNECTORS[vendor.name].capabilities.takes_posts else ""
    return f"connectors: {{{vendor.name}: {{support: {{{secrets}poll: {poll}}}}}}}"


def desk_of(vendor: Vendor, address: str = "http://127.0.0.1:1") -> Desk:
    accounts = config.parse(configuration(vendor, address)).connectors
    return open_desks(accounts, PSEUDONYM_KEY.encode(), ENVIRONMENT, joins_orders=True)[vendor.name, "support"]


class MemoryCursors:
    """Where cursors are, without Kafka."""

    def __init__(self) -> None:
        self.cursors: dict[tuple[str, str], Cursor] = {}

    def of(self, place: tuple[str, str]) -> Cursor | None:
        return self.cursors.get(place)

    async def keep(self, place: tuple[str, str], cursor: Cursor) -> None:
        self.cursors[place] = cursor


class Power(BaseException):
    """Somebody pulled the plug."""


@dataclass
class Stage:
    vendor: Vendor
    world: World = field(default_factory=World)
    kept: MemoryCursors = field(default_factory=MemoryCursors)
    kafka: FakeKafka = field(default_factory=FakeKafka)
    slept_seconds: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk = desk_of(self.vendor)
        self.server = Server(self.vendor, self.world, lambda: self.slept_seconds)
        self.webhooks: list[Ready] = []
        self.start()

    def start(self) -> None:
        """A process begins: it remembers nothing."""
        exact = self.desk.owed
        self.completeness = Completeness(exact, self.world.now_ms)
        place = self.desk.connector.name, self.desk.account.name
        emits = {place[0]: self.desk.connector.capabilities.emits}
        seen = Seen(0, {}, *[0] * 6)
        self.metrics = GatewayMetrics(
            emits, {place: 1}, SIGNATURE_FAULTS, build={}, look=lambda: seen, polled={place: exact}
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept_seconds += seconds
        self.sleeps.append(seconds)
        self.world.now_ms += round(seconds * 1000)

    @property
    def pace(self) -> Pace:
        return Pace(lambda: self.world.now_ms, lambda: self.slept_seconds, self._sleep, lambda: 1.0)

    async def poll(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """One round."""
        delivery = Delivery(self.kafka, None, 2.0)  # type: ignore[arg-type] # the fake is enough
        async with self.polling(delivery, transport) as (account, http):
            await account.round(account.calls(http))

    async def run(self) -> None:
        """Round after round, until somebody pulls the plug."""
        delivery = Delivery(self.kafka, None, 2.0)  # type: ignore[arg-type] # the fake is enough
        async with self.polling(delivery) as (account, _):
            await account.run()

    @asynccontextmanager
    async def polling(
        self, delivery: Delivery, transport: httpx.AsyncBaseTransport | None = None
    ) -> AsyncIterator[tuple[AccountPolling, httpx.AsyncClient]]:
        transport = transport or httpx.ASGITransport(self.server.app)
        account = AccountPolling(self.desk, self.kept, delivery, self.completeness, self.metrics, self.pace, transport)
        assert self.desk.polling is not None
        async with client(self.desk.polling.headers, transport) as http:
            yield account, http

    def wait(self, seconds: int) -> None:
        """Nothing happens."""
        self.world.now_ms += seconds * 1000

    def told(self, happening: Happening, *, arrives: bool) -> None:
        """What the source's webhooks said of it, whether or not they reached us."""
        for event in self.events_of(self.vendor.webhooks(self.world, happening)):
            self.webhooks.append(event)
            if arrives:
                self.completeness.told(event.id, self.world.now_ms)

    def happen(self, ticket: int, kind: Any, *, arrives: bool = False, after_seconds: int = 1) -> Happening:
        happening = self.world.happen(ticket, kind, after_seconds)
        self.told(happening, arrives=arrives)
        return happening

    def events_of(self, items: list[Any]) -> Iterator[Ready]:
        for item in items:
            for draft in self.desk.connector.normalise(item, self.desk.account):
                yield from self.desk.finishing.records(draft, "2026-03-02T10:00:00Z")

    def contacts(self, events: list[Ready]) -> dict[str, Any]:
        """What is told of whose tickets they are, by id."""
        return {event.id: content(event) for event in events if event.type == CONTACT}

    def exact(self, events: list[Ready]) -> set[str]:
        """The ids of those that are the same both ways; without webhooks, of those of which none may be left out."""
        assert self.desk.polling is not None
        return {event.id for event in events if event.type in self.desk.polling.poller.exact}

    def missing(self) -> set[str]:
        """What webhooks would have brought, and polling did not."""
        return self.exact(self.webhooks) - {event.id for event in self.kafka.sent}

    def figure(self, name: str, **labels: str) -> float:
        text = self.metrics.exposition("")[0].decode()
        lines = [line for line in text.splitlines() if line.startswith(name + "{")]
        lines = [line for line in lines if all(f'{key}="{value}"' in line for key, value in labels.items())]
        return sum(float(line.rpartition(" ")[2]) for line in lines)


def content(event: Ready) -> dict[str, Any]:
    """What a record says, without when we heard of it."""
    fields: dict[str, Any] = msgspec.json.decode(event.value)
    fields.pop("received_at", None)
    return fields
