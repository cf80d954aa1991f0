"""`carebeat import-file`: records that a source writes into files."""

import asyncio
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app import config
from app import settings as environment
from app.cli.reach import reach
from app.cli.senders import Senders
from app.cli.stopping import Stopping, run
from app.cli.terminal import console, write_json
from app.clock import wall_milliseconds
from app.connectors.connector import Account
from app.connectors.registry import FILE_SOURCES
from app.errors import ConfigurationError
from app.kpi.instants import LATE_LIMIT_MS, text_of
from app.settings import Settings
from app.traffic.lines import size_bytes
from schemas.wire import CHANNEL_PATTERN

if TYPE_CHECKING:  # the gateway's parts are slow to import, and --help needs none of them
    from app.gateway.files import Importing

_INTERRUPTED: Final = 130
_SHOWN_EVERY: Final = 500
_WORDS: Final = {
    "unused": "of no use: no contact of a customer, or not over yet",
    "superseded": "told again, and changed, in a later record",
    "too-old": "over for more than 24 h: they would count in no window that is open. Import history into a deployment of its"
    " own (CAREBEAT_CLOCK=events, another CAREBEAT_TOPIC_PREFIX)",
    "not-json": "no JSON",
    "malformed": "not as the source writes them",
    "invalid": "against the contract of events",
}
"""What can become of records that are not sent."""
_FAULTS: Final = ("not-json", "malformed", "invalid")
_EXAMPLES = """\b
For example, what Firehose put into a bucket in the last hour:
  aws s3 sync s3://acme-contact-records/2026/03/02/10/ records/
  carebeat import-file amazon-connect records/* --account eu
\b
See first what is in it, without Kafka:
  carebeat import-file amazon-connect records/* --dry-run
"""


