"""Business time of spans, due instants, openings and closings."""

from zoneinfo import ZoneInfo

import pytest

from app.kpi.business_hours import NeverOpensError, Schedule
from app.kpi.instants import NEVER
from tests.kpi.hours import HOUR, OFFICE, WEEKDAYS, at, schedule, timetable

OPEN = schedule("UTC", OFFICE)  # 2 March 2026 is a Monday
ALWAYS = schedule("Europe/Berlin", dict.fromkeys(WEEKDAYS, ("00:00-24:00",)))


def open_hours(start: str, end: str) -> float:
    return OPEN.open_ms(at(start), at(end)) / HOUR


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-02T10:00", "2026-03-02T11:30", 1.5),
        ("2026-03-02T16:30", "2026-03-03T09:10", 40 / 60),
        ("2026-03-02T06:00", "2026-03-02T09:00", 0),  # up to the opening
        ("2026-03-02T17:00", "2026-03-03T09:00", 0),  # from closing to opening
        ("2026-03-06T16:00", "2026-03-09T10:00", 2),  # over the weekend
        ("2026-03-02", "2026-03-09", 40),
        ("2026-01-01", "2027-01-01", 261 * 8),
        ("2026-03-02T10:00", "2026-03-02T10:00", 0),
        ("2026-03-03T10:00", "2026-03-02T10:00", 0),  # reversed
    ],
)
def test_a_span_has_the_time_inside_opening_hours(start: str, end: str, hours: float) -> None:
    assert open_hours(start, end) == hours


def test_reversed_spans_are_counted_and_empty_ones_are_not() -> None:
    office = schedule("UTC", OFFICE)
    for end in ("2026-03-03T10:00", "2026-03-02T10:00", "2026-03-02T09:00", "2026-02-02T09:00"):
        office.open_ms(at("2026-03-02T10:00"), at(end))
    assert office.reversed_spans == 2


def test_milliseconds_are_kept() -> None:
    assert OPEN.open_ms(at("2026-03-02T16:59:59.999"), at("2026-03-03T09:00:00.002")) == 3


def test_a_schedule_that_is_always_open_has_the_time_that_passes() -> None:
    start_ms, end_ms = at("2020-01-01"), at("2026-11-11T11:11:11.111")
    assert ALWAYS.open_ms(start_ms, end_ms) == end_ms - start_ms


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02T10:00", 1, "2026-03-02T11:00"),
        ("2026-03-02T13:00", 4, "2026-03-02T17:00"),  # the closing instant, not the next opening
        ("2026-03-02T16:00", 4, "2026-03-03T12:00"),
        ("2026-03-02T17:00", 1, "2026-03-03T10:00"),  # at closing time nothing is left of the day
        ("2026-03-07T10:00", 8, "2026-03-09T17:00"),
        ("2026-03-06T16:55", 24, "2026-03-11T16:55"),
        ("2026-03-07T10:00", 0, "2026-03-07T10:00"),
        ("2026-12-31T16:00", 261 * 8, "2027-12-31T16:00"),
    ],
)
def test_a_target_is_due_when_it_is_used_up(start: str, hours: int, due: str) -> None:
    assert OPEN.due_ms(at(start), hours * HOUR) == at(due)


def test_a_target_that_is_never_used_up_is_never_due() -> None:
    once = schedule("UTC", {}, special={"2026-03-02": ["09:00-10:00"]})
    assert once.due_ms(at("2026-01-01"), HOUR) == at("2026-03-02T10:00")
    assert once.due_ms(at("2026-01-01"), HOUR + 1) == NEVER
    assert once.due_ms(at("2026-03-02T10:00"), 1) == NEVER


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ("2026-03-02T08:59:59.999", False),
        ("2026-03-02T09:00", True),
        ("2026-03-02T16:59:59.999", True),
        ("2026-03-02T17:00", False),
    ],
)
def test_open_is_from_the_opening_to_before_the_closing(when: str, is_open: bool) -> None:
    assert OPEN.is_open(at(when)) is is_open


@pytest.mark.parametrize(
    ("when", "opening", "closing"),
    [
        ("2026-03-02T08:00", "2026-03-02T09:00", "2026-03-02T17:00"),
        ("2026-03-02T09:00", "2026-03-03T09:00", "2026-03-02T17:00"),
        ("2026-03-06T17:00", "2026-03-09T09:00", "2026-03-09T17:00"),
    ],
)
def test_the_next_opening_and_closing_are_after_the_instant(when: str, opening: str, closing: str) -> None:
    assert (OPEN.next_opening_ms(at(when)), OPEN.next_closing_ms(at(when))) == (at(opening), at(closing))


def test_a_year_that_ends_is_no_closing() -> None:
    """Open from 30 December to 2 January."""
    days = ("2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02")
    holidays = schedule("UTC", {}, special={day: ["00:00-24:00"] for day in days})
    assert holidays.next_closing_ms(at("2026-12-31")) == at("2027-01-03")
    assert holidays.next_opening_ms(at("2026-12-31")) == NEVER


def test_what_is_always_open_neither_opens_nor_closes() -> None:
    assert (ALWAYS.next_opening_ms(at("2026-03-02")), ALWAYS.next_closing_ms(at("2026-03-02"))) == (NEVER, NEVER)


def test_a_span_over_a_change_of_hours_uses_each_for_its_part() -> None:
    longer = {day: ["08:00-18:00"] for day in WEEKDAYS}
    changing = Schedule(ZoneInfo("UTC"), [timetable(longer, valid_from="2026-03-05"), timetable(OFFICE)])
    assert changing.open_ms(at("2026-03-02"), at("2026-03-09")) == (3 * 8 + 4 * 10) * HOUR


@pytest.mark.parametrize(
    "hours",
    [
        timetable({}),
        timetable({}, special={"2026-03-02": []}),
        timetable({"mon": ["09:00-17:00"]}, breaks={"mon": ["00:00-24:00"]}),
    ],
)
def test_a_schedule_that_never_opens_is_refused(hours: object) -> None:
    with pytest.raises(NeverOpensError):
        Schedule(ZoneInfo("UTC"), [hours])  # type: ignore[list-item] # parametrised


def test_schedules_with_the_same_hours_are_equal() -> None:
    one, other = schedule("UTC", OFFICE), schedule("UTC", OFFICE)
    one.open_ms(at("2026-03-02"), at("2027-03-02"))
    assert one == other
    assert hash(one) == hash(other)
    assert one != schedule("Europe/Berlin", OFFICE)
    assert one != schedule("UTC", OFFICE, holidays=["2026-03-02"])
    assert one != "UTC"


def test_years_that_are_not_known_are_closed() -> None:
    first, last = at("1970-01-01"), at("2200-01-01")
    assert ALWAYS.open_ms(at("1960-01-01"), at("1970-01-02")) == at("1970-01-02") - first
    assert ALWAYS.open_ms(at("2199-12-31"), at("2210-01-01")) == last - at("2199-12-31")
    assert ALWAYS.open_ms(0, NEVER) == last
    assert not ALWAYS.is_open(last)
    assert ALWAYS.due_ms(last, 1) == NEVER
