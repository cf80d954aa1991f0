from app import config
from app.kpi.partition import Partition
from app.metrics.labels import Channels
from app.metrics.levels import PartitionLevels, levels_of

RULES = config.rules(config.parse("channels: {chat: }"), "log")


def levels(*tickets: tuple[str, str | None, int | None]) -> PartitionLevels:
    """Of tickets given as channel, priority, start of the wait."""
    partition = Partition(3, 12, RULES)
    for channel, priority, wait_ms in tickets:
        partition.levels.move(None, (channel, priority, wait_ms, True, 0, 0))
    return levels_of(partition, None, Channels(RULES))


def test_channels_without_tickets_are_there_at_zero() -> None:
    assert levels().figures == {("chat", "none"): (0, 0, 0, 0, 0), ("other", "none"): (0, 0, 0, 0, 0)}


def test_tickets_are_open_waiting_and_unassigned() -> None:
    assert levels(("chat", "low", 5), ("chat", "low", None)).figures["chat", "low"] == (2, 1, 2, 0, 0)


def test_channels_and_priorities_under_one_label_are_added_up() -> None:
    assert levels(("fax", "p1", 5), ("telex", "p2", 6)).figures["other", "other"] == (2, 2, 2, 0, 0)


def test_the_oldest_wait_is_the_oldest_under_its_label() -> None:
    assert levels(("fax", None, 7), ("telex", None, 5), ("chat", None, 9)).oldest_wait_ms == {"other": 5, "chat": 9}


def test_nobody_waits_since_nothing() -> None:
    assert levels(("chat", None, None)).oldest_wait_ms == {}


def test_the_size_of_the_state_is_told() -> None:
    partition = Partition(3, 12, RULES)
    partition.load(b"tt1", b"")
    assert levels_of(partition, 4, Channels(RULES))[:5] == ("3", 0, 4, 1, 0)


def test_ages_are_by_channel_and_there_at_zero() -> None:
    found = levels(("fax", None, None), ("telex", None, None))
    assert found.ages == {"chat": (0, 0, 0, 0, 0), "other": (2, 0, 0, 0, 0)}


def test_ages_are_as_of_stream_time() -> None:
    partition = Partition(3, 12, RULES)
    partition.levels.move(None, ("chat", None, None, True, 0, 0))
    partition.now_ms = 5 * 3_600_000
    assert levels_of(partition, None, Channels(RULES)).ages["chat"] == (0, 0, 1, 0, 0)
