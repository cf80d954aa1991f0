"""All files that follow from the configuration, as texts. The same configuration gives the same bytes."""

from collections.abc import Mapping
from typing import Any, Final

import yaml

from app.config import Config
from app.render.alertmanager import alertmanager_file
from app.render.boards.frame import as_file
from app.render.boards.goals import goals_board
from app.render.boards.overview import overview
from app.render.boards.quality import quality_board
from app.render.boards.runbook import runbook_board
from app.render.prometheus import prometheus_file
from app.render.provisioning import boards_file, datasource_file
from app.render.rules import rule_files

_HEADER: Final = "# Written by `carebeat render` from the support configuration. Change that, and render again.\n"
_ONE_LINE: Final = 10_000


def documents(config: Config, runbook: str) -> dict[str, str]:
    """Path (below the folder that is rendered to) -> content; `runbook` is the text of `deploy/runbook.md`.

    Raises ConfigurationError where an objective allows no alert.
    """
    written: dict[str, Mapping[str, Any]] = {
        "deploy/prometheus/prometheus.yml": prometheus_file(config),
        **{f"deploy/prometheus/rules/{name}": made for name, made in rule_files(config).items()},
        "deploy/alertmanager/alertmanager.yml": alertmanager_file(config),
        "grafana/provisioning/datasources/carebeat.yaml": datasource_file(config),
        "grafana/provisioning/dashboards/carebeat.yaml": boards_file(),
    }
    boards = {
        "support.json": overview(config),
        "goals.json": goals_board(config),
        "quality.json": quality_board(config),
        "runbook.json": runbook_board(config, runbook),
    }
    return {
        **{path: _yaml(content) for path, content in written.items()},
        **{f"grafana/dashboards/{name}": as_file(board) for name, board in boards.items()},
    }


class _Plain(yaml.SafeDumper):
    """Without anchors: what is said twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: _Plain, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _text)


def _yaml(content: Mapping[str, Any]) -> str:
    text: str = yaml.dump(content, Dumper=_Plain, sort_keys=False, width=_ONE_LINE, allow_unicode=True)
    return _HEADER + text
