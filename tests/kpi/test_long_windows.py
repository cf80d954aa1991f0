"""Weeks, months and quarters are the sums of their days, whatever happens to the merge in between.

2026   2 Mar                     9 Mar      1 Apr   2 Apr
         |---- week 10 ------------|           |
|--------------- March ------------------------|------| final: a day after its last day
|- 1 Jan ---- first quarter -------------------|------| final
"""

import random
from collections import defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kpi.aggregate import Cell, Spread, merged
from app.kpi.calendar import LONG_KINDS, Calendar
from app.kpi.instants import instant_ms
from app.kpi.levels import ALL, Level
from app.kpi.merge import MergedWindow
from app.kpi.partials import LevelPartial, Partial, Progress, Span, WindowPartial
from app.kpi.windows import Days
from tests.kpi.reader import Reader
from tests.kpi.story import DAY, HOUR, MINUTE

UTC = "UTC"
NOBODY = {ALL: Level(0, 0, None)}


def at(text: str, zone: str = UTC) -> int:
    """`03-02 10:00` of 2026, in local time."""
    return int(datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def day(text: str, count: int, channel: str = "web", partition: int = 0, zone: str = UTC) -> WindowPartial:
    """What a partition has of a day: so many seen."""
    start_ms, end_ms = Days(zone).around(at(f"{text} 12:00", zone))
    return WindowPartial(partition, channel, "day", start_ms, end_ms, end_ms + DAY, Cell({"seen": count}))


def now(at_ms: int, partition: int = 0, partitions: int = 1) -> Progress:
    return Progress(partition, partitions, at_ms, NOBODY)


class Spans(Reader):
    """Of one partition, unless told otherwise; long windows in every take."""

    def __init__(self, zone: str = UTC, partitions: int = 1, long_every_ms: int = 0, at_once: int = 4_000) -> None:
        super().__init__(partitions, zone, long_every_ms=long_every_ms, windows_at_once=at_once)

    def last(self, kind: str, channel: str = "web") -> dict[int, MergedWindow]:
        """Start -> the last version."""
        return {one.span.start_ms: one for one in self.said if (one.span.kind, one.channel) == (kind, channel)}

    def seen(self, kind: str, channel: str = "web") -> dict[int, int]:
        return {start_ms: one.cell.counts.get("seen", 0) for start_ms, one in self.last(kind, channel).items()}


def read(*said: Partial, zone: str = UTC) -> Spans:
    reader = Spans(zone).read(*said)
    reader.take()
    return reader


# -- sums ------------------------------------------------------------------------------------------------------------------------------------


def test_long_windows_are_the_sums_of_their_days() -> None:
    reader = read(day("03-08", 1), day("03-09", 2), day("03-31", 4), day("04-01", 8))
    assert reader.seen("week") == {at("03-02 00:00"): 1, at("03-09 00:00"): 2, at("03-30 00:00"): 12}
    assert reader.seen("month") == {at("03-01 00:00"): 7, at("04-01 00:00"): 8}
    assert reader.seen("quarter") == {at("01-01 00:00"): 7, at("04-01 00:00"): 8}


def test_a_final_day_goes_on_counting() -> None:
    reader = read(day("03-02", 1), now(at("03-04 00:01")))
    reader.read(day("03-04", 2)).take()
    assert (reader.last("day")[at("03-02 00:00")].final, reader.seen("week")) == (True, {at("03-02 00:00"): 3})


def test_a_day_that_changes_counts_as_it_is_now() -> None:
    reader = read(day("03-02", 1))
    reader.read(day("03-02", 5)).take()
    assert reader.seen("month") == {at("03-01 00:00"): 5}


def test_all_is_the_sum_of_channels_without_dimensions() -> None:
    said = (day("03-02", 1), day("03-02", 2, "email"), day("03-02", 4, "agent:anna"), day("03-02", 8, "tag:a|b:c"))
    reader = read(*said)
    for kind in ("day", *LONG_KINDS):
        assert list(reader.seen(kind, ALL).values()) == [3], kind
        assert list(reader.seen(kind, "tag:a|b:c").values()) == [8], kind


def test_a_week_across_a_year_is_one() -> None:
    reader = Spans()
    for index in range(7):
        start_ms = instant_ms("2026-12-28T00:00:00Z") + index * DAY
        reader.read(WindowPartial(0, "web", "day", start_ms, start_ms + DAY, start_ms + 2 * DAY, Cell({"seen": 1})))
    reader.take()
    assert reader.seen("week") == {instant_ms("2026-12-28T00:00:00Z"): 7}
    assert sorted(reader.seen("quarter").values()) == [3, 4]


def test_days_of_23_and_25_hours_make_a_quarter_that_is_as_long() -> None:
    berlin = "Europe/Berlin"
    reader = read(day("03-28", 1, zone=berlin), day("03-29", 2, zone=berlin), day("03-30", 4, zone=berlin), zone=berlin)
    (quarter,) = reader.last("quarter").values()
    assert (quarter.span.start_ms, quarter.end_ms) == (at("01-01 00:00", berlin), at("04-01 00:00", berlin))
    assert quarter.end_ms - quarter.span.start_ms == 90 * DAY - HOUR
    assert reader.seen("week") == {at("03-23 00:00", berlin): 3, at("03-30 00:00", berlin): 4}
    autumn = read(day("10-25", 1, zone=berlin), zone=berlin)
    (window,) = autumn.last("quarter").values()
    assert window.end_ms - window.span.start_ms == 92 * DAY + HOUR


# -- finality and levels -----------------------------------------------------------------------------------------------------------------------


def test_a_long_window_is_final_a_day_after_its_end() -> None:
    reader = read(day("03-02", 1), now(at("03-10 00:00")))
    assert not reader.last("week")[at("03-02 00:00")].final
    reader.read(now(at("03-10 00:00") + 1)).take()
    assert reader.last("week")[at("03-02 00:00")].final
    assert not reader.last("month")[at("03-01 00:00")].final


def test_after_a_jump_days_are_final_before_what_they_are_in() -> None:
    said = read(day("03-29", 1), day("03-31", 2), now(at("06-01 00:00"))).said
    order = [(one.span.kind, one.cell.counts["seen"]) for one in said if one.channel == "web" and one.final]
    assert order == [("day", 1), ("week", 1), ("day", 2), ("month", 3), ("quarter", 3), ("week", 2)]


def test_nothing_is_given_after_it_was_final() -> None:
    reader = read(day("03-02", 1), now(at("06-01 00:00")))
    reader.read(day("06-01", 1), now(at("06-02 00:00"))).take()
    for kind in LONG_KINDS:
        finals = [one.final for one in reader.said if (one.span.kind, one.channel) == (kind, "web")]
        assert finals.count(True) == 1, kind


def test_a_final_window_leaves_nothing_in_the_state() -> None:
    reader = read(day("03-02", 1), day("03-02", 1, "agent:anna"), now(at("06-01 00:00")))
    assert set(reader.entries) == {b"|progress||0"}


def test_the_state_of_a_long_quarter_is_its_totals() -> None:
    reader = Spans()
    for number in range(80):
        start_ms = at("01-02 00:00") + number * DAY
        cell = Cell({"seen": 1})
        reader.read(WindowPartial(0, "web", "day", start_ms, start_ms + DAY, start_ms + 2 * DAY, cell))
        reader.read(now(start_ms + DAY)).take()
        assert len(reader.entries) <= 20
    assert reader.seen("quarter") == {at("01-01 00:00"): 80}


def test_a_long_window_has_the_level_of_its_end() -> None:
    #            8 Mar 23:59   9 Mar 00:00            10 Mar 00:00.001
    #  note 7 ------|---- note 5 --|--- note 9 ------------|  final
    notes = [(at("03-08 20:00"), 7), (at("03-09 00:00"), 5), (at("03-09 01:00"), 9)]
    levels = [LevelPartial(0, name, end, Level(open_, 0, None)) for end, open_ in notes for name in ("web", ALL)]
    for said in ([*levels, now(at("03-09 12:00"))], [*levels, now(at("03-09 12:00")), now(at("03-20 00:00"))]):
        reader = read(day("03-02", 1), *said)
        assert reader.last("week")[at("03-02 00:00")].level.open == 5
        assert reader.last("week", ALL)[at("03-02 00:00")].level.open == 5


def test_dimensions_have_no_level() -> None:
    present = Progress(0, 1, at("03-02 12:00"), {"agent:anna": Level(3, 0, None), ALL: Level(3, 0, None)})
    assert read(day("03-02", 1, "agent:anna"), present).last("week", "agent:anna")[at("03-02 00:00")].level.open == 0


# -- how often ---------------------------------------------------------------------------------------------------------------------------------


def given_weeks(reader: Reader, *said: Partial) -> list[int]:
    return [
        one.cell.counts["seen"] for one in reader.read(*said).take() if (one.span.kind, one.channel) == ("week", "web")
    ]


def test_a_running_window_is_given_once_a_minute_of_stream_time() -> None:
    reader, noon = Spans(long_every_ms=MINUTE), at("03-02 12:00")
    assert given_weeks(reader, day("03-02", 1), now(noon)) == [1]
    assert given_weeks(reader, day("03-02", 2), now(noon + 30_000)) == []
    assert given_weeks(reader, day("03-02", 3), now(noon + MINUTE - 1)) == []
    assert given_weeks(reader, now(noon + MINUTE)) == [3]
    assert given_weeks(reader, now(noon + 2 * MINUTE)) == []


def test_what_was_held_back_is_given_when_a_day_is_final() -> None:
    reader, midnight = Spans(long_every_ms=DAY), at("03-04 00:00")
    assert given_weeks(reader, day("03-02", 1), now(midnight)) == [1]
    assert given_weeks(reader, day("03-02", 5), now(midnight)) == []
    assert given_weeks(reader, now(midnight + 1)) == [5]


def test_what_was_held_back_is_given_after_a_restart() -> None:
    reader = Spans(long_every_ms=DAY)
    given_weeks(reader, day("03-02", 1), now(at("03-02 12:00")))
    given_weeks(reader, day("03-02", 5))
    assert given_weeks(reader.restart()) == [5]


def test_after_a_restart_all_is_not_given_where_only_dimensions_have_figures() -> None:
    reader = read(day("03-02", 1, "agent:anna")).restart()
    assert {one.channel for one in reader.take()} == {"agent:anna"}


def test_many_names_are_given_some_at_a_time() -> None:
    reader = Spans(at_once=1000)
    reader.read(*(day("03-02", 1, f"agent:{number}") for number in range(1_200)))
    sizes = [len(reader.take_once()) for _ in range(4)]
    assert max(sizes) < 2_000
    reader.take()
    assert all(len({one.channel for one in reader.said if one.span.kind == kind}) == 1_200 for kind in LONG_KINDS)


# -- restarts and upgrades -----------------------------------------------------------------------------------------------------------------------


def test_a_week_that_began_before_totals_were_kept_counts_what_is_known() -> None:
    reader = read(day("03-02", 1), now(at("03-04 12:00")))
    reader.read(day("03-04", 2), now(at("03-04 13:00"))).take()
    reader.entries = {key: value for key, value in reader.entries.items() if not key.endswith((b"|total", b"|bounds"))}
    reader.restart().take()
    assert reader.seen("week") == {at("03-02 00:00"): 2}
    reader.restart().read(day("03-05", 4)).take()
    assert reader.seen("week") == {at("03-02 00:00"): 6}


def test_a_change_of_the_zone_counts_every_day_once_and_a_begun_week_ends_with_its_last_day() -> None:
    #  Berlin   Mon 2 | Tue | Wed 4   |
    #  New York             | Wed 4 ... | Sun 8 | Mon 9     the week goes on to the end of New York's Sunday
    berlin, york = "Europe/Berlin", "America/New_York"
    reader = read(day("03-02", 1, zone=berlin), day("03-04", 2, zone=berlin), zone=berlin)
    reader.restart(york).read(
        day("03-04", 4, zone=york), day("03-08", 8, zone=york), day("03-09", 16, zone=york)
    ).take()
    assert reader.seen("week") == {at("03-02 00:00", berlin): 15, at("03-09 00:00", york): 16}
    week = reader.last("week")[at("03-02 00:00", berlin)]
    assert week.end_ms == at("03-09 00:00", york)
    assert reader.seen("month") == {at("03-01 00:00", berlin): 31}
    reader.read(now(week.end_ms + DAY)).take()
    assert not reader.last("week")[at("03-02 00:00", berlin)].final
    reader.read(now(week.end_ms + DAY + 1)).take()
    assert reader.last("week")[at("03-02 00:00", berlin)].final
    assert reader.seen("week")[at("03-02 00:00", berlin)] == 15


zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Pacific/Apia"]
)


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[str, list[WindowPartial]]]:
    """Days of some weeks around a change of clocks, as partials of two partitions; the zone may change now and then."""
    names = st.sampled_from(["web", "email", "agent:anna"])
    life: list[tuple[str, list[WindowPartial]]] = []
    noon_ms = at("03-20 12:00")
    for _ in range(draw(st.integers(1, 4))):
        zone, days = draw(zones), Days("UTC")
        days = Days(zone)
        parts = []
        for _ in range(draw(st.integers(1, 14))):
            noon_ms += DAY
            start_ms, end_ms = days.around(noon_ms)
            for _ in range(draw(st.integers(0, 2))):
                cell = Cell({"seen": draw(st.integers(1, 9))}, {"response": Spread()})
                cell.durations["response"].add_samples(draw(st.lists(st.integers(0, 10**8), min_size=1, max_size=3)))
                partition, name = draw(st.integers(0, 1)), draw(names)
                parts.append(WindowPartial(partition, name, "day", start_ms, end_ms, end_ms + DAY, cell))
        life.append((zone, parts))
    return life


