"""The demo once Kafka is up: topics, a worker, traffic and a board, until the time is over or somebody stops it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Final

from rich.text import Text

from app.broker.admin import create
from app.broker.connection import connect
from app.broker.jars import Say
from app.broker.topics import topics
from app.cli.board.displays import Display
from app.cli.board.feed import Feed, Source, board_sources, follow
from app.cli.board.figures import Figures
from app.cli.board.reader import Reader
from app.cli.board.words import instant_of
from app.cli.stage.kept_process import GATEWAY, KeptProcess, last_words
from app.cli.stage.tally import Counted, Sent
from app.cli.stopping import Stopping
from app.clock import monotonic_seconds, wall_milliseconds
from app.connectors import standard_webhooks
from app.settings import PREFIX
from app.traffic.simulator import send, traffic
from app.traffic.webhooks import ToGateway
from schemas.topics import DEAD_LETTERS, DEFAULT_PREFIX, KPIS

CONFIGURATION: Final = Path(__file__).with_name("demo.yaml")
SPEED: Final = 60.0
_FIRST_HOUR: Final = 9.0
_PAUSE_SECONDS: Final = 0.25
_CATCH_UP_LIMIT_SECONDS: Final = 30.0
_LAST_EVENT_LIMIT_SECONDS: Final = 3.0
_EVERYTHING: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Play:
    """What is asked for, and where."""

    kafka: str
    folder: Path
    metrics_port: int
    tickets_port: int
    partitions: int
    rate: float
    seed: int
    seconds: float | None
    gateway_port: int
    gateway_metrics_port: int
    webhook_secret: str
    """Made anew for each demo."""

    @property
    def webhook_url(self) -> str:
        """Where the traffic is posted to."""
        return f"http://127.0.0.1:{self.gateway_port}/in/generic/demo"


def worker_environment(play: Play) -> dict[str, str]:
    """Everything that the worker is told: nothing of this shell's own deployment."""
    other = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
    return {
        **other,
        f"{PREFIX}KAFKA": play.kafka,
        f"{PREFIX}PARTITIONS": str(play.partitions),
        f"{PREFIX}REPLICATION_FACTOR": "1",
        f"{PREFIX}CONFIG": str(CONFIGURATION),
        f"{PREFIX}METRICS_PORT": str(play.metrics_port),
        f"{PREFIX}TICKETS_PORT": str(play.tickets_port),
        f"{PREFIX}SESSION_TIMEOUT_SECONDS": "10",  # so that a worker that was killed is back soon
        "PYTHONUNBUFFERED": "1",
    }


def gateway_environment(play: Play) -> dict[str, str]:
    """Everything that the gateway is told."""
    return {
        **worker_environment(play),
        f"{PREFIX}METRICS_PORT": str(play.gateway_metrics_port),
        f"{PREFIX}GATEWAY_PORT": str(play.gateway_port),
        f"{PREFIX}SPOOL": str(play.folder / "spool.db"),
        f"{PREFIX}PSEUDONYM_KEY": token_hex(32),
        "DEMO_WEBHOOK_SECRET": play.webhook_secret,
    }


