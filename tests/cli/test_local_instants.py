from zoneinfo import ZoneInfo

import pytest

from app.cli.local_instants import local_instant_ms
from tests.kpi.hours import at

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-03-02T09:00:00.250Z", "2026-03-02T09:00:00.250+00:00"),
        ("2026-03-02T09:00:00-05:00", "2026-03-02T14:00:00+00:00"),
        ("2026-03-02T09:00", "2026-03-02T08:00:00+00:00"),
        ("2026-03-02 09:00:07.5", "2026-03-02T08:00:07.500+00:00"),
        ("2026-03-02 09:00:07.12345", "2026-03-02T08:00:07.123+00:00"),
        ("2026-03-02", "2026-03-01T23:00:00+00:00"),
        ("2026-03-02T24:00", "2026-03-02T23:00:00+00:00"),
        ("2026-03-29T02:30", "2026-03-29T01:30:00+00:00"),  # clocks skip it: 03:30
        ("2026-10-25T02:30", "2026-10-25T00:30:00+00:00"),  # comes twice: the first
    ],
)
def test_an_instant_has_a_zone_or_is_local(written: str, instant: str) -> None:
    assert local_instant_ms(written, BERLIN) == at(instant)


@pytest.mark.parametrize(
    "written", ["", "09:00", "2026-03-02T25:00", "2026-02-30", "2026-03-02T09", "9999-12-31T23:59:59-01:00"]
)
def test_what_is_no_instant_is_told_how_to_write_one(written: str) -> None:
    with pytest.raises(ValueError, match="write 2026-03-02T09:00:00Z, or 2026-03-02T09:00 in Europe/Berlin"):
        local_instant_ms(written, BERLIN)


@pytest.mark.parametrize("written", ["1969-12-31", "2200-01-02"])
def test_years_that_no_schedule_knows_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="1970 to 2199"):
        local_instant_ms(written, BERLIN)
