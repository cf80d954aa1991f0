"""Orders of customers become events of tickets: the core's orders as a processor of the engine."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from app.engine.processor import Output, Taken
from app.kpi.customers import event_of
from app.kpi.orders import Orders, Placed
from app.kpi.records import dead_letter_record
from app.record import Record
from schemas import topics


class Joining:
    """The one partition of customers. `seen` is told, in the event loop, what became of orders since the last flush (metrics)."""

    def __init__(self, orders: Orders, prefix: str, seen: Callable[[Mapping[str, int]], None]) -> None:
        self._orders = orders
        self._prefix = prefix
        self._seen = seen
        self._told: Counter[str] = Counter()
        self.load = orders.load
        self.size = orders.size

    def start(self, note: bytes | None) -> None:
        """The state is loaded."""
        self._orders.start(note)
        self._seen({})

    def apply(self, records: Sequence[Record]) -> int:
        """Take records in; how many are included (all)."""
        return self._orders.apply(records)

    def take(self) -> Taken:
        """Events of the orders decided since the last flush. The event id is made of the order: a replay is a duplicate."""
        taken = self._orders.take()
        counted = Counter(self._orders.counters)
        self._seen(counted - self._told)
        self._told = counted
        source, letters = self._name(topics.CUSTOMERS), self._name(topics.DEAD_LETTERS)
        outputs = [self._event(placed) for placed in taken.placed]
        for letter in taken.dead_letters:
            record = dead_letter_record(letter, source, 0)
            outputs.append(Output(letters, record.key, record.value, 0))
        return Taken(taken.changes, outputs, self._orders.position())

    def _event(self, placed: Placed) -> Output:
        """Where the ticket's other events are: by its id."""
        return Output(self._name(topics.EVENTS), placed.ticket_id.encode(), event_of(*placed))

    def _name(self, topic: topics.Topic) -> str:
        return topic.full_name(self._prefix)
