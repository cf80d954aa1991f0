"""What must add up, whatever happened: waits and clocks end in one way each, days are their hours, all is every channel."""

import gc
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.config import truth_rules
from app.kpi.aggregate import Cell, merged
from app.kpi.decoder import Decoder
from app.kpi.history import Ticket
from app.kpi.instants import instant_ms
from app.kpi.levels import ALL
from app.kpi.rules import Rules
from app.kpi.sla import BREACHED
from app.kpi.verdicts import clocks
from tests import truth
from tests.kpi.law import RULES, Traffic, traffic
from tests.kpi.office import Office
from tests.kpi.story import DAY, Record

LOGS = {"thunderbird": (truth.UNTIL, "2025-03-01"), "servicenow": ("2100-01-01", "2017-06-01")}
_SAID_BY_ENDING = ("met", "breached", "cancelled")


def at_the_end(arrivals: list[Record], until_ms: int, of: Rules) -> Office:
    """One partition that has read everything, in order of arrival, and let time pass."""
    office = Office(replace(of, publish_all=True))
    for start in range(0, len(arrivals), 20_000):
        office.read(arrivals[start : start + 20_000])
        office.flush()
    office.tick(until_ms)
    return office


def cells(office: Office, kind: str, *, of_all: bool = False) -> dict[tuple[str, int], Cell]:
    """Windows of channels, or the one of all channels, by start."""
    return {
        (name, span.start_ms): window.cell
        for (name, span), window in office.windows.items()
        if span.kind == kind and ":" not in name and (name == ALL) == of_all
    }


def waits_end_in_one_way(office: Office) -> bool:
    """Opened = answered + automated + cancelled + forgotten + open."""
    counts = Counter(merged(cells(office, "day").values()).counts)
    ended = sum(counts[f"waits_{end}"] for end in ("answered", "automated", "cancelled", "forgotten"))
    return counts["waits_opened"] == ended + office.partitions[0].levels.present()[ALL].waiting


def clocks_end_in_one_way(office: Office) -> bool:
    """Started = met + breached + cancelled + running, by metric; a start that was taken back never was."""
    standing: Counter[str] = Counter()
    for _, said in office.said:
        standing[said.metric] += {"started": 1, "retracted": -1}.get(said.state, 0)
        standing[said.metric] -= said.state in _SAID_BY_ENDING
    running = Counter(
        metric for ticket in tickets(office) for metric, clock in clocks(ticket.state) if clock.phase != BREACHED
    )
    return +standing == running


def tickets(office: Office) -> list[Ticket]:
    """All that are kept."""
    partition = office.partitions[0]
    return [partition.tickets.wake(ticket_id) for ticket_id in list(partition.tickets.resting)]


def in_order(told: Traffic, of: Rules) -> list[Record]:
    """The same events, each once and in the order of the law: nothing is late."""
    decode = Decoder(of)
    once = {json.loads(one.value or b"")["id"]: one for one in told.arrivals}
    return sorted(once.values(), key=lambda one: decode(one.value, one.key, one.timestamp)[1])  # type: ignore[index]  # no ticks


many = settings(max_examples=600)
"""With few examples hardly a clock is cancelled, or matched again."""
EVENTS_RULES = [of for of in RULES.values() if of.clock == "events"]


@given(traffic(tickets=4), st.sampled_from(EVENTS_RULES))
def test_every_wait_ends_in_one_way_whatever_the_order(told: Traffic, of: Rules) -> None:
    assert waits_end_in_one_way(at_the_end(told.arrivals, told.until_ms, of))


@many
@given(traffic(tickets=1), st.sampled_from(EVENTS_RULES))
def test_every_clock_ends_in_one_way(told: Traffic, of: Rules) -> None:
    assert clocks_end_in_one_way(at_the_end(in_order(told, of), told.until_ms, of))


@many
@given(traffic(tickets=1))
def test_no_change_of_labels_undeclares_a_breach(told: Traffic) -> None:
    office = at_the_end(in_order(told, RULES["everything"]), told.until_ms, RULES["everything"])
    broken = set()
    for ticket_id, said in office.said:
        clock = ticket_id, said.metric, said.started_ms
        assert clock not in broken or said.state == "met_late"
        if said.state == "breached":
            broken.add(clock)


@pytest.mark.parametrize("log", LOGS)
def test_a_recorded_log_adds_up(log: str, shared: Path, tmp_path: Path) -> None:
    until, end = LOGS[log]
    lines = truth.write_log(shared, tmp_path / "log.jsonl", log, until).read_bytes().splitlines()
    records = [Record(number, 0, json.loads(line)["ticket_id"].encode(), line) for number, line in enumerate(lines)]
    gc.disable()  # it would look through all of the log again and again
    try:
        office = at_the_end(records, instant_ms(f"{end}T00:00:00Z"), truth_rules())
    finally:
        gc.enable()
    assert len(records) > 80_000
    assert office.dead_letters == []
    assert waits_end_in_one_way(office)
    assert clocks_end_in_one_way(office)
    hours, days = cells(office, "hour"), cells(office, "day")
    for (name, start_ms), cell in days.items():
        parts = (hours.get((name, hour_ms)) for hour_ms in range(start_ms, start_ms + DAY, 3_600_000))
        assert merged(part for part in parts if part is not None) == cell
    for (_, start_ms), cell in cells(office, "day", of_all=True).items():
        assert merged(part for (_, at_ms), part in days.items() if at_ms == start_ms) == cell
