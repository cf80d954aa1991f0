"""`carebeat topics`: make and check the topics of a deployment."""

from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich import box
from rich.table import Table
from rich.text import Text

from app import config as support_config
from app import settings as environment
from app.broker.admin import Difference, Made, check, create
from app.broker.connection import connect
from app.broker.topics import KafkaTopic
from app.broker.topics import topics as topics_of
from app.cli.stopping import run_to_end
from app.cli.terminal import console, saying, write_json
from app.settings import Settings

_DAY_MS = 86_400_000

as_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")


_EXAMPLES = """\b
For example:
  CAREBEAT_PARTITIONS=4 CAREBEAT_REPLICATION_FACTOR=1 carebeat topics create
"""


@click.group("topics", epilog=_EXAMPLES)
def command() -> None:
    """Make the topics of a deployment, or say what is wrong with those that are there.

    What there must be follows from CAREBEAT_TOPIC_PREFIX, CAREBEAT_PARTITIONS, CAREBEAT_REPLICATION_FACTOR,
    CAREBEAT_CLOCK and, in CAREBEAT_CONFIG, whether `orders` are joined to tickets; where, from CAREBEAT_KAFKA and the
    security settings. Nothing that exists is ever changed.
    """


@command.command("create")
@as_json_option
def create_command(as_json: bool) -> None:
    """Make the topics that are missing. Asking again changes nothing.

    Those that were there before are checked too; see `carebeat topics check` for what to do about differences.
    """
    settings = environment.load()
    wanted = _wanted(settings)
    made, differences = run_to_end(_create(settings, wanted))
    if as_json:
        write_json(_as_json(wanted, differences, {topic.topic: topic.now for topic in made}))
    else:
        _print_made(wanted, made, differences)


@command.command("check")
@as_json_option
@click.pass_context
def check_command(context: click.Context, as_json: bool) -> None:
    """Say what is not as it has to be, and what to do about it. Exit status 1 when there is anything."""
    settings = environment.load()
    wanted = _wanted(settings)
    differences = run_to_end(_check(settings, wanted))
    if as_json:
        write_json(_as_json(wanted, differences))
    else:
        _print_differences(settings, wanted, differences)
    if differences:
        context.exit(1)


def _wanted(settings: Settings) -> tuple[KafkaTopic, ...]:
    joins_orders = support_config.load(settings.config).orders is not None
    return topics_of(settings.topic_prefix, settings.partitions, settings.clock, orders=joins_orders)


async def _create(settings: Settings, wanted: Sequence[KafkaTopic]) -> tuple[list[Made], list[Difference]]:
    with saying() as say:
        async with connect(settings.kafka, security=settings.kafka_security(), say=say) as client:
            made = await create(client, wanted, settings.replication_factor)
            return made, await check(client, wanted, settings.replication_factor)


async def _check(settings: Settings, wanted: Sequence[KafkaTopic]) -> list[Difference]:
    with saying() as say:
        async with connect(settings.kafka, security=settings.kafka_security(), say=say) as client:
            return await check(client, wanted, settings.replication_factor)


def _as_json(
    wanted: Sequence[KafkaTopic], differences: Sequence[Difference], made: Mapping[str, bool] | None = None
) -> dict[str, Any]:
    """`made` (only after creating): topic -> whether it was made now."""
    topics = [
        {
            "topic": topic.name,
            "partitions": topic.partitions,
            "settings": dict(topic.settings),
            **({} if made is None else {"made": made[topic.name]}),
            "differences": [
                {"problem": found.problem, "remedy": found.remedy} for found in differences if found.topic == topic.name
            ],
        }
        for topic in wanted
    ]
    return {"topics": topics, "is_as_it_has_to_be": not differences}


def _print_made(wanted: Sequence[KafkaTopic], made: Sequence[Made], differences: Sequence[Difference]) -> None:
    differing = {found.topic for found in differences}
    states = {
        topic.topic: ("made", "green")
        if topic.now
        else ("was there, DIFFERS", "yellow")
        if topic.topic in differing
        else ("was there", "dim")
        for topic in made
    }
    console().print(_table(wanted, states))
    if differing:
        console(stderr=True).print("Some differ from what they have to be: `carebeat topics check` says what to do.")


def _print_differences(settings: Settings, wanted: Sequence[KafkaTopic], differences: Sequence[Difference]) -> None:
    differing = {found.topic for found in differences}
    states = {topic.name: ("DIFFERS", "bold red") if topic.name in differing else ("good", "green") for topic in wanted}
    target = console()
    target.print(_table(wanted, states))
    for topic in wanted:
        own = [found for found in differences if found.topic == topic.name]
        if own:
            target.print(Text.assemble("\n", (topic.name, "bold")))
        for found in own:  # in one line each, so that commands can be copied
            target.print(Text.assemble(f"  {found.problem}: ", (found.remedy, "dim")), soft_wrap=True)
    if not differences:
        target.print(f"\nAll {len(wanted)} topics at {settings.kafka} are as they have to be.")


def _table(wanted: Sequence[KafkaTopic], states: Mapping[str, tuple[str, str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, header_style="dim", border_style="dim", pad_edge=False)
    table.add_column("topic", overflow="fold")
    table.add_column("partitions", justify="right", no_wrap=True)
    table.add_column("kept", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for topic in wanted:
        state, style = states[topic.name]
        table.add_row(Text(topic.name), str(topic.partitions), _kept(topic), Text(state, style))
    return table


def _kept(topic: KafkaTopic) -> str:
    retention_ms = topic.settings.get("retention.ms")
    newest = ["newest per key"] if "compact" in topic.settings.get("cleanup.policy", "") else []
    days = [] if retention_ms is None else [f"{int(retention_ms) // _DAY_MS} days"]
    return ", ".join(newest + days)