def _name(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:  # noqa: ARG001 - click's
    if value is not None and not re.fullmatch(CHANNEL_PATTERN, value):
        raise click.BadParameter("a-z, 0-9, dot, dash, underscore; at most 64")
    return value


@click.command("import-file", epilog=_EXAMPLES)
@click.argument("source", type=click.Choice(sorted(FILE_SOURCES)), metavar="SOURCE")
@click.argument(
    "paths",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
)
@click.option(
    "--account", default="files", show_default=True, callback=_name, help="Part of every event's id: keep it."
)
@click.option("--channel", callback=_name, help="Of calls, instead of `phone`.")
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="Of the source, such as offer_attribute=offer."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be sent.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
@click.pass_context
def command(
    context: click.Context,
    source: str,
    paths: tuple[Path, ...],
    account: str,
    channel: str | None,
    options: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make events of the records in files (JSON Lines, or JSON values behind each other; plain or .gz), and send them.

    Sources: amazon-connect (contact records). Everything goes the way of a webhook: people become keyed hashes, texts go nowhere,
    ids are made of the source's own. So importing a file again, or one that overlaps, changes no figure, as long as account and
    pseudonym key stay. Of several records of a contact the last changed one counts: name all files that you have at once.

    Reads CAREBEAT_KAFKA (and the security settings), CAREBEAT_TOPIC_PREFIX, CAREBEAT_CONFIG, CAREBEAT_PSEUDONYM_KEY_FILE. In a live
    deployment (CAREBEAT_CLOCK=log) what was over 24 hours ago is left out and said. Exit status 1 when records were faulty.
    """
    settings = environment.load()
    importing = _importing(settings, source, Account(account, (), channel, _options(source, options)))
    sizes = [size_bytes(path) for path in paths]
    with _readable(), _telling(2 * sum(sizes)) as reached:
        done = run(lambda stopping: _import(stopping, settings, importing, paths, reached, dry_run=dry_run))
    _say(importing, as_json=as_json, is_sent=not dry_run)
    if not done:
        click.echo("stopped before the end. Start again: what is sent twice counts once", err=True)
        context.exit(_INTERRUPTED)
    if any(importing.counts[fault] for fault in _FAULTS):
        context.exit(1)


def _options(source: str, given: Sequence[str]) -> dict[str, str]:
    known = FILE_SOURCES[source].capabilities.options
    options = dict(one.partition("=")[::2] for one in given)
    if unknown := sorted(options.keys() - known):
        raise ConfigurationError(f"--option {unknown[0]}: {source} has {', '.join(sorted(known)) or 'none'}")
    if empty := sorted(name for name, value in options.items() if not value):
        raise ConfigurationError(f"--option {empty[0]}: write --option {empty[0]}=VALUE")
    return options


def _importing(settings: Settings, source: str, account: Account) -> "Importing":
    from app.gateway.accounts import pseudonym_key
    from app.gateway.events import Finishing
    from app.gateway.files import Importing
    from app.gateway.pseudonyms import Pseudonyms

    secret = settings.pseudonym_key.get_secret_value() if settings.pseudonym_key else None
    pseudonyms = Pseudonyms(pseudonym_key(secret, settings.pseudonym_key_file), source, account.name)
    joins_orders = config.load(settings.config).orders is not None
    finishing = Finishing(source, account.name, pseudonyms, joins_orders=joins_orders)
    now_ms = wall_milliseconds()
    oldest_ms = now_ms - LATE_LIMIT_MS if settings.clock == "log" else None
    return Importing(FILE_SOURCES[source], account, finishing, text_of(now_ms), oldest_ms)


async def _import(
    stopping: Stopping,
    settings: Settings,
    importing: "Importing",
    paths: Sequence[Path],
    reached: Callable[[int], None],
    *,
    dry_run: bool,
) -> bool:
    """Whether all was done."""
    if dry_run:
        return await stopping.during(_pass(importing, paths, reached, _Nowhere()))
    if not await stopping.during(reach(settings)):
        return False

    async def send() -> None:
        async with AsyncExitStack() as stack:
            joins_orders = config.load(settings.config).orders is not None
            senders = await Senders.open(settings, stack, joins_orders=joins_orders)
            await _pass(importing, paths, reached, senders)

    return await stopping.during(send())


async def _pass(
    importing: "Importing", paths: Sequence[Path], reached: Callable[[int], None], to: "_Nowhere | Senders"
) -> None:
    """Both passes over all files."""
    from app.gateway.files import values

    before = 0
    for path in paths:
        for number, bytes_read in enumerate(importing.look(values(path))):
            if number % _SHOWN_EVERY == 0:
                reached(before + bytes_read)
                await asyncio.sleep(0)
        before += size_bytes(path)
    for path in paths:
        for number, (records, bytes_read) in enumerate(importing.records(values(path))):
            for record in records:
                await to.put(record.topic, record.key, record.value)
            if number % _SHOWN_EVERY == 0:
                reached(before + bytes_read)
                await asyncio.sleep(0)
        before += size_bytes(path)
    reached(before)


class _Nowhere:
    """For who only looks."""

    async def put(self, topic: str, key: bytes, value: bytes) -> None:
        """Nothing."""


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ConfigurationError(
            f"a file is no whole gzip file ({error}): fetch it again, or name it without .gz if it is not packed"
        ) from None


@contextmanager
def _telling(total: int) -> Iterator[Callable[[int], None]]:
    """A bar for who looks."""
    target = console(stderr=True)
    if not target.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=target, transient=True) as progress:
        task = progress.add_task("importing", total=total or 1)
        yield lambda done: progress.update(task, completed=done)


def _say(importing: "Importing", *, as_json: bool, is_sent: bool) -> None:
    counts = importing.counts
    if as_json:
        told = ("read", "events", *_WORDS)
        write_json({"sent": is_sent, **{name.replace("-", "_"): counts[name] for name in told}})
        return
    click.echo(f"{counts['read']:,} records read, {counts['events']:,} events {'sent' if is_sent else 'would be sent'}")
    for name, words in _WORDS.items():
        if counts[name]:
            click.echo(f"{counts[name]:,} records {words}")
