"""Partials of all partitions become whole windows."""

import random
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kpi import partials
from app.kpi.aggregate import Cell
from app.kpi.level_notes import LevelNotes
from app.kpi.levels import ALL, Level
from app.kpi.merge import Merge, MergedWindow, Span
from app.kpi.partials import LevelPartial, Partial, Progress, WindowPartial
from tests.kpi.office import Office
from tests.kpi.reader import Reader
from tests.kpi.story import DAY, HOUR, MINUTE, Record, event, ms, record, rules

TEN = Span("hour", ms("10:00"))
NOBODY = Level(0, 0, None)


def window(partition: int, count: int, channel: str = "web", start_ms: int = TEN.start_ms) -> WindowPartial:
    cell = Cell({"seen": count} if count else {})
    return WindowPartial(partition, channel, "hour", start_ms, start_ms + HOUR, start_ms + 25 * HOUR, cell)


def level(partition: int, end: str, open_: int, channel: str = "web") -> list[LevelPartial]:
    return [LevelPartial(partition, name, ms(end), Level(open_, 0, None)) for name in (channel, ALL)]


def progress(partition: int, at: str, open_: int = 0, partitions: int = 2) -> Progress:
    present = Level(open_, 0, None)
    return Progress(partition, partitions, ms(at), {"web": present, ALL: present} if open_ else {ALL: NOBODY})


class Hours(Reader):
    """Of two partitions, unless told otherwise."""

    def __init__(self, partitions: int = 2) -> None:
        super().__init__(partitions)

    def last(self, channel: str = "web", span: Span = TEN) -> MergedWindow:
        return [window for window in self.said if (window.channel, window.span) == (channel, span)][-1]


def read(*said: Partial) -> Hours:
    reader = Hours().read(*said)
    reader.take()
    return reader


# -- sums ------------------------------------------------------------------------------------------------------------------------------------


def test_a_window_is_the_sum_of_its_parts() -> None:
    assert read(window(0, 3), window(1, 4)).last().cell == Cell({"seen": 7})


def test_a_later_partial_replaces_the_earlier() -> None:
    assert read(window(0, 3), window(0, 5)).last().cell == Cell({"seen": 5})


def test_all_is_the_sum_of_channels() -> None:
    assert read(window(0, 3), window(1, 4, "email")).last(ALL).cell == Cell({"seen": 7})


def test_a_window_that_changed_is_given_once() -> None:
    reader = read(window(0, 3))
    assert ([given.channel for given in reader.said], reader.take()) == (["web", ALL], [])


def test_a_change_in_one_channel_gives_no_other() -> None:
    reader = read(window(0, 3), window(0, 4, "email"))
    assert [given.channel for given in reader.read(window(0, 5)).take()] == ["web", ALL]


def test_an_empty_window_has_no_record() -> None:
    assert read(window(0, 0)).said == []


def test_a_window_that_became_empty_is_given_as_such() -> None:
    reader = read(window(0, 3))
    reader.read(window(0, 0)).take()
    assert reader.last().cell == Cell()


def test_revisions_grow() -> None:
    reader = read(window(0, 3))
    reader.read(window(0, 4)).take()
    assert [given.revision for given in reader.said if given.channel == "web"] == [0, 1]


def test_what_is_no_partial_is_counted_and_kept_out() -> None:
    reader = Hours()
    reader.merge.apply([Record(0, 0, b"k", b"hello"), Record(1, 0, b"k", None)])
    assert (reader.merge.refused, reader.take()) == (2, [])


# -- finality --------------------------------------------------------------------------------------------------------------------------------


def test_a_window_is_final_when_all_partitions_have_passed_it() -> None:
    #  10:00      11:00                              d2 11:00
    #    |----------|------------ open ------------------|   partition 0 ......>
    #                                                        partition 1 ..>       now
    reader = read(window(0, 3), progress(0, "d2 12:00"))
    assert not reader.last().final
    reader.read(progress(1, "d2 11:00")).take()
    assert not reader.last().final
    reader.read(progress(1, "d2 11:00:00.001")).take()
    assert reader.last().final


