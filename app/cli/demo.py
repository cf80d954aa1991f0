"""`carebeat demo`: everything on this machine."""

import signal
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from secrets import token_bytes

import click

from app import config
from app.broker.embedded import EmbeddedKafka
from app.broker.jars import KAFKA_VERSION
from app.broker.ports import free_port
from app.cli.amounts import EVENTS_PER_SECOND, POSITIVE_SECONDS
from app.cli.board.displays import PlainDisplay, ScreenDisplay
from app.cli.board.limits import limits_of
from app.cli.stage.performance import CONFIGURATION, Performance, Play, addresses
from app.cli.stage.verdict import ShortfallError, shortfalls, summary
from app.cli.stopping import Stopping, run, terminable
from app.cli.terminal import console, is_watched, saying
from app.clock import monotonic_seconds

_EXAMPLES = """\b
For example:
  carebeat demo --seconds 60
"""


@click.command("demo", epilog=_EXAMPLES)
@click.option("--seconds", type=POSITIVE_SECONDS, help="End by itself after so long, and say whether all was right.")
@click.option("--rate", type=EVENTS_PER_SECOND, default=20.0, show_default=True, help="Events a second, over a day.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same tickets.")
@click.option("--partitions", type=click.IntRange(1, 64), default=4, show_default=True, help="Of the event topic.")
@click.option("--plain", is_flag=True, help="Lines instead of a live board, as without a terminal.")
def command(seconds: float | None, rate: float, seed: int, partitions: int, plain: bool) -> None:
    """Run everything on this machine: Kafka, a gateway, a worker, simulated traffic, a live board. Ctrl-C ends it.

    A real Apache Kafka (its files come from Maven Central once, 43 MB), a gateway, a worker, and customers who
    are 60 times quicker than in life, with SLA targets to match: what is a second here would be a minute there. Their
    traffic comes in as signed webhooks, so it takes the whole way. Nothing is left behind. Needs no other Kafka, and
    reads nothing from the environment.

    With --seconds it ends by itself: with status 0 if every ticket that was sent was counted, in every channel, and
    else with the reason.
    """
    is_live = is_watched() and not plain
    with terminable(), _kafka() as kafka:
        play = Play(
            kafka.bootstrap,
            kafka.folder,
            free_port(),
            free_port(),
            partitions,
            rate,
            seed,
            seconds,
            free_port(),
            free_port(),
            f"whsec_{b64encode(token_bytes(32)).decode()}",
        )
        performance = run(lambda stopping: _perform(stopping, play, is_live=is_live))
        complaint = _complaint(performance) if seconds is not None and not performance.was_stopped else None
        click.echo("stopping Kafka", err=True)
    restarts = performance.worker.restarts + performance.gateway.restarts
    click.echo(summary(performance.sent, performance.counted, posts=performance.posts, restarts=restarts))
    if complaint:
        raise ShortfallError(complaint)


@contextmanager
def _kafka() -> Iterator[EmbeddedKafka]:
    """Kafka, with what is done until it answers; at the end it goes in peace, whatever is pressed."""
    started_seconds = monotonic_seconds()
    with ExitStack() as stack:
        with saying() as say:
            kafka = stack.enter_context(EmbeddedKafka(say=say))
        click.echo(f"Apache Kafka {KAFKA_VERSION} at {kafka.bootstrap}, up in {_since(started_seconds)}")
        try:
            yield kafka
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)


async def _perform(stopping: Stopping, play: Play, *, is_live: bool) -> Performance:
    limits = limits_of(config.load(CONFIGURATION))
    performance = Performance(play, stopping, say=_unsaid if is_live else click.echo)
    click.echo(f"{await performance.make_topics()} topics made; starting a gateway, a worker, and customers in a hurry")
    for line in addresses(play):
        click.echo(line)
    await performance.play(ScreenDisplay(console(), limits) if is_live else PlainDisplay())
    return performance


def _complaint(performance: Performance) -> str | None:
    found = list(shortfalls(performance.sent, performance.counted, is_ready=performance.was_ready))
    if not found:
        return None
    words = "".join(f". {told}" for told in performance.restarts_told())
    return f"the demo is not as it has to be: {'; '.join(found)}{words}"


def _since(started_seconds: float) -> str:
    return f"{monotonic_seconds() - started_seconds:.1f} s"


def _unsaid(_line: str) -> None:
    """The board shows it."""
