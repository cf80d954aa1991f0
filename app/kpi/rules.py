"""What the core needs to know of the support configuration, compiled to plain milliseconds.

`app/config.py` reads and checks the YAML file and builds these; nothing here validates, nothing here changes while a worker runs.
"""

from dataclasses import dataclass
from typing import Literal

from app.kpi.business_hours import Schedule

STATE_FORMAT = 5
"""Raised when stored state can no longer be read as it was, or when the same events would give other figures."""

OTHER_CHANNEL = "other"
"""Where events of channels go that a configured list of channels does not name, or for which there is no more room."""

MOST_CHANNELS = 1_000
"""How many a configuration may list, and how many that none lists a partition takes: their levels travel in one record."""

Clock = Literal["log", "events"]
"""What moves stream time: the broker's append time (`log`, live) or the events' own instants (`events`, history)."""


@dataclass(frozen=True, slots=True)
class Target:
    """One SLA metric's promise: when it warns and when it is broken, counted from the start of its clock."""

    target_ms: int
    warn_ms: int


@dataclass(frozen=True, slots=True)
class Policy:
    """What is promised to tickets that match, in one channel. `name` and `version` travel with every SLA verdict."""

    name: str
    version: str
    """Names the content: two policies of one name and version promise the same."""
    first_response: Target
    next_response: Target
    resolution: Target
    schedule: Schedule | None = None
    """The hours in which its targets run; None: calendar time."""
    customer_clock: bool = False
    """Whether first_response is promised from the customer's first message, also while a bot holds the ticket."""
    pause_on: frozenset[str] = frozenset(("customer", "snoozed"))
    """Reasons of pauses that stop the resolution clock."""
    priorities: frozenset[str] = frozenset()
    """What it matches, here and in the next two; empty: anything."""
    teams: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    """Any of them."""


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """What holds in one channel."""

    policies: tuple[Policy, ...]
    """In order: the first that matches a ticket applies. The last matches every ticket."""
    grace_ms: int
    reply_limit_ms: int
    settle_ms: int
    silence_ms: int | None
    reopen_on_message: bool
    unknown_author: Literal["agent", "bot", "automation"]
    forget_closed_ms: int | None
    forget_open_ms: int | None
    schedule: Schedule | None = None
    """What is business time; None: all of it."""

    @property
    def default_policy(self) -> Policy:
        """What is promised where no other policy matches."""
        return self.policies[-1]


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole configuration as the core sees it. `version` changes when any figure could."""

    version: str
    clock: Clock
    zone: str
    default: ChannelRules
    channels: dict[str, ChannelRules]
    closed_list: bool
    """Whether a channel outside `channels` becomes `other`."""
    dimensions: frozenset[str] = frozenset()
    """What windows are also kept of: agent, team, topic, tag."""
    publish_all: bool = False
    """Whether transitions that are no news (started, paused, resumed, due_changed) are published too."""

    def of(self, channel: str) -> ChannelRules:
        """The rules of a channel; the default's where it is not configured."""
        return self.channels.get(channel, self.default)

    def schedules(self) -> tuple[Schedule, ...]:
        """All that are asked for business time, each once."""
        parts = (self.default, *self.channels.values())
        found = [one for part in parts for one in (part.schedule, *(policy.schedule for policy in part.policies))]
        return tuple({id(one): one for one in found if one is not None}.values())

    def by_channel(self) -> "ByChannel":
        """The rules of any channel, for quick look-up."""
        return ByChannel(self)


class ByChannel(dict[str, ChannelRules]):
    """Channel -> its rules; the default's where it is not configured. A dict, because the core asks several times per event."""

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules.channels)
        self._default = rules.default

    def __missing__(self, channel: str) -> ChannelRules:
        if len(self) < _CHANNELS_REMEMBERED:
            self[channel] = self._default
        return self._default


_CHANNELS_REMEMBERED = 10_000
