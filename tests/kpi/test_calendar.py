"""Where long windows begin and end."""

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kpi.calendar import LONG_KINDS, Calendar
from app.kpi.instants import instant_ms
from app.kpi.windows import Days
from tests.kpi.story import HOUR
from tests.kpi.test_windows import EARLIEST_MS, LATEST_MS


def around(kind: str, at: str, zone: str = "UTC") -> tuple[str, str]:
    start_ms, end_ms = Calendar(zone).around(kind, instant_ms(at))
    start, end = (datetime.fromtimestamp(ms / 1000, ZoneInfo(zone)) for ms in (start_ms, end_ms))
    assert (start.time(), end.time()) == (start.min.time(), end.min.time())
    return str(start.date()), str(end.date())


@pytest.mark.parametrize(
    ("kind", "at", "expected"),
    [
        ("week", "2026-03-02T00:00:00Z", ("2026-03-02", "2026-03-09")),
        ("week", "2026-03-01T23:59:59Z", ("2026-02-23", "2026-03-02")),
        ("week", "2027-01-01T12:00:00Z", ("2026-12-28", "2027-01-04")),
        ("month", "2026-12-31T12:00:00Z", ("2026-12-01", "2027-01-01")),
        ("month", "2024-02-29T12:00:00Z", ("2024-02-01", "2024-03-01")),
        ("quarter", "2026-03-31T12:00:00Z", ("2026-01-01", "2026-04-01")),
        ("quarter", "2026-10-01T00:00:00Z", ("2026-10-01", "2027-01-01")),
    ],
)
def test_weeks_begin_on_monday_months_and_quarters_on_their_first(
    kind: str, at: str, expected: tuple[str, str]
) -> None:
    assert around(kind, at) == expected


def test_a_week_is_the_one_of_the_iso_calendar() -> None:
    start, end = around("week", "2027-01-02T12:00:00Z")
    assert {date.fromisoformat(start).isocalendar()[:2], date(2027, 1, 3).isocalendar()[:2]} == {(2026, 53)}
    assert date.fromisoformat(end).isocalendar()[:2] == (2027, 1)


def test_they_are_those_of_the_zone() -> None:
    assert around("month", "2026-03-31T23:00:00Z", "Europe/Berlin") == ("2026-04-01", "2026-05-01")


@pytest.mark.parametrize(("month", "hours"), [(3, 31 * 24 - 1), (4, 30 * 24), (10, 31 * 24 + 1)])
def test_a_month_is_as_long_as_clocks_make_it(month: int, hours: int) -> None:
    start_ms, end_ms = Calendar("Europe/Berlin").around("month", instant_ms(f"2026-{month:02d}-15T00:00:00Z"))
    assert end_ms - start_ms == hours * HOUR


@given(st.sampled_from(sorted(available_timezones())), st.sampled_from(LONG_KINDS), st.integers(EARLIEST_MS, LATEST_MS))
def test_every_day_is_wholly_in_one_of_each_kind_and_they_follow_each_other(zone: str, kind: str, at_ms: int) -> None:
    calendar, days = Calendar(zone), Days(zone)
    spans = [calendar.around(kind, at_ms)]
    for _ in range(3):
        start_ms, end_ms = days.around(spans[-1][1])
        spans.append(calendar.around(kind, (start_ms + end_ms) // 2))
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    start_ms, end_ms = days.around(at_ms)
    long_start_ms, long_end_ms = calendar.around(kind, (start_ms + end_ms) // 2)
    assert long_start_ms <= start_ms < end_ms <= long_end_ms
