from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from app.spans import milliseconds, parse_span, write_span


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("20m", timedelta(minutes=20)),
        ("1h30m", timedelta(minutes=90)),
        ("4h", timedelta(hours=4)),
        ("3d12h", timedelta(hours=84)),
        ("0s", timedelta()),
        (90, timedelta(seconds=90)),
        (0.25, timedelta(milliseconds=250)),
    ],
)
def test_spans_are_read_as_people_write_them(written: Any, span: timedelta) -> None:
    assert parse_span(written) == span


@pytest.mark.parametrize(
    "written", ["", "4", "4 h", "4H", "30m1h", "1.5h", "-1h", "4hours", "1:30", "٤h", -1, True, None, [4], float("nan")]
)
def test_other_values_are_no_spans(written: Any) -> None:
    with pytest.raises(PydanticCustomError, match="1h30m"):
        parse_span(written)


@pytest.mark.parametrize("written", ["3661d", 10**30, float("inf"), "9" * 400 + "d"])
def test_a_span_of_more_than_ten_years_is_a_slip(written: Any) -> None:
    with pytest.raises(PydanticCustomError, match="3660 days"):
        parse_span(written)


@given(st.integers(min_value=0, max_value=3660 * 86_400).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_written_span_reads_back(span: timedelta) -> None:
    assert parse_span(write_span(span)) == span


def test_the_core_counts_in_whole_milliseconds() -> None:
    assert milliseconds(timedelta(seconds=1, microseconds=2999)) == 1002
