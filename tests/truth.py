"""Published windows against the figures that the recorded support log must yield (`shared/data/truth`)."""

import csv
import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.kpi.sketch import add, quantile_ms

UNTIL = "2025-01-01"
TICK_AT_END = "2025-03-01"
_NAME = "thunderbird-2023-2024"
_OUTCOMES = ("met", "breached", "cancelled")
_QUANTILES = {"min": 0.0, "p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}
_LABELLED = ("replies_sent", "tickets_closed")
_ERROR = 0.01

Key = tuple[str, str]
"""(channel, start)."""
Windows = dict[Key, dict[str, Any]]


def write_log(shared: Path, to: Path, log: str = "thunderbird", until: str = UNTIL) -> Path:
    """The recorded log as events, one a line."""
    with to.open("wb") as out:
        command = [sys.executable, str(shared / "data" / "derive_events.py"), log, "--until", until]
        subprocess.run(command, stdout=out, check=True)
    return to


def differences(records: Iterable[dict[str, Any]], shared: Path) -> list[str]:
    """Where the last versions of windows differ from the truth; empty if nowhere."""
    by_kind: dict[str, Windows] = {"minute": {}, "hour": {}, "day": {}, "week": {}, "month": {}, "quarter": {}}
    for record in records:
        if "dimension" in record:
            continue
        by_kind[record["window"]["kind"]][record["channel"], record["window"]["start"]] = record
    folder = shared / "data" / "truth"
    found = [message for kind in ("hour", "day") for message in _per_window(by_kind[kind], kind, folder)]
    totals = json.loads((folder / f"{_NAME}.totals.json").read_text())
    return found + [message for channel, truth in totals.items() for message in _total(channel, truth, by_kind)]


def _per_window(windows: Windows, kind: str, folder: Path) -> Iterator[str]:
    rows: dict[Key, dict[str, str]] = {}
    with gzip.open(folder / f"{_NAME}.{kind}.csv.gz", "rt", newline="") as file:
        for row in csv.DictReader(file):
            rows[row.pop("channel"), row.pop("window_start")] = row
    for key, row in rows.items():
        if key not in windows:
            yield f"{kind} {key}: missing"
            continue
        found = figures(windows[key])
        for measure, value in row.items():
            if found.get(measure, 0) != int(value):
                yield f"{kind} {key} {measure}: {found.get(measure, 0)}, not {value}"
    for key in windows:
        if key[0] != "all" and key not in rows:
            yield f"{kind} {key}: nothing happened, but there is a window"


def figures(record: dict[str, Any]) -> dict[str, float]:
    """The figures of a published window, named as in the truth files; none where nothing happened."""
    found: dict[str, float] = {
        measure: sum(value.values()) if isinstance(value, dict) else value
        for measure, value in record["counts"].items()
    }
    for name, spread in record["durations"].items():
        found[f"{name}_count"], found[f"{name}_sum"] = spread["count"], spread["sum"]
    for verdict in record["sla"]:
        for outcome in _OUTCOMES:
            name = f"{verdict['metric']}_{outcome}"
            found[name] = found.get(name, 0) + verdict[outcome]
    return found


def _total(channel: str, truth: dict[str, Any], by_kind: dict[str, Windows]) -> Iterator[str]:
    for kind, windows in by_kind.items():
        mine = [record for key, record in windows.items() if key[0] == channel]
        found: Counter[str] = Counter()
        for record in mine:
            found.update(figures(record))  # type: ignore[arg-type]  # seconds may be fractions
        for measure, value in truth.items():
            if isinstance(value, dict):
                yield from _quantiles(f"{channel} {kind}s {measure}", mine, measure, value)
            elif not measure.endswith("_at_end") and found[measure] != value:
                yield f"{channel} {kind}s {measure}: {found[measure]}, not {value}"
        last = max(mine, key=lambda record: record["window"]["end"])["levels"]
        if (last["open"], last["waiting"]) != (truth["open_at_end"], truth["waiting_at_end"]):
            yield f"{channel} {kind}s levels: {last}, not {truth['open_at_end']}, {truth['waiting_at_end']}"


def _quantiles(where: str, records: list[dict[str, Any]], measure: str, truth: dict[str, float]) -> Iterator[str]:
    sketch: dict[int, int] = {}
    for record in records:
        if measure in record["durations"]:
            add(sketch, {int(bucket): count for bucket, count in record["durations"][measure]["sketch"].items()})
    for name, share in _QUANTILES.items():
        if truth.get(name) is not None:
            value = quantile_ms(sketch, share)
            if value is None or abs(value / 1000 - truth[name]) > _ERROR * truth[name]:
                yield f"{where} {name}: {value} ms, not {truth[name]} s within {_ERROR:.0%}"


def window_key(record: dict[str, Any]) -> tuple[str, str, str]:
    """Which window of which channel or dimension."""
    return record.get("channel") or record["dimension"], record["window"]["kind"], record["window"]["start"]


def same_in_every_run(record: dict[str, Any]) -> dict[str, Any]:
    """What a window says; `revision` and `stream_time` only tell of the run."""
    said = ("final", "counts", "durations", "rates", "revenue", "levels")
    return {name: record[name] for name in said if name in record} | {"sla": sorted(record["sla"], key=str)}


def by_clock(transitions: Iterable[dict[str, Any]]) -> Counter[tuple[str, ...]]:
    """SLA transitions without what tells of the run."""
    fields = ("ticket_id", "metric", "started_at", "due_at", "state")
    return Counter(tuple(record[field] for field in fields) for record in transitions)


def records(path: Path) -> list[dict[str, Any]]:
    """The records of a JSON Lines file."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]
