"""Composition root of the gateway: settings and configuration in, a running server out.

Metrics and health have a port of their own, served by threads: the port for webhooks is open to the world, theirs is
not, and a crowd of connections there must not keep a probe out here.
"""

import asyncio
import gc
import logging
import random
import resource
import socket
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any, Final

import uvicorn

from app import __version__
from app.clock import monotonic_seconds, wall_milliseconds
from app.config import Config
from app.connectors.connector import SIGNATURE_FAULTS
from app.errors import UnavailableError
from app.gateway.accounts import AccountPlace, Desks, open_desks, pseudonym_key
from app.gateway.calls import Pace
from app.gateway.completeness import Completeness
from app.gateway.connections import Connections, GatewayProtocol
from app.gateway.cursors import GROUP, Cursors
from app.gateway.delivery import Delivery
from app.gateway.health import GatewayHealth
from app.gateway.outbox import Outbox
from app.gateway.overhearing import overhear
from app.gateway.polling import AccountPolling, completeness_of, poll_all
from app.gateway.rates import Peers
from app.gateway.reading import Reader, Room
from app.gateway.spool import Spool, open_spool
from app.gateway.web import Clock, Gateway, application
from app.health import PageServer, Watchdog, pages
from app.metrics.gateway import GatewayMetrics, Seen
from app.settings import Settings
from schemas.topics import CUSTOMERS, EVENTS, POLL_CURSORS

log = logging.getLogger(__name__)

_READ_SECONDS: Final = 5.0
_GRACE_SECONDS: Final = 1.0
"""Between our answer that a body was too slow and the end of its connection."""
_BODIES_BYTES: Final = 48 << 20
_KEEP_ALIVE_SECONDS: Final = 30
_STOP_LIMIT_SECONDS: Final = 10
_BACKLOG: Final = 2048
_OTHER_FILES: Final = 100
_YOUNG_OBJECTS: Final = 20_000
_MEGABYTE: Final = 1 << 20


async def serve(settings: Settings, config: Config, asked: asyncio.Event, hurried: asyncio.Event) -> None:
    """Take webhooks until asked to stop; then finish what is under way, at once when hurried.

    Raises ConfigurationError, UnavailableError.
    """
    desks = _desks(settings, config)
    _spare_the_collector()
    with _listening(settings) as listener:
        _allow_files(settings.gateway_connections)
        async with _delivering(settings, joins_orders=config.orders is not None) as (delivery, spool):
            places = Connections(settings.gateway_connections, _READ_SECONDS + _GRACE_SECONDS, monotonic_seconds)
            health = GatewayHealth(places, delivery, monotonic_seconds)
            polled = completeness_of(desks, wall_milliseconds())
            metrics = _metrics(settings, desks, places, delivery, spool, health)
            reader = Reader(_READ_SECONDS, Room(_BODIES_BYTES), monotonic_seconds)
            gateway = _gateway(settings, desks, delivery, metrics, reader, polled)
            server = _Server(_server_config(settings, gateway, places), health)
            with _shown(settings, health, metrics):
                _say(settings, desks, listener)
                polling = _polling(settings, desks, delivery, metrics, polled)
                beside = (places.sweep(), reader.sweep(), *polling, _stop(server, health, asked, hurried))
                await _run(server, listener, beside)


def _desks(settings: Settings, config: Config) -> Desks:
    secret = settings.pseudonym_key.get_secret_value() if settings.pseudonym_key else None
    key = pseudonym_key(secret, settings.pseudonym_key_file)
    joins_orders = config.orders is not None
    return open_desks(config.connectors, key, joins_orders=joins_orders, authority=config.authority)


@asynccontextmanager
async def _delivering(settings: Settings, *, joins_orders: bool) -> AsyncIterator[tuple[Delivery, Spool | None]]:
    prefix = settings.topic_prefix
    customers = CUSTOMERS.full_name(prefix) if joins_orders else None
    outbox = Outbox(settings.kafka, EVENTS.full_name(prefix), customers=customers, security=settings.kafka_security())
    spool = None
    if settings.spool is None:
        log.warning("No CAREBEAT_SPOOL is set: while Kafka does not answer, webhooks are refused with 503")
    else:
        limits = {"most_events": settings.spool_events, "most_bytes": settings.spool_megabytes * _MEGABYTE}
        spool = await open_spool(settings.spool, **limits)
    delivery = Delivery(outbox, spool, settings.gateway_kafka_seconds)
    delivery.start()
    try:
        yield delivery, spool
    finally:
        await delivery.stop()


def _gateway(
    settings: Settings,
    desks: Desks,
    delivery: Delivery,
    metrics: GatewayMetrics,
    reader: Reader,
    polled: Mapping[AccountPlace, Completeness],
) -> Gateway:
    return Gateway(
        desks,
        delivery,
        metrics,
        peers=Peers(settings.gateway_peer_rate),
        reader=reader,
        clock=Clock(monotonic_seconds, wall_milliseconds),
        polled=polled,
    )


