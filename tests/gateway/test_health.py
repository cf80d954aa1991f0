from typing import Any

from app.gateway.connections import Connections
from app.gateway.health import GatewayHealth


class _Delivery:
    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons

    def why_not_ready(self) -> tuple[str, ...]:
        return self.reasons


def _health(now_seconds: list[float], *reasons: str) -> GatewayHealth:
    delivery: Any = _Delivery(*reasons)
    return GatewayHealth(Connections(10, 5, lambda: now_seconds[0]), delivery, lambda: now_seconds[0])


def test_a_loop_that_does_not_come_by_is_not_live() -> None:
    now_seconds = [100.0]
    health = _health(now_seconds)
    now_seconds[0] = 109.9
    assert health.why_not_live() == ()
    now_seconds[0] = 112.0
    assert health.why_not_live() == ("the event loop has not come by for 12 s",)


def test_ready_is_whether_the_next_event_would_be_taken() -> None:
    assert _health([0.0]).why_not_ready() == ()
    assert _health([0.0], "the spool is full").why_not_ready() == ("the spool is full",)


def test_one_that_is_being_stopped_is_not_ready() -> None:
    health = _health([0.0])
    health.is_stopping = True
    assert health.why_not_ready() == ("it is being stopped",)
