"""Instants in the units that connectors declare."""

from typing import Any

import pytest

from app.connectors.connector import Malformed
from app.connectors.instants import from_decimal_text, from_milliseconds_text, from_seconds, from_text, written


@pytest.mark.parametrize(
    ("value", "expected_ms"),
    [
        (1_772_448_061, 1_772_448_061_000),
        (1_772_448_061.001, 1_772_448_061_001),
        (1_772_448_061.9999, 1_772_448_061_999),
        (1_262_304_000, 1_262_304_000_000),
    ],
)
def test_seconds_are_cut_to_milliseconds_and_never_rounded(value: float, expected_ms: int) -> None:
    assert from_seconds(value, "at") == expected_ms


@pytest.mark.parametrize("value", [1_772_448_061_000, 1_772_448, 0, -1, 1e300, True, "1772448061", None])
def test_what_are_no_seconds_of_our_times_is_refused(value: Any) -> None:
    with pytest.raises(Malformed, match="at must be"):
        from_seconds(value, "at")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T10:41:07.672717030Z", "2026-03-02T10:41:07.672Z"),
        ("2026-03-02T11:41:07+01:00", "2026-03-02T10:41:07Z"),
        ("2026-03-02 10:41:07Z", "2026-03-02T10:41:07Z"),
    ],
)
def test_text_is_cut_to_milliseconds_in_utc(text: str, expected: str) -> None:
    assert written(from_text(text, "at")) == expected


def test_a_text_without_a_zone_is_utc_only_where_the_source_says_so() -> None:
    assert written(from_text("2026-03-02T10:41:07.5", "at", unzoned_is_utc=True)) == "2026-03-02T10:41:07.500Z"
    with pytest.raises(Malformed, match="with a zone"):
        from_text("2026-03-02T10:41:07.5", "at")


@pytest.mark.parametrize("text", ["", "Z", "1999-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "x" * 50, 7, None])
def test_a_text_that_is_no_instant_of_our_times_is_refused(text: Any) -> None:
    for unzoned in (True, False):
        with pytest.raises(Malformed):
            from_text(text, "at", unzoned_is_utc=unzoned)


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [("1772448061.001999", 1_772_448_061_001), ("1772448061", 1_772_448_061_000), ("1262304000.0", 1_262_304_000_000)],
)
def test_seconds_with_a_fraction_as_text_are_cut_to_milliseconds(text: str, expected_ms: int) -> None:
    assert from_decimal_text(text, "at") == expected_ms


@pytest.mark.parametrize(
    "text", ["1772448061123.5", "1772448.5", "1772448061.", ".5", "1e9", "-1", "\u0661" * 10, 1.5, None]
)
def test_a_text_that_is_no_such_seconds_is_refused(text: Any) -> None:
    with pytest.raises(Malformed, match="at must be"):
        from_decimal_text(text, "at")


def test_milliseconds_may_be_a_text_of_digits() -> None:
    assert from_milliseconds_text("1772448061001", "at") == 1_772_448_061_001
    for text in ("1772448061", "17724480610010", "-1", "1772448061001.0", "\u0661" * 13, "9" * 5000, 1_772_448_061_001):
        with pytest.raises(Malformed, match="at must be"):
            from_milliseconds_text(text, "at")
