"""How much went through, and how fast just now."""

from collections import deque
from collections.abc import Callable
from typing import Final

from app.clock import monotonic_seconds

_RECENT_SECONDS: Final = 5.0


class Meter:
    """Counts up. Rates are per second: the recent one over the last five, the mean one since the start."""

    def __init__(self, now_seconds: Callable[[], float] = monotonic_seconds) -> None:
        self.count = 0
        self._now_seconds = now_seconds
        self._started_seconds = now_seconds()
        self._marks: deque[tuple[float, int]] = deque([(self._started_seconds, 0)])

    def reached(self, count: int) -> None:
        """So many by now."""
        self.count = count
        now_seconds = self._now_seconds()
        if now_seconds - self._marks[-1][0] >= _RECENT_SECONDS / 20:
            self._marks.append((now_seconds, count))
        while len(self._marks) > 2 and now_seconds - self._marks[1][0] >= _RECENT_SECONDS:
            self._marks.popleft()

    @property
    def elapsed_seconds(self) -> float:
        """Since the start."""
        return self._now_seconds() - self._started_seconds

    @property
    def recent_rate(self) -> float:
        """Just now."""
        at_seconds, count = self._marks[0]
        return (self.count - count) / max(self._now_seconds() - at_seconds, 0.001)

    @property
    def mean_rate(self) -> float:
        """Since the start."""
        return self.count / max(self.elapsed_seconds, 0.001)


def rate_text(rate: float) -> str:
    """Events per second, as exact as it makes sense."""
    return f"{rate:,.1f}/s" if rate < 100 else f"{rate:,.0f}/s"
