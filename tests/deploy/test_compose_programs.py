"""The programs themselves take what compose.yaml gives them: Kafka its environment, Prometheus and Alertmanager their files."""

import shutil
import subprocess
from pathlib import Path

import pytest

from app.broker.errors import EmbeddedExtraMissingError
from app.broker.jars import class_path, java
from tests.deploy.files import COMPOSE_FILE, Service, mounts, read_compose
from tests.render.programs import run

SERVICES: dict[str, Service] = read_compose()["services"]


def test_kafka_takes_its_environment(tmp_path: Path) -> None:
    """As its image makes settings of it: KAFKA_NODE_ID=1 is node.id=1."""
    given = {**SERVICES["kafka"]["environment"], "KAFKA_LOG_DIRS": str(tmp_path / "log")}
    lines = [f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={value}" for name, value in given.items()]
    (tmp_path / "server.properties").write_text("\n".join(lines))
    try:
        command = [str(java()), "-cp", class_path(lambda _: None), "kafka.tools.StorageTool", "format"]
    except EmbeddedExtraMissingError as error:
        pytest.skip(f"NO KAFKA, its environment is not tested: {error}")
    options = ["--cluster-id=AAAAAAAAAAAAAAAAAAAAAQ", "-c", str(tmp_path / "server.properties")]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_and_alertmanager_take_what_is_mounted(tmp_path: Path) -> None:
    for name in ("prometheus", "alertmanager"):
        for mount in mounts(SERVICES[name]):
            if mount.is_file:
                target = tmp_path / mount.target.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copytree(mount.path, target) if mount.path.is_dir() else shutil.copy(mount.path, target)
    for tool, name in (("promtool", "prometheus"), ("amtool", "alertmanager")):
        (path,) = (
            part.removeprefix("--config.file=")
            for part in SERVICES[name]["command"]
            if part.startswith("--config.file=")
        )
        check = ["check", "config"] if tool == "promtool" else ["check-config"]
        status, said = run(tool, *check, str(tmp_path / path.lstrip("/")))
        assert status == 0, said
        assert " 0 rules found" not in said
        assert "FAILED" not in said


def test_compose_itself_takes_it() -> None:
    path = shutil.which("docker-compose")
    if path is None:
        pytest.skip("NO DOCKER-COMPOSE, the form of compose.yaml is not checked: apt-get install docker-compose")
    done = subprocess.run(
        [path, "--file", str(COMPOSE_FILE), "--profile", "simulator", "config", "--quiet"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
