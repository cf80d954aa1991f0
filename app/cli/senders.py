"""Records on their way to the topics there are: events and, where orders are joined, what is known of customers."""

from contextlib import AsyncExitStack

from app.broker.partitions import partition_of
from app.settings import Settings
from app.traffic.sender import Sender
from schemas.topics import CUSTOMERS, EVENTS


def topics(settings: Settings, *, joins_orders: bool) -> dict[str, str]:
    """Their full names by `Ready.topic`."""
    return {
        each.name: each.full_name(settings.topic_prefix) for each in ([EVENTS, CUSTOMERS] if joins_orders else [EVENTS])
    }


class Senders:
    """One to each topic. Made by `open`."""

    def __init__(self, senders: dict[str, Sender]) -> None:
        self._senders = senders

    @classmethod
    async def open(cls, settings: Settings, stack: AsyncExitStack, *, joins_orders: bool) -> "Senders":
        """All of them; the stack closes them."""
        security = settings.kafka_security()
        made = {
            name: Sender(settings.kafka, topic, security=security)
            for name, topic in topics(settings, joins_orders=joins_orders).items()
        }
        return cls({name: await stack.enter_async_context(sender) for name, sender in made.items()})

    async def put(self, topic: str, key: bytes, value: bytes) -> None:
        """On its way to its partition; `topic` is as in `Ready`."""
        sender = self._senders[topic]
        await sender.put(partition_of(key.decode(), sender.partitions), key, value)
