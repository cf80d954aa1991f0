"""What tells from outside whether the worker lives: plain fields, readable by any thread.

A blocked loop cannot report itself, so nothing here asks the loop: every fact is an instant that stops advancing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PartitionSight:
    """One owned partition. `end_offset` is asked for apart from fetching, so a fetcher that stands still shows."""

    job: str
    topic: str
    partition: int
    is_loaded: bool
    next_offset: int
    flushed_offset: int
    flushed_at_seconds: float
    end_offset: int | None


@dataclass(frozen=True)
class Snapshot:
    """All instants are on the clock given to Watch; compare them with `taken_at_seconds`."""

    taken_at_seconds: float
    started_at_seconds: float
    loop_alive_at_seconds: float
    heard_at_seconds: float | None
    """When the last heartbeat was sent that the group answered well; None before the first."""
    rejoin_needed_since_seconds: float | None
    rebalancing_since_seconds: float | None
    taken_over_seconds: float | None
    """How long the last take-over took."""
    partitions: tuple[PartitionSight, ...]


@dataclass
class Watch:
    """Written by the engine. One writer for each field; a snapshot may be taken at any time from any thread."""

    monotonic_seconds: Callable[[], float]
    session_timeout_seconds: float
    sights: Callable[[], tuple[PartitionSight, ...]] = tuple
    started_at_seconds: float = 0.0
    loop_alive_at_seconds: float = 0.0
    heard_at_seconds: float | None = None
    rejoin_needed_since_seconds: float | None = None
    rebalancing_since_seconds: float | None = None
    taken_over_seconds: float | None = None
    end_offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    flushed: Callable[[float], None] = lambda _: None
    """Told of every flush, how many seconds it took; in the event loop."""

    def __post_init__(self) -> None:
        self.started_at_seconds = self.loop_alive_at_seconds = self.monotonic_seconds()

    def loop_is_alive(self, *, is_rejoin_needed: bool) -> None:
        """The loop came round."""
        now = self.loop_alive_at_seconds = self.monotonic_seconds()
        if not is_rejoin_needed:
            self.rejoin_needed_since_seconds = None
        elif self.rejoin_needed_since_seconds is None:
            self.rejoin_needed_since_seconds = now

    def heard(self, sent_at_seconds: float) -> None:
        """The group answered a heartbeat sent then."""
        self.heard_at_seconds = sent_at_seconds

    def rebalance_started(self) -> None:
        """Partitions are being revoked."""
        self.rebalancing_since_seconds = self.monotonic_seconds()

    def rebalance_ended(self) -> None:
        """Records flow again."""
        self.rebalancing_since_seconds = None
        self.heard_at_seconds = self.monotonic_seconds()  # no heartbeats are sent while joining

    @property
    def must_fence_itself(self) -> bool:
        """Whether the group may have given our partitions away by now: 0.8 of the session without an answer.

        Transactions make writing harmless even then; stopping early makes the way free sooner.
        """
        if self.heard_at_seconds is None or self.rebalancing_since_seconds is not None:
            return False
        return self.monotonic_seconds() - self.heard_at_seconds > 0.8 * self.session_timeout_seconds

    def snapshot(self) -> Snapshot:
        """All of it now; from any thread."""
        return Snapshot(
            taken_at_seconds=self.monotonic_seconds(),
            started_at_seconds=self.started_at_seconds,
            loop_alive_at_seconds=self.loop_alive_at_seconds,
            heard_at_seconds=self.heard_at_seconds,
            rejoin_needed_since_seconds=self.rejoin_needed_since_seconds,
            rebalancing_since_seconds=self.rebalancing_since_seconds,
            taken_over_seconds=self.taken_over_seconds,
            partitions=self.sights(),
        )
