"""The peers in turns, round after round, so that a busy machine is busy for all of them."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from app.broker.topics import KafkaTopic
from schemas.topics import EVENTS
from tests.bench import full
from tests.bench.figure import Figure, figure_of, python
from tests.bench.ground import PARTITIONS, Ground
from tests.bench.kafka_streams import compile_peer

FULL, FULL_BARE, COMPUTE = "full", "full-bare", "compute"
SMALL, SMALL_BARE, NAIVE, STREAMS = "small", "small-bare", "naive", "streams"

PEERS: Final = {
    NAIVE: "stock Faust, two tables; small job",
    FULL: "carebeat worker: full job, exact",
    FULL_BARE: "bare aiokafka loop, the same core, nothing durable",
    COMPUTE: "carebeat compute on the same events, no Kafka",
    SMALL: "our engine, small job, exact",
    SMALL_BARE: "bare aiokafka loop, small job, nothing durable",
    STREAMS: "Kafka Streams, small job, memory stores and changelog",
}
"""Name -> what it is, in the order of a round."""

RATIOS: Final = {
    "full_vs_naive_faust_small": (FULL, NAIVE),
    "full_vs_bare_aiokafka": (FULL, FULL_BARE),
    "full_vs_kafka_streams_small": (FULL, STREAMS),
    "full_vs_compute": (FULL, COMPUTE),
    "small_vs_naive_faust": (SMALL, NAIVE),
    "small_vs_bare_aiokafka": (SMALL, SMALL_BARE),
    "small_vs_kafka_streams": (SMALL, STREAMS),
}
_BARE_TOPIC = f"bench-contract.{EVENTS.name}"
_SMALL_TOPIC = "bench-small"


@dataclass
class Contest:
    """All peers on one ground. `figures`: name -> one for each round."""

    ground: Ground
    naive_events: int
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    full_runs: list[full.Run] = field(default_factory=list)
    _streams: list[str] = field(default_factory=list)

    async def prepare(self, names: list[str]) -> None:
        """Fill the topics that several rounds read."""
        ground = self.ground
        if FULL_BARE in names:
            await ground.make_topics([KafkaTopic(_BARE_TOPIC, PARTITIONS, {})])
            await ground.fill_contract(_BARE_TOPIC)
        if {SMALL, SMALL_BARE, NAIVE, STREAMS} & set(names):
            await ground.fill_small(_SMALL_TOPIC)
        if STREAMS in names:
            classes = ground.folder / "classes"
            classes.mkdir()
            self._streams = compile_peer(classes)

    async def run(self, name: str) -> Figure:
        """One peer, once."""
        figure = await self._how[name]()
        self.figures.setdefault(name, []).append(figure)
        return figure

    @property
    def _how(self) -> dict[str, Callable[[], Awaitable[Figure]]]:
        return {
            NAIVE: lambda: self._peer("naive_faust", _SMALL_TOPIC, self.naive_events),
            FULL: self._full,
            FULL_BARE: lambda: self._peer("bare_aiokafka", _BARE_TOPIC, self.ground.events, "full", PARTITIONS),
            COMPUTE: self._compute,
            SMALL: self._small,
            SMALL_BARE: lambda: self._peer("bare_aiokafka", _SMALL_TOPIC, self.ground.events, "small", PARTITIONS),
            STREAMS: self._kafka_streams,
        }

    async def _peer(self, module: str, topic: str, events: int, *more: object) -> Figure:
        command = python(f"peers.{module}", self.ground.bootstrap, topic, events, *more)
        return await figure_of(command, self._log(module))

    async def _full(self) -> Figure:
        run = await full.measure(self.ground, f"bench-{uuid.uuid4().hex[:8]}.")
        self.full_runs.append(run)
        return run.figure

    async def _compute(self) -> Figure:
        ground = self.ground
        out = ground.folder / "computed"
        command = python("peers.compute", ground.contract_file, ground.events, out, PARTITIONS)
        return await figure_of(command, self._log(COMPUTE))

    async def _small(self) -> Figure:
        application = f"small-{uuid.uuid4().hex[:8]}"
        changelog = KafkaTopic(f"{application}-small-changelog", PARTITIONS, {"cleanup.policy": "compact"})
        await self.ground.make_topics([changelog])
        return await self._peer("engine_small", _SMALL_TOPIC, self.ground.events, application)

    async def _kafka_streams(self) -> Figure:
        ground = self.ground
        state = ground.folder / f"streams-{uuid.uuid4().hex[:8]}"
        arguments = [ground.bootstrap, _SMALL_TOPIC, str(ground.events), str(state)]
        return await figure_of([*self._streams, *arguments], self._log(STREAMS))

    def _log(self, name: str) -> Path:
        return self.ground.folder / f"{name}.log"

    def ratios(self, of: Callable[[Figure], float]) -> dict[str, float]:
        """The median of the ratios within each round, of those that ran."""
        found = {}
        for ratio, (ours, theirs) in RATIOS.items():
            pairs = list(zip(self.figures.get(ours, []), self.figures.get(theirs, []), strict=False))
            if pairs:
                found[ratio] = median(of(mine) / of(other) for mine, other in pairs)
        return found

    def rate(self, name: str) -> float:
        """The median of its events per second."""
        return median(figure.events_per_second for figure in self.figures[name])
