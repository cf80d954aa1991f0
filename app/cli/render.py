"""`carebeat render`: boards, rules, alerts and routes from the support configuration."""

from collections.abc import Mapping
from pathlib import Path

import click

from app.errors import ConfigurationError

_EXAMPLES = """\b
For example:
  carebeat render --config carebeat.yaml --out /etc/carebeat
  carebeat render --check
"""


@click.command("render", epilog=_EXAMPLES)
@click.option(
    "--out",
    default=".",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that gets grafana/ and deploy/.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Support configuration; without, that of CAREBEAT_CONFIG, else the packaged one.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit status 1 when a file is not as it would be written.")
@click.pass_context
def command(context: click.Context, out: Path, config_path: Path | None, check: bool) -> None:
    """Write what watches a deployment, from the support configuration: its channels, targets, objectives, addresses.

    \b
    grafana/dashboards/      boards
    grafana/provisioning/    data source and board provider
    deploy/prometheus/       prometheus.yml, rules/; targets/ is begun once,
                             then yours: where things run
    deploy/alertmanager/     alertmanager.yml: routes, inhibition, receivers

    The same configuration gives the same bytes. Boards need the extra `boards`.
    """  # noqa: D301 - the backslash is click's own: keep these lines as they are
    from app import config, settings
    from app.render.documents import documents
    from app.render.targets import starting_files

    support = config.load(config_path or settings.load().config)
    made = documents(support, config.packaged("runbook.md").read_text(encoding="utf-8"))
    differing = [path for path, text in made.items() if _now(out / path) != text]
    if check:
        _tell_drift(out, differing)
        context.exit(1 if differing else 0)
    _write(out, {path: made[path] for path in differing})
    _write(out, {path: text for path, text in starting_files().items() if not (out / path).exists()})
    click.echo(f"{len(made)} files in {out}, {len(differing)} of them changed")


def _now(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror}): name another folder with --out") from None


def _tell_drift(out: Path, differing: list[str]) -> None:
    for path in differing:
        click.echo(f"{out / path} is not what the configuration says", err=True)
    if differing:
        click.echo("Write them anew: carebeat render (with the same --out and --config)", err=True)


def _write(out: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = out / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(
                f"{path} cannot be written ({error.strerror}): name another folder with --out"
            ) from None
        click.echo(str(path))
