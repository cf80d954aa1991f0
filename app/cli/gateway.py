"""`carebeat gateway`: take signed webhooks, until stopped."""

import asyncio

import click

from app import config, logs
from app import settings as environment
from app.cli.stopping import run
from app.clock import monotonic_seconds

_EXAMPLES = """\b
For example, with this in carebeat.yaml:
  connectors:
    generic:
      website:
        secrets: [{env: WEBSITE_SECRET}]   # several while one is being replaced; or {file: PATH}
        channel: web-chat                  # for events that name none
\b
  openssl rand -hex 32 > pseudonym.key     # once; keep it
  export WEBSITE_SECRET="whsec_$(openssl rand -base64 32)"
  CAREBEAT_CONFIG=carebeat.yaml CAREBEAT_PSEUDONYM_KEY_FILE=pseudonym.key CAREBEAT_SPOOL=spool.db carebeat gateway
"""


@click.command("gateway", epilog=_EXAMPLES)
@click.option(
    "--log-level", default="info", show_default=True, type=click.Choice(["debug", "info", "warning", "error"])
)
def command(log_level: str) -> None:
    """Take the webhooks of the accounts under `connectors` in the configuration, until Ctrl-C or SIGTERM.

    An account's webhooks go to POST /in/CONNECTOR/ACCOUNT at CAREBEAT_GATEWAY_HOST:CAREBEAT_GATEWAY_PORT (put a proxy
    that does TLS before it). A 2xx says that the events are safe: on Kafka, or, while Kafka does not answer, in the file
    CAREBEAT_SPOOL, from where they go on by themselves. Everything else is refused with the reason: 401 signature,
    413 and 415 body, 429 rate, 503 nothing can be kept now. Names, texts and addresses are dropped, ids of people become
    keyed hashes (CAREBEAT_PSEUDONYM_KEY_FILE).

    The generic connector takes CloudEvents with a Standard Webhooks signature; the type of a CloudEvent is one of the
    event types (message-received, reply-sent, ticket-closed, ...), its data the fields of that event.

    Run as many as you like, each with a spool of its own. Serves /metrics, /healthz/live and /healthz/ready at
    CAREBEAT_METRICS_HOST:CAREBEAT_METRICS_PORT. Needs CAREBEAT_KAFKA and the topics (`carebeat topics create`).
    """
    import uvloop

    from app.gateway.process import serve

    settings = environment.load()
    accounts = config.load(settings.config)
    logs.set_up(log_level, monotonic_seconds)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    run(lambda stopping: serve(settings, accounts, stopping.asked, stopping.hurried))
