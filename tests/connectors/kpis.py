"""What the core makes of connectors' events, without a broker."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from app.cli import carebeat
from app.connectors.connector import Connector
from app.gateway.events import Finishing, Ready
from app.gateway.pseudonyms import Pseudonyms
from tests.connectors.cases.case import Case

RECEIVED_AT = "2026-03-02T10:41:09Z"


def finished(case: Case, items: Iterable[Any]) -> list[Ready]:
    """The records of native items."""
    connector: Connector = case.connector
    name, account = connector.name, case.account
    finishing = Finishing(name, account.name, Pseudonyms(b"k" * 32, name, account.name))
    return [finishing.finish(draft, RECEIVED_AT) for item in items for draft in connector.normalise(item, account)]


def samples(folder: Path, events: Iterable[Ready]) -> dict[str, list[float]]:
    """KPI -> the seconds of its samples, after all of it has long passed."""
    log = folder / "log.jsonl"
    log.write_bytes(b"\n".join(event.value for event in events) + b"\n")
    arguments = ["compute", str(log), "--out", str(folder / "out"), "--tick-at-end", "2030-01-01T00:00:00Z"]
    result = CliRunner().invoke(carebeat, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: dict[str, list[float]] = {}
    for line in (folder / "out" / "samples.jsonl").read_text().splitlines():
        sample = json.loads(line)
        found.setdefault(sample["kpi"], []).append(sample["seconds"])
    return found
