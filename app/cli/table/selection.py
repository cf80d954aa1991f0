"""Which windows are wanted, and the newest version of each."""

from typing import Final, NamedTuple

import msgspec

from app.kpi.instants import instant_ms
from app.kpi.levels import ALL

KINDS: Final = ("day", "week", "month", "quarter", "hour", "minute")
DIMENSIONS: Final = ("agent", "team", "topic", "tag")


class Selection(NamedTuple):
    """Windows of one kind that begin in [from_ms, to_ms), of channels (none named: all of them) or of one dimension."""

    kind: str
    from_ms: int | None = None
    to_ms: int | None = None
    channels: tuple[str, ...] = ()
    dimension: str | None = None

    def wants(self, name: str, kind: str, start_ms: int) -> bool:
        """Whether a window is one of them."""
        return (
            kind == self.kind
            and self._names(name)
            and (self.from_ms is None or start_ms >= self.from_ms)
            and (self.to_ms is None or start_ms < self.to_ms)
        )

    def _names(self, name: str) -> bool:
        dimension, is_dimension, _ = name.partition(":")
        if self.dimension is not None:
            return bool(is_dimension) and dimension == self.dimension
        return not is_dimension and (not self.channels or name in self.channels)


class _Window(msgspec.Struct):
    kind: str
    start: str


class _Head(msgspec.Struct):
    """What tells versions of windows apart."""

    window: _Window
    revision: int
    channel: str | None = None
    dimension: str | None = None


_decode_head = msgspec.json.Decoder(_Head).decode


class Newest:
    """Takes records in any order, keeps the highest revision of each wanted window; of equal ones the later record."""

    def __init__(self, selection: Selection) -> None:
        self.unreadable = 0
        self.others = 0
        """Records that were read and not wanted."""
        self._selection = selection
        self._versions: dict[tuple[int, str], tuple[int, bytes]] = {}

    def take(self, value: bytes | None, key: bytes | None = None) -> None:
        """One record. Where there is a key, it may say without a look at the record that it is not wanted."""
        if value is None:
            return
        if key is not None and f"|{self._selection.kind}|".encode() not in key:
            self.others += 1
            return
        try:
            head = _decode_head(value)
            start_ms = instant_ms(head.window.start)
        except (msgspec.DecodeError, ValueError):
            self.unreadable += 1
            return
        self._keep(head, start_ms, value)

    def _keep(self, head: _Head, start_ms: int, value: bytes) -> None:
        name = head.dimension or head.channel or ""
        if not self._selection.wants(name, head.window.kind, start_ms):
            self.others += 1
            return
        known = self._versions.get((start_ms, name))
        if known is None or known[0] <= head.revision:
            self._versions[start_ms, name] = (head.revision, value)

    def __len__(self) -> int:
        return len(self._versions)

    def records(self) -> list[bytes]:
        """The newest versions in order of time, then of names; `all` after the channels that it is the sum of."""
        order = sorted(self._versions, key=lambda one: (one[0], one[1] == ALL, one[1]))
        return [self._versions[one][1] for one in order]
