"""Which values the labels `channel` and `priority` may have: closed lists, so that no sender can fill Prometheus."""

from typing import Final

from app.kpi.rules import OTHER_CHANNEL, Rules
from app.metrics.catalogue import PRIORITIES

CHANNEL_LIMIT: Final = 200
"""How many channels have a label of their own where the configuration takes any channel."""


class FirstCome:
    """Up to so many names have a label of their own: those that come first."""

    def __init__(self, limit: int) -> None:
        self.overflow = 0
        """Additions under other names since the limit is reached."""
        self._limit = limit
        self._known: dict[str, None] = {}

    def admit(self, name: str) -> bool:
        """Whether something that is added counts under its own name."""
        if name in self._known:
            return True
        if len(self._known) >= self._limit:
            self.overflow += 1
            return False
        self._known[name] = None
        return True


class Channels:
    """The channels that have a label of their own: the configured ones or, where any is taken, the first that come."""

    def __init__(self, rules: Rules) -> None:
        self.overflow = 0
        """Additions to `other` by `admit` since the limit is reached."""
        self._closed = rules.closed_list
        self._known = dict.fromkeys(rules.channels)
        if self._closed:
            self._known[OTHER_CHANNEL] = None

    def known(self) -> tuple[str, ...]:
        """The labels that there are."""
        return tuple(self._known)

    def label(self, channel: str) -> str:
        """The label of a channel: its name, else `other`."""
        if channel not in self._known:
            if self._closed or len(self._known) >= CHANNEL_LIMIT:
                channel = OTHER_CHANNEL
            self._known[channel] = None
        return channel

    def admit(self, channel: str) -> str:
        """`label`, for something that is added to a counter."""
        label = self.label(channel)
        if label != channel and not self._closed:
            self.overflow += 1
        return label


def priority_label(priority: str | None) -> str:
    """The label of a priority: as it is known, `none` without one, else `other`."""
    if priority is None:
        return "none"
    word = priority.lower()
    return word if word in PRIORITIES else "other"
