"""`carebeat dead-letters`: records that were refused, and why."""

import base64
from collections.abc import Sequence
from typing import Any, Final

import click
from pydantic import ValidationError
from rich import box
from rich.table import Table
from rich.text import Text

from app import settings as environment
from app.cli.backwards import newest
from app.cli.board.words import NOTHING, safe_text
from app.cli.stopping import run_to_end
from app.cli.terminal import console, saying, write_json
from app.settings import Settings
from schemas.dead_letters import DeadLetter, Reason
from schemas.topics import DEAD_LETTERS

_CONTENT_SIGNS: Final = 300


_EXAMPLES = """\b
For example:
  carebeat dead-letters list --reason missing-field --limit 5
"""


@click.group("dead-letters", epilog=_EXAMPLES)
def command() -> None:
    """Records that were refused, and why.

    Refused records are kept as they came, so what they contain is nobody's business but that of who mends their
    source. Reads CAREBEAT_KAFKA (and the security settings) and CAREBEAT_TOPIC_PREFIX.
    """


@command.command("list", short_help="The newest dead letters: when, why, where, which field.")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in Reason]),
    metavar="REASON",
    help="Only those refused for this: missing-field, bad-value, or another one that the list shows.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="The newest so many.")
@click.option("--content", "with_content", is_flag=True, help=f"Show the first {_CONTENT_SIGNS} characters, escaped.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line instead of a table.")
def list_command(reason: str | None, limit: int, with_content: bool, as_json: bool) -> None:
    """List the newest dead letters, oldest first: when, why, where the record is, its size, which field.

    A record may hold what should not be seen, so its content is shown only with --content.
    """
    settings = environment.load()
    letters = run_to_end(_letters(settings, reason, limit))
    if as_json:
        for letter in letters:
            write_json(_as_json(letter, with_content=with_content))
    elif letters:
        console().print(_table(letters, with_content=with_content))
    else:
        which = f" with reason {reason}" if reason else ""
        click.echo(f"no dead letters{which} on {DEAD_LETTERS.full_name(settings.topic_prefix)} at {settings.kafka}")


async def _letters(settings: Settings, reason: str | None, limit: int) -> list[DeadLetter]:
    def read(record: Any) -> DeadLetter | None:
        try:
            letter = DeadLetter.model_validate_json(record.value or b"")
        except ValidationError:
            return None  # nothing of ours
        return letter if reason in (None, letter.reason) else None

    topic = DEAD_LETTERS.full_name(settings.topic_prefix)
    with saying() as say:
        letters = await newest(settings.kafka, topic, limit, read, security=settings.kafka_security(), say=say)
    return sorted(letters, key=lambda letter: letter.failed_at)[-limit:]


def _as_json(letter: DeadLetter, *, with_content: bool) -> dict[str, Any]:
    known = letter.model_dump(mode="json", exclude={"value", "key"})
    return {**known, "content": _content(letter)} if with_content else known


def _content(letter: DeadLetter) -> str | None:
    """What can be shown of the record; None where it had no value."""
    if letter.value is None:
        return None
    return safe_text(base64.b64decode(letter.value).decode(errors="backslashreplace"), _CONTENT_SIGNS)


def _table(letters: Sequence[DeadLetter], *, with_content: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, header_style="dim", border_style="dim", pad_edge=False)
    table.add_column("when (UTC)", no_wrap=True)
    table.add_column("reason", no_wrap=True)
    table.add_column("record", overflow="fold")
    table.add_column("bytes", justify="right", no_wrap=True)
    table.add_column("field", overflow="fold")
    if with_content:
        table.add_column("content", overflow="fold")
    for letter in letters:
        row = [
            Text(f"{letter.failed_at:%Y-%m-%d %H:%M:%S}"),
            Text(letter.reason.value, "yellow"),
            Text(safe_text(f"{letter.topic}:{letter.partition}:{letter.offset}", 250)),
            Text(f"{letter.value_bytes:,}"),
            Text(NOTHING if letter.field is None else safe_text(letter.field, 60)),
        ]
        table.add_row(*row, *([Text(_content(letter) or NOTHING)] if with_content else []))
    return table
