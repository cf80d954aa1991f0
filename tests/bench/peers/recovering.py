"""A worker that only takes its partitions over, and says how long that took.

python -m tests.bench.peers.recovering BOOTSTRAP PREFIX PARTITIONS
"""

import asyncio
import logging
import os
import sys
from typing import Any

from app import settings as environment
from app.clock import monotonic_seconds
from app.engine.process import run_worker
from app.kpi.levels import Levels
from app.worker import Worker, build
from tests.bench.peers.steady import say


def _open_tickets(processor: Any) -> int:
    levels: Levels = processor.partition.levels
    return levels.present()["all"].open


def watched(worker: Worker) -> Worker:
    """The worker, which prints its times and ends as soon as all is loaded."""
    assigned_at_seconds: list[float] = []

    @worker.on_partitions_assigned.connect  # type: ignore[untyped-decorator]  # Faust's
    async def assigned(*_: Any, **__: Any) -> None:
        assigned_at_seconds.append(monotonic_seconds())

    @worker.task  # type: ignore[untyped-decorator]  # Faust's
    async def look() -> None:
        tracking = worker.jobs["track"]
        while worker.watch.taken_over_seconds is None:  # noqa: ASYNC110 - a plain field; there is nothing to wait on
            await asyncio.sleep(0.01)
        processors = [owner.processor for owner in tracking.owners.values()]
        times = {
            "assigned_to_loaded_seconds": monotonic_seconds() - assigned_at_seconds[-1],
            "taken_over_seconds": worker.watch.taken_over_seconds,
            "open_tickets": sum(_open_tickets(processor) for processor in processors),
        }
        say(times)
        os._exit(0)

    return worker


if __name__ == "__main__":
    logging.basicConfig(level="WARNING")
    bootstrap, prefix, partitions = sys.argv[1:4]
    settings = environment.load(
        None, kafka=bootstrap, topic_prefix=prefix, partitions=int(partitions), clock="events", replication_factor=1
    )
    sys.argv = ["recovering"]
    run_worker(watched(build(settings)))
