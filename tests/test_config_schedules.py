import logging
from datetime import date

import pytest

from app.config import Config, load, parse, rules
from app.errors import ConfigurationError
from app.kpi.business_hours import Schedule
from app.kpi.rules import Rules
from tests.kpi.hours import HOUR, at

ZONE = "Europe/Berlin"


def compiled(text: str) -> Rules:
    return rules(parse(text), "log")


def office(more: str = "", week: str = 'mon-fri: "09:00-17:00"') -> str:
    return f"schedules: {{office: {{zone: {ZONE}, week: {{{week}}}, {more}}}}}\n"


def schedule(more: str = "", week: str = 'mon-fri: "09:00-17:00"') -> Schedule:
    return parse(office(more, week)).schedules["office"].compiled()


def open_hours(made: Schedule, day: str) -> float:
    following = date.fromordinal(date.fromisoformat(day).toordinal() + 1).isoformat()
    return made.open_ms(at(day, ZONE), at(following, ZONE)) / HOUR


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        parse(text, "c.yaml")
    return str(refused.value)


def test_what_is_written_is_what_is_open() -> None:
    made = schedule(
        'breaks: {fri: "12:00-12:30", 2026-03-03: "10:00-11:00"}, holidays: [2026-03-04],'
        ' special: {2026-03-05: "09:00-12:00", 2026-03-07: "10:00-12:00"}'
    )
    days = [open_hours(made, f"2026-03-0{day}") for day in range(1, 9)]
    assert days == [0, 8, 7, 0, 3, 7.5, 2, 0]


def test_holidays_are_those_of_the_country_and_the_listed() -> None:
    made = schedule("holidays: {country: DE, subdivision: BY, dates: [2026-01-07]}")
    assert [open_hours(made, f"2026-01-0{day}") for day in (1, 2, 5, 6, 7, 8)] == [0, 8, 8, 0, 0, 8]


def test_a_change_keeps_what_it_does_not_name_and_former_dates() -> None:
    made = schedule(
        'holidays: [2026-03-04, 2026-04-01], changes: [{valid_from: 2026-03-10, week: {mon-fri: "08:00-18:00"}}]'
    )
    days = ("2026-03-04", "2026-03-09", "2026-03-10", "2026-04-01")
    assert [open_hours(made, day) for day in days] == [0, 8, 10, 0]


def test_changes_build_on_each_other_in_order_of_date() -> None:
    later, sooner = (
        "{valid_from: 2026-03-17, holidays: [2026-03-18]}",
        '{valid_from: 2026-03-10, week: {wed: "00:00-24:00"}}',
    )
    made = schedule(f"changes: [{later}, {sooner}]")
    assert [open_hours(made, day) for day in ("2026-03-04", "2026-03-11", "2026-03-18", "2026-03-25")] == [8, 24, 0, 24]


def test_a_channel_has_the_schedule_it_names_or_the_defaults() -> None:
    made = compiled(
        office() + "defaults: {schedule: office}\nchannels: {web: {}, phone: {schedule: always}, chat: {settle: 1h}}"
    )
    assert made.of("web").schedule == made.of("chat").schedule == made.default.schedule == schedule()
    assert made.of("phone").schedule is None


def test_without_a_schedule_a_channel_has_none() -> None:
    assert compiled(office()).default.schedule is None


def test_a_schedule_that_no_channel_names_changes_no_version() -> None:
    assert compiled(office()).version == compiled("").version


@pytest.mark.parametrize(
    "more",
    [
        "holidays: [2026-03-04]",
        'special: {2026-03-07: "10:00-12:00"}',
        'breaks: {mon: "12:00-12:30"}',
        'breaks: {2026-03-02: "12:00-12:30"}',
        "changes: [{valid_from: 2027-01-01, holidays: [2027-03-04]}]",
    ],
)
def test_the_version_changes_with_the_hours(more: str) -> None:
    named = "defaults: {schedule: office}"
    assert len({compiled(text).version for text in ("", office() + named, office(more) + named)}) == 3


