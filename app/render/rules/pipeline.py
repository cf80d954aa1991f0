"""Alerts about Carebeat itself: whether figures and pages can be believed."""

from typing import Final

from app.config import Config
from app.render.alert import Alert
from app.render.promql import JOB, RULES, refused, refused_ratio, stream_lag_seconds
from app.spans import write_span

_REFUSED_RATIO: Final = 0.05
_REFUSED_FLOOR: Final = 10


def pipeline_alerts(config: Config) -> list[Alert]:
    """All of them."""
    return [_stalled(config), _absent(config), _worker_down(), _dead_letters(), _watchdog()]


def _stalled(config: Config) -> Alert:
    limit = config.operations.stalled_after
    return Alert(
        name="CarebeatPipelineStalled",
        expression=f"{stream_lag_seconds(RULES)} > {limit.total_seconds():g}",
        severity="page",
        scope="pipeline",
        summary="Support figures are {{ $value | humanizeDuration }} behind",
        description=(
            f"Stream time of the slowest partition is {{{{ $value | humanizeDuration }}}} behind (limit "
            f"{write_span(limit)}): no worker reads it, or none keeps up. Boards are stale, and nobody is paged for SLAs."
        ),
        hold_intervals=2,
    )


def _absent(config: Config) -> Alert:
    """Holds for longer than a start with state to load takes to the first scrape."""
    intervals = 20
    return Alert(
        name="CarebeatAbsent",
        expression=f"absent({RULES.process('carebeat_ready')} == 1)",
        severity="page",
        scope="pipeline",
        summary="No Carebeat worker is ready",
        description=(
            f"For {config.operations.intervals(intervals)} Prometheus has seen no worker that is ready: none runs, none "
            "is scraped, or all are still loading. There are no support figures and no SLA pages."
        ),
        hold_intervals=intervals,
    )


def _worker_down() -> Alert:
    return Alert(
        name="CarebeatWorkerDown",
        expression=f'up{{job="{JOB}"}} == 0',
        severity="ticket",
        scope="pipeline",
        summary="The Carebeat worker {{ $labels.instance }} does not answer",
        description=(
            "Prometheus cannot scrape the worker {{ $labels.instance }}. The others take its partitions over; if there "
            "is no other, CarebeatPipelineStalled follows."
        ),
        hold_intervals=4,
    )


def _dead_letters() -> Alert:
    window = "10m"
    return Alert(
        name="CarebeatDeadLetters",
        expression=(
            f"{refused_ratio(RULES, window)} > {_REFUSED_RATIO}\nand on () ({refused(RULES, window)} > {_REFUSED_FLOOR})"
        ),
        severity="ticket",
        scope="pipeline",
        summary="{{ $value | humanizePercentage }} of the events are refused",
        description=(
            f"{{{{ $value | humanizePercentage }}}} of the records of the last {window} are dead letters: a sender has "
            "changed, or is no sender of ours. Figures leave out what is refused; nothing is lost."
        ),
        hold_intervals=2,
    )


def _watchdog() -> Alert:
    return Alert(
        name="Watchdog",
        expression="vector(1)",
        severity="none",
        scope="none",
        summary="Alerting works",
        description="Always fires. When its receiver no longer hears it, no other alert arrives either.",
    )
