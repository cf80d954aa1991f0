from datetime import date

import pytest

from app.public_holidays import UnknownPlaceError, public_holidays


def test_a_part_of_a_country_has_its_own() -> None:
    epiphany = date(2026, 1, 6)
    assert public_holidays("DE", "BY")[epiphany] == "Heilige Drei Könige"
    assert epiphany not in public_holidays("DE", "BE")
    assert epiphany not in public_holidays("DE", None)


def test_a_holiday_on_a_sunday_may_be_kept_on_monday() -> None:
    assert date(2022, 12, 26) in public_holidays("US", None)


@pytest.mark.parametrize("year", [2010, 2026, 2099])
def test_the_years_of_events_have_them(year: int) -> None:
    assert date(year, 12, 25) in public_holidays("DE", None)


def test_names_do_not_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "th")
    public_holidays.cache_clear()
    assert public_holidays("DE", None)[date(2026, 1, 1)] == "Neujahr"


@pytest.mark.filterwarnings("error")
def test_a_country_known_for_fewer_years_is_no_warning() -> None:
    assert date(2026, 1, 26) in public_holidays("IN", None)


def test_an_unknown_place_knows_the_others() -> None:
    with pytest.raises(UnknownPlaceError) as country:
        public_holidays("Germany", None)
    assert "DE" in country.value.known
    with pytest.raises(UnknownPlaceError) as part:
        public_holidays("DE", "Bayern")
    assert (part.value.name, "BY" in part.value.known) == ("Bayern", True)
