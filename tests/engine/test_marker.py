from app.engine.marker import Identity, decode, encode, starting_offset
from app.engine.ports import Bounds

IDENTITY = Identity("track", "events", 3, 8, "log", "7")


def test_a_marker_comes_back_as_written() -> None:
    marker = IDENTITY.marker(12, b"\x00note")
    assert decode(encode(marker)) == marker


def test_a_marker_at_either_bound_is_fine() -> None:
    marker = IDENTITY.marker(12, b"")
    assert starting_offset(IDENTITY, marker, Bounds(12, 12, 3)) == 12


def test_a_fault_names_job_and_partition() -> None:
    assert str(IDENTITY) == "track of events/3"
