"""`carebeat health`: ask the worker or gateway on this machine whether it is well; for probes that have no HTTP of their own."""

from http.client import HTTPConnection, HTTPException
from typing import Final, NamedTuple

import click

from app import settings as environment
from app.errors import ConfigurationError
from app.settings import Settings

_LIMIT_SECONDS: Final = 3.0
_LONGEST_ANSWER_BYTES: Final = 10_000
_HERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
"""What listens everywhere is asked on the loopback."""

_EXAMPLES = """\b
For example:
  carebeat health && echo may be sent work
  CAREBEAT_METRICS_PORT=9474 carebeat health live
"""


class Verdict(NamedTuple):
    """What a probe found, in words too."""

    is_well: bool
    words: str


@click.command("health", epilog=_EXAMPLES)
@click.argument("question", type=click.Choice(["ready", "live"]), default="ready")
@click.pass_context
def command(context: click.Context, question: str) -> None:
    """Ask the worker or gateway on this machine: is it ready (the default), is it live? Exit status 1 when it is not.

    It is asked where CAREBEAT_METRICS_HOST and CAREBEAT_METRICS_PORT say that it answers; set them as for the process.
    What is not ready says what is missing, and may be so for a while: it loads state, or joins the others. What is not
    live hangs, and ends itself soon.
    """
    verdict = ask(environment.load(), question)
    click.echo(verdict.words, err=not verdict.is_well)
    context.exit(0 if verdict.is_well else 1)


def ask(settings: Settings, question: str) -> Verdict:
    """What /healthz/`question` answers; no answer is not well. Raises ConfigurationError where nobody can know the port."""
    if settings.metrics_port == 0:
        raise ConfigurationError(
            "CAREBEAT_METRICS_PORT=0: the process chose a port that only its log tells. Give it a port of its own,"
            " for example 9464"
        )
    host = _HERE.get(settings.metrics_host, settings.metrics_host)
    connection = HTTPConnection(host, settings.metrics_port, timeout=_LIMIT_SECONDS)
    try:
        connection.request("GET", f"/healthz/{question}")
        answer = connection.getresponse()
        words = answer.read(_LONGEST_ANSWER_BYTES).decode(errors="replace").strip()
    except (OSError, HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Verdict(False, f"not {question}: nobody answers at {host}:{settings.metrics_port} ({reason})")
    finally:
        connection.close()
    return Verdict(answer.status == 200, words)
