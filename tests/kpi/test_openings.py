"""From local hours to stretches of real time."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from app.kpi.openings import Timetable, in_force, local_ms, stretches
from tests.kpi.hours import HOUR, OFFICE, WEEKDAYS, at, timetable

MIDNIGHTS = dict.fromkeys(WEEKDAYS, ("00:00-24:00",))


def opened(hours: Timetable, zone: str, day: str, days: int = 1) -> list[tuple[str, str]]:
    """(opening, closing) in UTC of what opens within so many days from a date."""
    start_ms = at(day, zone)
    found = stretches([hours], ZoneInfo(zone), int(day[:4]))
    return [(_utc(a), _utc(b)) for a, b in found if start_ms <= a < start_ms + days * 24 * HOUR]


def _utc(at_ms: int) -> str:
    minutes = at_ms // 60_000
    day = date.fromordinal(date(1970, 1, 1).toordinal() + minutes // 1440)
    return f"{day:%d} {minutes // 60 % 24:02d}:{minutes % 60:02d}"


def test_hours_are_local() -> None:
    assert opened(timetable(OFFICE), "Europe/Berlin", "2026-03-02") == [("02 08:00", "02 16:00")]
    assert opened(timetable(OFFICE), "Asia/Kolkata", "2026-03-02") == [("02 03:30", "02 11:30")]


def test_overnight_hours_belong_to_the_date_on_which_they_start() -> None:
    """From Friday 22:00 to Saturday 06:00, though Saturday is a holiday; Sunday night has none, though Monday has."""
    hours = timetable({"fri": ["22:00-06:00"], "mon": ["22:00-06:00"]}, holidays=["2026-03-07"])
    assert opened(hours, "UTC", "2026-03-06", 4) == [("06 22:00", "07 06:00"), ("09 22:00", "10 06:00")]


def test_an_overnight_interval_of_a_holiday_does_not_open() -> None:
    hours = timetable({"fri": ["22:00-06:00"]}, holidays=["2026-03-06"])
    assert opened(hours, "UTC", "2026-03-06", 2) == []


def test_what_touches_or_overlaps_is_one_stretch() -> None:
    hours = timetable({"fri": ["09:00-12:00", "12:00-13:00", "22:00-10:00"], "sat": ["09:00-11:00"]})
    assert opened(hours, "UTC", "2026-03-06", 2) == [("06 09:00", "06 13:00"), ("06 22:00", "07 11:00")]


# Europe/Berlin, 29 March 2026: 02:00 to 03:00 does not exist; 01:00 UTC.


def test_an_opening_in_the_gap_moves_by_its_length() -> None:
    assert opened(timetable({"sun": ["02:30-06:00"]}), "Europe/Berlin", "2026-03-29") == [("29 01:30", "29 04:00")]


def test_a_closing_in_the_gap_moves_by_its_length() -> None:
    assert opened(timetable({"sun": ["00:00-02:30"]}), "Europe/Berlin", "2026-03-29") == [("28 23:00", "29 01:30")]


def test_an_opening_that_moves_behind_its_closing_does_not_open() -> None:
    assert opened(timetable({"sun": ["02:30-03:15"]}), "Europe/Berlin", "2026-03-29") == []


def test_intervals_that_a_gap_lets_overlap_count_once() -> None:
    hours = timetable({"sun": ["01:00-02:45", "03:00-04:00"]})
    assert opened(hours, "Europe/Berlin", "2026-03-29") == [("29 00:00", "29 02:00")]


def test_half_an_hour_of_gap_moves_by_half_an_hour() -> None:
    """Lord Howe, 4 October 2026: 02:00 to 02:30 does not exist; 15:30 UTC of the day before."""
    assert opened(timetable({"sun": ["02:15-03:00"]}), "Australia/Lord_Howe", "2026-10-04") == [
        ("03 15:45", "03 16:00")
    ]


# Europe/Berlin, 25 October 2026: 02:00 to 03:00 comes twice; at 00:00 and at 01:00 UTC.


@pytest.mark.parametrize(
    ("hours", "stretch"),
    [
        ("02:30-06:00", ("25 00:30", "25 05:00")),
        ("00:00-02:30", ("24 22:00", "25 00:30")),
        ("02:15-02:45", ("25 00:15", "25 00:45")),
        ("02:00-03:00", ("25 00:00", "25 02:00")),
    ],
)
def test_a_local_time_that_comes_twice_is_the_first(hours: str, stretch: tuple[str, str]) -> None:
    assert opened(timetable({"sun": [hours]}), "Europe/Berlin", "2026-10-25") == [stretch]


@pytest.mark.parametrize(("day", "real_hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-10-17", 8)])
def test_a_night_over_a_clock_change_has_the_hours_that_pass(day: str, real_hours: int) -> None:
    """22:00 to 06:00; the clocks change on the morning after."""
    ((opening, closing),) = stretches([timetable({}, special={day: ["22:00-06:00"]})], ZoneInfo("Europe/Berlin"), 2026)
    assert closing - opening == real_hours * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "real_hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("America/Sao_Paulo", "2015-10-18", 23),  # begins at 01:00
        ("America/Sao_Paulo", "2016-02-20", 25),  # its last hour comes twice
        ("Asia/Pyongyang", "2015-08-14", 24.5),
        ("Asia/Pyongyang", "2018-05-04", 23.5),
        ("Europe/Istanbul", "2016-10-30", 24),  # where clocks no longer changed
        ("Pacific/Apia", "2011-12-31", 24),
    ],
)
def test_a_day_that_is_open_all_day_has_the_hours_that_pass(zone: str, day: str, real_hours: float) -> None:
    ((opening, closing),) = stretches([timetable({}, special={day: ["00:00-24:00"]})], ZoneInfo(zone), int(day[:4]))
    assert closing - opening == real_hours * HOUR


def test_hours_of_a_date_that_never_was_move_by_the_day_that_was_skipped() -> None:
    """Apia went from 29 to 31 December 2011: all of the 30th is in the gap."""
    hours = timetable({}, special={"2011-12-30": ["09:00-17:00"]})
    assert opened(hours, "Pacific/Apia", "2011-12-31") == [("30 19:00", "31 03:00")]


def test_a_special_day_beats_a_holiday_and_a_holiday_the_weekday() -> None:
    hours = timetable(OFFICE, holidays=["2026-03-03", "2026-03-04"], special={"2026-03-04": ["10:00-12:00"]})
    assert opened(hours, "UTC", "2026-03-02", 3) == [("02 09:00", "02 17:00"), ("04 10:00", "04 12:00")]


def test_a_special_day_may_be_closed() -> None:
    assert opened(timetable(OFFICE, special={"2026-03-03": []}), "UTC", "2026-03-03") == []


def test_breaks_are_taken_from_what_is_open() -> None:
    hours = timetable(OFFICE, breaks={"mon": ["12:00-12:30", "16:30-18:00"], "2026-03-02": ["12:15-13:00"]})
    assert opened(hours, "UTC", "2026-03-02") == [("02 09:00", "02 12:00"), ("02 13:00", "02 16:30")]


def test_a_special_day_has_no_breaks_of_its_weekday_but_those_of_its_date() -> None:
    hours = timetable(
        OFFICE, breaks={"mon": ["10:00-10:30"], "2026-03-02": ["11:00-11:30"]}, special={"2026-03-02": ["10:00-12:00"]}
    )
    assert opened(hours, "UTC", "2026-03-02") == [("02 10:00", "02 11:00"), ("02 11:30", "02 12:00")]


def test_a_break_of_a_date_is_taken_from_the_night_before_it() -> None:
    hours = timetable({"mon": ["22:00-06:00"]}, breaks={"2026-03-03": ["02:00-02:30"]})
    assert opened(hours, "UTC", "2026-03-02", 2) == [("02 22:00", "03 02:00"), ("03 02:30", "03 06:00")]


def test_each_date_has_the_hours_in_force_on_it() -> None:
    """The night that began under the former hours ends under them."""
    former = timetable({"mon": ["22:00-06:00"], "tue": ["12:00-13:00"]})
    later = timetable({"tue": ["07:00-08:00"]}, valid_from="2026-03-03")
    found = stretches([former, later], ZoneInfo("UTC"), 2026)
    start_ms = at("2026-03-02")
    week = [(_utc(a), _utc(b)) for a, b in found if start_ms <= a < start_ms + 7 * 24 * HOUR]
    assert week == [("02 22:00", "03 06:00"), ("03 07:00", "03 08:00")]


def test_the_first_hours_also_hold_before_they_begin() -> None:
    first, second = timetable({}, valid_from="2026-01-01"), timetable({}, valid_from="2027-01-01")
    days = ("2025-06-01", "2026-06-01", "2027-01-01")
    assert [in_force([first, second], date.fromisoformat(day).toordinal()) is first for day in days] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"])
def test_years_tile_time(zone: str) -> None:
    """What is open around New Year is cut where the year of UTC ends, and nothing is lost or twice."""
    hours = timetable(MIDNIGHTS)
    last, first = stretches([hours], ZoneInfo(zone), 2026)[-1], stretches([hours], ZoneInfo(zone), 2027)[0]
    assert last.close_ms == first.open_ms == at("2027-01-01")


def test_a_local_time_past_midnight_is_on_the_next_date() -> None:
    day = date(2026, 3, 2).toordinal()
    assert local_ms(day, 25 * 60, ZoneInfo("UTC")) == at("2026-03-03T01:00")
