"""Where made-up events go."""

from typing import Any, Protocol

import msgspec

from app.broker.partitions import partition_of
from app.traffic.sender import Sender

_encode = msgspec.json.Encoder().encode


class Outlet(Protocol):
    """Takes events in the contract's shape, in order."""

    async def put(self, event: dict[str, Any]) -> None:
        """Add one; it may wait with others for `submit`."""
        ...

    async def submit(self) -> None:
        """Send what was put so far."""
        ...

    async def settle(self) -> None:
        """Wait until all that was put is safe."""
        ...


class ToTopic:
    """Straight onto the events topic, as a gateway would."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def put(self, event: dict[str, Any]) -> None:
        """Add one, keyed by its ticket."""
        ticket_id: str = event["ticket_id"]
        partition = partition_of(ticket_id, self._sender.partitions)
        await self._sender.put(partition, ticket_id.encode(), _encode(event))

    async def submit(self) -> None:
        """Send what was put so far."""
        await self._sender.submit()

    async def settle(self) -> None:
        """Wait until all replicas have all of it."""
        await self._sender.settle()
