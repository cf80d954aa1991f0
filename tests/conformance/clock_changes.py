"""Hours around changes of clocks, worked out by hand."""

from typing import Final

from tests.conformance.worked import CLOCKS, GAP, TWICE, Due, Span, berlin, lord_howe, new_york, zoned

SPANS: Final = [
    # A day that clocks shorten: 24 h less 1 h.
    Span(CLOCKS, "a day of 23 hours", berlin("00:00-24:00"), "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", "23h"),
    # A day that clocks lengthen: 24 h and 1 h.
    Span(CLOCKS, "a day of 25 hours", berlin("00:00-24:00"), "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", "25h"),
    # Saturday 22:00 -05:00 is 03:00Z, Sunday 06:00 -04:00 is 10:00Z: 7 h, not the 8 h of other nights.
    Span(
        CLOCKS, "a night that loses an hour", new_york('{sat: "22:00-06:00"}'),
        "2026-03-07T12:00-05:00", "2026-03-08T12:00-04:00", "7h",
    ),
    # Saturday 22:00 -04:00 is 02:00Z, Sunday 06:00 -05:00 is 11:00Z.
    Span(
        CLOCKS, "a night that gains an hour", new_york('{sat: "22:00-06:00"}'),
        "2026-10-31T12:00-04:00", "2026-11-01T12:00-05:00", "9h",
    ),
    # Clocks go back by 30 min.
    Span(CLOCKS, "a day of 24.5 hours", lord_howe("00:00-24:00"), "2026-04-05T00:00+11:00", "2026-04-06T00:00+10:30", "24h30m"),
    Span(CLOCKS, "a day of 23.5 hours", lord_howe("00:00-24:00"), "2026-10-04T00:00+10:30", "2026-10-05T00:00+11:00", "23h30m"),
    # On 4 May 2018, a Friday, 23:30 +08:30 became 00:00 +09:00 of 5 May (15:00Z): from 3 May 15:30Z, 23.5 h.
    Span(
        CLOCKS, "a day that ends half an hour early for good", zoned("Asia/Pyongyang", "{fri: 00:00-24:00}"),
        "2018-05-03T00:00+08:30", "2018-05-06T00:00+09:00", "23h30m",
    ),
    # Weekdays of 8 h, none of them near a change at night: 52 weeks of 40 h, and Thursday 31 December.
    Span(
        CLOCKS, "a year of office hours", zoned("Europe/Berlin", '{mon-fri: "09:00-17:00"}'),
        "2026-01-01T00:00+01:00", "2027-01-01T00:00+01:00", "2088h",
    ),
    # 02:30 is not there and becomes 03:30 +02:00 (01:30Z); 06:00 +02:00 is 04:00Z.
    Span(GAP, "an opening", berlin("02:30-06:00"), "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", "2h30m"),
    # 01:00 +01:00 is 00:00Z; 02:30 becomes 03:30 +02:00 (01:30Z).
    Span(GAP, "a closing", berlin("01:00-02:30"), "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", "1h30m"),
    # Both move by the hour: 03:15 to 03:45.
    Span(GAP, "both", berlin("02:15-02:45"), "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", "30m"),
    # ... and nothing before: 03:00 +02:00 to 03:15 +02:00 is closed.
    Span(GAP, "both, before they open", berlin("02:15-02:45"), "2026-03-29T00:00+01:00", "2026-03-29T03:15+02:00", "0s"),
    # 00:00Z to 01:30Z (02:30 becomes 03:30) and 01:00Z (03:00 +02:00) to 02:00Z: together 00:00Z to 02:00Z, counted once.
    Span(GAP, "two intervals then overlap", berlin("01:00-02:30, 03:00-04:00"), "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", "2h"),
    # The break opens at 02:00, which becomes 03:00 +02:00, where it also ends. 23:00Z to 04:00Z is 5 h.
    Span(
        GAP, "a break that vanishes", berlin("00:00-06:00", "breaks: {sun: 02:00-03:00}"),
        "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", "5h",
    ),
    # The gap is 02:00 to 02:30: 02:15 becomes 02:45 +11:00; to 04:00 +11:00.
    Span(GAP, "half an hour", lord_howe("02:15-04:00"), "2026-10-04T00:00+10:30", "2026-10-05T00:00+11:00", "1h15m"),
    # 20:00 +08:30 is 11:30Z; 23:45 becomes 00:15 +09:00 of the next day, 15:15Z.
    Span(
        GAP, "a closing that moves into the next date", zoned("Asia/Pyongyang", "{fri: 20:00-23:45}"),
        "2018-05-04T00:00+08:30", "2018-05-06T00:00+09:00", "3h45m",
    ),
    # On Sunday 1 May 2016, 02:30 -04:30 became 03:00 -04:00: 02:45 becomes 03:15 -04:00; to 05:00 -04:00.
    Span(
        GAP, "a new offset at night", zoned("America/Caracas", "{sun: 02:45-05:00}"),
        "2016-05-01T00:00-04:30", "2016-05-02T00:00-04:00", "1h45m",
    ),
    # Friday 30 December 2011 never was: its 00:00 becomes that of Saturday, where its 24:00 is.
    Span(
        GAP, "a date that never was", zoned("Pacific/Apia", "{fri: 00:00-24:00}"),
        "2011-12-29T00:00-10:00", "2012-01-01T00:00+14:00", "0s",
    ),
    # 02:30 first is +02:00 (00:30Z); 03:30 is +01:00 (02:30Z).
    Span(TWICE, "an opening", berlin("02:30-03:30"), "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", "2h"),
    # 01:00 +02:00 is 23:00Z; 02:30 first is 00:30Z.
    Span(TWICE, "a closing", berlin("01:00-02:30"), "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", "1h30m"),
    # 02:15 and 02:45 both at +02:00.
    Span(TWICE, "both", berlin("02:15-02:45"), "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", "30m"),
    Span(TWICE, "the second time is closed", berlin("02:15-02:45"), "2026-10-25T02:15+01:00", "2026-10-25T02:45+01:00", "0s"),
    # 00:00 +02:00 is 22:00Z, 06:00 +01:00 is 05:00Z: 7 h; the break from 00:00Z (02:00 first) to 02:00Z (03:00) takes 2 h.
    Span(
        TWICE, "a break", berlin("00:00-06:00", "breaks: {sun: 02:00-03:00}"),
        "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", "5h",
    ),
    # 02:00 +11:00 became 01:30 +10:30: 01:45 first is 14:45Z, 03:00 +10:30 is 16:30Z.
    Span(TWICE, "half an hour", lord_howe("01:45-03:00"), "2026-04-05T00:00+11:00", "2026-04-06T00:00+10:30", "1h45m"),
    # On 15 August 2015 at 00:00 +09:00 (15:00Z) clocks went back to 23:30 +08:30 of Friday the 14th, which ends at 15:30Z; it began at 15:00Z.
    Span(
        CLOCKS, "a day that ends half an hour late for good", zoned("Asia/Pyongyang", "{fri: 00:00-24:00}"),
        "2015-08-13T00:00+09:00", "2015-08-16T00:00+08:30", "24h30m",
    ),
]  # fmt: skip

