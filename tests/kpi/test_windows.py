"""Which windows a figure counts in, and until when.

10:00       10:01                             10:11
  |- 10:00 -|---- late events still count ----|  final: what comes now is late

10:00                    11:00                d2 11:00
  |-------- 10:00 -------|--- still counts ---|  final
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kpi.aggregate import Cell, merged
from app.kpi.effects import Effects
from app.kpi.instants import instant_ms
from app.kpi.windows import Days, Windows
from tests.kpi.story import DAY, HOUR, MINUTE, ms, told

EARLIEST_MS = int(datetime(2012, 1, 1, tzinfo=UTC).timestamp()) * 1000
LATEST_MS = int(datetime(2037, 1, 1, tzinfo=UTC).timestamp()) * 1000


def counting(*instants: str) -> Effects:
    effects = Effects()
    effects.counts += [(ms(instant), "web", "seen") for instant in instants]
    return effects


def taking(effects: Effects) -> Effects:
    out = Effects()
    out.revise(effects, Effects())
    return out


def counted(windows: Windows, kind: str) -> dict[int, int]:
    windows.roll()
    cells = windows.cells.items()
    return {window.start_ms: cell.counts["seen"] for window, cell in cells if window.kind == kind and cell}


def added(instant: str, now: str, zone: str = "UTC") -> set[str]:
    """The kinds of windows in which a figure of `instant` counts that arises at `now`."""
    windows = Windows(zone)
    windows.add(counting(instant), ms(now))
    return {kind for kind in ("minute", "hour", "day") if counted(windows, kind)}


def test_windows_are_half_open() -> None:
    #  10:59:59.999  11:00
    #  ---- 10:00 ---)[---- 11:00 ----
    windows = Windows("UTC")
    windows.add(counting("10:59:59.999", "11:00"), ms("11:00"))
    assert counted(windows, "hour") == {ms("10:00"): 1, ms("11:00"): 1}


def test_a_figure_counts_in_its_minute_its_hour_and_its_day() -> None:
    windows = Windows("UTC")
    windows.add(counting("10:41:30"), ms("10:42"))
    found = [counted(windows, kind) for kind in ("minute", "hour", "day")]
    assert found == [{ms("10:41"): 1}, {ms("10:00"): 1}, {ms("00:00"): 1}]


def test_a_minute_takes_figures_until_ten_minutes_after_its_end() -> None:
    #  10:00  10:01                            10:11
    #    |minute|--------- still open ----------|  final
    assert added("10:00:59", "10:11") == {"minute", "hour", "day"}
    assert added("10:00:59", "10:11:00.001") == {"hour", "day"}


def test_an_hour_takes_figures_until_24_hours_after_its_end() -> None:
    #  10:00    11:00                        d2 11:00
    #    |-hour---|-------- still open ---------|  final; the day goes on until d3 00:00
    assert added("10:00:59", "d2 11:00") == {"hour", "day"}
    assert added("10:00:59", "d2 11:00:00.001") == {"day"}


def test_a_day_takes_figures_until_24_hours_after_its_end() -> None:
    #  00:00     d2 00:00                    d3 00:00
    #    |--day-----|-------- still open ---------|  final
    assert added("10:00:59", "d3 00:00") == {"day"}
    assert added("10:00:59", "d3 00:00:00.001") == set()


def test_where_days_begin_within_an_hour_the_hour_may_outlive_the_day() -> None:
    #            18:00      18:30      19:00                d2 18:30   d2 19:00
    #  hour (UTC)  |---------------------|                                 | final
    #  day (Kolkata) --------|                                  | final
    assert added("18:10", "d2 18:30", "Asia/Kolkata") == {"hour", "day"}
    assert added("18:10", "d2 18:30:00.001", "Asia/Kolkata") == {"hour"}


def test_what_is_neither_added_nor_taken_out_any_more_is_counted_as_late() -> None:
    windows = Windows("UTC")
    windows.add(counting("10:00"), ms("10:05"))
    assert windows.late == 0
    windows.add(counting("10:00"), ms("10:30"))
    windows.add(taking(counting("10:00")), ms("d9 10:30"))
    assert windows.late == 2


def test_what_a_revision_takes_out_is_gone() -> None:
    windows = Windows("UTC")
    windows.add(counting("10:00", "10:00"), ms("10:05"))
    windows.add(taking(counting("10:00")), ms("10:06"))
    assert counted(windows, "hour") == {ms("10:00"): 1}


def test_a_window_in_which_nothing_is_left_is_empty() -> None:
    windows = Windows("UTC")
    windows.add(counting("10:00"), ms("10:05"))
    windows.roll()
    windows.add(taking(counting("10:00")), ms("10:06"))
    assert counted(windows, "hour") == {}


def test_windows_are_forgotten_when_they_are_final() -> None:
    windows = Windows("UTC")
    windows.add(counting("10:00"), ms("10:05"))
    windows.roll()
    final, untold = windows.close(ms("10:11:00.001"))
    assert (final, [window for window, _ in untold]) == ([("web", "minute", ms("10:00"), ms("10:01"))], final)
    assert {window.kind for window in windows.cells} == {"hour", "day"}


def test_a_final_window_that_was_told_is_not_told_again() -> None:
    windows = Windows("UTC")
    windows.add(counting("10:00"), ms("10:05"))
    windows.roll()
    windows.changed.clear()
    assert windows.close(ms("10:11:00.001"))[1] == []


def test_whether_a_window_takes_a_figure_does_not_depend_on_when_cells_are_written() -> None:
    windows = Windows("UTC")
    windows.add(counting("10:00"), ms("10:05"))
    windows.add(counting("10:00"), ms("d9 10:05"))
    assert counted(windows, "hour") == {ms("10:00"): 1}


def test_what_gathered_is_given_for_flow_once() -> None:
    windows = Windows("UTC")
    windows.add(counting("10:00", "10:00"), ms("10:05"))
    assert [(channel, figures.counts) for channel, figures in windows.roll()] == [("web", {"seen": 2})]
    assert windows.roll() == []


@pytest.mark.parametrize(("before", "after"), [("UTC", "Europe/London"), ("Europe/London", "UTC")])
def test_a_day_that_has_begun_ends_as_it_was_to_end_though_the_zone_changes(before: str, after: str) -> None:
    spring_ms = ms("d28 00:00")  # London's day has 23 hours
    old, new = Windows(before), Windows(after)
    window = old.window("web", "day", spring_ms)
    new.load(window, Cell({"seen": 2}))
    new.add(counting("d28 12:00"), ms("d28 12:01"))
    new.roll()
    assert [known for known in new.cells if known.kind == "day"] == [window]
    assert new.cells[window].counts["seen"] == 3


def test_days_are_those_of_the_reporting_zone() -> None:
    desk = told("d2 04:59 message, 05:00 message", "reporting_zone: America/New_York")
    assert desk.windows("messages_received", kind="day") == {"05:00": 1, "d2 05:00": 1}


@pytest.mark.parametrize(("date", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_is_as_long_as_clocks_make_it(date: str, hours: int) -> None:
    noon = datetime.fromisoformat(f"{date}T12:00").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    start_ms, end = Days("Europe/Berlin").around(int(noon.timestamp()) * 1000)
    assert end - start_ms == hours * HOUR


@pytest.mark.parametrize("zone", sorted({"Africa/Cairo", "America/Havana", "America/Santiago", "Asia/Beirut", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "America/Sao_Paulo", "Asia/Gaza", "Asia/Tehran"}))  # fmt: skip
def test_days_tile_time_where_clocks_change_at_midnight(zone: str) -> None:
    days, at_ms, spans = Days(zone), EARLIEST_MS, []
    while at_ms < LATEST_MS:
        spans.append(days.around(at_ms))
        at_ms = spans[-1][1]
    assert all(before[1] == after[0] for before, after in pairwise(spans))


@given(st.sampled_from(sorted(available_timezones())), st.integers(EARLIEST_MS, LATEST_MS))
def test_every_instant_is_in_the_day_that_local_clocks_say(zone: str, at_ms: int) -> None:
    start_ms, end = Days(zone).around(at_ms)
    local = [datetime.fromtimestamp(instant / 1000, ZoneInfo(zone)).date() for instant in (start_ms, at_ms, end - 1)]
    assert start_ms <= at_ms < end
    assert local == [local[0]] * 3


@given(st.integers(EARLIEST_MS, LATEST_MS), st.sampled_from([("minute", MINUTE), ("hour", HOUR), ("day", DAY)]))
def test_windows_tile_time(at_ms: int, kind: tuple[str, int]) -> None:
    name, length_ms = kind
    windows = Windows("UTC")
    window = windows.window("web", name, at_ms - at_ms % MINUTE)
    assert window.start_ms <= at_ms < window.end_ms == window.start_ms + length_ms


def test_final_is_lateness_after_the_end() -> None:
    windows = Windows("UTC")
    ends = [windows.window("web", kind, ms("00:00")).final_from_ms for kind in ("minute", "hour", "day")]
    assert ends == [ms("00:11"), ms("d2 01:00"), ms("d3 00:00")]


def test_days_that_begin_a_minute_after_midnight_of_their_quarter_hold_their_instants() -> None:
    days = Days("America/St_Johns")  # clocks were changed at 00:01 until 2011
    night_ms = instant_ms("2010-11-07T00:00:00Z")
    for at_ms in range(night_ms, night_ms + 2 * DAY, MINUTE):
        start_ms, end_ms = days.around(at_ms)
        assert start_ms <= at_ms < end_ms


def test_a_day_that_began_in_another_reporting_zone_keeps_its_end() -> None:
    desk = told("10:00 message, 10:30 message").restart("reporting_zone: America/New_York").tell("d2 05:00:01 now")
    desk.restart("").tell("d2 06:00 now, d1 23:00 message ticket=t2")
    assert desk.windows("messages_received", kind="day") == {"00:00": 3}


def test_the_longest_zone_change_is_a_day_that_never_was() -> None:
    days = Days("Pacific/Apia")
    skipped = datetime(2011, 12, 30, 10, tzinfo=UTC)
    start_ms, end = days.around(int(skipped.timestamp()) * 1000)
    assert datetime.fromtimestamp(start_ms / 1000, ZoneInfo("Pacific/Apia")).day == 31
    assert timedelta(milliseconds=end - start_ms) == timedelta(days=1)


# -- dimensions and amounts --------------------------------------------------------------------------------------------------------------------

ANNA = "agent:anna"


def replying(*samples: tuple[str, int], channel: str = ANNA) -> Effects:
    """Responses of so many milliseconds at these instants."""
    effects = Effects()
    effects.durations += [
        (ms(at), channel, "response", duration_ms, ms(at) - duration_ms, ms(at)) for at, duration_ms in samples
    ]
    return effects


def cells(windows: Windows) -> dict[tuple[str, str], Cell]:
    windows.roll()
    return {(window.channel, window.kind): cell for window, cell in windows.cells.items()}


def test_figures_of_a_dimension_have_no_minutes() -> None:
    windows = Windows("UTC")
    effects = counting("10:00")
    effects.counts.append((ms("10:00"), ANNA, "seen"))
    windows.add(effects, ms("10:05"))
    assert set(cells(windows)) == {("web", "minute"), ("web", "hour"), ("web", "day"), (ANNA, "hour"), (ANNA, "day")}


def test_figures_of_a_dimension_are_neither_flow_nor_late() -> None:
    windows = Windows("UTC")
    windows.add(replying(("10:00", 5)), ms("d2 10:30"))
    windows.add(taking(replying(("10:00", 5))), ms("d9 10:00"))
    assert (windows.late, windows.roll()) == (0, [])


def test_a_dimension_is_flow_where_somebody_asks_for_it() -> None:
    windows = Windows("UTC", frozenset(("agent",)))
    windows.add(replying(("10:00", 5), ("10:00", 7)), ms("10:05"))
    windows.add(replying(("10:00", 9), channel="team:a"), ms("10:05"))
    assert [(name, dict(figures.durations)) for name, figures in windows.roll()] == [(ANNA, {"response": [5, 7]})]


def test_the_slowest_reply_of_a_dimension_is_kept_with_its_ticket() -> None:
    windows = Windows("UTC")
    for ticket_id, duration_ms in (("t2", 900), ("t3", 700), ("t9", 900), ("t1", 900)):
        windows.add(replying(("10:00", duration_ms)), ms("10:05"), ticket_id)
    windows.roll()
    windows.add(replying(("10:30", 1000)), ms("10:31"), "t5")
    found = cells(windows)
    assert (found[ANNA, "hour"].slowest, found[ANNA, "day"].slowest) == ({"response": (1000, "t5")},) * 2


def test_a_tie_is_the_smaller_ticket_ids() -> None:
    windows = Windows("UTC")
    for ticket_id in ("t2", "t1", "t3"):
        windows.add(replying(("10:00", 900)), ms("10:05"), ticket_id)
    assert cells(windows)[ANNA, "hour"].slowest == {"response": (900, "t1")}


def test_channels_keep_no_slowest_reply() -> None:
    windows = Windows("UTC")
    windows.add(replying(("10:00", 900), channel="web"), ms("10:05"), "t1")
    assert [cell.slowest for cell in cells(windows).values()] == [{}, {}, {}]


def selling(*amounts: int, at: str = "10:00") -> Effects:
    effects = Effects()
    effects.amounts = [(ms(at), "web", "revenue|EUR", amount) for amount in amounts]
    return effects


def test_amounts_are_counted_as_many_as_they_are() -> None:
    windows = Windows("UTC")
    windows.add(selling(12_500_000, 1), ms("10:05"))
    assert [cell.counts for cell in cells(windows).values()] == [{"revenue|EUR": 12_500_001}] * 3


def test_amounts_that_a_revision_takes_out_are_gone() -> None:
    windows = Windows("UTC")
    windows.add(selling(12_500_000), ms("10:05"))
    revision = Effects()
    revision.revise(selling(12_500_000), selling(500_000))
    windows.add(revision, ms("10:06"))
    assert cells(windows)["web", "day"].counts == {"revenue|EUR": 500_000}


def test_a_late_amount_is_late() -> None:
    windows = Windows("UTC")
    windows.add(selling(5), ms("d9 10:00"))
    windows.add(taking(selling(5)), ms("d9 10:00"))
    assert (windows.late, cells(windows)) == (2, {})


@given(st.lists(st.tuples(st.integers(0, 3 * DAY), st.sampled_from(["web", ANNA]), st.integers(0, 10**7)), max_size=12))
def test_days_are_the_sums_of_hours(told_: list[tuple[int, str, int]]) -> None:
    windows = Windows("UTC")
    for after_ms, channel, duration_ms in told_:
        effects = Effects()
        at_ms = ms("00:00") + after_ms
        effects.counts.append((at_ms, channel, "seen"))
        effects.durations.append((at_ms, channel, "response", duration_ms, at_ms - duration_ms, at_ms))
        effects.amounts = [(at_ms, channel, "revenue|EUR", duration_ms)]
        windows.add(effects, at_ms, f"t{duration_ms % 5}")
    windows.roll()
    for window, cell in windows.cells.items():
        if window.kind == "day":
            hours = [
                hour_cell
                for hour, hour_cell in windows.cells.items()
                if (hour.channel, hour.kind) == (window.channel, "hour")
                and window.start_ms <= hour.start_ms < window.end_ms
            ]
            assert merged(hours) == cell