def sums(windows: dict[tuple[str, Span], MergedWindow], kind: str) -> dict[str, Cell]:
    by_name: dict[str, list[Cell]] = defaultdict(list)
    for (name, span), window in windows.items():
        if span.kind == kind:
            by_name[name].append(window.cell)
    return {name: merged(cells) for name, cells in by_name.items()}


def lived(life: list[tuple[str, list[WindowPartial]]], chance: random.Random, share: float) -> Spans:
    """Each part told in order of time, its partition's stream time behind it; flushed and restarted by chance."""
    reader = Spans(life[0][0], partitions=2, at_once=chance.choice([1, 5, 4_000]))
    reader.merge.start(None)
    for zone, parts in life:
        reader.take()
        reader.restart(zone, order=chance)
        for part in parts:
            reader.read(part)
            if chance.random() < share:
                reader.take_once()
            reader.read(*(now(part.end_ms, number, 2) for number in range(2)))
            if chance.random() < share:
                reader.take()
                reader.restart(zone, order=chance)
    reader.take()
    return reader


@settings(max_examples=60)
@given(lives(), st.randoms(use_true_random=False))
def test_whatever_happens_long_windows_are_the_sums_of_days(
    life: list[tuple[str, list[WindowPartial]]], chance: random.Random
) -> None:
    reader = lived(life, chance, 0.4)
    windows = {(one.channel, one.span): one for one in reader.said}
    days = sums(windows, "day")
    for kind in LONG_KINDS:
        assert sums(windows, kind) == days, kind
    for (name, span), window in windows.items():
        if name == ALL:
            channels = [one.cell for key, one in windows.items() if key[1] == span and key[0] in ("web", "email")]
            assert window.cell == merged(channels)


