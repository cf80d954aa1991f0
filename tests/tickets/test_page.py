"""The page, asked over HTTP from outside while the loop that owns the state runs, is busy, or hangs."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any, NamedTuple

import pytest

from app.clock import monotonic_seconds
from app.config import parse
from app.health import PageServer
from app.kpi.partition import Partition
from app.tickets.access import Access
from app.tickets.listing import Lister
from app.tickets.loop import InLoop, LoopSilentError
from app.tickets.page import PATH, TicketsPage
from tests.kpi.story import ms, records, rules

TOKEN = "a-token-of-some-length"
CONFIG = parse("defaults: {ticket_url: 'https://desk.example/{channel}/{ticket_id}'}")
LIMIT_SECONDS = 0.5


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str

    @property
    def content(self) -> Any:
        return json.loads(self.body)


Ask = Callable[..., Reply]


def told(story: str) -> Partition:
    partition = Partition(0, 1, rules("defaults: {sla: {first_response: 1h}}"))
    partition.apply(list(records(story)))
    partition.take()
    return partition


@pytest.fixture
def serve() -> Iterator[Callable[..., Ask]]:
    """Serves partitions from the running loop; asks from a thread."""
    servers = []

    def start(*partitions: Partition, token: str | None = None, in_loop: InLoop | None = None) -> Ask:
        if in_loop is None:
            in_loop = InLoop(LIMIT_SECONDS)
            in_loop.open()
        page = TicketsPage(
            Access("127.0.0.1", None if token is None else token.encode()),
            in_loop,
            Lister(lambda: partitions, lambda channel: channel, monotonic_seconds),
            CONFIG.ticket_link,
            lambda: {channel for partition in partitions for channel in partition.levels.channels},
            12,
        )
        server = PageServer("127.0.0.1", 0, {PATH: page}, "tickets")
        server.start()
        servers.append(server)

        def ask(query: str = "", **headers: str) -> Reply:
            connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
            connection.request("GET", f"{PATH}{query}", headers=headers)
            response = connection.getresponse()
            reply = Reply(response.status, dict(response.headers), response.read().decode())
            connection.close()
            return reply

        return ask

    yield start
    for server in servers:
        server.stop()


async def test_tickets_come_with_all_that_is_known_of_them(serve: Callable[..., Ask]) -> None:
    ask = serve(told("10:00 message ticket=t/1 priority=high team=a, 10:01 assign anna ticket=t/1, 11:05 now"))
    reply = await asyncio.to_thread(ask, "?state=breached&channel=web")
    assert reply.content == {
        "state": "breached",
        "channel": "web",
        "total": 1,
        "partitions": [{"partition": 0, "as_of": "2026-03-02T11:05:00Z", "total": 1}],
        "of_partitions": 12,
        "channels": ["web"],
        "tickets": [
            {
                "ticket_id": "t/1",
                "channel": "web",
                "priority": "high",
                "team": "a",
                "agent_id": "anna",
                "state": "breached",
                "since": "2026-03-02T10:00:00Z",
                "metric": "first_response",
                "due_at": "2026-03-02T11:00:00Z",
                "link": "https://desk.example/web/t%2F1",
                "partition": 0,
            }
        ],
        "next": None,
    }
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert reply.headers["Cache-Control"] == "no-store"


async def test_the_next_page_is_asked_for_by_what_the_last_one_said(serve: Callable[..., Ask]) -> None:
    ask = serve(told("10:00 message ticket=a:b, 10:01 message ticket=ü, 10:02 message ticket=c"))
    first = (await asyncio.to_thread(ask, "?limit=1")).content
    second = (await asyncio.to_thread(ask, f"?limit=2&after={first['next']}")).content
    assert ([each["ticket_id"] for each in first["tickets"]], first["total"]) == (["a:b"], 3)
    assert first["next"] == f"{ms('10:00')}:a:b"
    assert ([each["ticket_id"] for each in second["tickets"]], second["next"]) == (["ü", "c"], None)


async def test_a_worker_without_partitions_says_that_none_answered(serve: Callable[..., Ask]) -> None:
    content = (await asyncio.to_thread(serve())).content
    assert (content["total"], content["partitions"], content["of_partitions"]) == (0, [], 12)


async def test_what_cannot_be_asked_is_refused_with_what_can(serve: Callable[..., Ask]) -> None:
    reply = await asyncio.to_thread(serve(), "?state=late")
    assert (reply.status, "there are waiting, at_risk, breached" in reply.body) == (400, True)


async def test_the_token_is_asked_for_over_http(serve: Callable[..., Ask], caplog: pytest.LogCaptureFixture) -> None:
    ask = serve(told("10:00 message"), token=TOKEN)
    shown = [{}, {"Authorization": "Bearer nonsense-nonsense"}, {"Authorization": "Bearer \xff\xfe"}]
    replies = [await asyncio.to_thread(ask, **headers) for headers in shown]
    assert [reply.status for reply in replies] == [401, 401, 401]
    assert {reply.headers["WWW-Authenticate"] for reply in replies} == {'Bearer realm="carebeat"'}
    assert not any("t1" in reply.body for reply in replies)
    assert (await asyncio.to_thread(ask, Authorization=f"Bearer {TOKEN}")).content["total"] == 1
    assert TOKEN not in caplog.text


async def test_without_a_token_a_foreign_name_is_refused_over_http(serve: Callable[..., Ask]) -> None:
    reply = await asyncio.to_thread(serve(told("10:00 message")), Host="evil.example")
    assert (reply.status, "set CAREBEAT_TICKETS_TOKEN" in reply.body) == (403, True)


async def test_a_blocked_loop_is_told_and_the_next_answer_is_right(serve: Callable[..., Ask]) -> None:
    ask = serve(told("10:00 message"))
    replies: list[Reply] = []
    asking = threading.Thread(target=lambda: replies.append(ask()))
    asking.start()
    time.sleep(2 * LIMIT_SECONDS)  # noqa: ASYNC251 - the loop hangs
    asking.join()
    (reply,) = replies
    assert reply.status == 503
    assert reply.body.startswith(f"the event loop gave no answer within {LIMIT_SECONDS:g} s; /healthz/live")
    assert (await asyncio.to_thread(ask)).content["total"] == 1


async def test_a_loop_that_is_not_there_yet_or_no_more_is_told(serve: Callable[..., Ask]) -> None:
    reply = await asyncio.to_thread(serve(in_loop=InLoop(LIMIT_SECONDS)))
    assert (reply.status, reply.body.startswith("the worker is only starting")) == (503, True)
    over = InLoop(LIMIT_SECONDS)

    async def open_and_end() -> None:
        over.open()

    await asyncio.to_thread(asyncio.run, open_and_end())
    reply = await asyncio.to_thread(serve(in_loop=over))
    assert (reply.status, reply.body.startswith("the worker is stopping")) == (503, True)


async def test_what_the_work_raises_is_raised_and_no_silence() -> None:
    async def fails() -> None:
        raise TimeoutError("its own")

    in_loop = InLoop(LIMIT_SECONDS)
    in_loop.open()
    with pytest.raises(TimeoutError, match="its own"):
        await asyncio.to_thread(in_loop.run, fails)


async def test_work_that_takes_too_long_is_cancelled() -> None:
    ended = asyncio.Event()

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    in_loop = InLoop(0.05)
    in_loop.open()
    with pytest.raises(LoopSilentError, match="no answer within"):
        await asyncio.to_thread(in_loop.run, long)
    await asyncio.wait_for(ended.wait(), 5)
