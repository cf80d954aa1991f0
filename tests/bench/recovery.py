"""The real thing: one worker takes over a changelog with 300,000 open tickets, each in it once."""

from collections import defaultdict
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from app.broker.partitions import partition_of
from app.broker.topics import TRACK_CHANGELOG, topics
from app.engine.marker import MARKER_KEY, Identity, encode
from app.kpi.partition import Partition
from app.kpi.rules import Rules
from schemas import topics as contract
from tests.bench.core import default_rules
from tests.bench.figure import answer_of, python
from tests.bench.ground import PARTITIONS, Ground

Entry = tuple[bytes, bytes]


async def measure(ground: Ground, prefix: str, entries: list[Entry]) -> dict[str, Any]:
    """Write these entries as a worker would have, start another one; what it says of taking them over."""
    await ground.make_topics(topics(prefix, PARTITIONS, "events"))
    by_partition: dict[int, list[Entry]] = defaultdict(list)
    for key, value in entries:
        by_partition[partition_of(key[1:].decode(), PARTITIONS)].append((key, value))
    rules = default_rules()
    for partition, there in by_partition.items():
        await _write(ground.bootstrap, prefix, partition, [*there, (MARKER_KEY, _marker(prefix, partition, rules))])
    answer = await answer_of(
        python("peers.recovering", ground.bootstrap, prefix, PARTITIONS), ground.folder / f"{prefix}.log"
    )
    if answer["open_tickets"] != len(entries):
        raise AssertionError(f"{answer['open_tickets']} tickets came back of {len(entries)}")
    return answer


def _marker(prefix: str, partition: int, rules: Rules) -> bytes:
    """The source is empty, and all of it is included."""
    source = contract.EVENTS.full_name(prefix)
    identity = Identity("track", source, partition, PARTITIONS, rules.clock, rules.version)
    return encode(identity.marker(0, Partition(partition, PARTITIONS, rules).position()))


async def _write(bootstrap: str, prefix: str, partition: int, entries: list[Entry]) -> None:
    """In one transaction, as flushes do."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{prefix}{partition}")
    await producer.start()
    try:
        async with producer.transaction():
            waiting = list(entries)
            while waiting:
                batch = producer.create_batch()
                count = 0
                for key, value in waiting:
                    if batch.append(timestamp=None, key=key, value=value) is None:
                        break
                    count += 1
                del waiting[:count]
                batch.close()
                await (await producer.send_batch(batch, prefix + TRACK_CHANGELOG, partition=partition))
    finally:
        await producer.stop()


def entries_of(encoded: bytes) -> list[Entry]:
    """What `cost.py` left."""
    return msgspec.msgpack.decode(encoded, type=list[Entry])
