"""How business time is worked out by hand where our own definitions decide and no shared case asks: `clock_changes.py`, `opening_hours.py`.

Instants are written with their offset, so that nothing here depends on how a zone is read; `open` and `target` as the configuration writes
durations, or in seconds. Each comment there is the
computation.
"""

from typing import Final, NamedTuple


class Span(NamedTuple):
    """How much of [start, end) is open."""

    part: str
    """Of our definitions."""
    case: str
    schedule: str
    start: str
    end: str
    open: str | float


class Due(NamedTuple):
    """When a target is used up."""

    part: str
    case: str
    schedule: str
    start: str
    target: str | float
    due: str


CLOCKS: Final = "6: elapsed seconds across clock changes"
GAP: Final = "6: an opening or closing inside the gap moves by the gap's length"
TWICE: Final = "6: an ambiguous local time is the first one"
OVERNIGHT: Final = "6: an overnight interval belongs to the date on which it starts"
SPECIAL: Final = "6: special days replace the weekday's hours; a special day beats a holiday"
HOLIDAYS: Final = "6: holidays, listed or of a country"
BREAKS: Final = "6: breaks"
MIDNIGHT: Final = "6: 24:00 is midnight"
HALF_OPEN: Final = "6: half-open"
CHANGES: Final = "6: a schedule that changes applies from its valid_from; a span uses each for its part"
FRACTIONS: Final = "6: fractions of seconds are kept"
DUE: Final = "5: due is the instant at which the target is used up; at closing exactly, the closing instant"

ALL_DAY: Final = "{mon-sun: 00:00-24:00}"


def zoned(zone: str, week: str, *more: str) -> str:
    """A schedule as the configuration writes it."""
    return "{" + ", ".join((f"zone: {zone}", f"week: {week}", *more)) + "}"


def office(*more: str) -> str:
    """Eight hours on weekdays."""
    return zoned("UTC", '{mon-fri: "09:00-17:00"}', *more)


def night(*more: str) -> str:
    """From Monday to Tuesday."""
    return zoned("UTC", '{mon: "22:00-06:00"}', *more)


def berlin(hours: str, *more: str) -> str:
    """Sundays, where clocks change: on 29 March at 02:00 (+01:00) to 03:00 (+02:00), on 25 October at 03:00 back to 02:00."""
    return zoned("Europe/Berlin", f'{{sun: "{hours}"}}', *more)


def lord_howe(hours: str) -> str:
    """The same by half an hour: on 5 April at 02:00 (+11:00) back to 01:30 (+10:30), on 4 October at 02:00 to 02:30."""
    return zoned("Australia/Lord_Howe", f'{{sun: "{hours}"}}')


def new_york(week: str) -> str:
    """Where clocks change on Sunday 8 March at 02:00 (-05:00) to 03:00 (-04:00), on 1 November at 02:00 back to 01:00."""
    return zoned("America/New_York", week)
