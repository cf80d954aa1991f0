"""A real gateway process, to post to, kill and look at."""

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.broker.ports import free_port
from tests.gateway.sender import OTHER_SECRET, PSEUDONYM_KEY, SECRET
from tests.web import get

CONFIGURATION = """
connectors:
  generic:
    website: {secrets: [{env: WEBSITE_SECRET}, {env: WEBSITE_SECRET_BEFORE}], requests_per_second: 100000}
"""
PATH = "/in/generic/website"


class RealGateway:
    """One gateway and its folder, which outlives the process. `secrets` are variables that the configuration names."""

    def __init__(
        self,
        bootstrap: str,
        prefix: str,
        folder: Path,
        *,
        text: str = CONFIGURATION,
        arguments: Sequence[str] = (),
        secrets: Mapping[str, str] = MappingProxyType({}),
        **environment: str,
    ) -> None:
        self.port, self.metrics_port, self.folder = free_port(), free_port(), folder
        self.process: subprocess.Popen[bytes] | None = None
        self._command = [sys.executable, "-m", "app", "gateway", *arguments]
        configuration = folder / "gateway.yaml"
        configuration.write_text(text)
        self._environment = {
            "CAREBEAT_KAFKA": bootstrap,
            "CAREBEAT_TOPIC_PREFIX": prefix,
            "CAREBEAT_CONFIG": str(configuration),
            "CAREBEAT_GATEWAY_PORT": str(self.port),
            "CAREBEAT_GATEWAY_PEER_RATE": "100000",
            "CAREBEAT_METRICS_PORT": str(self.metrics_port),
            "CAREBEAT_SPOOL": str(folder / "spool.db"),
            "CAREBEAT_PSEUDONYM_KEY": PSEUDONYM_KEY,
            "WEBSITE_SECRET": SECRET,
            "WEBSITE_SECRET_BEFORE": OTHER_SECRET,
            **secrets,
            **{f"CAREBEAT_{name.upper()}": value for name, value in environment.items()},
        }

    @property
    def log(self) -> str:
        return (self.folder / "gateway.log").read_text(errors="replace")

    def start(self) -> None:
        with (self.folder / "gateway.log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(30)

    def ask(self, path: str) -> tuple[int, str]:
        """GET from its own port for metrics and health; (0, "") while nobody listens."""
        return get(self.metrics_port, path)

    def is_ready(self) -> bool:
        return self.ask("/healthz/ready")[0] == 200

    def figure(self, name: str) -> float:
        """The sum of a metric's samples; `name` may be the beginning of a line."""
        lines = self.ask("/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))

    def environment(self) -> dict[str, str]:
        """What its senders know."""
        return {"WEBSITE_SECRET": SECRET}

    def post(self, body: bytes, headers: dict[str, str], path: str = PATH, method: str = "POST") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    @property
    def resident_megabytes(self) -> float:
        """What it holds in memory (Linux)."""
        assert self.process is not None
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


@contextmanager
def real_gateway(bootstrap: str, prefix: str, folder: Path, **options: Any) -> Iterator[RealGateway]:
    """A gateway that is gone afterwards."""
    gateway = RealGateway(bootstrap, prefix, folder, **options)
    gateway.start()
    try:
        yield gateway
    finally:
        if gateway.process is not None:
            gateway.process.kill()
            gateway.process.wait()
