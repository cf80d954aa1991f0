import builtins
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigurationError
from app.render.boards.errors import BoardsExtraMissingError
from tests.cli.conftest import Type


def test_files_are_written_once_and_found_unchanged(run_command: Type, tmp_path: Path) -> None:
    first = run_command("render", "--out", tmp_path)
    assert "10 files in" in first.output
    assert json.loads((tmp_path / "grafana/dashboards/support.json").read_text())["uid"] == "carebeat-support"
    assert "0 of them changed" in run_command("render", "--out", tmp_path).output
    assert run_command("render", "--out", tmp_path, "--check").exit_code == 0


def test_where_things_run_is_begun_once_and_never_overwritten(run_command: Type, tmp_path: Path) -> None:
    run_command("render", "--out", tmp_path)
    targets = tmp_path / "deploy/prometheus/targets"
    assert "127.0.0.1:9464" in (targets / "workers.yml").read_text()
    (targets / "workers.yml").write_text('- targets: ["worker-1:9464"]\n')
    assert "workers.yml" not in run_command("render", "--out", tmp_path).output
    assert "worker-1" in (targets / "workers.yml").read_text()
    assert run_command("render", "--out", tmp_path, "--check").exit_code == 0


def test_check_names_what_differs_and_writes_nothing(run_command: Type, tmp_path: Path) -> None:
    run_command("render", "--out", tmp_path)
    routes = tmp_path / "deploy/alertmanager/alertmanager.yml"
    routes.write_text("changed by hand")
    (tmp_path / "grafana/dashboards/runbook.json").unlink()
    checked = run_command("render", "--out", tmp_path, "--check")
    assert checked.exit_code == 1
    assert f"{routes} is not what the configuration says" in checked.output
    assert "runbook.json" in checked.output
    assert routes.read_text() == "changed by hand"


def test_the_named_configuration_is_rendered(run_command: Type, tmp_path: Path) -> None:
    configuration = tmp_path / "c.yaml"
    configuration.write_text("operations: {interval: 3s}")
    run_command("render", "--out", tmp_path, "--config", configuration)
    assert "scrape_interval: 3s" in (tmp_path / "deploy/prometheus/prometheus.yml").read_text()


def test_an_impossible_objective_is_refused_and_nothing_written(run_command: Type, tmp_path: Path) -> None:
    configuration = tmp_path / "c.yaml"
    configuration.write_text("defaults: {objective: 0.01}")
    with pytest.raises(ConfigurationError, match="could never fire"):
        run_command("render", "--out", tmp_path / "out", "--config", configuration)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_named(run_command: Type, tmp_path: Path) -> None:
    (tmp_path / "grafana").write_text("a file where a folder must be")
    with pytest.raises(ConfigurationError, match="--out"):
        run_command("render", "--out", tmp_path)


def test_without_the_sdk_the_extra_is_named(run_command: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("app.render", "grafana_foundation_sdk"))]:
        monkeypatch.delitem(sys.modules, name)
    real_import = builtins.__import__

    def without_sdk(name: str, *arguments: Any, **options: Any) -> Any:
        if name.startswith("grafana_foundation_sdk"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real_import(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_sdk)
    with pytest.raises(ConfigurationError, match=r"pip install 'carebeat\[boards\]'") as refused:
        run_command("render", "--out", tmp_path)
    assert type(refused.value).__name__ == BoardsExtraMissingError.__name__
