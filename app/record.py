"""A record of a topic, as whoever reads one sees it: aiokafka's, a file's line, a test's."""

from typing import Protocol


class Record(Protocol):
    """`timestamp` is in milliseconds (under LogAppendTime: when the broker appended it)."""

    @property
    def offset(self) -> int:
        """Its place in its partition."""
        ...

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970."""
        ...

    @property
    def key(self) -> bytes | None:
        """None: it has none."""
        ...

    @property
    def value(self) -> bytes | None:
        """None: it removes its key."""
        ...
