"""Events of one partition become SLA transitions, dead letters and partials: the core's partition as a processor of the engine."""

from collections.abc import Callable, Sequence

from app.engine.processor import Output, Taken
from app.kpi import partials
from app.kpi.harvest import Caused, Harvest
from app.kpi.partition import Partition
from app.kpi.records import Published, dead_letter_record, sample_record, transition
from app.record import Record
from schemas import topics

TicketLink = Callable[[str, str], str | None]
"""(ticket id, channel) -> where the ticket is opened."""


class Track:
    """One partition. `seen` is told, in the event loop, of what each flush gave (metrics); `link` is asked for each transition."""

    def __init__(
        self,
        partition: Partition,
        prefix: str,
        seen: Callable[[Partition, list[Caused]], None],
        link: TicketLink | None = None,
    ) -> None:
        self.partition = partition
        self._prefix = prefix
        self._seen = seen
        self._link = link
        self.load = partition.load
        self.start = partition.start
        self.size = partition.size

    def apply(self, records: Sequence[Record]) -> int:
        """Apply records; how many are included."""
        return self.partition.apply(records)

    def take(self) -> Taken:
        """All that became true since the last flush."""
        harvest = self.partition.take()
        self._seen(self.partition, harvest.transitions)
        return Taken(harvest.changes, self._outputs(harvest), self.partition.position())

    def _outputs(self, harvest: Harvest) -> list[Output]:
        name, number = self._name, self.partition.number
        outputs = [
            Output(name(topics.PARTIALS), partials.key_of(partial), partials.encode(partial), 0)
            for partial in harvest.partials
        ]
        # Keyed by ticket and with as many partitions as the events: a ticket's place is the same in all of them.
        sla = name(topics.SLA)
        outputs += [
            Output(sla, caused.ticket_id.encode(), transition(caused, self._url(caused)), number)
            for caused in harvest.transitions
        ]
        outputs += [_beside(name(topics.SAMPLES), sample_record(sampled), number) for sampled in harvest.samples]
        events, letters = name(topics.EVENTS), name(topics.DEAD_LETTERS)
        outputs += [_beside(letters, dead_letter_record(each, events, number), 0) for each in harvest.dead_letters]
        return outputs

    def _url(self, caused: Caused) -> str | None:
        return self._link and self._link(caused.ticket_id, caused.transition.channel)

    def _name(self, topic: topics.Topic) -> str:
        return topic.full_name(self._prefix)


def _beside(topic: str, record: Published, partition: int) -> Output:
    return Output(topic, record.key, record.value, partition)
