from typing import Any

import pytest

from app.cli import week
from app.config import parse
from tests.kpi.hours import at

CONFIGURATION = """
schedules:
  office:
    zone: Europe/Berlin
    week: {mon-fri: "09:00-12:00, 13:00-17:30"}
    breaks: {"mon, fri": "15:00-15:15", 2026-03-09: "10:00-11:00", 2026-02-09: "10:00-11:00"}
    holidays: {country: DE, subdivision: BY, dates: [2026-03-04, 2026-03-01]}
    special: {2026-03-07: "10:00-14:00", 2026-04-03: "10:00-11:00", 2026-03-01: "10:00-11:00"}
    changes:
      - {valid_from: 2026-04-01, week: {mon-fri: "08:00-18:00"}}
      - {valid_from: 2025-04-01, breaks: {tue: "15:00-15:15"}}
"""
OFFICE = parse(CONFIGURATION).schedules["office"]
SCHEDULE = OFFICE.compiled()


def rows(now: str) -> list[tuple[str, str]]:
    return week.rows("office", OFFICE, SCHEDULE, at(now, "Europe/Berlin"))


def test_people_read_the_week_and_what_comes_next() -> None:
    """Today's hours, and only dates that are still to come; a special day is no holiday."""
    hours = "09:00-12:00, 13:00-17:30"
    assert rows("2026-03-02T10:30:20") == [
        ("office", "Europe/Berlin, open now (Mon 2026-03-02 10:30 CET)"),
        *((day, hours) for day in ("mon", "tue", "wed", "thu", "fri")),
        ("sat", "closed"),
        ("sun", "closed"),
        ("break tue", "15:00-15:15"),
        ("next opening", "Mon 2026-03-02 13:00 CET"),
        ("next closing", "Mon 2026-03-02 12:00 CET"),
        ("Wed 2026-03-04", "holiday"),
        ("Mon 2026-04-06", "holiday Ostermontag"),
        ("Fri 2026-05-01", "holiday Erster Mai"),
        ("Thu 2026-05-14", "holiday Christi Himmelfahrt"),
        ("Mon 2026-05-25", "holiday Pfingstmontag"),
        ("Sat 2026-03-07", "10:00-14:00"),
        ("Fri 2026-04-03", "10:00-11:00"),
        ("Wed 2026-04-01", "other hours from here on"),
    ]


def test_the_hours_are_those_in_force() -> None:
    assert ("break mon fri", "15:00-15:15") in rows("2025-03-31T10:00")
    assert ("break 2026-03-09", "10:00-11:00") in rows("2025-03-31T10:00")
    assert ("mon", "08:00-18:00") in rows("2026-04-01T00:00")
    assert rows("2026-03-02T12:00")[0] == ("office", "Europe/Berlin, closed now (Mon 2026-03-02 12:00 CET)")


def test_programs_read_the_same() -> None:
    told: dict[str, Any] = week.as_json("office", OFFICE, SCHEDULE, at("2026-03-02T09:30+00:00"))
    assert (told["schedule"], told["zone"], told["is_open"]) == ("office", "Europe/Berlin", True)
    assert (told["week"]["sat"], told["week"]["mon"]) == ("closed", "09:00-12:00, 13:00-17:30")
    assert (told["next_opening_at"], told["next_closing_at"]) == ("2026-03-02T12:00:00Z", "2026-03-02T11:00:00Z")
    assert told["next_holidays"][:2] == [
        {"date": "2026-03-04", "name": ""},
        {"date": "2026-04-06", "name": "Ostermontag"},
    ]


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        ("2026-03-02T09:00:00", "Mon 2026-03-02 09:00 CET"),
        ("2026-07-02T09:00:07", "Thu 2026-07-02 09:00:07 CEST"),
        ("2026-03-02T09:00:00.250", "Mon 2026-03-02 09:00:00.250 CET"),
    ],
)
def test_parts_that_are_zero_are_left_out(instant: str, text: str) -> None:
    assert week.local_text(at(instant, "Europe/Berlin"), SCHEDULE.zone) == text
