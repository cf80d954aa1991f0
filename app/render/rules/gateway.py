"""Alerts about the gateway: whether events get from outside to Kafka. All names of its metrics are in this file."""

from typing import Final

from app.config import Config
from app.render.alert import Alert
from app.render.promql import GATEWAY_JOB, Scope

GATEWAY: Final = Scope(f'job="{GATEWAY_JOB}"')
SPOOL_EVENTS: Final = "support_gateway_spool_events"
REQUESTS: Final = "support_gateway_requests_total"
GATEWAY_METRICS: Final = (SPOOL_EVENTS, REQUESTS)

_SPOOL_LARGE: Final = 10_000


def gateway_alerts(config: Config) -> list[Alert]:  # noqa: ARG001 - like the other families
    """All of them."""
    return [_filling(), _large(), _down()]


def _spooled() -> str:
    return f"sum({GATEWAY.process(SPOOL_EVENTS)})"


def _filling() -> Alert:
    return Alert(
        name="CarebeatSpoolFilling",
        expression=f"{_spooled()} > 0",
        severity="ticket",
        scope="pipeline",
        summary="{{ $value }} events wait in the gateway for Kafka",
        description=(
            "{{ $value }} events are in the spool of the gateway: Kafka does not acknowledge, or has not long enough for "
            "the spool to drain. They are safe on its disk and missing in all figures."
        ),
        hold_intervals=8,
    )


def _large() -> Alert:
    return Alert(
        name="CarebeatSpoolLarge",
        expression=f"{_spooled()} > {_SPOOL_LARGE}",
        severity="page",
        scope="pipeline",
        summary="{{ $value }} events wait in the gateway for Kafka",
        description=(
            f"More than {_SPOOL_LARGE} events ({{{{ $value }}}}) are in the spool of the gateway. When it is full, senders "
            "are refused (503), and what they do not send again is lost."
        ),
        hold_intervals=2,
    )


def _down() -> Alert:
    return Alert(
        name="CarebeatGatewayDown",
        expression=f'max(up{{job="{GATEWAY_JOB}"}}) == 0',
        severity="page",
        scope="pipeline",
        summary="No Carebeat gateway answers",
        description=(
            "Prometheus can scrape no gateway: webhooks are not taken. Senders try again for a while; what they give up "
            "is lost."
        ),
        hold_intervals=4,
    )
