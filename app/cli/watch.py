"""`carebeat watch`: live KPIs in the terminal."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Final

import click
from rich.text import Text

from app import config
from app import settings as environment
from app.broker.errors import TopicRefusedError
from app.broker.jars import Say
from app.cli.board.displays import Display, JsonDisplay, OnceDisplay, PlainDisplay, ScreenDisplay
from app.cli.board.feed import Feed, board_sources, follow
from app.cli.board.figures import Figures, View, WindowKind
from app.cli.board.limits import limits_of
from app.cli.board.reader import Reader
from app.cli.stopping import run
from app.cli.terminal import console, is_watched, saying
from app.settings import Settings

_PAUSE_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 2.0


_EXAMPLES = """\b
For example:
  carebeat watch
  CAREBEAT_KAFKA=kafka:9092 carebeat watch --window minute
  carebeat watch --once --json | jq .channels.all
"""


@click.command("watch", epilog=_EXAMPLES)
@click.option(
    "--window",
    "kind",
    type=click.Choice(["minute", "hour", "day"]),
    default="hour",
    show_default=True,
    help="Figures of the running hour or day, or of the last whole minute.",
)
@click.option("--once", is_flag=True, help="Show what there is now, and end.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON object per line, whenever anything in it changed, if only the time.",
)
def command(kind: WindowKind, once: bool, as_json: bool) -> None:
    """Show the KPIs of every channel as they change, and the latest SLA changes, until Ctrl-C.

    Open and waiting tickets are as of now; the other figures are those of the window. A figure turns yellow when it
    is close to what is promised in its channel (CAREBEAT_CONFIG) and red beyond, the oldest wait when it is beyond the
    shortest and the longest target of a reply; targets that run in opening hours colour nothing. The first line turns red when the
    figures are no longer fresh. Reading disturbs nobody: it joins no group and writes nothing.

    Reads CAREBEAT_KAFKA (and the security settings), CAREBEAT_TOPIC_PREFIX, CAREBEAT_CONFIG, CAREBEAT_CLOCK.
    """
    settings = environment.load()
    limits = limits_of(config.load(settings.config))

    def display() -> Display:
        if as_json:
            return JsonDisplay()
        if once:
            return OnceDisplay(console(), limits)
        return ScreenDisplay(console(), limits) if is_watched() else PlainDisplay()

    run(lambda stopping: stopping.during(_watch(settings, Figures(kind, settings.topic_prefix), display, once=once)))


async def _watch(settings: Settings, figures: Figures, display: Callable[[], Display], *, once: bool) -> None:
    async with AsyncExitStack() as stack:
        with saying() as say:
            feed = await _feed(stack, settings, say, is_patient=not once)
            reader = Reader(feed, figures, settings.clock)
            await reader.past()
        shown = stack.enter_context(display())
        while True:
            view = figures.view()
            shown.show(view, reader.freshness(), foot(settings.kafka, view, await feed.positions()))
            if once:
                return
            await asyncio.sleep(_PAUSE_SECONDS)
            await reader.more(_PAUSE_SECONDS)


async def _feed(stack: AsyncExitStack, settings: Settings, say: Say, *, is_patient: bool) -> Feed:
    """A feed as soon as the topics are there, or else the refusal."""
    while True:
        try:
            sources = board_sources(settings.topic_prefix)
            return await stack.enter_async_context(
                follow(settings.kafka, sources, security=settings.kafka_security(), say=say)
            )
        except TopicRefusedError as error:
            if not is_patient:
                raise
            say(f"{error}. Waiting for it")
        await asyncio.sleep(_RETRY_SECONDS)


def foot(kafka: str, view: View, positions: Mapping[str, int]) -> list[Text]:
    """Where the figures come from, how far it is read, and what could not be read."""
    read = ", ".join(f"{topic} to {position:,}" for topic, position in positions.items() if "partials" not in topic)
    lines = [Text(f"from {kafka}: {read}", "dim", no_wrap=True, overflow="ellipsis")]
    if view.unreadable:
        lines.append(Text(f"{view.unreadable} records were not readable: written by another version?", "yellow"))
    return lines
