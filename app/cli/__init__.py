"""The command line: `carebeat`. One file per command; imports happen when a command runs, so that `--help` is instant."""

import importlib
import sys
from typing import Final

import click

from app import __version__
from app.errors import CarebeatError

_COMMANDS: Final = {
    "backfill": "bring open tickets, or history, from a help desk's API",
    "check": "what the support configuration means, and what in it is doubtful",
    "compute": "KPIs of recorded events, without a broker",
    "dead-letters": "records that were refused, and why",
    "demo": "everything on this machine: Kafka, gateway, worker, simulated traffic, live board",
    "explain": "one ticket's events, what each did, and what happens next",
    "export": "windows as a table: CSV, JSON Lines or JSON",
    "gateway": "take signed webhooks, until stopped",
    "health": "ask the process on this machine whether it is ready, for probes",
    "hours": "business time: what a schedule says of a span, a target, the days ahead",
    "import-file": "records that a source writes into files, such as contact records of Amazon Connect",
    "kpis": "what each KPI answers, means, leaves out, and where it is to be found",
    "render": "boards, rules and alerts from the support configuration",
    "replay": "send recorded events to a topic of their own",
    "simulate": "send made-up support traffic",
    "tickets": "who waits, is at risk or breached: the tickets behind a page",
    "topics": "make and check the topics of a deployment",
    "watch": "live KPIs in the terminal",
    "worker": "compute KPIs of what arrives, until stopped",
}
"""Command -> what it is for; the command `a-b` is `command` in `app/cli/a_b.py`."""


class _Lazy(click.Group):
    """Lists commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"app.cli.{name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            import difflib

            near = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else " See `carebeat --help`."
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx) from None


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="carebeat")
def carebeat() -> None:
    """Live customer-support KPIs from support-channel events on Kafka.

    Where Kafka is and how to reach it comes from the environment (CAREBEAT_KAFKA and others) or a file .env; what the figures mean
    comes from the support configuration (CAREBEAT_CONFIG, a YAML file). Begin with `carebeat demo`.
    """


def main() -> None:
    """The entry point: failures that are not ours end in one line and the exit status of whose fault they are."""
    try:
        carebeat()
    except CarebeatError as error:
        click.echo(f"carebeat: {error}", err=True)
        sys.exit(error.exit_status)
