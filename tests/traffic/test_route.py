import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.broker.partitions import partition_of
from app.traffic.route import Route, instant_ms, route


def test_a_line_goes_where_its_ticket_is() -> None:
    assert route(b'{"ticket_id":"t-1","type":"no-such"}', 7) == Route(b"t-1", (partition_of("t-1", 7),))


@pytest.mark.parametrize("line", [b"", b"\xff\xfe", b"[]", b"{", b'{"ticket_id":7}', b'{"ticket_id":"\\ud800"}'])
def test_garbage_has_no_key_and_always_the_same_partition(line: bytes) -> None:
    first, second = route(line, 5), route(line, 5)
    assert first == second
    assert first.key is None
    assert len(first.partitions) == 1


def test_a_tick_goes_to_the_partition_it_names() -> None:
    assert route(b'{"type":"clock-ticked","partition":2}', 4) == Route(None, (2,))


def test_a_tick_without_a_partition_is_for_all() -> None:
    assert list(route(b'{"type":"clock-ticked","occurred_at":"2026-01-01T00:00:00Z"}', 3).partitions) == [0, 1, 2]


@given(st.binary(max_size=80), st.integers(min_value=1, max_value=9))
def test_whatever_the_bytes_are_they_go_somewhere(line: bytes, partitions: int) -> None:
    assert set(route(line, partitions).partitions) <= set(range(partitions))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"occurred_at":"2026-01-01T00:00:00.250Z"}', 1_767_225_600_250),
        (b'{"occurred_at":"2026-01-01T02:00:00+02:00"}', 1_767_225_600_000),
        (b'{"occurred_at":"yesterday"}', None),
        (b'{"occurred_at":7}', None),
        (b"garbage", None),
    ],
)
def test_the_instant_is_read_where_it_can_be(line: bytes, expected: int | None) -> None:
    assert instant_ms(line) == expected