DUES: Final = [
    # 01:30 +01:00 is 00:30Z; an hour later 01:30Z is 03:30 +02:00.
    Due(CLOCKS, "over a gap", berlin("00:00-24:00"), "2026-03-29T01:30+01:00", "1h", "2026-03-29T03:30+02:00"),
    # 01:30 +02:00 is 23:30Z; two hours later 01:30Z is 02:30 +01:00, the second of them.
    Due(CLOCKS, "over an hour that comes twice", berlin("00:00-24:00"), "2026-10-25T01:30+02:00", "2h", "2026-10-25T02:30+01:00"),
    # 02:30 becomes 03:30 +02:00.
    Due(GAP, "from an opening in the gap", berlin("02:30-06:00"), "2026-03-29T00:00+01:00", "1h", "2026-03-29T04:30+02:00"),
    # Open 00:00Z to 01:30Z: used up exactly at the closing, which is 03:30 +02:00.
    Due(GAP, "used up exactly at a closing in the gap", berlin("01:00-02:30"), "2026-03-29T00:00+01:00", "1h30m", "2026-03-29T03:30+02:00"),
    # Saturday 17:00 -05:00 to 18:00; Sunday from 09:00 -04:00 (13:00Z) 2 h.
    Due(
        CLOCKS, "over a night that loses an hour", new_york('{sat-sun: "09:00-18:00"}'),
        "2026-03-07T17:00-05:00", "3h", "2026-03-08T11:00-04:00",
    ),
    # 01:00 +11:00 is 14:00Z; 2 h later 16:00Z is 02:30 +10:30.
    Due(CLOCKS, "over half an hour that comes twice", lord_howe("00:00-24:00"), "2026-04-05T01:00+11:00", "2h", "2026-04-05T02:30+10:30"),
    # 02:00 -04:30 is 06:30Z; 1 h later 07:30Z is 03:30 -04:00.
    Due(
        CLOCKS, "over a new offset", zoned("America/Caracas", "{sun: 00:00-24:00}"), "2016-05-01T02:00-04:30", "1h", "2016-05-01T03:30-04:00"
    ),
]  # fmt: skip
