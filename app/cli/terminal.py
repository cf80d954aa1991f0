"""How commands speak: figures on stdout, what is being done on stderr, a live screen only where somebody looks."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from app.broker.jars import Say


def console(*, stderr: bool = False) -> Console:
    """Where a command writes to: plain text unless it is a terminal."""
    return Console(stderr=stderr, highlight=False, soft_wrap=False)


def is_watched() -> bool:
    """Whether somebody looks at stdout, so that a live screen makes sense."""
    return sys.stdout.isatty()


def say_seconds() -> float:
    """How often it is worth saying how far something is: rarely where each time leaves a line behind."""
    return 0.25 if sys.stderr.isatty() else 5.0


def write_json(content: Any) -> None:
    """One JSON object in one line of stdout, there at once."""
    click.echo(json.dumps(content, ensure_ascii=False))
    sys.stdout.flush()


def quiet_clients() -> None:
    """Keep aiokafka's own log off the terminal: what matters of it becomes a message or an error of ours."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())


@contextmanager
def saying() -> Iterator[Say]:
    """Says on stderr what is being done: a spinner that goes away, or each new line once where nobody looks."""
    target = console(stderr=True)
    if not target.is_terminal:
        yield _each_once()
        return
    with target.status("") as status:
        yield lambda line: status.update(Text(line, "dim"))


def _each_once() -> Say:
    said: set[str] = set()

    def say(line: str) -> None:
        if line not in said:
            said.add(line)
            click.echo(line, err=True)

    return say
