import pytest
from aiokafka.partitioner import murmur2 as murmur2_of_aiokafka
from hypothesis import given
from hypothesis import strategies as st

from app.broker.partitions import murmur2, partition_of, partition_of_key


@pytest.mark.parametrize(
    ("key", "signed"),
    [  # from Kafka's own UtilsTest
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_the_hash_is_that_of_the_java_client(key: str, signed: int) -> None:
    assert murmur2(key.encode()) == signed % 2**32


@given(st.binary(max_size=64))
def test_the_hash_is_that_of_aiokafka(key: bytes) -> None:
    assert murmur2(key) == murmur2_of_aiokafka(key)


@given(st.text(max_size=200), st.integers(min_value=1, max_value=64))
def test_a_ticket_is_in_the_partition_of_its_key(ticket_id: str, partitions: int) -> None:
    assert partition_of(ticket_id, partitions) == partition_of_key(ticket_id.encode(), partitions) < partitions
