"""What stands in the files of a deployment, as data: compose.yaml, and the instructions of the Dockerfile."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from app.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE_FILE = DEPLOY / "compose.yaml"
OWN_IMAGE = "carebeat"
SECRETS = "/run/secrets/"

Service = Mapping[str, Any]
Compose = Mapping[str, Any]


def read_compose() -> Compose:
    """All of compose.yaml, its anchors resolved."""
    content: Compose = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    return content


class Mount(NamedTuple):
    """One line under `volumes` of a service."""

    source: str
    """A path beside compose.yaml, or the name of a volume."""
    target: str
    options: str

    @property
    def is_file(self) -> bool:
        """Whether it is of the repository, and no volume."""
        return self.source.startswith(".")

    @property
    def path(self) -> Path:
        """Where a file is in the repository."""
        return (DEPLOY / self.source).resolve()


def mounts(service: Service) -> list[Mount]:
    """What a service mounts."""
    return [Mount(*[*line.split(":"), ""][:3]) for line in service.get("volumes", [])]


def own(compose: Compose) -> dict[str, Service]:
    """The services that run our image."""
    services: Mapping[str, Service] = compose["services"]
    return {name: service for name, service in services.items() if service["image"].startswith(f"{OWN_IMAGE}:")}


def command_of(service: Service) -> str:
    """The `carebeat` command of one of them."""
    return str(service["command"][0])


def environment_of(service: Service) -> dict[str, str]:
    """What the process of one of them sees: the image's environment and its own."""
    return {**image_environment(), **service.get("environment", {})}


def settings_names() -> set[str]:
    """The environment variables that are settings."""
    return {PREFIX + field.upper() for field in Settings.model_fields}


def scrape_targets() -> Iterator[tuple[str, str, int]]:
    """(file, host, port) of what Prometheus finds."""
    for path in sorted((DEPLOY / "compose" / "targets").glob("*.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8")):
            for address in group["targets"]:
                host, port = address.rsplit(":", 1)
                yield path.name, host, int(port)


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, in order."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", "", lines)
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())]


def of_kind(name: str) -> list[str]:
    """The arguments of all instructions of a kind, in the last stage where stages matter."""
    last = max(place for place, (each, _) in enumerate(instructions()) if each == "FROM")
    return [rest for place, (each, rest) in enumerate(instructions()) if each == name and place > last]


def image_environment() -> dict[str, str]:
    """The environment that the image gives."""
    return dict(pair.split("=", 1) for line in of_kind("ENV") for pair in line.split())


def image_probe() -> list[str]:
    """What the image's health check runs."""
    probe: list[str] = json.loads(of_kind("HEALTHCHECK")[0].partition("CMD ")[2])
    return probe