@settings(max_examples=60)
@given(lives(), st.randoms(use_true_random=False))
def test_restarts_at_every_point_change_nothing(
    life: list[tuple[str, list[WindowPartial]]], chance: random.Random
) -> None:
    calm = lived(life, random.Random(1), 0)
    wild = lived(life, chance, 0.9)
    ends = [
        {(one.channel, one.span): (one.cell, one.end_ms) for one in reader.said if one.cell} for reader in (calm, wild)
    ]
    assert ends[0] == ends[1]
    assert {key for key in calm.entries if b"|level|" not in key} == {
        key for key in wild.entries if b"|level|" not in key
    }


def test_calendars_are_of_the_zone_that_is_configured() -> None:
    reader = read(day("03-01", 1, zone="Europe/Berlin"), zone="Europe/Berlin")
    (month,) = reader.last("month").values()
    assert (month.span.start_ms, month.end_ms) == Calendar("Europe/Berlin").around("month", at("03-01 12:00"))


@pytest.mark.parametrize("kind", LONG_KINDS)
def test_a_window_that_became_empty_is_given_as_such(kind: str) -> None:
    reader = read(day("03-02", 1))
    reader.read(WindowPartial(0, "web", "day", at("03-02 00:00"), at("03-03 00:00"), at("03-04 00:00"), Cell())).take()
    assert list(reader.seen(kind).values()) == [0]


def test_a_window_that_became_empty_behind_a_restart_is_given_as_such() -> None:
    reader = read(day("03-02", 1)).restart()
    reader.read(WindowPartial(0, "web", "day", at("03-02 00:00"), at("03-03 00:00"), at("03-04 00:00"), Cell())).take()
    for kind in LONG_KINDS:
        assert list(reader.seen(kind).values()) == [0], kind
