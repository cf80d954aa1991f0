"""The metrics of a gateway: counted by its event loop, read by the thread that serves `/metrics`.

What is known beforehand is there at 0 from the start, so no dictionary here grows but by a reason seen for the first
time; a reader copies each in one step.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Lock
from types import MappingProxyType
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from app.metrics import gateway_catalogue as catalogue
from app.metrics.catalogue import BUILD
from app.metrics.families import Labels, family, histogram
from app.metrics.flow import Histogram

_EDGES_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NO_CONNECTOR: Final = "none"
_NONE: Final[Mapping[tuple[str, str], Iterable[str]]] = MappingProxyType({})


class Seen(NamedTuple):
    """What is looked up at each scrape."""

    connections: int
    ended: Mapping[str, int]
    spool_events: int
    spool_bytes: int
    spool_limit_events: int
    spool_written: int
    spool_drained: int
    is_ready: bool


class GatewayMetrics(Collector):
    """One per process, with a registry of its own.

    `emits` are the event types of each connector in use, `dropped` those of each account that are another's to tell, `polled`
    those whose webhooks can be missed, of each account that is polled.
    """

    def __init__(
        self,
        emits: Mapping[str, Iterable[str]],
        secrets: Mapping[tuple[str, str], int],
        signature_faults: Iterable[str],
        *,
        dropped: Mapping[tuple[str, str], Iterable[str]] = MappingProxyType({}),
        build: Mapping[str, str],
        look: Callable[[], Seen],
        polled: Mapping[tuple[str, str], Iterable[str]] = _NONE,
    ) -> None:
        self.requests: Counter[Labels] = Counter()
        self.events: Counter[Labels] = Counter()
        self.unused: Counter[Labels] = Counter()
        self.dropped: Counter[Labels] = Counter(
            {(*place, kind): 0 for place in dropped for kind in sorted(dropped[place])}
        )
        self.invalid: Counter[Labels] = Counter()
        self.secrets: Counter[Labels] = Counter()
        self.signatures_refused: Counter[Labels] = Counter()
        self.poll_rounds: Counter[Labels] = Counter()
        self.poll_requests: Counter[Labels] = Counter()
        self.polled: Counter[Labels] = Counter()
        self.poll_malformed: Counter[Labels] = Counter()
        self.missed_webhooks: Counter[Labels] = Counter()
        self.poll_cursors: dict[Labels, float] = {}
        """(connector, account) -> seconds since 1970."""
        self.seconds = Histogram(_EDGES_SECONDS)
        self._build, self._look = build, look
        self._begin(emits, secrets, tuple(signature_faults))
        self._begin_polls(emits, polled)
        self._rendering = Lock()
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def _begin(
        self,
        emits: Mapping[str, Iterable[str]],
        secrets: Mapping[tuple[str, str], int],
        faults: tuple[str, ...],
    ) -> None:
        for connector, types in emits.items():
            self.requests.update({(connector, outcome): 0 for outcome in (*catalogue.OUTCOMES, "signature")})
            self.events.update({(connector, kind): 0 for kind in sorted(types)})
            self.unused[connector,] = 0
            self.invalid.update({(connector, reason): 0 for reason in catalogue.INVALID.values})
        for (connector, account), count in secrets.items():
            self.secrets.update({(connector, account, str(index)): 0 for index in range(count)})
            self.signatures_refused.update({(connector, account, reason): 0 for reason in faults})

    def _begin_polls(self, emits: Mapping[str, Iterable[str]], polled: Mapping[tuple[str, str], Iterable[str]]) -> None:
        for place, exact in polled.items():
            self.poll_rounds.update({(*place, outcome): 0 for outcome in catalogue.POLL_OUTCOMES})
            self.poll_requests.update({(*place, outcome): 0 for outcome in catalogue.CALL_OUTCOMES})
            self.polled.update({(*place, kind): 0 for kind in sorted(emits[place[0]])})
            self.missed_webhooks.update({(*place, kind): 0 for kind in sorted(exact)})
            self.poll_malformed[place] = 0

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All of it in the form that an Accept header asks for, and its content type. From any thread."""
        encode, content_type = choose_encoder(accept)
        with self._rendering:
            return encode(self._registry), content_type

    def describe(self) -> Iterable[Family]:
        """Nothing, so that registering looks at nothing."""
        return ()

    def collect(self) -> Iterator[Family]:
        """All families."""
        for metric, counter in (
            (catalogue.REQUESTS, self.requests),
            (catalogue.EVENTS, self.events),
            (catalogue.UNUSED, self.unused),
            (catalogue.DROPPED, self.dropped),
            (catalogue.INVALID, self.invalid),
            (catalogue.SECRETS, self.secrets),
            (catalogue.SIGNATURES_REFUSED, self.signatures_refused),
            (catalogue.POLL_ROUNDS, self.poll_rounds),
            (catalogue.POLL_REQUESTS, self.poll_requests),
            (catalogue.POLLED, self.polled),
            (catalogue.POLL_MALFORMED, self.poll_malformed),
            (catalogue.MISSED_WEBHOOKS, self.missed_webhooks),
            (catalogue.POLL_CURSOR, self.poll_cursors),
        ):
            yield family(metric, dict(counter).items())
        yield histogram(catalogue.SECONDS, _EDGES_SECONDS, [((), self.seconds.distribution())])
        yield from self._seen(self._look())
        yield InfoMetricFamily(BUILD.name.removesuffix("_info"), BUILD.meaning, value=dict(self._build))

    def _seen(self, seen: Seen) -> Iterator[Family]:
        ended = dict.fromkeys(catalogue.ENDINGS, 0) | dict(seen.ended)
        yield family(catalogue.CONNECTIONS_ENDED, [((reason,), count) for reason, count in ended.items()])
        for metric, value in (
            (catalogue.CONNECTIONS, seen.connections),
            (catalogue.SPOOL_EVENTS, seen.spool_events),
            (catalogue.SPOOL_BYTES, seen.spool_bytes),
            (catalogue.SPOOL_LIMIT, seen.spool_limit_events),
            (catalogue.SPOOL_WRITTEN, seen.spool_written),
            (catalogue.SPOOL_DRAINED, seen.spool_drained),
            (catalogue.READY, seen.is_ready),
        ):
            yield family(metric, [((), float(value))])
