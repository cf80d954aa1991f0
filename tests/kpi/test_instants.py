"""Instants as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kpi.instants import EARLIEST_MS, LATEST_MS, instant_ms, text_of
from tests.kpi.story import ms


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("10:00", "2026-03-02T10:00:00Z"),
        ("10:00:07.120", "2026-03-02T10:00:07.120Z"),
        ("10:00:59.001", "2026-03-02T10:00:59.001Z"),
    ],
)
def test_a_fraction_is_written_only_where_there_is_one(at: str, text: str) -> None:
    assert text_of(ms(at)) == text


@given(st.integers(EARLIEST_MS, LATEST_MS - 1))
def test_every_instant_reads_back(at_ms: int) -> None:
    assert instant_ms(text_of(at_ms)) == at_ms
