"""Whether webhooks bring everything: the events that polling alone found, once it is sure that no webhook brings them.

Theory of operation
-------------------
The ids of an account's events are remembered for two hours, 100,000 of them at most, whichever way they came: what is
known is not sent again. An event that polling finds first may have its webhook still on its way, so it is only *awaited*;
if none has brought it ten minutes after it was found, it is *missed*. (Sources try for a few minutes, if they try again at
all. What comes later than that is counted as missed, and it was late.)

Only what happened since this process has listened, and since the oldest id that it still knows, can be judged: before that
a webhook may have come to the process before this one, or be forgotten. A minute more is left out, for clocks that differ.
So neither a start nor a flood raises an alarm. Webhooks that other gateways take are heard on Kafka (`overhearing.py`).
"""

from collections import Counter, OrderedDict
from collections.abc import Container
from typing import Final, NamedTuple

HORIZON_MS: Final = 2 * 3_600_000
PATIENCE_MS: Final = 600_000
MOST_KNOWN: Final = 100_000
_SKEW_MS: Final = 60_000


class _Awaited(NamedTuple):
    type: str
    found_ms: int
    received_at: str


class Completeness:
    """Of one account. Instants are milliseconds; none is read here."""

    def __init__(self, exact: Container[str], started_ms: int, most_known: int = MOST_KNOWN) -> None:
        self._exact, self._most_known = exact, most_known
        self._judged_from_ms = started_ms + _SKEW_MS
        self._known: OrderedDict[str, int] = OrderedDict()
        self._awaited: dict[str, _Awaited] = {}

    def told(self, id_: str, now_ms: int) -> None:
        """A webhook brought this event."""
        self._awaited.pop(id_, None)
        self._remember(id_, now_ms)

    def begin(self, now_ms: int) -> None:
        """From now on other gateways are heard; what came to them before is not known."""
        self._judged_from_ms = max(self._judged_from_ms, now_ms + _SKEW_MS)

    def heard(self, id_: str, received_at: str, now_ms: int) -> None:
        """An event came by on Kafka, from here or from another gateway; `received_at` is when that one had it."""
        awaited = self._awaited.get(id_)
        if awaited is None or awaited.received_at != received_at:
            self.told(id_, now_ms)

    def is_known(self, id_: str) -> bool:
        """Whether it came before, in whichever way."""
        return id_ in self._known

    def found(self, id_: str, type_: str, occurred_ms: int, received_at: str, now_ms: int) -> None:
        """Polling is about to send this event, which was not known; it is not yet."""
        if type_ in self._exact and occurred_ms >= self._judged_from_ms:
            self._awaited[id_] = _Awaited(type_, now_ms, received_at)

    def safe(self, id_: str, now_ms: int) -> None:
        """What polling sent is kept."""
        self._remember(id_, now_ms)

    def missed(self, now_ms: int) -> Counter[str]:
        """How many of each type are missed by now; each is told once."""
        over = [id_ for id_, one in self._awaited.items() if one.found_ms + PATIENCE_MS <= now_ms]
        return Counter(self._awaited.pop(id_).type for id_ in over)

    def _remember(self, id_: str, now_ms: int) -> None:
        self._known[id_] = now_ms
        self._known.move_to_end(id_)
        while self._known:
            oldest, at_ms = next(iter(self._known.items()))
            if len(self._known) <= self._most_known and at_ms > now_ms - HORIZON_MS:
                break
            del self._known[oldest]
            self._judged_from_ms = max(self._judged_from_ms, at_ms + _SKEW_MS)
