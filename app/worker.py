"""Composition root of the worker: settings and configuration in, a wired Faust app out.

`carebeat worker` runs it, and `faust -A app.worker worker` finds `app` here (made when first asked for: importing this file does nothing).
"""

import asyncio
import logging
from functools import cache
from typing import Any

import uvloop

from app import __version__
from app import config as support_config
from app import settings as environment
from app.broker import admin
from app.broker.connection import connect
from app.broker.topics import topics as required_topics
from app.clock import monotonic_seconds
from app.engine.crash import OperatorNeededError
from app.engine.faust_app import EngineApp
from app.engine.job import Job
from app.engine.owner import Limits
from app.engine.ports import Batch
from app.engine.processor import Processor
from app.health import Health, PageServer, Watchdog, lag_records, pages
from app.health import Limits as HealthLimits
from app.kpi.merge import Merge
from app.kpi.orders import Orders
from app.kpi.partition import Partition
from app.kpi.rules import Rules
from app.metrics import Metrics
from app.settings import Settings
from app.spans import milliseconds
from app.streams.join import Joining
from app.streams.merge import Merging
from app.streams.ticks import keep_ticking
from app.streams.track import TicketLink, Track
from app.tickets.access import Access
from app.tickets.listing import Lister
from app.tickets.loop import InLoop
from app.tickets.page import PATH, Link, TicketsPage
from schemas import topics

log = logging.getLogger(__name__)
_PUBLISH_INTERVAL_SECONDS = 1.0
_TICKETS_LIMIT_SECONDS = 10.0
"""For looking through all tickets of a busy worker; one that is blocked is noticed in that time too."""


class Worker(EngineApp):
    """The engine with the topology on it. `settings` and `rules` are what it was made of; it may join orders to tickets."""

    def __init__(self, settings: Settings, rules: Rules, *, joins_orders: bool = False) -> None:
        self.settings = settings
        self.rules = rules
        self.joins_orders = joins_orders
        super().__init__(
            settings.app_id,
            source_clock=settings.clock,
            version=rules.version,
            limits=_limits(settings),
            **_faust_options(settings),
        )

    async def on_start(self) -> None:
        """Topics that are not as they have to be would give wrong figures: refuse before reading a record."""
        with self.crash_only.on_failure("Starting"):
            await self._check_topics()
        await super().on_start()

    async def _check_topics(self) -> None:
        settings = self.settings
        wanted = required_topics(settings.topic_prefix, settings.partitions, settings.clock, orders=self.joins_orders)
        async with connect(
            settings.kafka, security=settings.kafka_security(), limit_seconds=float("inf"), say=log.warning
        ) as client:
            differences = await admin.check(client, wanted, 1)
        fatal = [found for found in differences if _is_fatal(found)]
        for found in differences:
            log.warning("Topic %s %s: %s", found.topic, found.problem, found.remedy)
        if fatal:
            raise OperatorNeededError(
                "; ".join(f"Topic {found.topic} {found.problem}: {found.remedy}" for found in fatal)
            )


def _is_fatal(found: admin.Difference) -> bool:
    """What makes figures wrong; other differences cost history or safety, and are only said."""
    return "missing" in found.problem or "partitions" in found.problem or "message.timestamp.type" in found.problem


def _limits(settings: Settings) -> Limits:
    return Limits(
        flush_interval_seconds=settings.flush_interval_seconds,
        flush_deadline_seconds=settings.flush_deadline_seconds,
        transaction_timeout_seconds=settings.transaction_timeout_seconds,
    )


def _faust_options(settings: Settings) -> dict[str, Any]:
    return {
        "broker": [f"kafka://{server.strip()}" for server in settings.kafka.split(",")],
        "broker_credentials": _credentials(settings),
        "broker_session_timeout": settings.session_timeout_seconds,
        "broker_heartbeat_interval": settings.heartbeat_interval_seconds,
        "broker_request_timeout": settings.request_timeout_seconds,
        "broker_rebalance_timeout": settings.rebalance_timeout_seconds,
    }


def _credentials(settings: Settings) -> Any:
    """Faust's own form of the security settings; None for plain text."""
    from faust.auth import SASLCredentials, SSLCredentials

    tls = settings.tls()
    if settings.security.startswith("SASL"):
        return SASLCredentials(
            mechanism=settings.sasl_mechanism,
            username=settings.sasl_user,
            password=settings.password(),
            ssl_context=tls,
        )
    return SSLCredentials(context=tls) if tls is not None else None


def build(settings: Settings | None = None) -> Worker:
    """A worker, wired. Raises ConfigurationError."""
    settings = settings or environment.load()
    support = support_config.load(settings.config)
    rules = support_config.rules(support, settings.clock)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    worker = Worker(settings, rules, joins_orders=support.orders is not None)
    health = Health(worker.watch.snapshot, _health_limits(settings))
    metrics = Metrics(
        rules,
        build={"version": __version__},
        is_ready=health.is_ready,
        goals_of=cache(lambda channel: support.of(channel).goals.values()),
        schedules=support_config.compiled_schedules(support, support.schedules),
        caps=support.metrics.caps(),
    )
    worker.watch.flushed = metrics.flushed
    _wire(worker, metrics, keep_samples=support.samples, link=support.ticket_links())
    if support.orders is not None:
        _join_orders(worker, metrics, milliseconds(support.orders.settle))
    _show(worker, health, metrics)
    _show_tickets(worker, metrics, support.ticket_link)
    return worker


