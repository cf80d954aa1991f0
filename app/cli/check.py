"""`carebeat check`: what the support configuration was understood to say, and what in it is doubtful."""

from pathlib import Path

import click

from app.cli.terminal import write_json
from app.errors import ConfigurationError

_DOUBTFUL = 1
_WRONG = 2
_EXAMPLES = """\b
For example:
  carebeat check --config carebeat.yaml
  carebeat check --strict && carebeat render     in a pipeline: a doubt stops it too
  carebeat check --json | jq .channels.whatsapp.policies
"""


@click.command("check", epilog=_EXAMPLES)
@click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Support configuration; without, that of CAREBEAT_CONFIG, else the packaged one.",
)
@click.option("--strict", is_flag=True, help=f"Exit status {_DOUBTFUL} where there are doubts.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; durations in seconds, instants in UTC.")
@click.pass_context
def command(context: click.Context, config_path: Path | None, strict: bool, as_json: bool) -> None:
    """Say what the support configuration means, before a worker runs on it.

    Policies in their order, what each channel promises to whom, opening hours as a week, which source tells which events
    (and whose are dropped, since another is the authority for them), which figures cannot be told and what would help,
    and doubts: what may be meant but hardly is. Nothing is started and nobody is asked.

    Exit status 2 where something is wrong: each line says where, and what to write instead.
    """
    from app import clock, config, settings
    from app.cli.check_page import show
    from app.cli.understood import understood

    try:
        environment = settings.load()
        path = config_path or environment.config or config.default_path()
        support, doubts = config.understand(path)
    except ConfigurationError as error:
        _tell_errors(str(error).splitlines(), as_json)
        context.exit(_WRONG)
    content = understood(support, config.rules(support, environment.clock), clock.wall_milliseconds())
    if as_json:
        write_json({"file": str(path), **content, "doubts": doubts})
    else:
        show(str(path), support, content, doubts)
    context.exit(_DOUBTFUL if strict and doubts else 0)


def _tell_errors(errors: list[str], as_json: bool) -> None:
    if as_json:
        write_json({"errors": errors})
        return
    for error in errors:
        click.secho(error, fg="red", err=True)
