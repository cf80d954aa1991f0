"""An alert, and the rule that Prometheus reads."""

import zlib
from typing import Any, Final, Literal, NamedTuple

from app.config import Config

Severity = Literal["page", "ticket", "none"]
AlertScope = Literal["sla", "pipeline", "none"]

BOARD_UID: Final = "carebeat-support"
GOALS_UID: Final = "carebeat-goals"
QUALITY_UID: Final = "carebeat-quality"
RUNBOOK_UID: Final = "carebeat-runbook"
_CHANNEL: Final = "{{ $labels.channel }}"
_PANEL_NUMBERS: Final = 1_000_000
KEPT_INTERVALS: Final = 4
"""How long an alert about tickets outlasts its expression: longer than the page of a stalled pipeline takes to hold,
so that this one silences it before it could tell anybody that all is well."""


class Alert(NamedTuple):
    """One alerting rule. `summary` and `description` are templates of Prometheus."""

    name: str
    expression: str
    severity: Severity
    scope: AlertScope
    summary: str
    description: str
    hold_intervals: int = 0
    """For how many intervals the expression must hold."""
    tickets: Literal["", "waiting", "at_risk", "breached"] = ""
    """State of the tickets behind it; "" for an alert that no channel's tickets are behind."""
    labels: tuple[tuple[str, str], ...] = ()
    board: str = BOARD_UID
    """Where its figure is drawn."""


def rule(alert: Alert, config: Config) -> dict[str, Any]:
    """The rule in Prometheus' own form."""
    operations = config.operations
    made: dict[str, Any] = {"alert": alert.name, "expr": alert.expression}
    if alert.hold_intervals:
        made["for"] = operations.intervals(alert.hold_intervals)
    if alert.scope == "sla":
        made["keep_firing_for"] = operations.intervals(KEPT_INTERVALS)
    made["labels"] = {"severity": alert.severity, "scope": alert.scope, **dict(alert.labels)}
    made["annotations"] = {
        "summary": alert.summary,
        "description": alert.description,
        "dashboard_url": _board(alert, operations.grafana_url),
        "runbook_url": runbook_section(config, alert.name),
        **({"tickets": f"carebeat tickets --state {alert.tickets} --channel {_CHANNEL}"} if alert.tickets else {}),
    }
    return made


def runbook_url(config: Config) -> str:
    """Where the runbook can be read."""
    return config.operations.runbook_url or f"{config.operations.grafana_url}/d/{RUNBOOK_UID}"


def runbook_section(config: Config, name: str) -> str:
    """Where its section about an alert can be read; Grafana shows one panel alone by its number, and knows no anchors."""
    at = f"#{name.lower()}" if config.operations.runbook_url else f"?viewPanel={runbook_panel(name)}"
    return f"{runbook_url(config)}{at}"


def runbook_panel(name: str) -> int:
    """The number of a section's panel: of its name alone, so that the links of old pages outlast new sections."""
    return zlib.crc32(name.encode()) % _PANEL_NUMBERS


def _board(alert: Alert, grafana_url: str) -> str:
    channel = f"?var-channel={_CHANNEL}" if alert.tickets else ""
    return f"{grafana_url}/d/{alert.board}{channel}"