def _polling(
    settings: Settings,
    desks: Desks,
    delivery: Delivery,
    metrics: GatewayMetrics,
    polled: Mapping[AccountPlace, Completeness],
) -> Iterable[Coroutine[Any, Any, None]]:
    """What asks the sources, if any is to be asked."""
    if not polled:
        return
    prefix, kafka = settings.topic_prefix, {"bootstrap_servers": settings.kafka, **settings.kafka_security()}
    cursors = Cursors(kafka, POLL_CURSORS.full_name(prefix), prefix + GROUP)
    pace = Pace(wall_milliseconds, monotonic_seconds, asyncio.sleep, random.random)
    accounts = [
        AccountPolling(desks[place], cursors, delivery, completeness, metrics, pace)
        for place, completeness in polled.items()
    ]
    events = EVENTS.full_name(prefix)
    yield cursors.run(lambda: poll_all(accounts, overhear(kafka, events, polled, wall_milliseconds)))


def _metrics(
    settings: Settings,
    desks: Desks,
    places: Connections,
    delivery: Delivery,
    spool: Spool | None,
    health: GatewayHealth,
) -> GatewayMetrics:
    def look() -> Seen:
        return Seen(
            places.open,
            places.ended.copy(),
            spool.events if spool else 0,
            spool.bytes if spool else 0,
            settings.spool_events if spool else 0,
            spool.written_total if spool else 0,
            delivery.drained_total,
            not health.why_not_ready(),
        )

    emits = {desk.connector.name: desk.connector.capabilities.emits for desk in desks.values()}
    secrets = {place: len(desk.account.secrets) for place, desk in desks.items()}
    polled = {place: desk.owed for place, desk in desks.items() if desk.polling}
    dropped = {place: tuple(desk.drops) for place, desk in desks.items()}
    build = {"version": __version__}
    return GatewayMetrics(emits, secrets, SIGNATURE_FAULTS, dropped=dropped, build=build, look=look, polled=polled)


class _Server(uvicorn.Server):
    """uvicorn's, but signals are the command's, and it says when it listens."""

    def __init__(self, config: uvicorn.Config, health: GatewayHealth) -> None:
        super().__init__(config)
        self._health = health

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup(sockets)
        self._health.is_listening = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def _server_config(settings: Settings, gateway: Gateway, places: Connections) -> uvicorn.Config:
    return uvicorn.Config(
        application(gateway),
        http=partial(GatewayProtocol, places),  # type: ignore[arg-type] # it is only called
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.gateway_trusted_proxies is not None,
        forwarded_allow_ips=settings.gateway_trusted_proxies,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_LIMIT_SECONDS,
    )


async def _run(server: _Server, listener: socket.socket, beside: Iterable[Coroutine[Any, Any, None]]) -> None:
    tasks = [asyncio.create_task(work) for work in beside]
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _stop(server: _Server, health: GatewayHealth, asked: asyncio.Event, hurried: asyncio.Event) -> None:
    await asked.wait()
    health.is_stopping = True
    server.should_exit = True
    await hurried.wait()
    server.force_exit = True


@contextmanager
def _shown(settings: Settings, health: GatewayHealth, metrics: GatewayMetrics) -> Iterator[None]:
    """Metrics and health for outside."""
    server = PageServer(settings.metrics_host, settings.metrics_port, pages(health, metrics.exposition))
    watchdog = Watchdog(health.why_not_live, monotonic_seconds)
    server.start()
    watchdog.start()
    log.info("Metrics and health at http://%s:%s", settings.metrics_host, server.port)
    try:
        yield
    finally:
        watchdog.stop()
        server.stop()


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The port, taken before anything is promised."""
    host, port = settings.gateway_host, settings.gateway_port
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise UnavailableError(
            f"CAREBEAT_GATEWAY_HOST={host} CAREBEAT_GATEWAY_PORT={port}: cannot be listened on"
            f" ({error.strerror or error}). Name another port, 0 for any free one."
        ) from None
    with listener:
        yield listener


def _say(settings: Settings, desks: Desks, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    for connector, account in desks:
        log.info("Webhooks at http://%s:%d/in/%s/%s", settings.gateway_host, port, connector, account)


def _spare_the_collector() -> None:
    """What is there stays, and a request leaves no cycles behind worth looking for it after every few of them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


def _allow_files(connections: int) -> None:
    """Each connection is an open file; a limit below is raised as far as it may be."""
    wanted = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        log.warning(
            "Only %d open files are allowed, %d connections need %d: raise `ulimit -n`", hard, connections, wanted
        )
