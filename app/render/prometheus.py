"""Prometheus' own configuration. Where things run is not in it but in `targets/`, which is written by whoever deploys."""

from typing import Any

from app.config import Config
from app.render.promql import GATEWAY_JOB, JOB


def prometheus_file(config: Config) -> dict[str, Any]:
    """`prometheus.yml`."""
    interval = config.operations.intervals(1)
    return {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": ["rules/*.yml"],
        "alerting": {"alertmanagers": [_targets("alertmanagers")]},
        "scrape_configs": [
            {"job_name": JOB, **_targets("workers")},
            {"job_name": GATEWAY_JOB, **_targets("gateways")},
        ],
    }


def _targets(of: str) -> dict[str, Any]:
    return {"file_sd_configs": [{"files": [f"targets/{of}.yml"], "refresh_interval": "30s"}]}
