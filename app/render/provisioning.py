"""What Grafana reads at its start: the data source, and where boards are."""

from typing import Any, Final

from app.config import Config

BOARDS_FOLDER: Final = "/var/lib/grafana/dashboards"
"""Where a container of Grafana finds `grafana/dashboards`."""


def datasource_file(config: Config) -> dict[str, Any]:
    """`datasources/carebeat.yaml`. Boards take any data source; this one is the default."""
    return {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "Prometheus",
                "uid": "carebeat-prometheus",
                "type": "prometheus",
                "access": "proxy",
                "url": config.operations.prometheus_url,
                "isDefault": True,
                "editable": False,
                "jsonData": {"httpMethod": "POST", "timeInterval": config.operations.intervals(1)},
            }
        ],
    }


def boards_file() -> dict[str, Any]:
    """`dashboards/carebeat.yaml`."""
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": "carebeat",
                "folder": "Carebeat",
                "type": "file",
                "disableDeletion": True,
                "allowUiUpdates": False,
                "options": {"path": BOARDS_FOLDER},
            }
        ],
    }
