"""The topics of one deployment as Kafka has to have them: the contract's (`schemas/topics.py`) and the changelogs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.kpi.rules import Clock
from schemas import topics as contract

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS

APPLICATION = "worker"
"""With the prefix before it: Faust's app id, the consumer group, the start of transactional ids and changelogs."""

TRACK_CHANGELOG = f"{APPLICATION}-track-changelog"
MERGE_CHANGELOG = f"{APPLICATION}-merge-changelog"
JOIN_CHANGELOG = f"{APPLICATION}-join-changelog"

# Figures: one task, the merge, writes them, some records a second whatever the traffic, and a reader finds the windows
# of all channels in one order in one place. Dead letters: few, and read by people in the order of their coming.
_ONE_PARTITION = {contract.KPIS.name, contract.DEAD_LETTERS.name}

# State is rebuilt from these: nothing may be deleted by age, a reader within the last hour must see every version, and
# one that was away for a week must still see what was removed.
_CHANGELOG = {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": str(_HOUR_MS),
    "delete.retention.ms": str(7 * _DAY_MS),
}

# Only closed segments are compacted; Kafka's own (1 GiB, a week) would make every take-over read gigabytes.
_FREQUENT_COMPACTION = {"segment.bytes": str(64 << 20), "segment.ms": str(6 * _HOUR_MS)}


@dataclass(frozen=True, slots=True)
class KafkaTopic:
    """A topic as it has to be.

    `settings` are Kafka's, given at creation and compared by `check`; `tuning` is given at creation only, since other
    values there cost time or disk and never a wrong figure.
    """

    name: str
    partitions: int
    settings: Mapping[str, str]
    tuning: Mapping[str, str] = field(default_factory=dict)
    restricted: bool = False
    """Whether keeping records longer than asked is a fault too: it may hold what should not be kept."""


def topics(prefix: str, partitions: int, clock: Clock, *, orders: bool = False) -> tuple[KafkaTopic, ...]:
    """Every topic of the deployment. `partitions` is that of the events; what is keyed by ticket follows it.

    `clock` is what moves stream time: under `log` the broker stamps the events (LogAppendTime). `orders`: whether orders
    are joined to tickets, which takes two topics more.
    """
    changelogs = {TRACK_CHANGELOG: partitions, MERGE_CHANGELOG: 1, **({JOIN_CHANGELOG: 1} if orders else {})}
    return (
        *(
            _of_the_contract(topic, prefix, partitions, clock)
            for topic in contract.TOPICS
            if orders or not topic.only_with_orders
        ),
        *(KafkaTopic(prefix + name, count, _CHANGELOG, _FREQUENT_COMPACTION) for name, count in changelogs.items()),
    )


def _of_the_contract(topic: contract.Topic, prefix: str, partitions: int, clock: Clock) -> KafkaTopic:
    settings = topic.configuration()
    if topic.append_time and clock == "events":
        settings["message.timestamp.type"] = "CreateTime"
    return KafkaTopic(
        topic.full_name(prefix),
        1 if topic.single_partition or topic.name in _ONE_PARTITION else partitions,
        settings,
        _FREQUENT_COMPACTION if "compact" in topic.clean_up else {},
        restricted=topic == contract.DEAD_LETTERS,
    )
