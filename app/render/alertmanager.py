"""Alertmanager's configuration: who hears of what, and what keeps quiet because of something worse.

Matchers are written so that the old and the UTF-8 parser of Alertmanager understand them.
"""

from typing import Any, Final

from app.config import Config
from app.operations import Receiver

_PAGE: Final = 'severity="page"'
_SLA: Final = 'scope="sla"'

INHIBITIONS: Final[tuple[dict[str, list[str]], ...]] = (
    # figures that are all behind say nothing about promises; with a gateway down, what comes other ways is still fresh
    {"source_matchers": ['alertname=~"CarebeatPipelineStalled|CarebeatAbsent"'], "target_matchers": [_SLA]},
    # whoever is up for breached tickets sees those at risk on the same board
    {
        "source_matchers": [_PAGE, _SLA],
        "target_matchers": ['alertname="SupportTicketsAtRisk"'],
        "equal": ["channel"],
    },
    {
        "source_matchers": [_PAGE, 'alertname="SupportSlaBurnFast"'],
        "target_matchers": ['alertname="SupportSlaBurnSlow"'],
        "equal": ["channel", "metric"],
    },
)
"""Mappings of Alertmanager's own."""


def alertmanager_file(config: Config) -> dict[str, Any]:
    """`alertmanager.yml`."""
    operations = config.operations
    receivers = operations.receivers
    beat = {"group_wait": "0s", "group_interval": operations.intervals(2), "repeat_interval": operations.intervals(4)}
    return {
        "route": {
            "receiver": "ticket",
            "group_by": ["alertname", "channel"],
            "group_wait": operations.intervals(1),
            "group_interval": operations.intervals(4),
            "repeat_interval": "4h",
            "routes": [
                {"matchers": ['alertname="Watchdog"'], "receiver": "watchdog", **beat},
                {"matchers": [_PAGE], "receiver": "page"},
                {"matchers": ['severity="ticket"'], "receiver": "ticket"},
            ],
        },
        "inhibit_rules": [dict(inhibition) for inhibition in INHIBITIONS],
        "receivers": [{"name": name, "webhook_configs": [_webhook(receiver)]} for name, receiver in receivers],
    }


def _webhook(receiver: Receiver) -> dict[str, Any]:
    webhook: dict[str, Any] = {"url": receiver.url, "send_resolved": True}
    if receiver.token_file:
        webhook["http_config"] = {"authorization": {"credentials_file": receiver.token_file}}
    return webhook
