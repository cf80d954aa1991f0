"""The rule files: recording rules, and alerts by what they watch."""

from collections.abc import Mapping
from typing import Any

from app.config import Config
from app.render.alert import Alert, rule
from app.render.rules.gateway import gateway_alerts
from app.render.rules.goals import goal_alerts
from app.render.rules.pipeline import pipeline_alerts
from app.render.rules.recording import recordings
from app.render.rules.sla import sla_alerts


def alerts(config: Config) -> dict[str, list[Alert]]:
    """Group -> its alerts. Raises ConfigurationError where an objective allows none."""
    return {
        "carebeat-sla": sla_alerts(config),
        "carebeat-goals": goal_alerts(config),
        "carebeat-pipeline": pipeline_alerts(config),
        "carebeat-gateway": gateway_alerts(config),
    }


def rule_files(config: Config) -> dict[str, Mapping[str, Any]]:
    """File name -> a rule file of Prometheus."""
    recorded = {"name": "carebeat-recordings", "rules": recordings(config)}
    groups = [{"name": name, "rules": [rule(each, config) for each in made]} for name, made in alerts(config).items()]
    return {
        "recordings.yml": {"groups": [recorded]},
        "alerts.yml": {"groups": groups},
    }
