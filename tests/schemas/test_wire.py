from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.wire import format_instant, parse_instant

INSTANTS = st.datetimes(
    min_value=datetime(2010, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2099, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-02T10:00:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02t10:00:00z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02 10:00:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02T10:00:00.5Z", datetime(2026, 3, 2, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-02T10:00:00.123456789Z", datetime(2026, 3, 2, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-03-02T15:30:00+05:30", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-12-31T23:59:60Z", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_instants_are_read_as_rfc_3339_says(text: str, at: datetime) -> None:
    assert parse_instant(text) == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1772445600",
        "2026-03-02",
        "2026-03-02T10:00Z",
        "2026-03-02T10:00:00",
        "2026-02-30T10:00:00Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T10:00:61Z",
        "2026-03-02T10:00:00+0100",
        "2026-03-02T10:00:00+25:00",
        "2026-03-02T10:00:00.Z",
        " 2026-03-02T10:00:00Z",
        "2026-03-02T10:00:00Z\n",
        "\N{ARABIC-INDIC DIGIT TWO}026-03-02T10:00:00Z",
    ],
)
def test_other_texts_are_no_instants(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


@given(INSTANTS)
def test_a_written_instant_reads_back_to_its_millisecond(at: datetime) -> None:
    lost = at - parse_instant(format_instant(at))
    assert timedelta() <= lost < timedelta(milliseconds=1)


def test_instants_are_written_in_utc() -> None:
    assert format_instant(datetime(2026, 3, 2, 12, tzinfo=timezone(timedelta(hours=2)))) == "2026-03-02T10:00:00Z"


def test_a_fraction_is_written_in_milliseconds_and_only_where_there_is_one() -> None:
    assert format_instant(datetime(2026, 3, 2, 10, 41, 7, 120_000, tzinfo=UTC)) == "2026-03-02T10:41:07.120Z"
    assert format_instant(datetime(2026, 3, 2, 10, 41, 7, 999, tzinfo=UTC)) == "2026-03-02T10:41:07Z"
