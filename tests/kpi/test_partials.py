"""What one partition tells the merge, encoded."""

import msgspec
import pytest

from app.kpi.aggregate import Cell, Spread
from app.kpi.levels import Level
from app.kpi.partials import LevelPartial, Partial, Progress, WindowPartial, decode_head, decode_window, encode, key_of

CELL = Cell({"messages_received": 3}, {"response": Spread(2, 70, {5: 1, 6: 1})})
WINDOW = WindowPartial(4, "web", "hour", 0, 3_600_000, 90_000_000, CELL)
LEVEL = LevelPartial(4, "web", 60_000, Level(3, 1, 17))
PROGRESS = Progress(4, 12, 70_000, {"web": Level(3, 1, 17), "all": Level(3, 1, None)})


def test_the_cell_of_a_window_reads_back() -> None:
    assert decode_window(encode(WINDOW)) == CELL


@pytest.mark.parametrize("partial", [LEVEL, PROGRESS])
def test_what_is_no_window_reads_back_whole(partial: Partial) -> None:
    assert decode_head(encode(partial)) == partial


def test_the_head_of_a_window_says_where_it_belongs() -> None:
    head = decode_head(encode(WINDOW))
    for name in ("partition", "channel", "kind", "start_ms", "end_ms", "final_from_ms"):
        assert getattr(head, name) == getattr(WINDOW, name)


def test_keys_tell_partials_apart() -> None:
    assert [key_of(partial) for partial in (WINDOW, LEVEL, PROGRESS)] == [
        b"web|hour|0|4",
        b"web|level|60000|4",
        b"|progress||4",
    ]


def test_what_is_no_partial_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_head(b'{"type": "something"}')
