"""Every topic of a deployment: its name behind the prefix, its key, how long it is kept, who writes what on it.

The state changelogs are not here: they are private, and Faust names them after the app id (prefix + `worker`).
"""

from dataclasses import dataclass
from typing import Final, Literal

DAY_MS: Final = 86_400_000
DEFAULT_PREFIX: Final = "support."

CleanUp = Literal["delete", "compact"]
Writer = Literal["gateway", "worker"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `record` names its JSON Schema in `schemas/json/`; None: private to Carebeat."""

    name: str
    about: str
    key: str
    clean_up: tuple[CleanUp, ...]
    retention_ms: int
    written_by: tuple[Writer, ...]
    record: str | None
    single_partition: bool = False
    append_time: bool = False
    """The broker stamps records (`LogAppendTime`): this is stream time."""
    only_with_orders: bool = False
    """There only where the configuration joins orders to tickets (`orders`)."""

    def full_name(self, prefix: str = DEFAULT_PREFIX) -> str:
        """The topic's name in Kafka."""
        return prefix + self.name

    def configuration(self) -> dict[str, str]:
        """The settings that the topic must have in Kafka, besides partitions and replicas."""
        stamps = {"message.timestamp.type": "LogAppendTime"} if self.append_time else {}
        return {"cleanup.policy": ",".join(self.clean_up), "retention.ms": str(self.retention_ms), **stamps}


EVENTS: Final = Topic(
    name="events",
    about="What happened to tickets. Ticks have no key and an explicit partition.",
    key="ticket id",
    clean_up=("delete",),
    retention_ms=30 * DAY_MS,
    written_by=("gateway", "worker"),
    record="event",
    append_time=True,
)
KPIS: Final = Topic(
    name="kpis",
    about="The figures of each channel (or agent, team, topic, tag) and window, again whenever they changed.",
    key="channel|window|start",
    clean_up=("compact", "delete"),
    retention_ms=400 * DAY_MS,
    written_by=("worker",),
    record="kpi",
)
SLA: Final = Topic(
    name="sla",
    about="Every change of state of every SLA clock.",
    key="ticket id",
    clean_up=("delete",),
    retention_ms=90 * DAY_MS,
    written_by=("worker",),
    record="sla",
)
SAMPLES: Final = Topic(
    name="samples",
    about="Every measured duration with its ticket. Opt-in.",
    key="ticket id",
    clean_up=("delete",),
    retention_ms=30 * DAY_MS,
    written_by=("worker",),
    record="sample",
)
PARTIALS: Final = Topic(
    name="kpi-partials",
    about="Each source partition's part of a window, on its way to be merged. Private; its form may change.",
    key="channel|window|start|partition",
    clean_up=("compact", "delete"),
    retention_ms=30 * DAY_MS,
    written_by=("worker",),
    record=None,
    single_partition=True,
)
DEAD_LETTERS: Final = Topic(
    name="dead-letters",
    about="Refused records with the reason. Restrict who reads it: the records are as they came.",
    key="topic:partition:offset",
    clean_up=("delete",),
    retention_ms=14 * DAY_MS,
    written_by=("worker",),
    record="dead-letter",
)
CUSTOMERS: Final = Topic(
    name="customers",
    about="Which customer wrote in which ticket, and what customers ordered; customers are keyed hashes of their mail"
    " addresses and telephone numbers. There only where orders are joined to tickets. Private; its form may change.",
    key="ticket id, or the order's event id",
    clean_up=("delete",),
    retention_ms=14 * DAY_MS,
    written_by=("gateway", "worker"),
    record=None,
    single_partition=True,
    append_time=True,
    only_with_orders=True,
)
POLL_CURSORS: Final = Topic(
    name="poll-cursors",
    about="How far each account's source was polled. Private; its form may change.",
    key="connector/account",
    clean_up=("compact",),
    retention_ms=400 * DAY_MS,
    written_by=("gateway",),
    record=None,
    single_partition=True,
)

TOPICS: Final = (EVENTS, KPIS, SLA, SAMPLES, PARTIALS, DEAD_LETTERS, CUSTOMERS, POLL_CURSORS)
