"""Schedules in the support configuration: weekly hours in a zone, breaks, holidays, special days, changes from a date on."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from app.config_file import Place, Problem
from app.config_hours import WEEKDAYS, Date, Days, DaysOrDate, HoursText
from app.config_part import Part, empty_if_null
from app.kpi.business_hours import NeverOpensError, Schedule
from app.kpi.openings import DAY_MINUTES, Hours, Timetable, Week
from app.public_holidays import UnknownPlaceError, public_holidays
from schemas.wire import CHANNEL_PATTERN

ALWAYS: Final = "always"
"""What a channel writes that has no schedule where the defaults have one."""
OF_CHANNEL: Final = "channel"
"""What targets write that run in the business hours of their channel."""
_NAMES_SHOWN: Final = 20


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = get_close_matches(name, available_timezones(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise PydanticCustomError("zone", "is no time zone{hint}", {"hint": hint}) from None
    return name


def _schedule_name(name: str) -> str:
    if name == ALWAYS:
        raise PydanticCustomError("schedule", "is what channels without a schedule write; choose another name")
    if name == OF_CHANNEL:
        raise PydanticCustomError(
            "schedule", "is what targets in the hours of their channel write; choose another name"
        )
    return name


def _unless_word(name: str) -> str:
    return name if name in (ALWAYS, OF_CHANNEL) else _schedule_name(name)


def _none_if_always(value: Any) -> Any:
    return None if value == ALWAYS else value


def _dates_if_list(value: Any) -> Any:
    return {"dates": value} if isinstance(value, list) else empty_if_null(value)


def _days_once(by_days: Mapping[Any, Hours]) -> Mapping[Any, Hours]:
    """Refuses hours that give a weekday twice."""
    counts = Counter(day for days in by_days if isinstance(days, tuple) for day in days)
    twice = [WEEKDAYS[day] for day, count in sorted(counts.items()) if count > 1]
    if twice:
        raise PydanticCustomError("days", "names {days} more than once; keep one", {"days": ", ".join(twice)})
    return by_days


Zone = Annotated[str, AfterValidator(_zone)]
ScheduleName = Annotated[str, Field(pattern=CHANNEL_PATTERN), AfterValidator(_schedule_name)]
TargetHours = Annotated[str, Field(pattern=CHANNEL_PATTERN), AfterValidator(_unless_word)]
"""The hours in which targets run: a schedule's name, or one of the two words."""
ScheduleOrAlways = Annotated[ScheduleName | None, BeforeValidator(_none_if_always)]


class Holidays(Part):
    """Dates on which nothing is open: of a country or a part of it, and others."""

    country: str | None = Field(None, examples=["DE"])
    subdivision: str | None = Field(None, examples=["BY"])
    dates: list[Date] = Field([], examples=["[2026-08-08]"])

    @model_validator(mode="after")
    def _are_known(self) -> "Holidays":
        if self.country is None:
            if self.subdivision is not None:
                raise PydanticCustomError("holidays", "`subdivision` needs a `country`, such as DE")
            return self
        try:
            public_holidays(self.country, self.subdivision)
        except UnknownPlaceError as unknown:
            raise _no_such_place(self.country, unknown) from None
        return self

    def days(self) -> frozenset[int]:
        """All of them, as ordinals."""
        public = public_holidays(self.country, self.subdivision) if self.country else {}
        return frozenset(day.toordinal() for day in (*public, *self.dates))


def _no_such_place(country: str, unknown: UnknownPlaceError) -> PydanticCustomError:
    name = unknown.name
    near = get_close_matches(name.upper(), unknown.known, n=3, cutoff=0.5)
    if name == country:
        what, names = "country", ", ".join(near) or "DE, US: two letters as in ISO 3166"
    else:
        what, names = f"part of {country}", ", ".join(near or unknown.known[:_NAMES_SHOWN]) or "none"
    return PydanticCustomError(
        "holidays",
        "{name} is no {what} with known holidays; known are such as {names}. Other dates go into `dates`",
        {"name": name, "what": what, "names": names},
    )


