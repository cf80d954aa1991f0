"""`carebeat worker`: compute KPIs of what arrives, until stopped."""

import click

from app import logs
from app import settings as environment
from app.clock import monotonic_seconds
from app.settings import Settings


@click.command("worker")
@click.option(
    "--log-level", default="info", show_default=True, type=click.Choice(["debug", "info", "warning", "error"])
)
def command(log_level: str) -> None:
    """Read events, keep the KPIs of every channel and window, publish them; until Ctrl-C or SIGTERM.

    Run as many as there are partitions (CAREBEAT_PARTITIONS): they share the work and take over from each other. A worker that cannot
    go on ends at once and says why in its last line: status 75 means start it again, 69 that something
    around it is not there or taken, such as its port, 78 that someone must act first.

    Needs CAREBEAT_KAFKA and the topics (`carebeat topics create`). Serves /metrics, /healthz/live and /healthz/ready at
    CAREBEAT_METRICS_HOST:CAREBEAT_METRICS_PORT, and who waits (`carebeat tickets`) at CAREBEAT_TICKETS_HOST:CAREBEAT_TICKETS_PORT: to its
    own machine or, where CAREBEAT_TICKETS_TOKEN is set, to whoever shows that. Example:

        CAREBEAT_KAFKA=kafka:9092 CAREBEAT_CONFIG=carebeat.yaml carebeat worker
    """
    run(environment.load(), log_level)


def run(settings: Settings, log_level: str) -> None:
    """Run a worker in this process until it is stopped; exits the process."""
    from app.engine.process import run_worker
    from app.worker import build

    logs.set_up(log_level, monotonic_seconds)
    run_worker(build(settings))
