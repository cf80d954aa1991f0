"""Business time worked out by hand, through a configuration text as a user writes it."""

from datetime import datetime

import pytest

from app.spans import milliseconds, parse_span
from tests.conformance import clock_changes, opening_hours
from tests.conformance.settings import schedule_of
from tests.conformance.worked import Due, Span
from tests.kpi.hours import at

SPANS = [*clock_changes.SPANS, *opening_hours.SPANS]
DUES = [*clock_changes.DUES, *opening_hours.DUES]


def _of(case: Span | Due) -> str:
    return f"schedules:\n  office: {case.schedule}\ndefaults: {{schedule: office}}"


def _name(case: Span | Due) -> str:
    return f"{case.part}: {case.case}"


@pytest.mark.parametrize("case", SPANS, ids=_name)
def test_a_span_has_the_business_time_worked_out(case: Span) -> None:
    found_ms = schedule_of(_of(case)).open_ms(at(case.start), at(case.end))
    assert found_ms == milliseconds(parse_span(case.open))


@pytest.mark.parametrize("case", DUES, ids=_name)
def test_a_target_is_due_where_worked_out(case: Due) -> None:
    due_ms = schedule_of(_of(case)).due_ms(at(case.start), milliseconds(parse_span(case.target)))
    assert due_ms == at(case.due)


@pytest.mark.parametrize("case", [*SPANS, *DUES], ids=_name)
def test_offsets_are_those_of_the_zone(case: Span | Due) -> None:
    """What is written with a wrong offset would be another instant than it says."""
    zone = schedule_of(_of(case)).zone
    for text in (case.start, case.end if isinstance(case, Span) else case.due):
        written = datetime.fromisoformat(text)
        assert text.endswith("Z") or written.astimezone(zone).utcoffset() == written.utcoffset()