def test_the_version_does_not_depend_on_how_hours_are_written() -> None:
    named = "defaults: {schedule: office}"
    one = compiled(office("holidays: [2026-03-04, 2026-03-05]") + named)
    other = compiled(office("holidays: {dates: [2026-03-05, 2026-03-04]}", '"mon, tue-fri": "9:00-17:00"') + named)
    assert one == other


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (office(week='mon: "9-17"'), '`mon` (9-17) is no list of hours: write "09:00-12:00, 13:00-17:30"'),
        (office(week='mo: "09:00-17:00"'), "`mo` names no weekdays"),
        (office(week='mon-fri: "09:00-17:00", fri: closed'), "`week` names fri more than once; keep one"),
        (office("breaks: {mon: closed, mon-fri: closed}"), "`breaks` names mon more than once"),
        (office("zoen: UTC"), "`zoen` is no key here; did you mean `zone`?"),
        (office("holidays: {country: Germany}"), "Germany is no country with known holidays"),
        (office("holidays: {country: de}"), "known are such as DE"),
        (office("holidays: {country: DE, subdivision: BV}"), "BV is no part of DE with known holidays"),
        (office("holidays: {subdivision: BY}"), "`subdivision` needs a `country`"),
        (office("holidays: [24.12.2026]"), "`dates` (24.12.2026) is no date"),
        (office("special: {2026-02-30: closed}"), "`2026-02-30` is no date"),
        (office('special: {2026-12-24: "9"}'), "`2026-12-24` (9) is no list of hours"),
        (office("changes: [{week: {}}]"), "`valid_from` is missing; for example `valid_from: 2027-01-01`"),
        (office("changes: [{valid_from: 2027-01-01}, {valid_from: 2027-01-01}]"), "two `changes` from 2027-01-01 on"),
        (office("changes: {valid_from: 2027-01-01}"), "`changes` must be a list; for example `changes: [{valid_from"),
        ("schedules: {office: {zone: Europe/Berln}}", "did you mean Europe/Berlin?"),
        ('schedules: {office: {week: {mon: "09:00-17:00"}}}', "`zone` is missing; for example `zone: Europe/Berlin`"),
        ("schedules: {office: 5}", "`office` (5) must be keys with values; for example `office: {zone: Europe/Berlin"),
        ("schedules: {Office: {zone: UTC}}", "schedules are named like `office`"),
        ('schedules: {always: {zone: UTC, week: {mon: "09:00-17:00"}}}', "choose another name"),
        ("schedules: {office: {zone: UTC}}", "`office` never opens: give it hours under `week`"),
        (office(week="mon: closed"), "`office` never opens"),
        (office('breaks: {mon-fri: "00:00-24:00"}'), "`office` never opens"),
        (office() + "defaults: {schedule: ofice}", "`schedule` (ofice) does not stand under `schedules`; did you mean `office`?"),
        ("channels: {web: {schedule: office}}", "`schedule` (office) does not stand under `schedules`; add it, for example"),
    ],
)  # fmt: skip
def test_a_wrong_schedule_is_told_its_key_value_and_a_right_line(text: str, words: str) -> None:
    assert words in complaint(text)


def test_a_wrong_schedule_has_its_line() -> None:
    text = 'schedules:\n  office:\n    zone: UTC\n    week:\n      mon: "9"\nchannels:\n  web:\n    schedule: 1\n'
    assert [line.split()[0] for line in complaint(text).splitlines()] == ["c.yaml:5:", "c.yaml:8:"]


@pytest.mark.parametrize(
    "text",
    [
        office(week='mon: "09:00-12:00, 13:00-23:59"'),
        office('special: {2026-03-07: "10:00-23:59"}'),
        office('changes: [{valid_from: 2027-01-01, week: {mon: "00:00-23:59"}}]'),
    ],
)
def test_a_day_that_ends_a_minute_early_draws_a_warning(text: str, caplog: pytest.LogCaptureFixture) -> None:
    parse(text, "c.yaml")
    (warning,) = caplog.records
    assert warning.levelno == logging.WARNING
    assert warning.getMessage().startswith("c.yaml:1: ")
    assert "23:59" in warning.getMessage()
    assert "24:00" in warning.getMessage()


def test_the_packaged_configuration_draws_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert isinstance(load(), Config)
    assert not caplog.records
