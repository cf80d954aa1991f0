import json
from typing import Any

import pytest

from app.cli.board.figures import Figures, Verdicts, View, WindowKind
from tests.cli.records import TEN, at, encoded, progress, transition, window


def _figures(*records: dict[str, Any], kind: WindowKind = "hour") -> Figures:
    figures = Figures(kind, "support.")
    for record in records:
        figures.take("support.kpis" if "window" in record else "support.sla", encoded(record))
    return figures


def _view(*records: dict[str, Any], kind: WindowKind = "hour") -> View:
    return _figures(*records, kind=kind).view()


def test_nothing_gives_an_empty_view() -> None:
    assert _view() == View("hour", None, None, (), (), 0)


def test_a_row_holds_the_figures_of_its_channel() -> None:
    (row,) = _view(window()).rows
    assert (row.open, row.waiting, row.oldest_wait_seconds) == (30, 7, 1800)
    assert (row.opened, row.closed, row.replies) == (12, 5, 9)
    assert row.first_response is not None
    assert row.first_response.p95 == 754


def test_verdicts_of_all_policy_versions_count_together() -> None:
    (row,) = _view(window()).rows
    assert row.sla["first_response"] == Verdicts(8, 2)
    assert (row.sla["first_response"].attainment, row.sla["resolution"].attainment) == (0.8, None)
    assert row.breaches == 2


def test_channels_come_by_name_and_all_last() -> None:
    view = _view(window("x"), window("all"), window("email"))
    assert [row.channel for row in view.rows] == ["email", "x", "all"]
    assert view.total is view.rows[-1]


def test_a_lower_revision_changes_nothing() -> None:
    newer, older = window(revision=7), window(revision=6, counts={"tickets_opened": 1})
    assert _view(newer, older) == _view(older, newer)
    assert _view(newer, older).rows[0].opened == 12


def test_the_running_hour_is_shown() -> None:
    #   09          10          11
    #   |---- a ----|---- b --> |
    view = _view(window(start=TEN), window(start=at(-60)))
    assert view.window is not None
    assert view.window.start == TEN


def test_the_last_whole_minute_is_shown() -> None:
    #   10:00  10:01  10:02
    #   |- a -|- b -|- c >
    minutes = [window(kind="minute", start=at(minute), stream=at(2.1)) for minute in range(3)]
    view = _view(*minutes, kind="minute")
    assert view.window is not None
    assert view.window.start == at(1)


def test_a_channel_without_events_in_the_window_keeps_its_levels() -> None:
    rows = _view(window("email", start=at(-60), stream=at(-1)), window("x")).rows
    assert [(row.channel, row.open, row.opened) for row in rows] == [("email", 30, 0), ("x", 30, 12)]


def test_a_correction_of_an_older_window_does_not_bring_old_levels_back() -> None:
    levels = {"open": 99, "waiting": 99}
    late = window(start=at(-60), stream=at(40), levels=levels)
    assert _view(window(), late).rows[0].open == 30


def test_other_windows_and_dimensions_are_left_out() -> None:
    agent = window() | {"dimension": "agent:7"}
    del agent["channel"]
    figures = _figures(window(kind="day"))
    figures.take("support.kpis", json.dumps(agent).encode())
    assert figures.view().rows == ()


def test_time_goes_on_while_nothing_happens() -> None:
    figures = _figures(window())
    for partition, minutes in ((0, 45), (1, 40)):
        figures.take("support.kpi-partials", progress(partition, at(minutes))[1])
    assert figures.stream_at == at(40)
    assert figures.view().rows[0].oldest_wait_seconds == 2400


def test_changes_come_newest_first_and_once() -> None:
    first, second = transition("a", "at_risk", at(-1)), transition("a", "breached", at(0))
    view = _view(second, first, second)
    assert [change.state for change in view.transitions] == ["breached", "at_risk"]


def test_only_so_many_changes_are_kept() -> None:
    assert len(_view(*(transition(f"t{number}", "met") for number in range(300))).transitions) == 100


@pytest.mark.parametrize("topic", ["support.kpis", "support.sla", "support.kpi-partials"])
def test_what_cannot_be_read_is_counted(topic: str) -> None:
    figures = _figures()
    figures.take(topic, b"{")
    assert figures.view().unreadable == 1


def test_only_keys_that_matter_are_wanted() -> None:
    figures = _figures()
    keys = [b"all|hour|x", b"all|day|x", None]
    assert [figures.wants("support.kpis", key) for key in keys] == [True, False, False]
    assert [figures.wants("support.kpi-partials", key) for key in (progress(3, TEN)[0], b"x|hour|0|3")] == [True, False]
    assert figures.wants("support.sla", None)
