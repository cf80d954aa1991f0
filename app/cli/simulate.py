"""`carebeat simulate`: made-up support traffic, until stopped; straight to Kafka or as signed webhooks to a gateway."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import click

from app import settings as environment
from app.broker.jars import Say
from app.cli.amounts import EVENTS_PER_SECOND, POSITIVE_SECONDS, POSITIVE_SPEED, AddressType
from app.cli.board.words import seconds_text
from app.cli.meter import Meter, rate_text
from app.cli.reach import reach
from app.cli.stopping import Stopping, run
from app.cli.terminal import say_seconds, saying
from app.clock import wall_milliseconds
from app.connectors import standard_webhooks
from app.connectors.connector import SecretError
from app.errors import ConfigurationError
from app.gateway.accounts import first_line
from app.settings import Settings
from app.traffic.characters import CHARACTERS, Character
from app.traffic.outlet import Outlet, ToTopic
from app.traffic.sender import Sender
from app.traffic.simulator import Due, send, traffic
from app.traffic.webhooks import ToGateway
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
  WEBSITE_SECRET=whsec_... carebeat simulate --via http --url http://127.0.0.1:8080/in/generic/website
  CAREBEAT_TOPIC_PREFIX=trial. carebeat simulate --channels whatsapp,email --seconds 60
"""


@click.command("simulate", epilog=_EXAMPLES)
@click.option("--rate", type=EVENTS_PER_SECOND, default=10.0, show_default=True, help="Events a second, over a day.")
@click.option("--channels", "characters", callback=_characters, metavar="A,B", help=f"Of {', '.join(_CHANNELS)}.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same tickets.")
@click.option("--speed", type=POSITIVE_SPEED, default=1.0, show_default=True, help="How many times quicker people are.")
@click.option("--seconds", type=POSITIVE_SECONDS, help="End by itself after so long.")
@click.option("--via", type=click.Choice(["kafka", "http"]), default="kafka", show_default=True, help="Where to.")
@click.option(
    "--url",
    type=AddressType(),
    default="http://127.0.0.1:8080/in/generic/website",
    show_default=True,
    help="With --via http.",
)
@click.option(
    "--secret-env",
    default="WEBSITE_SECRET",
    show_default=True,
    metavar="NAME",
    help="The environment variable with the account's secret, for --via http.",
)
@click.option(
    "--secret-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file whose first line is that secret, instead.",
)
def command(
    rate: float,
    characters: Sequence[Character],
    seed: int,
    speed: float,
    seconds: float | None,
    via: str,
    url: str,
    secret_env: str,
    secret_file: Path | None,
) -> None:
    """Send made-up support traffic, as it happens, until Ctrl-C.

    Customers write, bots and people answer or do not, tickets close and open again; the rate follows each channel's
    day, with bursts. With --speed 60, an answer that takes six minutes comes after six seconds. What is sent counts
    like any other traffic: never send it to a deployment whose figures matter.

    Sends to the topic CAREBEAT_TOPIC_PREFIX + events at CAREBEAT_KAFKA (and the security settings). With --via http it is
    a foreign system instead: it posts CloudEvents, signed with the secret of an account of the generic connector, to a
    gateway (`carebeat gateway`), and posts again what the gateway cannot take for the moment.
    """
    source = traffic(wall_milliseconds(), events_per_second=rate, seed=seed, speed=speed, characters=characters)
    if via == "http":
        gateway = ToGateway(url, _key(secret_env, secret_file))
        meter = run(lambda stopping: _post(stopping, gateway, source, seconds))
        where = f"in {gateway.posts:,} webhooks to {url}"
        if gateway.repeats:
            where += f"; {gateway.repeats:,} times it had to post again"
    else:
        settings = environment.load()
        meter = run(lambda stopping: _simulate(stopping, settings, source, seconds))
        where = f"to {EVENTS.full_name(settings.topic_prefix)} at {settings.kafka}"
    click.echo(
        f"sent {meter.count:,} events in {seconds_text(meter.elapsed_seconds)} ({rate_text(meter.mean_rate)}) {where}"
    )


def _key(secret_env: str, secret_file: Path | None) -> bytes:
    secret = first_line(secret_file) if secret_file else os.environ.get(secret_env, "").strip()
    if not secret:
        raise ConfigurationError(
            f"the file {secret_file} has no secret in its first line: put that of the account there"
            if secret_file
            else f"the environment variable {secret_env} is not set: set it to the secret of the account, or name another"
            " with --secret-env, or a file with --secret-file"
        )
    try:
        return standard_webhooks.key(secret)
    except SecretError as error:
        raise ConfigurationError(f"the secret in {secret_file or secret_env} {error}") from None


async def _post(stopping: Stopping, gateway: ToGateway, source: Iterator[Due], seconds: float | None) -> Meter:
    """Post until stopped or out of time; what was sent."""
    with saying() as say:
        async with gateway:
            return await _send(stopping, gateway, source, seconds, f"posting to {gateway.url}", say)


async def _simulate(stopping: Stopping, settings: Settings, source: Iterator[Due], seconds: float | None) -> Meter:
    """Send until stopped or out of time, which begins with the first event; what was sent."""
    topic = EVENTS.full_name(settings.topic_prefix)
    async with AsyncExitStack() as stack:
        say = stack.enter_context(saying())
        sender = Sender(settings.kafka, topic, security=settings.kafka_security())
        is_up = await stopping.during(reach(settings, say)) and await stopping.during(stack.enter_async_context(sender))
        if not is_up:
            return Meter()
        doing = f"sending to {topic} at {settings.kafka}"
        return await _send(stopping, ToTopic(sender), source, seconds, doing, say)


async def _send(
    stopping: Stopping, outlet: Outlet, source: Iterator[Due], seconds: float | None, doing: str, say: Say
) -> Meter:
    meter = Meter()
    telling = asyncio.create_task(_tell(meter, outlet, doing, say))
    try:
        await stopping.during(send(outlet, source, sent=meter.reached), seconds)
    finally:
        telling.cancel()
    return meter


async def _tell(meter: Meter, outlet: Outlet, doing: str, say: Say) -> None:
    while True:
        rates = f"{rate_text(meter.recent_rate)} now, {rate_text(meter.mean_rate)} on average"
        trouble = f"; not taken now: {outlet.trouble}" if isinstance(outlet, ToGateway) and outlet.trouble else ""
        say(f"{doing}: {meter.count:,} events in {seconds_text(meter.elapsed_seconds)}, {rates}{trouble}; Ctrl-C ends")
        await asyncio.sleep(say_seconds())
