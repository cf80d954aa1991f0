"""Zones are those of the pinned package, on every machine, and figures say which they depend on."""

from importlib import resources
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import pytest

from app import config_rules
from app.config import parse, rules


def test_the_operating_systems_zones_are_not_asked() -> None:
    assert TZPATH == ()
    listed = resources.files("tzdata").joinpath("zones").read_text().split()
    assert available_timezones() == set(listed)
    assert ZoneInfo("America/Vancouver").key in listed


@pytest.mark.parametrize(
    ("text", "depends"),
    [
        ("", False),
        ("reporting_zone: Europe/Berlin", True),
        ('schedules: {o: {zone: Europe/Berlin, week: {mon: "09:00-17:00"}}}', False),
        ('schedules: {o: {zone: Europe/Berlin, week: {mon: "09:00-17:00"}}}\ndefaults: {schedule: o}', True),
        ('schedules: {o: {zone: Europe/Berlin, week: {mon: "09:00-17:00"}}}\ndefaults: {sla_schedule: o}', True),
    ],
)
def test_another_release_of_zones_is_another_version_of_the_rules(
    text: str, depends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rules(parse(text), "log").version
    monkeypatch.setattr(config_rules, "_ZONES", "1999.1")
    assert (rules(parse(text), "log").version != before) is depends
