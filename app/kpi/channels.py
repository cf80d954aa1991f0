"""Under which channel an event counts: its own, as long as there is room for one more name; else `other`.

Without a closed list, senders name the channels. One that writes, say, a ticket's number there would give every ticket windows and levels of
its own, until the levels of a partition no longer fit into one record. So each partition takes the first `MOST_CHANNELS` names that no list
has; the rest is one channel together. A name that was taken stays so, whatever follows: it goes into the changelog when it is first read.
"""

from app.kpi.rules import MOST_CHANNELS, OTHER_CHANNEL, Rules


class Channels:
    """The channels of one partition."""

    def __init__(self, rules: Rules) -> None:
        self._listed = rules.channels
        self._is_closed = rules.closed_list
        self._taken: dict[str, None] = {}
        self._untold: list[str] = []

    def load(self, name: str) -> None:
        """One that was taken before."""
        self._taken[name] = None

    def admit(self, name: str) -> str:
        """The channel in which an event of this well-formed channel counts."""
        if name not in self._taken and name not in self._listed:
            if self._is_closed or len(self._taken) >= MOST_CHANNELS:
                return OTHER_CHANNEL
            self._taken[name] = None
            self._untold.append(name)
        return name

    def size(self) -> int:
        """How many names `take` would give."""
        return len(self._untold)

    def take(self) -> list[str]:
        """Names taken since the last call."""
        names, self._untold = self._untold, []
        return names
