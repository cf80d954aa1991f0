"""Alerts about the gateway: whether events get from outside to Kafka."""

from typing import Final

from app.config import Config
from app.metrics.gateway_catalogue import MISSED_WEBHOOKS, POLL_CURSOR, SPOOL_EVENTS, SPOOL_LIMIT
from app.render.alert import Alert
from app.render.promql import GATEWAY_JOB, Scope

GATEWAY: Final = Scope(f'job="{GATEWAY_JOB}"')

_SPOOL_RATIO: Final = 0.5
_MISSED_WINDOW: Final = "30m"
"""Longer than sources are usually polled apart: what is missed is found in lumps."""
_BEHIND_SECONDS: Final = 3600
_BEHIND_MEMORY: Final = "1d"
"""For so long a gateway that has gone is remembered, and no other that has taken over."""


def gateway_alerts(config: Config) -> list[Alert]:  # noqa: ARG001 - like the other families
    """All of them."""
    return [_filling(), _half_full(), _down(), _missed(), _behind()]


def _filling() -> Alert:
    return Alert(
        name="CarebeatSpoolFilling",
        expression=f"sum({GATEWAY.process(SPOOL_EVENTS.name)}) > 0",
        severity="ticket",
        scope="pipeline",
        summary="{{ $value }} events wait in the gateway for Kafka",
        description=(
            "{{ $value }} events are in the spool of the gateway: Kafka does not acknowledge, or has not long enough for "
            "the spool to drain. They are safe on its disk and missing in all figures."
        ),
        hold_intervals=8,
    )


def _half_full() -> Alert:
    """Each gateway has a disk of its own; without a spool its limit is 0 and the share is no number."""
    share = f"{GATEWAY.process(SPOOL_EVENTS.name)} / {GATEWAY.process(SPOOL_LIMIT.name)}"
    return Alert(
        name="CarebeatSpoolHalfFull",
        expression=f"{share} > {_SPOOL_RATIO:g}",
        severity="page",
        scope="pipeline",
        summary="The spool of {{ $labels.instance }} is {{ $value | humanizePercentage }} full",
        description=(
            "The spool of the gateway {{ $labels.instance }} is {{ $value | humanizePercentage }} full, because Kafka "
            "does not acknowledge. When it is full, senders are refused (503), and what they do not send again is lost."
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


def _missed() -> Alert:
    increase = f"increase({GATEWAY.process(MISSED_WEBHOOKS.name)}[{_MISSED_WINDOW}])"
    return Alert(
        name="CarebeatWebhooksMissed",
        expression=f"sum by (connector, account) ({increase}) > 0",
        severity="ticket",
        scope="pipeline",
        summary="Webhooks of {{ $labels.connector }}/{{ $labels.account }} do not arrive",
        description=(
            "In the last half hour polling found {{ $value | humanize }} events of "
            "{{ $labels.connector }}/{{ $labels.account }} that no webhook brought within ten minutes. They are in the "
            "figures, but late: breaches of them are told late."
        ),
    )


def _behind() -> Alert:
    newest = f"max_over_time({GATEWAY.process(POLL_CURSOR.name)}[{_BEHIND_MEMORY}])"
    return Alert(
        name="CarebeatPollingBehind",
        expression=f"time() - max by (connector, account) ({newest}) > {_BEHIND_SECONDS}",
        severity="ticket",
        scope="pipeline",
        summary="{{ $labels.connector }}/{{ $labels.account }} was last polled {{ $value | humanizeDuration }} ago",
        description=(
            "What happened at {{ $labels.connector }}/{{ $labels.account }} in the last {{ $value | humanizeDuration }} "
            "was not polled. What its webhooks do not bring is missing in all figures until it is; nothing is lost."
        ),
        hold_intervals=8,
    )
