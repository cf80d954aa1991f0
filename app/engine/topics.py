"""Whether the topics are there and fit each other, before anything is read or written."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from app.engine.crash import OperatorNeededError

RETRY_SECONDS = 3.0
REQUEST_TIMEOUT_MS = 10_000
log = logging.getLogger(__name__)


async def partition_counts(cluster: dict[str, Any]) -> dict[str, int]:
    """Every topic of the cluster that we may see. No name is asked for, so that no broker creates a missing one."""
    admin = AIOKafkaAdminClient(**cluster, request_timeout_ms=REQUEST_TIMEOUT_MS)
    try:
        await admin.start()
        return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}
    finally:
        await admin.close()


async def reach(cluster: dict[str, Any], should_stop: Callable[[], bool]) -> dict[str, int]:
    """The same, as soon as a broker answers; says every few seconds whom it is waiting for."""
    while not should_stop():
        try:
            return await partition_counts(cluster)
        except (KafkaError, OSError) as error:
            log.warning("No Kafka at %s yet (%s). Trying again", ", ".join(cluster["bootstrap_servers"]), error)
        await asyncio.sleep(RETRY_SECONDS)
    return {}


def check(counts: dict[str, int], pairs: Iterable[tuple[str, str]]) -> None:
    """Source and changelog of every job exist, with as many partitions each. Raises OperatorNeededError."""
    for source, changelog in pairs:
        if source not in counts:
            raise OperatorNeededError(f"Topic {source} does not exist. Create the topics (carebeat topics create)")
        if changelog not in counts:
            raise OperatorNeededError(
                f"Topic {changelog} does not exist. Create it (carebeat topics create): compacted, with "
                f"{counts[source]} partitions"
            )
        if counts[changelog] != counts[source]:
            raise OperatorNeededError(
                f"Topic {changelog} has {counts[changelog]} partitions, its source {source} has {counts[source]}. "
                "They must be equal: go back to the old count, or begin anew on new topics"
            )
