"""Workers as commands see them: a real page over real partitions, each with a loop and a server of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from app.clock import monotonic_seconds
from app.config import parse
from app.health import Answer, PageServer, Request
from app.kpi.partition import Partition
from app.tickets.access import Access
from app.tickets.listing import Lister
from app.tickets.loop import InLoop
from app.tickets.page import PATH, TicketsPage
from tests.kpi.story import records, rules

CONFIG = parse("defaults: {ticket_url: 'https://desk.example/{channel}/{ticket_id}'}")
Workers = Callable[..., str]


def partition(story: str, number: int = 0, of: int = 2) -> Partition:
    """A partition that has read a story, at rest."""
    made = Partition(number, of, rules("defaults: {sla: {first_response: 1h}}"))
    made.apply(list(records(story)))
    made.take()
    return made


@pytest.fixture
def worker() -> Iterator[Workers]:
    """Starts a worker that owns these partitions, or answers something else; its address."""
    loop = asyncio.new_event_loop()
    running = threading.Thread(target=loop.run_forever, daemon=True)
    running.start()
    servers: list[PageServer] = []

    def start(
        *owned: Partition, of: int = 2, token: bytes | None = None, says: Callable[[Request], Answer] | None = None
    ) -> str:
        in_loop = InLoop(5)
        loop.call_soon_threadsafe(in_loop.open)
        page = says or TicketsPage(
            Access("127.0.0.1", token),
            in_loop,
            Lister(lambda: owned, lambda channel: channel, monotonic_seconds),
            CONFIG.ticket_link,
            lambda: {channel for each in owned for channel in each.levels.channels},
            of,
        )
        server = PageServer("127.0.0.1", 0, {PATH: page}, "tickets")
        server.start()
        servers.append(server)
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server in servers:
        server.stop()
    loop.call_soon_threadsafe(loop.stop)
    running.join()
    loop.close()
