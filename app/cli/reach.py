"""Kafka, before a command begins its work."""

from app.broker.connection import connect
from app.broker.jars import Say
from app.cli.terminal import saying
from app.settings import Settings


async def reach(settings: Settings, say: Say | None = None) -> None:
    """Wait until Kafka answers, saying for whom. Raises what `connect` raises."""
    if say is None:
        with saying() as say_it:
            await reach(settings, say_it)
        return
    async with connect(settings.kafka, security=settings.kafka_security(), say=say):
        pass
