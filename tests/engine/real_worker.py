"""A real Faust worker around the toy, on topics NAME.events and NAME.out.

python -m tests.engine.real_worker BOOTSTRAP NAME
"""

import asyncio
import sys
from typing import Any

from app.engine.faust_app import EngineApp
from app.engine.ports import Batch
from app.engine.processor import Taken
from tests.engine.fakes import Tally
from tests.engine.model.subject import Toy

SESSION_SECONDS = 6.0  # the least a broker accepts


class Silent(Tally):
    """Counts, and tells nobody."""

    def take(self) -> Taken:
        return super().take()._replace(outputs=[])


def make_app(bootstrap: str, name: str) -> EngineApp:
    """Two processors, one behind the other, and an ordinary agent beside them."""
    app = EngineApp(
        name,
        broker=f"kafka://{bootstrap}",
        source_clock="log",
        version="1",
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=1.0,
        broker_max_poll_records=200,
    )
    toy = app.processor("toy", source=f"{name}.events", factory=lambda partition: Toy(f"{name}.out", partition))
    tally = app.processor("tally", source=f"{name}.out", factory=lambda _: Silent())
    plain, echo = (app.topic(f"{name}.{what}", value_type=bytes, value_serializer="raw") for what in ("plain", "echo"))

    @app.agent(toy.topic)  # type: ignore[untyped-decorator]  # Faust's
    async def work(stream: Any) -> None:
        batch: Batch
        async for batch in stream:
            await toy.apply(batch)
            await asyncio.sleep(0.01)  # slow enough to be killed in the middle

    @app.agent(tally.topic)  # type: ignore[untyped-decorator]  # Faust's
    async def count(stream: Any) -> None:
        async for batch in stream:
            await tally.apply(batch)

    @app.agent(plain)  # type: ignore[untyped-decorator]  # Faust's
    async def repeat(stream: Any) -> None:
        async for value in stream:
            await echo.send(value=value)

    return app


if __name__ == "__main__":
    engine = make_app(*sys.argv[1:3])
    sys.argv = ["worker", "worker", "--loglevel", "info", "--without-web"]
    engine.main()
