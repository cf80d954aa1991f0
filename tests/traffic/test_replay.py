import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import TopicRefusedError
from app.broker.partitions import partition_of
from app.clock import monotonic_seconds
from app.traffic.replay import Progress, Replayed, replay, tick
from schemas.events import EVENT
from tests.traffic.topic import make_events_topic, read_all

_PARTITIONS = 3


@pytest.fixture
def prefix() -> str:
    return f"replay-{uuid.uuid4().hex}."


def _event(number: int, ticket: str, at: str = "2026-01-01T00:00:00Z") -> bytes:
    fields = {
        "id": f"e{number}",
        "type": "message-received",
        "ticket_id": ticket,
        "channel": "email",
        "occurred_at": at,
    }
    return json.dumps(fields).encode()


def _write(folder: Path, *lines: bytes) -> Path:
    path = folder / "events.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


async def test_lines_arrive_as_they_are_keyed_by_ticket_and_in_order(
    kafka: EmbeddedKafka, prefix: str, tmp_path: Path
) -> None:
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "events")
    written = [_event(number, f"t{number % 50}") for number in range(5000)]
    replayed = await replay(kafka.bootstrap, prefix, _write(tmp_path, *written))
    found = await read_all(kafka.bootstrap, f"{prefix}events", _PARTITIONS)
    expected = [
        (partition, f"t{number % 50}".encode(), line)
        for partition in range(_PARTITIONS)
        for number, line in enumerate(written)
        if partition_of(f"t{number % 50}", _PARTITIONS) == partition
    ]
    assert (replayed, found) == (Replayed(5000, keyless=0, too_long=0), expected)


async def test_garbage_arrives_too(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> None:
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "events")
    replayed = await replay(kafka.bootstrap, prefix, _write(tmp_path, b"\xff\x00{", b'{"ticket_id":"t1","x":', b"7"))
    found = await read_all(kafka.bootstrap, f"{prefix}events", _PARTITIONS)
    assert replayed.keyless == 3
    assert {(record.key, record.value) for record in found} == {
        (None, b"\xff\x00{"),
        (None, b'{"ticket_id":"t1","x":'),
        (None, b"7"),
    }


async def test_a_line_that_no_topic_takes_is_counted(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> None:
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "events")
    path = _write(tmp_path, b"x" * 899_000, b"y" * 2_000_000)
    assert await replay(kafka.bootstrap, prefix, path) == Replayed(1, keyless=1, too_long=1)


async def test_the_last_record_of_every_partition_is_the_tick(
    kafka: EmbeddedKafka, prefix: str, tmp_path: Path
) -> None:
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "events")
    end = datetime(2026, 2, 1, tzinfo=UTC)
    await replay(kafka.bootstrap, prefix, _write(tmp_path, *(_event(n, f"t{n}") for n in range(20))), tick_at_end=end)
    found = await read_all(kafka.bootstrap, f"{prefix}events", _PARTITIONS)
    last = {record.partition: (record.key, record.value) for record in found}
    assert last == {partition: (None, tick(end, partition)) for partition in range(_PARTITIONS)}


def test_a_tick_keeps_the_contract() -> None:
    written = tick(datetime(2026, 2, 1, tzinfo=UTC), 2)
    assert EVENT.validate_json(written).model_dump(mode="json")["partition"] == 2
    assert json.loads(written)["id"] == "tick-2026-02-01T00:00:00Z-2"


async def test_progress_ends_with_the_whole_file(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> None:
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "events")
    path, told = _write(tmp_path, *(_event(number, "t") for number in range(2500))), list[Progress]()
    await replay(kafka.bootstrap, prefix, path, progress=told.append)
    size = path.stat().st_size
    assert [progress.events for progress in told] == [1000, 2000, 2500]
    assert told[-1] == Progress(2500, size, size)


async def test_a_paced_replay_takes_its_share_of_the_time_that_passed(
    kafka: EmbeddedKafka, prefix: str, tmp_path: Path
) -> None:
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "events")
    path = _write(tmp_path, _event(1, "a", "2026-01-01T00:00:00Z"), b"garbage", _event(2, "b", "2026-01-01T00:10:00Z"))
    started = monotonic_seconds()
    await replay(kafka.bootstrap, prefix, path, speed=1200)
    assert monotonic_seconds() - started >= 0.5


async def test_a_live_deployment_is_refused(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> None:
    await make_events_topic(kafka.bootstrap, prefix, _PARTITIONS, "log")
    with pytest.raises(TopicRefusedError, match="CAREBEAT_CLOCK=events"):
        await replay(kafka.bootstrap, prefix, _write(tmp_path, _event(1, "t")))
    assert await read_all(kafka.bootstrap, f"{prefix}events", _PARTITIONS) == []


async def test_a_missing_topic_is_named_with_what_to_do(kafka: EmbeddedKafka, prefix: str, tmp_path: Path) -> None:
    with pytest.raises(TopicRefusedError, match="carebeat topics create"):
        await replay(kafka.bootstrap, prefix, _write(tmp_path, _event(1, "t")))
