"""Which windows are wanted; the highest revision of each is kept."""

import json
from datetime import timedelta

import pytest

from app.cli.table.selection import Newest, Selection
from app.kpi.instants import instant_ms
from tests.cli.records import TEN, encoded, key, window

DAY = timedelta(days=1)
MIDNIGHT = TEN.replace(hour=0)


def kept(selection: Selection, *records: dict[str, object]) -> list[tuple[str, int]]:
    newest = Newest(selection)
    for record in records:
        newest.take(encoded(record))
    return [(one["channel"], one["revision"]) for one in map(json.loads, newest.records())]


def test_the_highest_revision_wins_whatever_the_order() -> None:
    records = [window(revision=revision) for revision in (3, 7, 5)]
    assert kept(Selection("hour"), *records) == [("whatsapp", 7)]


def test_of_one_revision_the_later_record_wins() -> None:
    newest = Newest(Selection("hour"))
    for is_final in (False, True):
        newest.take(encoded(window(final=is_final)))
    assert [json.loads(value)["final"] for value in newest.records()] == [True]


def test_windows_are_those_that_begin_in_the_span() -> None:
    #    1 Mar     2 Mar     3 Mar
    #      |  from [---------) to
    days = [window(kind="day", start=MIDNIGHT + number * DAY, revision=number + 2) for number in (-1, 0, 1)]
    at_ms = [round((MIDNIGHT + number * DAY).timestamp() * 1000) for number in (0, 1)]
    assert kept(Selection("day", *at_ms), *days) == [("whatsapp", 2)]
    assert kept(Selection("day", at_ms[1]), *days) == [("whatsapp", 3)]
    assert kept(Selection("day", None, at_ms[0]), *days) == [("whatsapp", 1)]


def test_rows_are_in_order_of_time_then_name_and_all_is_last() -> None:
    records = [window(channel, start=start) for start in (TEN + DAY, TEN) for channel in ("web", "all", "email")]
    names = [name for name, _ in kept(Selection("hour"), *records)]
    assert names == ["email", "web", "all"] * 2


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (Selection("hour"), {"web", "all"}),
        (Selection("hour", channels=("all",)), {"all"}),
        (Selection("hour", channels=("agent:anna",)), set()),
        (Selection("hour", dimension="agent"), {"agent:anna"}),
        (Selection("hour", dimension="tag"), {"tag:a:b"}),
        (Selection("day"), set()),
    ],
)
def test_channels_and_dimensions_are_told_apart(selection: Selection, names: set[str]) -> None:
    there = ("web", "all", "agent:anna", "tag:a:b")
    at_ms = instant_ms("2026-03-02T10:00:00Z")
    assert {name for name in there if selection.wants(name, "hour", at_ms)} == names


def test_a_key_of_another_kind_is_not_looked_into() -> None:
    newest = Newest(Selection("day"))
    newest.take(b"nothing of ours", key(window()))
    assert (newest.others, newest.unreadable) == (1, 0)


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"window": {"kind": "day", "start": "today"}, "revision": 1}'])
def test_what_is_no_window_is_counted(value: bytes) -> None:
    newest = Newest(Selection("day"))
    newest.take(value)
    assert (len(newest), newest.unreadable) == (0, 1)