def _health_limits(settings: Settings) -> HealthLimits:
    limits = _limits(settings)
    return HealthLimits(
        rebalancing_seconds=2 * settings.rebalance_timeout_seconds,
        flushing_seconds=2 * (limits.flush_deadline_seconds + limits.idle_flush_interval_seconds),
    )


def _wire(worker: Worker, metrics: Metrics, *, keep_samples: bool, link: TicketLink | None) -> None:
    """The topology: events are tracked, partials merged."""
    settings, rules, prefix = worker.settings, worker.rules, worker.settings.topic_prefix

    def new_track(number: int) -> Processor:
        partition = Partition(number, settings.partitions, rules, keep_samples=keep_samples, flow_of=metrics.dimensions)
        return Track(partition, prefix, metrics.took, link)

    def new_merge(number: int) -> Processor:  # noqa: ARG001 - there is one partition
        return Merging(Merge(settings.partitions, rules.zone), prefix, metrics.saw_windows)

    tracking = worker.processor("track", source=topics.EVENTS.full_name(prefix), factory=new_track)
    merging = worker.processor("merge", source=topics.PARTIALS.full_name(prefix), factory=new_merge)

    @worker.agent(tracking.topic)  # type: ignore[untyped-decorator]
    async def track(stream: Any) -> None:
        batch: Batch
        async for batch in stream:
            began_at_seconds = monotonic_seconds()
            await tracking.apply(batch)
            metrics.applied(monotonic_seconds() - began_at_seconds)

    @worker.agent(merging.topic)  # type: ignore[untyped-decorator]
    async def merge(stream: Any) -> None:
        batch: Batch
        async for batch in stream:
            await merging.apply(batch)

    _keep_time(worker, tracking)


def _join_orders(worker: Worker, metrics: Metrics, settle_ms: int) -> None:
    """Orders of customers become events of their tickets."""
    settings, prefix = worker.settings, worker.settings.topic_prefix
    source = topics.CUSTOMERS.full_name(prefix)

    def new_join(number: int) -> Processor:  # noqa: ARG001 - there is one partition
        return Joining(Orders(settle_ms, settings.clock), prefix, metrics.saw_orders)

    joining = worker.processor("join", source=source, factory=new_join)

    @worker.agent(joining.topic)  # type: ignore[untyped-decorator]
    async def join(stream: Any) -> None:
        batch: Batch
        async for batch in stream:
            await joining.apply(batch)

    _keep_time(worker, joining)


def _keep_time(worker: Worker, job: Job) -> None:
    """Time passes in a job's partitions with no records too, where the log is the clock."""
    if worker.settings.clock != "log":
        return

    @worker.task  # type: ignore[untyped-decorator]
    async def tick() -> None:
        interval_seconds = worker.settings.tick_interval_seconds
        await keep_ticking(worker.cluster, job.source, lambda: list(job.owners), interval_seconds)


def _show(worker: Worker, health: Health, metrics: Metrics) -> None:
    """Metrics and health for outside, as long as the worker runs."""
    settings, tracking, merging = worker.settings, worker.jobs["track"], worker.jobs["merge"]
    server = PageServer(settings.metrics_host, settings.metrics_port, pages(health, metrics.exposition))
    watchdog = Watchdog(health.why_not_live, monotonic_seconds)

    @worker.task  # type: ignore[untyped-decorator]
    async def show() -> None:
        server.start()
        watchdog.start()
        log.info("Metrics and health at http://%s:%s", settings.metrics_host, server.port)
        taken_over_seconds = None
        while not worker.should_stop:
            snapshot = worker.watch.snapshot()
            if snapshot.taken_over_seconds is not None and snapshot.taken_over_seconds != taken_over_seconds:
                taken_over_seconds = snapshot.taken_over_seconds
                metrics.recovered(taken_over_seconds)
            if not merging.owners:
                metrics.forget_windows()
            metrics.publish(_loaded(tracking), lag_records(snapshot, tracking.source))
            await asyncio.sleep(_PUBLISH_INTERVAL_SECONDS)


def _show_tickets(worker: Worker, metrics: Metrics, link: Link) -> None:
    """Who waits, for those who may know, as long as the worker runs."""
    settings, rules, tracking = worker.settings, worker.rules, worker.jobs["track"]
    host, in_loop = settings.tickets_host, InLoop(_TICKETS_LIMIT_SECONDS)

    def channels() -> set[str]:
        return set(rules.channels).union(*(partition.levels.channels for partition in _loaded(tracking)))

    lister = Lister(lambda: _loaded(tracking), metrics.label, monotonic_seconds)
    page = TicketsPage(Access(host, settings.token()), in_loop, lister, link, channels, settings.partitions)
    server = PageServer(host, settings.tickets_port, {PATH: page}, "tickets")

    @worker.task  # type: ignore[untyped-decorator]
    async def show_tickets() -> None:
        in_loop.open()
        server.start()
        log.info("Tickets at http://%s:%s%s", host, server.port, PATH)


def _loaded(tracking: Job) -> list[Partition]:
    processors = [owner.processor for owner in tracking.owners.values() if owner.is_loaded]
    return [processor.partition for processor in processors if isinstance(processor, Track)]


def __getattr__(name: str) -> Any:
    if name == "app":
        globals()["app"] = worker = build()
        return worker
    raise AttributeError(name)
