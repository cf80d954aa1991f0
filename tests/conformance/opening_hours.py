"""Nights, special days, holidays, breaks, closings, changes of hours, worked out by hand. In 2026, 2 March is a Monday."""

from typing import Final

from tests.conformance.worked import (
    ALL_DAY,
    BREAKS,
    CHANGES,
    DUE,
    FRACTIONS,
    HALF_OPEN,
    HOLIDAYS,
    MIDNIGHT,
    OVERNIGHT,
    SPECIAL,
    Due,
    Span,
    night,
    office,
    zoned,
)

SPANS: Final = [
    # Monday 22:00 to Tuesday 06:00, of which Tuesday has 6 h.
    Span(OVERNIGHT, "the morning after", night(), "2026-03-03T00:00Z", "2026-03-04T00:00Z", "6h"),
    Span(OVERNIGHT, "not the morning before", night(), "2026-03-02T00:00Z", "2026-03-02T22:00Z", "0s"),
    # Monday's interval, though Tuesday is off.
    Span(OVERNIGHT, "into a holiday", night("holidays: [2026-03-03]"), "2026-03-03T00:00Z", "2026-03-04T00:00Z", "6h"),
    Span(OVERNIGHT, "from a holiday", night("holidays: [2026-03-02]"), "2026-03-02T00:00Z", "2026-03-04T00:00Z", "0s"),
    Span(OVERNIGHT, "into a special day", night("special: {2026-03-03: closed}"), "2026-03-03T00:00Z", "2026-03-04T00:00Z", "6h"),
    # 20:00 to 02:00 in place of 22:00 to 06:00.
    Span(
        OVERNIGHT, "of a special day", night("special: {2026-03-02: 20:00-02:00}"), "2026-03-03T00:00Z", "2026-03-04T00:00Z", "2h"
    ),
    # Sunday 22:00 to Monday 06:00: 2 h and 6 h.
    Span(OVERNIGHT, "over the end of the week", zoned("UTC", "{sun: 22:00-06:00}"), "2026-03-08T00:00Z", "2026-03-10T00:00Z", "8h"),
    # A holiday, yet 3 h.
    Span(
        SPECIAL, "a special day beats a holiday", office("holidays: [2026-12-24], special: {2026-12-24: 09:00-12:00}"),
        "2026-12-24T00:00Z", "2026-12-25T00:00Z", "3h",
    ),
    # 25 December is one in Germany, a Friday with 2 h here. Thursday has 8 h.
    Span(
        SPECIAL, "a special day beats a country's holiday",
        office("holidays: {country: DE}, special: {2026-12-25: 10:00-12:00}"), "2026-12-24T00:00Z", "2026-12-26T00:00Z", "10h",
    ),
    # 1 h in place of 3 h and 4 h, not beside them.
    Span(
        SPECIAL, "all intervals are replaced", zoned("UTC", '{mon: "09:00-12:00, 13:00-17:00"}', "special: {2026-03-02: 10:00-11:00}"),
        "2026-03-02T00:00Z", "2026-03-03T00:00Z", "1h",
    ),
    # A Saturday.
    Span(
        SPECIAL, "a day that is otherwise closed", office("special: {2026-03-07: 10:00-14:00}"),
        "2026-03-07T00:00Z", "2026-03-09T00:00Z", "4h",
    ),
    # Friday 1 May is one in Germany: Thursday 16:00 to 17:00, Monday 09:00 to 10:00.
    Span(HOLIDAYS, "of a country", office("holidays: {country: DE}"), "2026-04-30T16:00Z", "2026-05-04T10:00Z", "2h"),
    # 6 January is one in Bavaria, not in all of Germany: 8 h less.
    Span(
        HOLIDAYS, "of a part of a country", office("holidays: {country: DE, subdivision: BY}"),
        "2026-01-06T00:00Z", "2026-01-07T00:00Z", "0s",
    ),
    # 29 March as it is in Auckland (+13:00), 28 March 11:00Z to 29 March 11:00Z. All else is open: 48 h less 24 h.
    Span(
        HOLIDAYS, "of the schedule's zone", zoned("Pacific/Auckland", ALL_DAY, "holidays: [2026-03-29]"),
        "2026-03-28T00:00Z", "2026-03-30T00:00Z", "24h",
    ),
    # 11:45 to 12:00 and 12:30 to 12:45.
    Span(BREAKS, "a break is closed", office("breaks: {mon-fri: 12:00-12:30}"), "2026-03-02T11:45Z", "2026-03-02T12:45Z", "30m"),
    # It takes 1 h of the day, from 09:00 to 10:00; the other hour is closed anyway.
    Span(BREAKS, "only what is open", office("breaks: {mon: 08:00-10:00}"), "2026-03-02T00:00Z", "2026-03-03T00:00Z", "7h"),
    # Monday 22:00 to 06:00 less 23:30 to 00:30.
    Span(BREAKS, "over midnight", night("breaks: {mon: 23:30-00:30}"), "2026-03-02T00:00Z", "2026-03-04T00:00Z", "7h"),
    # 23:00 to 24:00 and 00:00 to 01:00.
    Span(MIDNIGHT, "a day goes on in the next", zoned("UTC", ALL_DAY), "2026-03-02T23:00Z", "2026-03-03T01:00Z", "2h"),
    # Friday 23:59:59.999 to 24:00 and Monday 00:00 to 00:00:00.001.
    Span(
        MIDNIGHT, "to the millisecond", zoned("UTC", "{mon-fri: 00:00-24:00}"), "2026-03-06T23:59:59.999Z", "2026-03-09T00:00:00.001Z", 0.002
    ),
    # Two days, each a minute short.
    Span(MIDNIGHT, "23:59 is not", zoned("UTC", "{mon-sun: 00:00-23:59}"), "2026-03-02T00:00Z", "2026-03-04T00:00Z", "47h58m"),
    # At 17:00 it is closed, at 09:00 open: 1 ms.
    Span(HALF_OPEN, "from closing to just after opening", office(), "2026-03-02T17:00Z", "2026-03-03T09:00:00.001Z", 0.001),
    Span(HALF_OPEN, "just before closing to opening", office(), "2026-03-02T16:59:59.999Z", "2026-03-03T09:00Z", 0.001),
    # 250 ms before closing, 251 ms after opening.
    Span(FRACTIONS, "over a night", office(), "2026-03-02T16:59:59.750Z", "2026-03-03T09:00:00.251Z", 0.501),
    # Monday to Wednesday 8 h each, Thursday and Friday 10 h each.
    Span(
        CHANGES, "in the middle", office('changes: [{valid_from: 2026-03-05, week: {mon-fri: "08:00-18:00"}}]'),
        "2026-03-02T00:00Z", "2026-03-09T00:00Z", "44h",
    ),
    # Two of them, written in any order: Monday 8 h, Tuesday 1 h, Wednesday 2 h.
    Span(
        CHANGES, "twice",
        office("changes: [{valid_from: 2026-03-04, week: {wed: 09:00-11:00}}, {valid_from: 2026-03-03, week: {tue: 09:00-10:00}}]"),
        "2026-03-02T00:00Z", "2026-03-07T00:00Z", "11h",
    ),
    # Wednesday's night goes on to Thursday 06:00, by the hours of its own date: 6 h; then 8 h.
    Span(
        CHANGES, "a night that has begun",
        zoned("UTC", "{mon-sun: 22:00-06:00}", "changes: [{valid_from: 2026-03-05, week: {mon-fri: 09:00-17:00}}]"),
        "2026-03-05T00:00Z", "2026-03-06T00:00Z", "14h",
    ),
    # 5 March begins in Auckland (+13:00) at 11:00Z of 4 March: 11 h of full days, then 12 h of 24.
    Span(
        CHANGES, "a date of the schedule's zone",
        zoned("Pacific/Auckland", ALL_DAY, "changes: [{valid_from: 2026-03-05, week: {mon-sun: 00:00-12:00}}]"),
        "2026-03-04T00:00Z", "2026-03-05T11:00Z", "23h",
    ),
]  # fmt: skip

