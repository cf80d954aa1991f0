from app import config
from app.kpi.aggregate import Cell, Spread
from app.kpi.levels import Level
from app.kpi.merge import MergedWindow, Span
from app.metrics.labels import Channels
from app.metrics.windows import WindowBoard, figures_of

RULES = config.rules(config.parse("channels: {chat: }"), "log")


def window(
    start_ms: int, *, final: bool = False, channel: str = "chat", revision: int = 1, cell: Cell | None = None
) -> MergedWindow:
    end_ms = start_ms + 60_000
    return MergedWindow(
        channel, Span("minute", start_ms), end_ms, revision, final, 0, cell or Cell(), Level(0, 0, None)
    )


def newest(stream_ms: int, *windows: MergedWindow) -> list[tuple[int, bool]]:
    """(start, final) of what is on the board at a stream time."""
    board = WindowBoard(Channels(RULES))
    board.see(windows, stream_ms)
    return [(window.span.start_ms, window.final) for window in board.newest()]


#                           stream time
# 0            60000        v 120000
# |--- final ---|--- running ---|


def test_the_last_final_and_the_running_window_are_shown() -> None:
    assert newest(90_000, window(0, final=True), window(60_000)) == [(0, True), (60_000, False)]


def test_a_window_that_ended_waits_for_being_final() -> None:
    assert newest(60_000, window(0)) == []


def test_a_late_version_of_an_earlier_window_changes_nothing() -> None:
    assert newest(90_000, window(60_000), window(0, revision=2)) == [(60_000, False)]


def test_a_new_version_takes_the_place_of_the_old_one() -> None:
    board = WindowBoard(Channels(RULES))
    board.see([window(0, revision=1)], 0)
    board.see([window(0, revision=2)], 0)
    assert [window.revision for window in board.newest()] == [2]


def test_time_goes_on_without_windows() -> None:
    board = WindowBoard(Channels(RULES))
    board.see([window(0)], 59_999)
    board.see([], 60_000)
    assert board.newest() == ()


def test_all_and_channels_without_a_label_are_not_shown() -> None:
    assert newest(0, window(0, channel="all"), window(0, channel="fax")) == []


def test_other_is_shown() -> None:
    assert newest(0, window(0, channel="other")) == [(0, False)]


def test_counts_are_added_up_over_their_label() -> None:
    cell = Cell({"replies_sent|agent": 2, "replies_sent|bot": 3})
    assert figures_of(window(0, cell=cell)).counts == {"replies_sent": 5}


def test_attainment_is_over_all_versions_of_a_policy_and_without_the_cancelled() -> None:
    cell = Cell(
        {
            "sla|p|v1|first_response|met": 2,
            "sla|p|v2|first_response|met": 1,
            "sla|p|v2|first_response|breached": 1,
            "sla|p|v2|first_response|cancelled": 5,
            "sla|p|v2|resolution|cancelled": 5,
        }
    )
    assert figures_of(window(0, cell=cell)).attainment == {"first_response": 0.75}


def test_quantiles_are_read_from_the_sketch() -> None:
    spread = Spread()
    spread.add_samples([10, 20, 30])
    figures = figures_of(window(0, cell=Cell({}, {"response": spread})))
    assert (figures.samples, figures.quantiles_ms) == ({"response": 3}, {"response": (20, 30)})


def test_a_duration_without_samples_is_not_there() -> None:
    assert figures_of(window(0, cell=Cell({}, {"response": Spread()}))).quantiles_ms == {}


def test_weeks_and_longer_and_dimensions_are_on_no_gauge() -> None:
    board = WindowBoard(Channels(RULES))
    long = [window(0)._replace(span=Span(kind, 0)) for kind in ("week", "month", "quarter")]
    board.see([*long, window(0, channel="agent:anna")], 1)
    assert board.newest() == ()
