"""What `carebeat compute` publishes of a conversation: samples, SLA transitions, windows; figures are read from those.

All is read back through the contracts in `schemas/`, as a consumer of the topics would. Samples and transitions must agree with the windows.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter

from app.compute import Compute
from app.traffic.replay import tick
from schemas.events import TICKET_EVENT, TicketEvent
from schemas.kpis import KPIS, ChannelKpis
from schemas.samples import Sample
from schemas.sla import VERBOSE_STATES, SlaTransition
from tests.conformance.cases import MEAN, Conversation, Figures
from tests.conformance.settings import CHANNEL, configuration, rules_of

Read = TypeVar("Read")
_VERDICTS: Final = {"met": "met", "breached": "breached", "met_late": "breached", "cancelled": "cancelled"}
"""How a clock ended -> what windows count."""


class NotUnderstood(Exception):
    """A case says something that would have no effect."""


class Published:
    """All that a run wrote into its folder."""

    def __init__(self, folder: Path) -> None:
        self._samples = _read(folder / "samples.jsonl", TypeAdapter(Sample))
        self._transitions = _read(folder / "sla.jsonl", TypeAdapter(SlaTransition))
        windows = [window for window in _read(folder / "kpis.jsonl", KPIS) if isinstance(window, ChannelKpis)]
        self._windows = [window for window in windows if (window.channel, window.window.kind) == ("all", "hour")]

    def seconds(self, kpi: str) -> list[float]:
        """The samples that stand, in order of their ends."""
        retracted = {sample.id for sample in self._samples if sample.retracted}
        standing = [sample for sample in self._samples if sample.kpi == kpi and sample.id not in retracted]
        found = [sample.seconds for sample in sorted(standing, key=lambda sample: sample.ended_at)]
        assert self._in_windows(kpi) == (len(found), _milliseconds(sum(found))), f"windows and samples of {kpi} differ"
        return found

    def mean_seconds(self, kpi: str) -> float | None:
        """By the windows' counts and sums; None without a sample."""
        count, sum_ms = self._in_windows(kpi)
        return sum_ms / 1000 / count if count else None

    def _in_windows(self, kpi: str) -> tuple[int, int]:
        found = [spread for window in self._windows for name, spread in window.durations.items() if name == kpi]
        return sum(spread.count for spread in found), sum(_milliseconds(spread.sum) for spread in found)

    def ends(self, metric: str) -> list[str]:
        """How each clock of a metric ended, in order of their starts."""
        last = {
            said.started_at: said.state
            for said in self._transitions
            if said.metric == metric and said.state not in VERBOSE_STATES
        }
        found: list[str] = [state for _, state in sorted(last.items())]
        verdicts = Counter(_VERDICTS[state] for state in found if state in _VERDICTS)
        assert self._verdicts(metric) == verdicts, f"windows and transitions of {metric} differ"
        return found

    def _verdicts(self, metric: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for verdicts in (each for window in self._windows for each in window.sla if each.metric == metric):
            found.update(met=verdicts.met, breached=verdicts.breached, cancelled=verdicts.cancelled)
        return +found


def figures(case: Conversation, folder: Path) -> Figures:
    """The figures that a case names, as it comes to them, in the shape in which it names them."""
    published = _published(case, folder)
    return {name: _figure(published, name, right) for name, right in case.right_figures.items()}


def _figure(published: Published, name: str, right: Any) -> Any:
    if isinstance(right, dict):
        return {metric: _only(published.ends(metric)) for metric in right}
    kpi = name.removesuffix("_seconds")
    if kpi.startswith(MEAN):
        return published.mean_seconds(kpi.removeprefix(MEAN))
    found = published.seconds(kpi)
    return found if isinstance(right, list) else _only(found)


def _only(found: list[Any]) -> Any:
    return found[0] if len(found) == 1 else found


def _published(case: Conversation, folder: Path) -> Published:
    log, out = folder / "events.jsonl", folder / "out"
    log.write_bytes(b"\n".join(_lines(case)) + b"\n")
    time_passed = None if case.evaluate_at is None else tick(case.evaluate_at, None)
    totals = Compute(rules_of(configuration(case)), 1, out).run([log], time_passed, lambda _events, _bytes: None)
    assert totals.dead_letters == 0, (out / "dead-letters.jsonl").read_text()
    return Published(out)


def _lines(case: Conversation) -> list[bytes]:
    return [
        _line({"id": f"e{number:03d}", "ticket_id": "t1", "channel": CHANNEL, **event})
        for number, event in enumerate(case.events)
    ]


def _line(event: dict[str, Any]) -> bytes:
    """An event as a sender writes it; refused if it says what its type does not know, for then it would say nothing."""
    line = json.dumps(event).encode()
    unknown = event.keys() - _known(TICKET_EVENT.validate_json(line))
    if unknown:
        raise NotUnderstood(f"{event['type']} knows no {', '.join(sorted(unknown))}")
    return line


def _known(event: TicketEvent) -> set[str]:
    model: type[BaseModel] = type(event)
    return {name for name, field in model.model_fields.items() if not field.exclude}


def _read(path: Path, contract: TypeAdapter[Read]) -> list[Read]:
    return [contract.validate_json(line) for line in path.read_bytes().splitlines()]


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