class Opening(Part):
    """Which hours dates have."""

    week: Annotated[dict[Days, HoursText], AfterValidator(_days_once), BeforeValidator(empty_if_null)] = Field(
        {}, examples=['{mon-fri: "09:00-12:00, 13:00-17:30"}']
    )
    """Days that are not named are closed."""
    breaks: Annotated[dict[DaysOrDate, HoursText], AfterValidator(_days_once), BeforeValidator(empty_if_null)] = Field(
        {}, examples=['{mon-fri: "12:00-12:30", 2026-07-01: "14:00-16:00"}']
    )
    """Taken from the hours of weekdays (special days and holidays have none of them) and of dates."""
    holidays: Annotated[Holidays, BeforeValidator(_dates_if_list)] = Field(
        Holidays(), examples=["{country: DE, subdivision: BY}"]
    )
    special: Annotated[dict[Date, HoursText], BeforeValidator(empty_if_null)] = Field(
        {}, examples=['{2026-12-24: "09:00-12:00"}']
    )
    """Hours of dates, instead of the weekday's, also on holidays."""

    def timetable(self, valid_from: date) -> Timetable:
        """The same for the core."""
        by_date = {day.toordinal(): hours for day, hours in self.breaks.items() if isinstance(day, date)}
        return Timetable(
            week=_week(self.week),
            week_breaks=_week({days: hours for days, hours in self.breaks.items() if isinstance(days, tuple)}),
            holidays=self.holidays.days(),
            special={day.toordinal(): hours for day, hours in self.special.items()},
            breaks=by_date,
            valid_from=valid_from.toordinal(),
        )


class Change(Opening):
    """What is different from a date on; what it does not name stays."""

    EXAMPLE: ClassVar[str] = '{valid_from: 2027-01-01, week: {mon-fri: "08:00-18:00"}}'

    valid_from: Date = Field(examples=["2027-01-01"])
    """The first date with these hours."""


class ScheduleConfig(Opening):
    """A schedule: opening hours in a zone."""

    EXAMPLE: ClassVar[str] = '{zone: Europe/Berlin, week: {mon-fri: "09:00-17:00"}}'

    zone: Zone = Field(examples=["Europe/Berlin"])
    changes: list[Change] = Field([], examples=[f"[{Change.EXAMPLE}]"])
    """Former hours stay right for former dates."""

    @model_validator(mode="after")
    def _change_once_a_date(self) -> "ScheduleConfig":
        counts = Counter(change.valid_from for change in self.changes)
        twice = [day.isoformat() for day, count in counts.items() if count > 1]
        if twice:
            raise PydanticCustomError("changes", "has two `changes` from {day} on; join them", {"day": twice[0]})
        return self

    def openings(self) -> list[tuple[date, Opening]]:
        """What holds from which date on, all things considered, in order."""
        found: list[tuple[date, Opening]] = [(date.min, self)]
        for change in sorted(self.changes, key=lambda change: change.valid_from):
            named = {key: getattr(change, key) for key in change.model_fields_set if key in Opening.model_fields}
            found.append((change.valid_from, found[-1][1].model_copy(update=named)))
        return found

    def compiled(self) -> Schedule:
        """The schedule of the core. Raises NeverOpensError."""
        timetables = [opening.timetable(valid_from) for valid_from, opening in self.openings()]
        return Schedule(ZoneInfo(self.zone), timetables)


def _week(by_days: Mapping[tuple[int, ...], Hours]) -> Week:
    hours = {day: hours for days, hours in by_days.items() for day in days}
    mon, tue, wed, thu, fri, sat, sun = (hours.get(day, ()) for day in range(7))
    return mon, tue, wed, thu, fri, sat, sun


def never_open(schedules: Mapping[str, ScheduleConfig]) -> Iterator[Problem]:
    """Schedules without any open time: nothing in them could ever be due."""
    for name, schedule in schedules.items():
        try:
            schedule.compiled()
        except NeverOpensError:
            text = f"`{name}` never opens: give it hours under `week`, for example {ScheduleConfig.EXAMPLE}"
            yield Problem(("schedules", name), text)


def doubts(schedules: Mapping[str, ScheduleConfig]) -> Iterator[Problem]:
    """What can be meant, but hardly is: days that end a minute too early."""
    for name, schedule in schedules.items():
        parts: list[tuple[Place, Opening]] = [(("schedules", name), schedule)]
        parts += [(("schedules", name, "changes", index), change) for index, change in enumerate(schedule.changes)]
        for place, opening in parts:
            for key in ("week", "special"):
                if any(DAY_MINUTES - 1 in _closings(hours) for hours in getattr(opening, key).values()):
                    text = f"`{key}` closes at 23:59, a minute before midnight: the end of the day is 24:00"
                    yield Problem((*place, key), text)


def _closings(hours: Hours) -> set[int]:
    return {closing for _, closing in hours}
