"""`carebeat simulate`: made-up support traffic, until stopped."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Final

import click

from app import settings as environment
from app.broker.connection import connect
from app.broker.jars import Say
from app.cli.amounts import EVENTS_PER_SECOND, POSITIVE_SECONDS, POSITIVE_SPEED
from app.cli.board.words import seconds_text
from app.cli.meter import Meter, rate_text
from app.cli.stopping import Stopping, run
from app.cli.terminal import say_seconds, saying
from app.clock import wall_milliseconds
from app.settings import Settings
from app.traffic.characters import CHARACTERS, Character
from app.traffic.sender import Sender
from app.traffic.simulator import Due, send, traffic
from schemas.topics import EVENTS

_CHANNELS: Final = tuple(character.channel for character in CHARACTERS)


def _characters(_context: click.Context, _parameter: click.Parameter, names: str | None) -> Sequence[Character]:
    if names is None:
        return CHARACTERS
    wanted = {name.strip() for name in names.split(",")} - {""}
    if unknown := sorted(wanted - set(_CHANNELS)):
        raise click.BadParameter(f"there is no made-up channel {', '.join(unknown)}; there are {', '.join(_CHANNELS)}")
    if not wanted:
        raise click.BadParameter(f"names no channel; there are {', '.join(_CHANNELS)}")
    return [character for character in CHARACTERS if character.channel in wanted]


_EXAMPLES = """\b
For example:
  carebeat simulate --rate 50 --speed 60
  CAREBEAT_TOPIC_PREFIX=trial. carebeat simulate --channels whatsapp,email --seconds 60
"""


@click.command("simulate", epilog=_EXAMPLES)
@click.option("--rate", type=EVENTS_PER_SECOND, default=10.0, show_default=True, help="Events a second, over a day.")
@click.option("--channels", "characters", callback=_characters, metavar="A,B", help=f"Of {', '.join(_CHANNELS)}.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same tickets.")
@click.option("--speed", type=POSITIVE_SPEED, default=1.0, show_default=True, help="How many times quicker people are.")
@click.option("--seconds", type=POSITIVE_SECONDS, help="End by itself after so long.")
def command(rate: float, characters: Sequence[Character], seed: int, speed: float, seconds: float | None) -> None:
    """Send made-up support traffic, as it happens, until Ctrl-C.

    Customers write, bots and people answer or do not, tickets close and open again; the rate follows each channel's
    day, with bursts. With --speed 60, an answer that takes six minutes comes after six seconds. What is sent counts
    like any other traffic: never send it to a deployment whose figures matter.

    Sends to the topic CAREBEAT_TOPIC_PREFIX + events at CAREBEAT_KAFKA (and the security settings).
    """
    settings = environment.load()
    source = traffic(wall_milliseconds(), events_per_second=rate, seed=seed, speed=speed, characters=characters)
    meter = run(lambda stopping: _simulate(stopping, settings, source, seconds))
    click.echo(
        f"sent {meter.count:,} events in {seconds_text(meter.elapsed_seconds)} ({rate_text(meter.mean_rate)}) "
        f"to {EVENTS.full_name(settings.topic_prefix)} at {settings.kafka}"
    )


async def _simulate(stopping: Stopping, settings: Settings, source: Iterator[Due], seconds: float | None) -> Meter:
    """Send until stopped or out of time, which begins with the first event; what was sent."""
    topic = EVENTS.full_name(settings.topic_prefix)
    async with AsyncExitStack() as stack:
        say = stack.enter_context(saying())
        sender = Sender(settings.kafka, topic, security=settings.kafka_security())
        is_up = await stopping.during(_reach(settings, say)) and await stopping.during(
            stack.enter_async_context(sender)
        )
        meter = Meter()
        if is_up:
            telling = asyncio.create_task(_tell(meter, f"sending to {topic} at {settings.kafka}", say))
            stack.callback(telling.cancel)
            await stopping.during(send(sender, source, sent=meter.reached), seconds)
    return meter


async def _reach(settings: Settings, say: Say) -> None:
    async with connect(settings.kafka, security=settings.kafka_security(), say=say):
        pass


async def _tell(meter: Meter, doing: str, say: Say) -> None:
    while True:
        rates = f"{rate_text(meter.recent_rate)} now, {rate_text(meter.mean_rate)} on average"
        say(f"{doing}: {meter.count:,} events in {seconds_text(meter.elapsed_seconds)}, {rates}; Ctrl-C ends")
        await asyncio.sleep(say_seconds())
