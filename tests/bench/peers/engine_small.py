"""The small job on our engine, exact as everything on it: a transaction per partition and flush.

python -m tests.bench.peers.engine_small BOOTSTRAP TOPIC EVENTS APPLICATION

The changelog APPLICATION-small-changelog is there already.
"""

import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import Any

import uvloop

from app.engine.faust_app import EngineApp
from app.engine.ports import Batch
from app.engine.process import run_worker
from app.record import Record
from tests.bench.peers.steady import Steady
from tests.bench.small_job import SmallJob


class Counted(SmallJob):
    """Tells how many events it took in."""

    def __init__(self, steady: Steady) -> None:
        super().__init__()
        self._steady = steady

    def apply(self, records: Sequence[Record]) -> int:
        """Take events in, and count them."""
        included = super().apply(records)
        self._steady.add(included)
        return included


def make_app(bootstrap: str, topic: str, events: int, application: str) -> EngineApp:
    """The engine as the worker has it, with another processor on it."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    app = EngineApp(application, broker=f"kafka://{bootstrap}", source_clock="events", version="1")
    steady = Steady(events)
    job = app.processor("small", source=topic, factory=lambda _: Counted(steady))

    @app.agent(job.topic)  # type: ignore[untyped-decorator]  # Faust's
    async def work(stream: Any) -> None:
        batch: Batch
        async for batch in stream:
            await job.apply(batch)

    return app


if __name__ == "__main__":
    logging.basicConfig(level="WARNING")
    engine = make_app(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
    sys.argv = ["small"]
    run_worker(engine)