def test_nothing_is_final_before_all_partitions_were_heard_of() -> None:
    assert not read(window(0, 3), progress(0, "d9 10:00")).last().final


def test_a_final_window_holds_all_its_parts() -> None:
    reader = read(window(0, 3), progress(0, "d2 12:00"), window(1, 4), progress(1, "d2 12:00"))
    assert [(given.final, given.cell.counts) for given in reader.said if given.channel == "web"] == [
        (True, {"seen": 7})
    ]


def test_final_windows_come_first_in_order_of_time() -> None:
    later = TEN.start_ms + HOUR
    said = [window(0, 1, start_ms=start_ms) for start_ms in (later + 2 * DAY, later, TEN.start_ms)]
    reader = read(*said, progress(0, "d3 10:00"), progress(1, "d3 10:00"))
    spans = [given.span.start_ms for given in reader.said if given.channel == "web"]
    assert spans == [TEN.start_ms, later, later + 2 * DAY]


def test_a_final_window_leaves_the_state() -> None:
    reader = read(window(0, 3), window(1, 3), progress(0, "d2 12:00"), progress(1, "d2 12:00"))
    assert set(reader.entries) == {b"|progress||0", b"|progress||1"}


def test_stream_time_is_that_of_the_slowest_partition() -> None:
    assert read(progress(0, "12:00"), progress(1, "11:00")).merge.stream_ms == ms("11:00")


# -- levels ----------------------------------------------------------------------------------------------------------------------------------


def test_the_level_of_a_window_is_that_at_its_end() -> None:
    said: list[Partial] = [*level(0, "10:30", 3), *level(0, "11:00", 2), *level(0, "11:30", 9), progress(0, "12:00", 9)]
    assert read(window(0, 1), *said).last().level.open == 2


def test_the_level_holds_until_the_next_note() -> None:
    assert read(window(0, 1), *level(0, "10:30", 3), progress(0, "12:00", 3)).last().level.open == 3


def test_a_window_that_goes_on_has_the_present_level() -> None:
    assert read(window(0, 1), *level(0, "10:30", 3), progress(0, "10:40", 5)).last().level.open == 5


def test_partitions_where_nothing_else_happened_add_their_levels() -> None:
    said: list[Partial] = [*level(1, "09:00", 4), progress(1, "12:00", 4)]
    assert read(*said, window(0, 1), progress(0, "12:00")).last().level.open == 4


def test_partitions_where_all_is_closed_by_now_add_what_was_open_then() -> None:
    said: list[Partial] = [*level(1, "09:00", 4), *level(1, "11:30", 0), progress(1, "12:00", 0)]
    assert read(*said, window(0, 1), progress(0, "12:00")).last().level.open == 4


def test_all_has_the_level_of_all_channels_together() -> None:
    said: list[Partial] = [*level(0, "10:30", 3, "email"), progress(0, "12:00")]
    assert read(window(0, 1), *said).last(ALL).level.open == 3


def test_notes_that_only_final_windows_need_are_forgotten() -> None:
    reader = read(*level(0, "09:00", 1), *level(0, "10:00", 2), progress(0, "d3 12:00", 2), progress(1, "d3 12:00"))
    assert {key for key in reader.entries if b"|level|" in key} == {
        b"%s|level|%d|0" % (name, ms("10:00")) for name in (b"web", b"all")
    }


def test_a_note_that_is_gone_is_gone_and_no_other() -> None:
    notes = LevelNotes()
    for end_ms, open_ in ((60_000, 1), (120_000, 2)):
        notes.note("web", 0, end_ms, Level(open_, 0, None))
    notes.forget("web", 0, 60_000)
    notes.forget("web", 0, 90_000)
    assert (notes.at("web", 0, 60_000).open, notes.at("web", 0, 120_000).open) == (0, 2)


