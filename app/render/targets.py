"""Where things run, to begin with: on this machine. Whoever deploys changes these files; they are written only where there are none."""

from typing import Final, NamedTuple

import yaml

FOLDER: Final = "deploy/prometheus/targets"


class Targets(NamedTuple):
    """One file: what is in it, and the addresses it begins with."""

    what: str
    addresses: tuple[str, ...]


_TARGETS: Final = {
    "workers": Targets(
        "Where workers serve /metrics (CAREBEAT_METRICS_HOST, CAREBEAT_METRICS_PORT). Prometheus reads changes by itself.",
        ("127.0.0.1:9464",),
    ),
    "gateways": Targets("Where gateways serve /metrics. Empty where there is none.", ()),
    "alertmanagers": Targets("Where Alertmanager listens.", ("127.0.0.1:9093",)),
}


def starting_files() -> dict[str, str]:
    """Path -> content of the files that are to be changed by hand."""
    return {f"{FOLDER}/{name}.yml": _text(targets) for name, targets in _TARGETS.items()}


def _text(targets: Targets) -> str:
    listed = [{"targets": list(targets.addresses)}] if targets.addresses else []
    text: str = yaml.safe_dump(listed)
    return f"# {targets.what}\n{text}"
