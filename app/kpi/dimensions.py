"""What is counted beside the channel: the figures of teams, topics, tags and agents, under `team:…`, `topic:…`, `tag:…`, `agent:…`.

All that a step gives counts for the ticket's team, topic and tags as they are after it. Agents are credited one by one where they did something
(`waits.py`, `rounds.py`, `ticket.py`). A topic `parent/child` counts for both.
"""

from app.kpi.effects import Duration, Effects
from app.kpi.sla import Attributes


class Dimensions:
    """Of which dimensions figures are kept."""

    def __init__(self, kinds: frozenset[str]) -> None:
        self.agents = "agent" in kinds
        self.teams = "team" in kinds
        self._topics, self._tags = "topic" in kinds, "tag" in kinds
        self.any = bool(kinds)

    def of(self, attributes: Attributes) -> list[str]:
        """The names under which a ticket's figures count too."""
        names: list[str] = []
        if self.teams and attributes.team:
            names.append(f"team:{attributes.team}")
        if self._topics and attributes.topic:
            parent, slash, _ = attributes.topic.partition("/")
            names.append(f"topic:{parent}")
            if slash:
                names.append(f"topic:{attributes.topic}")
        if self._tags and attributes.tags:
            names += [f"tag:{tag}" for tag in attributes.tags]
        return names


def add(own: Effects, names: list[str], out: Effects) -> None:
    """Give what a step gave, once more under each name; what is an agent's already is nobody else's."""
    counts = [count for count in own.counts if ":" not in count[1]]
    durations = [duration for duration in own.durations if ":" not in duration[1]]
    out.counts += own.counts
    out.durations += own.durations
    out.transitions += own.transitions
    out.amounts = [*out.amounts, *own.amounts]
    replies = [at_ms for at_ms, name in own.human_replies if not name]
    out.human_replies = [
        *out.human_replies,
        *own.human_replies,
        *((at_ms, name) for name in names for at_ms in replies),
    ]
    for name in names:
        out.counts += [(at_ms, name, measure) for at_ms, _, measure in counts]
        out.durations += [under(name, duration) for duration in durations]
        out.amounts = [*out.amounts, *((at_ms, name, measure, amount) for at_ms, _, measure, amount in own.amounts)]


def under(name: str, duration: Duration) -> Duration:
    """The same sample under another name."""
    at_ms, _, measure, duration_ms, start_ms, end_ms = duration
    return at_ms, name, measure, duration_ms, start_ms, end_ms
