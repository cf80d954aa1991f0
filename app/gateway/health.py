"""Whether a gateway lives and is ready, from plain fields that any thread may read."""

from collections.abc import Callable
from typing import Final

from app.gateway.connections import Connections
from app.gateway.delivery import Delivery

_LOOP_SECONDS: Final = 10.0


class GatewayHealth:
    """Live while its loop comes by; ready while the next event would be taken, by Kafka or by the spool."""

    def __init__(self, connections: Connections, delivery: Delivery, now_seconds: Callable[[], float]) -> None:
        self._connections, self._delivery, self._now_seconds = connections, delivery, now_seconds
        self.is_stopping = False

    def why_not_live(self) -> tuple[str, ...]:
        """What hangs."""
        since_seconds = self._now_seconds() - self._connections.swept_seconds
        return (f"the event loop has not come by for {since_seconds:.0f} s",) if since_seconds > _LOOP_SECONDS else ()

    def why_not_ready(self) -> tuple[str, ...]:
        """What is missing."""
        return ("it is being stopped",) if self.is_stopping else self._delivery.why_not_ready()
