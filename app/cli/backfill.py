"""`carebeat backfill`: what happened before the webhooks came."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from app import config
from app import settings as environment
from app.cli.amounts import InstantType
from app.cli.senders import Senders, topics
from app.cli.stopping import Stopping, run
from app.cli.terminal import console, say_seconds, saying
from app.clock import monotonic_seconds, wall_milliseconds
from app.config_connectors import AccountConfig
from app.config_model import Config
from app.connectors.registry import POLLERS
from app.errors import ConfigurationError, UnavailableError
from app.settings import Settings
from schemas.topics import EVENTS
from schemas.wire import format_instant

if TYPE_CHECKING:  # the gateway's parts are slow to import, and --help needs none of them
    from app.gateway.collected import Collected
    from app.gateway.poll import Round

_INTERRUPTED: Final = 130
_BEGINNING_MS: Final = 0
_SHOWN_EVERY: Final = 500
_LOOK_SECONDS: Final = 0.25
_EXAMPLES = """\b
For example, with `poll: {token: {env: ZENDESK_TOKEN}, url: https://acme.zendesk.com}` in the account:
  carebeat backfill zendesk --since 2026-02-01T00:00:00Z     # tickets that are open now, before going live
\b
  export CAREBEAT_CLOCK=events                               # history, in a deployment of its own
  CAREBEAT_TOPIC_PREFIX=history. carebeat topics create
  carebeat backfill zendesk --since 2025-01-01T00:00:00Z --prefix history.
"""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be brought, from where."""

    source: str
    account: str
    since: datetime
    everything: bool

    def __str__(self) -> str:
        which = "all tickets" if self.everything else "open tickets"
        return f"{which} of {self.source}/{self.account} that changed since {format_instant(self.since)}"


class _Shown(Protocol):
    """Takes how far it is: what is being done, how much of how much (None: not known yet)."""

    def __call__(self, doing: str, done: int, total: int | None) -> None: ...


_SOURCES: Final = ", ".join(sorted(POLLERS))


@click.command("backfill", epilog=f"Sources: {_SOURCES}.\n\n{_EXAMPLES}")
@click.argument("source", type=click.Choice(sorted(POLLERS)), metavar="SOURCE")
@click.option("--account", help="Which account of the source, where several are polled.")
@click.option(
    "--since", type=InstantType(), required=True, help="Tickets that changed since then, such as 2026-02-01T00:00:00Z."
)
@click.option("--everything", is_flag=True, help="Closed tickets too. With --prefix that is so by itself.")
@click.option(
    "--prefix", help="The topic prefix of a deployment of its own (CAREBEAT_CLOCK=events) that gets the history."
)
@click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where events are collected until all are sent.  [default: backfill-SOURCE-ACCOUNT.db]",
)
@click.pass_context
def command(
    context: click.Context,
    source: str,
    account: str | None,
    since: datetime,
    everything: bool,
    prefix: str | None,
    path: Path | None,
) -> None:
    """Bring tickets from a help desk's API, with all that ever happened to them.

    Before going live: the tickets that are open now, so that backlog and waits are right from the first minute. What is
    over a day old when it arrives counts, but its SLA verdicts are historic: told, and in no counter and no page. For
    reports of the past: everything, into a deployment of its own (--prefix).

    The source is asked no faster than it allows, so this may take hours. Ctrl-C breaks it off; the same command goes on
    where it was. Doing it twice changes no figure: events have the ids that webhooks give them.

    Reads the account under `connectors` in the configuration (CAREBEAT_CONFIG), with its secrets, CAREBEAT_PSEUDONYM_KEY_FILE
    (the gateway's own: another key makes other ids of people), CAREBEAT_KAFKA and CAREBEAT_TOPIC_PREFIX.
    """
    settings = environment.load() if prefix is None else environment.load(topic_prefix=prefix)
    support = config.load(settings.config)
    accounts = support.connectors.get(source, {})
    wish = _Wish(source, _account(source, account, accounts), since.astimezone(UTC), everything or prefix is not None)
    file = path or Path(f"backfill-{wish.source}-{wish.account}.db")
    sent = run(lambda stopping: _backfill(stopping, settings, support, wish, file, is_history=prefix is not None))
    if sent is None:
        click.echo(f"stopped; {file} has what was collected. The same command goes on where it was")
        context.exit(_INTERRUPTED)
    file.unlink()
    click.echo(f"sent {sent:,} events: {wish}, to {EVENTS.full_name(settings.topic_prefix)} at {settings.kafka}")


def _account(source: str, wanted: str | None, accounts: Mapping[str, AccountConfig]) -> str:
    polled = [name for name, account in accounts.items() if account.poll is not None]
    if wanted is not None and wanted not in accounts:
        there = f"there are: {', '.join(accounts)}" if accounts else "there is none"
        raise ConfigurationError(f"--account {wanted}: {source} has no such account in the configuration; {there}")
    if wanted is None and len(polled) > 1:
        raise ConfigurationError(
            f"{source} has several accounts that are polled: name one with --account: {', '.join(polled)}"
        )
    name = wanted or next(iter(polled), None)
    if name is None or accounts[name].poll is None:
        raise ConfigurationError(
            f"no token of {source} is configured: write `poll: {{token: {{env: ...}}, url: ...}}` under"
            f" `connectors: {source}: {name or 'ACCOUNT'}`; deploy/connect/{source}.md says which token"
        )
    return name