class Performance:
    """One run of the demo. `say` hears what becomes of the worker and the gateway."""

    def __init__(self, play: Play, stopping: Stopping, say: Say) -> None:
        self.sent = Sent()
        self.counted = Counted()
        self.was_ready = False
        self.worker = KeptProcess(play.folder, worker_environment(play), play.metrics_port, stopping.hurried, say=say)
        self.gateway = KeptProcess(
            play.folder,
            gateway_environment(play),
            play.gateway_metrics_port,
            stopping.hurried,
            command=GATEWAY,
            name="gateway",
            say=say,
        )
        key = standard_webhooks.key(play.webhook_secret)
        self._outlet = ToGateway(play.webhook_url, key)
        self._play = play
        self._stopping = stopping
        self._figures = Figures("hour", DEFAULT_PREFIX)

    @property
    def was_stopped(self) -> bool:
        """By somebody, before the time was over."""
        return self._stopping.asked.is_set()

    @property
    def posts(self) -> int:
        """Webhooks that the gateway acknowledged."""
        return self._outlet.posts

    def restarts_told(self) -> Iterator[str]:
        """What had to be started again, and why, from its log."""
        for name, process in (("worker", self.worker), ("gateway", self.gateway)):
            if process.restarts:
                yield f"The {name} ended {process.restarts} times, last with: {last_words(process.log_path)}"

    async def make_topics(self) -> int:
        """Make the topics; how many there are."""
        wanted = topics(DEFAULT_PREFIX, self._play.partitions, "log")
        async with connect(self._play.kafka) as client:
            return len(await create(client, wanted, 1))

    async def play(self, display: Display) -> None:
        """Run until asked to stop or out of time; in the latter case all that was sent is counted first."""
        working = [asyncio.create_task(process.keep_running()) for process in (self.worker, self.gateway)]
        try:
            async with self._feed() as feed:
                reader = Reader(feed, self._figures, "log")
                with display:
                    await self._stopping.during(self._act(reader, display, working), self._limit_seconds())
                    if not self.was_stopped:
                        ended_at = instant_of(wall_milliseconds())
                        rest = self._show(reader, display, lambda: self._has_counted_all(ended_at))
                        await self._stopping.during(rest, _CATCH_UP_LIMIT_SECONDS)
            self.was_ready = self.worker.is_ready
        finally:
            for task in working:
                task.cancel()
            for task in working:
                with suppress(asyncio.CancelledError):
                    await task

    def _limit_seconds(self) -> float | None:
        return None if self._play.seconds is None else self._play.seconds + _LAST_EVENT_LIMIT_SECONDS

    @asynccontextmanager
    async def _feed(self) -> AsyncIterator[Feed]:
        refused = Source(DEAD_LETTERS.full_name(), _EVERYTHING)
        async with follow(self._play.kafka, (*board_sources(DEFAULT_PREFIX), refused), security={}) as feed:
            yield feed

    async def _act(self, reader: Reader, display: Display, working: "list[asyncio.Task[None]]") -> None:
        """Send and show until the traffic is over, or the worker or the gateway cannot run."""
        own = [asyncio.create_task(self._send()), asyncio.create_task(self._show(reader, display, lambda: False))]
        try:
            done, _ = await asyncio.wait((*own, *working), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in own:
                task.cancel()
            await asyncio.gather(*own, return_exceptions=True)

    async def _send(self) -> None:
        play, started_seconds = self._play, monotonic_seconds()

        def is_over() -> bool:
            return play.seconds is not None and monotonic_seconds() - started_seconds >= play.seconds

        source = traffic(
            wall_milliseconds(), events_per_second=play.rate, seed=play.seed, speed=SPEED, first_hour=_FIRST_HOUR
        )
        async with self._outlet:
            await send(self._outlet, self.sent.watching(source, is_over))

    async def _show(self, reader: Reader, display: Display, is_over: Callable[[], bool]) -> None:
        while not is_over():
            display.show(self._figures.view(), reader.freshness(), self._foot())
            await asyncio.sleep(_PAUSE_SECONDS)
            for record in await reader.more(_PAUSE_SECONDS):
                self._count(record.topic, record.value)

    def _count(self, topic: str, value: bytes) -> None:
        if topic == KPIS.full_name():
            self.counted.take(value)
        elif topic == DEAD_LETTERS.full_name():
            self.counted.dead_letters += 1

    def _has_counted_all(self, ended_at: datetime) -> bool:
        """Whether the figures have come to the end of the traffic."""
        stream_at = self._figures.stream_at
        is_there = stream_at is not None and stream_at >= ended_at
        return is_there and self.counted.tickets_opened() >= self.sent.ticket_count

    def _foot(self) -> list[Text]:
        """Where everything is."""
        play, worker = self._play, self.worker
        restarts = f", {worker.restarts} restarts" if worker.restarts else ""
        sent = f"{self.sent.events:,} events of {self.sent.ticket_count:,} tickets sent"
        refused = f"; {self.counted.dead_letters:,} dead letters" if self.counted.dead_letters else ""
        state = (worker.state + restarts, "" if worker.is_ready else "yellow")
        return [
            Text.assemble(f"{sent}; worker ", state, (refused, "bold red")),
            *(Text(line, "dim", no_wrap=True, overflow="ellipsis") for line in addresses(play)),
        ]


def addresses(play: Play) -> tuple[str, ...]:
    """Where everything is, and how to look at it from outside."""
    return (
        f"webhooks  {play.webhook_url}   (signed; metrics http://127.0.0.1:{play.gateway_metrics_port}/metrics)",
        f"metrics   http://127.0.0.1:{play.metrics_port}/metrics",
        f"logs      {play.folder}/worker.log, gateway.log and kafka.log",
        f"watch     CAREBEAT_KAFKA={play.kafka} carebeat watch   (in another terminal)",
        f"tickets   CAREBEAT_TICKETS_PORT={play.tickets_port} carebeat tickets   (who waits)",
    )
