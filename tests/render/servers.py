"""Prometheus and Alertmanager as plain processes on what `carebeat render` writes, and a pager that hears them."""

import json
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from app import config
from app.broker.ports import free_port
from app.render.documents import documents
from tests.render.expressions import ROOT
from tests.render.programs import program


class Told(NamedTuple):
    """One alert of one notification."""

    to: str
    at_seconds: float
    """By the wall clock."""
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]

    @property
    def name(self) -> str:
        """Of the alert."""
        return self.labels["alertname"]


class Pager:
    """A webhook receiver that remembers all it is told; the receiver's name is the path."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        pager = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                pager.told += [
                    Told(self.path.strip("/"), time.time(), each["status"], each["labels"], each["annotations"])
                    for each in body["alerts"]
                ]
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def heard(self, name: str, status: str = "firing", *, to: str = "page", **labels: str) -> list[Told]:
        """What it was told of an alert."""
        return [
            told
            for told in self.told
            if (told.to, told.name, told.status) == (to, name, status) and labels.items() <= told.labels.items()
        ]

    def close(self) -> None:
        """Hear no more."""
        self._server.shutdown()
        self._server.server_close()


class Prometheus:
    """A running Prometheus."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"{self._url}/-/ready", timeout=2):
                return True
        except OSError:
            return False

    def get(self, path: str, **parameters: str) -> Any:
        """What its API answers."""
        with urllib.request.urlopen(
            f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=10
        ) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression gives now."""
        series: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return series


@contextmanager
def pager() -> Iterator[Pager]:
    """A pager, while it is needed."""
    made = Pager()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def watched(
    folder: Path, support: config.Config, *, worker_ports: list[int], gateway_ports: list[int]
) -> Iterator[Prometheus]:
    """A deployment's Prometheus and Alertmanager, as rendered from its configuration, while they are needed."""
    programs = program("prometheus"), program("prometheus-alertmanager")
    for name, text in documents(support, (ROOT / "deploy" / "runbook.md").read_text()).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    prometheus_port, alertmanager_port = free_port(), free_port()
    targets = {"workers": worker_ports, "gateways": gateway_ports, "alertmanagers": [alertmanager_port]}
    (folder / "deploy/prometheus/targets").mkdir()
    for name, ports in targets.items():
        listed = [{"targets": [f"127.0.0.1:{port}" for port in ports]}] if ports else []
        (folder / f"deploy/prometheus/targets/{name}.yml").write_text(yaml.safe_dump(listed))
    with ExitStack() as stack:
        alertmanager = [
            programs[1],
            f"--config.file={folder}/deploy/alertmanager/alertmanager.yml",
            f"--storage.path={folder}/alertmanager",
            f"--web.listen-address=127.0.0.1:{alertmanager_port}",
            "--cluster.listen-address=",
        ]
        stack.enter_context(_running(alertmanager, folder / "alertmanager.log"))
        prometheus = [
            programs[0],
            f"--config.file={folder}/deploy/prometheus/prometheus.yml",
            f"--storage.tsdb.path={folder}/prometheus",
            f"--web.listen-address=127.0.0.1:{prometheus_port}",
            "--rules.alert.resend-delay=1s",
        ]
        stack.enter_context(_running(prometheus, folder / "prometheus.log"))
        yield Prometheus(prometheus_port)


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