async def _backfill(
    stopping: Stopping, settings: Settings, support: Config, wish: _Wish, file: Path, *, is_history: bool
) -> int | None:
    """How many events were sent; None when stopped before the end."""
    from app.gateway.collected import collected
    from app.gateway.poll import Cursor

    done: list[int] = []
    if not await stopping.during(_reach(settings, support, is_history=is_history)):
        return None
    begin = Cursor(_BEGINNING_MS, int(wish.since.timestamp() * 1000))
    with collected(file, f"{wish} for {settings.topic_prefix}", begin) as store, _showing() as show:

        async def work() -> None:
            if not store.is_read:
                await _collect(settings, support, wish, store, show)
            done.append(await _send(settings, support, store, show))

        await stopping.during(work())
    return done[0] if done else None


async def _reach(settings: Settings, support: Config, *, is_history: bool) -> None:
    """See that there is somewhere to put it, before anything is asked."""
    from app.broker.admin import topic_settings
    from app.broker.connection import connect
    from app.traffic.replay import refuse_log_clock

    wanted = topics(settings, joins_orders=support.orders is not None)
    with saying() as say:
        async with connect(settings.kafka, security=settings.kafka_security(), say=say) as client:
            for topic in wanted.values():
                await topic_settings(client, topic)
            if is_history:
                await refuse_log_clock(client, wanted[EVENTS.name])


async def _collect(settings: Settings, support: Config, wish: _Wish, store: "Collected", show: _Shown) -> None:
    """Ask the source until it has said all. Raises UnavailableError, ConfigurationError."""
    from app.gateway.accounts import open_desks, pseudonym_key
    from app.gateway.calls import Calls, Pace, PollError, client
    from app.gateway.poll import Round

    secret = settings.pseudonym_key.get_secret_value() if settings.pseudonym_key else None
    key = pseudonym_key(secret, settings.pseudonym_key_file)
    accounts = {wish.source: {wish.account: support.connectors[wish.source][wish.account]}}
    joins_orders = support.orders is not None
    desks = open_desks(accounts, key, authority=support.authority, joins_orders=joins_orders)
    desk = desks[wish.source, wish.account]
    assert desk.polling is not None
    pace = Pace(wall_milliseconds, monotonic_seconds, asyncio.sleep, random.random)
    async with client(desk.polling.headers) as http:
        calls = Calls(http, desk.polling.url, desk.polling.poller, pace, lambda _: None)
        asking = Round(desk, desk.polling.poller, calls, store.put, wall_milliseconds)
        try:
            async with _watching(asking, show):
                end = await asking.run(store.cursor, 0, store.keep, lambda one: wish.everything or one.is_open)
        except PollError as error:
            fault = ConfigurationError if error.reason in ("denied", "refused") else UnavailableError
            raise fault(f"{wish.source}/{wish.account}: {error}. The same command goes on where it was") from None
    await store.keep(end, is_read=True)
    if asking.tally.malformed:
        click.echo(f"{asking.tally.malformed:,} answers or items could not be read, and were left out", err=True)


@asynccontextmanager
async def _watching(asking: "Round", show: _Shown) -> AsyncIterator[None]:
    """Show how far it is, while it is asked."""

    async def look() -> None:
        while True:
            tally = asking.tally
            if tally.tickets:
                show("reading tickets", tally.read, tally.tickets)
            else:
                show("looking for tickets", tally.found, None)
            await asyncio.sleep(_LOOK_SECONDS)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()


async def _send(settings: Settings, support: Config, store: "Collected", show: _Shown) -> int:
    """All that was collected, as it happened; how many events."""
    total, events = store.records, 0
    async with AsyncExitStack() as stack:
        senders = await Senders.open(settings, stack, joins_orders=support.orders is not None)
        for number, (topic, key, value) in enumerate(store.in_order()):
            await senders.put(topic, key, value)
            events += topic == EVENTS.name
            if number % _SHOWN_EVERY == 0:
                show("sending events", number, total)
                await asyncio.sleep(0)  # `put` seldom waits; batches under way need their turn
    show("sending events", total, total)
    return events


@contextmanager
def _showing() -> Iterator[_Shown]:
    """A bar for who looks, else a line every few seconds."""
    target = console(stderr=True)
    if not target.is_terminal:
        yield _lines()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("left", style="dim"),
    )
    with Progress(*columns, console=target, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(doing: str, done: int, total: int | None) -> None:
            bar.update(task, description=doing, completed=done, total=total)

        yield show


def _lines() -> _Shown:
    told_seconds = monotonic_seconds()

    def show(doing: str, done: int, total: int | None) -> None:
        nonlocal told_seconds
        if monotonic_seconds() - told_seconds >= say_seconds():
            told_seconds = monotonic_seconds()
            click.echo(f"{doing}: {done:,}{f' of {total:,}' if total is not None else ''}", err=True)

    return show