DUES: Final = [
    Due(DUE, "used up exactly at closing", office(), "2026-03-02T13:00Z", "4h", "2026-03-02T17:00Z"),
    # 4 h on Monday, and 1 ms of Tuesday.
    Due(DUE, "a millisecond more than the day has", office(), "2026-03-02T13:00Z", 14_400.001, "2026-03-03T09:00:00.001Z"),
    # 8 h on Friday; not Monday 09:00.
    Due(DUE, "used up exactly at closing of the week", office(), "2026-03-06T09:00Z", "8h", "2026-03-06T17:00Z"),
    # 11:00 to 12:00; not 12:30.
    Due(
        DUE, "used up exactly when the break begins", office("breaks: {mon-fri: 12:00-12:30}"),
        "2026-03-02T11:00Z", "1h", "2026-03-02T12:00Z",
    ),
    # 4 h to the end of Monday; the next Monday is a week off.
    Due(DUE, "used up exactly at midnight", zoned("UTC", "{mon: 00:00-24:00}"), "2026-03-02T20:00Z", "4h", "2026-03-03T00:00Z"),
    # 8 h on Thursday; Friday 1 May is a holiday.
    Due(DUE, "used up exactly before a holiday", office("holidays: {country: DE}"), "2026-04-30T09:00Z", "8h", "2026-04-30T17:00Z"),
    # Nothing of Monday is left.
    Due(HALF_OPEN, "a start at closing time", office(), "2026-03-02T17:00Z", "1h", "2026-03-03T10:00Z"),
    Due(HALF_OPEN, "a start at opening time", office(), "2026-03-02T09:00Z", "1h", "2026-03-02T10:00Z"),
    Due(HALF_OPEN, "a start before opening", office(), "2026-03-02T03:00Z", "1h", "2026-03-02T10:00Z"),
    # 10 min to 12:00, 10 min from 12:30.
    Due(
        BREAKS, "over a break", office("breaks: {mon-fri: 12:00-12:30}"), "2026-03-02T11:50Z", "20m", "2026-03-02T12:40Z"
    ),
    Due(
        BREAKS, "a start in a break", office("breaks: {mon-fri: 12:00-12:30}"), "2026-03-02T12:15Z", "20m", "2026-03-02T12:50Z"
    ),
    # Friday 1 h, Tuesday 8 h, Wednesday 8 h, 7 h of Thursday.
    Due(
        HOLIDAYS, "over a long weekend", office("holidays: [2026-03-09]"), "2026-03-06T16:00Z", "24h", "2026-03-12T16:00Z"
    ),
    # 1 h of the special day, the 24th, then Monday the 28th: the 25th is a holiday.
    Due(
        SPECIAL, "over a short day", office("holidays: [2026-12-24, 2026-12-25], special: {2026-12-24: 09:00-12:00}"),
        "2026-12-24T11:00Z", "2h", "2026-12-28T10:00Z",
    ),
    # Monday 22:00 to Tuesday 01:00.
    Due(OVERNIGHT, "over midnight", night(), "2026-03-02T12:00Z", "3h", "2026-03-03T01:00Z"),
    # 8 h are used up at the end of the night; not Monday a week later.
    Due(OVERNIGHT, "used up exactly in the morning", night(), "2026-03-02T12:00Z", "8h", "2026-03-03T06:00Z"),
    # Wednesday 16:00 to 17:00, Thursday from 08:00 3 h.
    Due(
        CHANGES, "over the change", office('changes: [{valid_from: 2026-03-05, week: {mon-fri: "08:00-18:00"}}]'),
        "2026-03-04T16:00Z", "4h", "2026-03-05T11:00Z",
    ),
    # Wednesday 1 h; from Thursday on only Mondays: 1 h of the 9th.
    Due(
        CHANGES, "the former hours are gone", office("changes: [{valid_from: 2026-03-05, week: {mon: 12:00-13:00}}]"),
        "2026-03-04T16:00Z", "2h", "2026-03-09T13:00Z",
    ),
]  # fmt: skip
