from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from app.config_hours import parse_date, parse_days, parse_hours, write_hours


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("09:00-12:00, 13:00-17:30", ((540, 720), (780, 1050))),
        ("13:00-17:30,9:00 - 12:00", ((540, 720), (780, 1050))),
        ("22:00-06:00", ((1320, 1800),)),
        ("22:00-00:00", ((1320, 1440),)),
        ("00:00-24:00", ((0, 1440),)),
        ("09:00-10:00, 10:00-11:00", ((540, 600), (600, 660))),
        ("closed", ()),
    ],
)
def test_hours_are_intervals_in_order(written: str, minutes: Any) -> None:
    assert parse_hours(written) == minutes


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("9-17", "is no list of hours"),
        ("09:00-17:00 and 18:00-19:00", "is no list of hours"),
        ("", "is no list of hours"),
        (9, "is no list of hours"),
        (None, "is no list of hours"),
        ("\u0660\u0669:00-17:00", "is no list of hours"),
        ("09:00-25:00", "25:00 is no time of day"),
        ("09:00-24:01", "24:01 is no time of day"),
        ("09:60-17:00", "09:60 is no time of day"),
        ("24:00-06:00", "write 00:00 under that day"),
        ("09:00-09:00", "for a whole day write 00:00-24:00"),
        ("09:00-13:00, 12:00-17:00", "overlap at 12:00"),
        ("09:00-17:00, 09:00-17:00", "overlap at 09:00"),
        ("22:00-06:00, 23:00-23:30", "overlap at 23:00"),
    ],
)
def test_what_are_no_hours_says_how_to_write_them(written: Any, words: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        parse_hours(written)
    assert words in refused.value.message()


@given(st.lists(st.integers(0, 1439), min_size=2, max_size=8, unique=True).map(sorted))
def test_written_hours_read_back(edges: list[int]) -> None:
    hours = tuple(zip(edges[::2], edges[1::2], strict=False))
    assert parse_hours(write_hours(hours)) == hours


@pytest.mark.parametrize("written", ["22:00-06:00", "00:00-24:00", "22:00-24:00", "closed"])
def test_hours_are_written_as_they_were(written: str) -> None:
    assert write_hours(parse_hours(written)) == written


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon", (0,)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("sat-mon", (5, 6, 0)),
        ("mon, wed-thu", (0, 2, 3)),
        ("sun-sun", (6,)),
    ],
)
def test_days_may_be_spans_and_lists(written: str, days: tuple[int, ...]) -> None:
    assert parse_days(written) == days


@pytest.mark.parametrize("written", ["monday", "Mon", "mo", "mon-", "", "mon fri"])
def test_other_words_are_no_days(written: str) -> None:
    with pytest.raises(PydanticCustomError, match="names no weekdays"):
        parse_days(written)


def test_a_date_is_a_date() -> None:
    assert parse_date("2026-12-24") == date(2026, 12, 24)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2026-02-30", "is no date"),
        ("24.12.2026", "is no date"),
        ("20261224", "is no date"),
        (2026, "is no date"),
        ("1969-12-31", "outside the years 1970 to 2199"),
        ("2200-01-01", "outside the years"),
    ],
)
def test_what_is_no_date_says_how_to_write_one(written: Any, words: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        parse_date(written)
    assert words in refused.value.message()