def test_a_day_that_is_longer_in_one_partition_ends_with_that_one() -> None:
    start_ms, shorter_ms, longer_ms = ms("00:00"), ms("23:00"), ms("d2 00:00")
    days = [
        WindowPartial(number, "web", "day", start_ms, end_ms, end_ms + DAY, Cell({"seen": number + 1}))
        for number, end_ms in enumerate((shorter_ms, longer_ms))
    ]
    reader = read(days[0], days[1], progress(0, "d2 23:30"), progress(1, "d2 23:30"))
    assert [
        (window.final, window.end_ms) for window in reader.said if window.channel == "web" and window.span.kind == "day"
    ] == [(False, longer_ms)]
    reader.read(progress(0, "d3 00:01"), progress(1, "d3 00:01")).take()
    last = reader.last(span=Span("day", start_ms))
    assert (last.final, last.end_ms, last.cell) == (True, longer_ms, Cell({"seen": 3}))


# -- laws ------------------------------------------------------------------------------------------------------------------------------------


@cache
def said_by_three() -> tuple[tuple[Record, ...], ...]:
    """What three partitions say of a few days, each in its own order."""
    office = Office(rules("defaults: {close_after_silence: 4h}"), 3)
    chance = random.Random(7)
    said: list[list[Record]] = [[], [], []]
    for number in range(240):
        at_ms = ms("10:00") + number * 20 * MINUTE
        word = chance.choice(["message", "reply", "close", "message"])
        fields = {"ticket_id": f"t{chance.randrange(12)}", "channel": chance.choice(["web", "email"])}
        office.read([record(number, event(number, at_ms, word, **fields))])
        if number % 20 == 19:
            for partition in range(3):
                harvest = office.partitions[partition].take()
                said[partition] += [
                    Record(0, 0, partials.key_of(one), partials.encode(one)) for one in harvest.partials
                ]
    return tuple(map(tuple, said))


def interleaved(chance: random.Random) -> list[Record]:
    left = [list(records) for records in said_by_three()]
    order = [number for number, records in enumerate(left) for _ in records]
    chance.shuffle(order)
    return [left[number].pop(0)._replace(offset=offset) for offset, number in enumerate(order)]


def merged(records: Sequence[Record], cuts: set[int], restarts: set[int]) -> dict[tuple[str, Span], tuple[Cell, bool]]:
    reader = Hours(3)
    for index, one in enumerate(records):
        reader.merge.apply([one])
        if index in cuts:
            reader.take()
        if index in restarts:
            reader.take()
            reader.restart()
    reader.take()
    return {
        (given.channel, given.span): (given.cell, given.final) for given in reader.said if given.cell or given.final
    }


indices = st.sets(st.integers(0, 5_000), max_size=6)


@settings(max_examples=settings.default.max_examples // 4 if settings.default else 25)
@given(st.randoms(use_true_random=False), indices, indices)
def test_any_order_grouping_and_restart_gives_the_same_windows(
    chance: random.Random, cuts: set[int], restarts: set[int]
) -> None:
    in_turn = [one for records in said_by_three() for one in records]
    assert merged(interleaved(chance), cuts, restarts) == merged(in_turn, set(), set())


def test_a_restart_keeps_revisions_growing() -> None:
    reader = read(window(0, 3)).restart()
    reader.read(window(0, 4)).take()
    assert [given.revision for given in reader.said if given.channel == "web"][-1] == 1


def test_a_restart_keeps_levels() -> None:
    reader = read(*level(1, "09:00", 4), *level(1, "11:30", 0), progress(1, "12:00", 0), progress(0, "12:00")).restart()
    reader.read(window(0, 1)).take()
    assert reader.last().level.open == 4


@pytest.mark.parametrize("key", [b"web|level|36000000|1", b"web|hour|36000000|1"])
def test_loading_what_is_gone_already_is_nothing(key: bytes) -> None:
    merge = Merge(2)
    merge.load(key, None)
    assert merge.size() == 0


def test_loading_a_final_window_before_compaction_took_it_is_nothing() -> None:
    merge = Merge(2)
    for one in (window(0, 1), window(1, 2)):
        merge.load(partials.key_of(one), partials.encode(one))
    for one in (window(0, 1), window(1, 2)):
        merge.load(partials.key_of(one), None)
    merge.start(b"7")
    assert merge.take() == ([], [])
