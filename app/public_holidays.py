"""Public holidays of a country or a part of it, from the `holidays` library. Which release is pinned decides the dates."""

import warnings
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from app.kpi.business_hours import YEARS


class UnknownPlaceError(ValueError):
    """No holidays are known of `name`; they are of `known`."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(name)
        self.name = name
        self.known = sorted(known)


@cache
def public_holidays(country: str, subdivision: str | None) -> Mapping[date, str]:
    """Date -> name in the country's own language, of all years that a schedule knows. Raises UnknownPlaceError."""
    import holidays  # a fifth of a second; most configurations name no country

    known: dict[str, list[str]] = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        raise UnknownPlaceError(country, list(known))
    if subdivision is not None and subdivision not in known[country]:
        raise UnknownPlaceError(subdivision, known[country])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some countries are known for fewer years; the others have what is certain
        # Without a language the library asks the environment.
        language = holidays.country_holidays(country, subdiv=subdivision).default_language
        found: Any = holidays.country_holidays(country, subdiv=subdivision, years=YEARS, language=language)
    return dict(sorted(found.items()))
