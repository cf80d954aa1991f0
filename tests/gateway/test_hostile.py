"""Who means harm: slow senders, huge bodies, bombs, crowds. A real gateway stays small and serves good traffic meanwhile."""

import asyncio
import gzip
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import pytest

from app.broker.embedded import EmbeddedKafka
from tests.deployment import until
from tests.gateway.real import CONFIGURATION, PATH, RealGateway, real_gateway
from tests.gateway.sender import cloud_event, encoded, signed
from tests.traffic.topic import make_events_topic

MEMORY_LIMIT_MEGABYTES: Final = 250
CROWD: Final = 5000
_MAILS: Final = CONFIGURATION + "  mailgun:\n    mails: {secrets: [{env: WEBSITE_SECRET}]}\n"
_HEAD: Final = f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\n"


@pytest.fixture
async def gateway(kafka: EmbeddedKafka, tmp_path: Path) -> AsyncIterator[RealGateway]:
    prefix = f"hostile-{uuid.uuid4().hex[:12]}."
    await make_events_topic(kafka.bootstrap, prefix, 3, "log")
    with real_gateway(kafka.bootstrap, prefix, tmp_path, text=_MAILS) as made:
        await until(made.is_ready, 20, "the gateway is ready")
        yield made


class Watch:
    """Posts good events all the time and notes the most memory that the gateway held."""

    def __init__(self, gateway: RealGateway) -> None:
        self._gateway = gateway
        self.answered: list[int] = []
        self.slowest_seconds = 0.0
        self.most_megabytes = 0.0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        number = 0
        while True:
            number += 1
            body = encoded(cloud_event(number))
            began = time.monotonic()
            status, _ = await asyncio.to_thread(self._gateway.post, body, signed(body))
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)
            self.answered.append(status)
            self.most_megabytes = max(self.most_megabytes, self._gateway.resident_megabytes)
            await asyncio.sleep(0.05)

    def all_is_well(self) -> None:
        assert len(self.answered) > 5
        assert set(self.answered) == {204}
        assert self.slowest_seconds < 5
        assert self.most_megabytes < MEMORY_LIMIT_MEGABYTES


async def _open(gateway: RealGateway) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", gateway.port)


async def _ended(reader: asyncio.StreamReader, limit_seconds: float) -> bytes:
    """What a connection still says until the gateway ends it."""
    said = b""
    with suppress(ConnectionError):
        async with asyncio.timeout(limit_seconds):
            while more := await reader.read(65536):
                said += more
    return said


async def test_a_hundred_megabytes_are_refused_unread(gateway: RealGateway) -> None:
    async with Watch(gateway) as watch:
        for framing in (f"content-length: {100 << 20}\r\n\r\n", "transfer-encoding: chunked\r\n\r\n"):
            outcomes = await asyncio.gather(*(_send_endlessly(gateway, framing) for _ in range(20)))
            assert all(b" 413 " in said or not said for said in outcomes)
            assert any(b" 413 " in said for said in outcomes)
        await asyncio.sleep(1)
    watch.all_is_well()
    assert gateway.figure('carebeat_gateway_requests_total{connector="generic",outcome="too-large"}') == 40


async def _send_endlessly(gateway: RealGateway, framing: str) -> bytes:
    """Send a hundred megabytes or until it is cut off; what was answered."""
    reader, writer = await _open(gateway)
    writer.write((_HEAD + framing).encode())
    part = b"x" * 65536
    chunk = part if "length" in framing else b"10000\r\n" + part + b"\r\n"
    answering = asyncio.create_task(_ended(reader, 20))
    with suppress(ConnectionError):
        for _ in range(1600):
            writer.write(chunk)
            await writer.drain()
            if answering.done():
                break
    writer.close()
    return await answering


async def test_a_gzip_bomb_is_refused_unpacked(gateway: RealGateway) -> None:
    bomb = gzip.compress(gzip.compress(b"0" * (100 << 20)))
    async with Watch(gateway) as watch:
        for _ in range(20):
            status, said = await asyncio.to_thread(gateway.post, bomb, {**signed(bomb), "content-encoding": "gzip"})
            assert (status, b"content-encoding" in said) == (415, True)
        await asyncio.sleep(1)
    watch.all_is_well()


_HOSTILE_HEADS: Final = (b"--b\r\n" + b"content-disposition:;" * 380 + b"\r\n\r\n1\r\n") * 300 + b"--b--"
_HOSTILE_FIELDS: Final = b"&".join([b"token=" + b"%41" * (256 << 10)] * 40)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(_HOSTILE_HEADS, "multipart/form-data; boundary=b"), (_HOSTILE_FIELDS, "application/x-www-form-urlencoded")],
    ids=["heads", "fields"],
)
async def test_an_unsigned_form_holds_nobody_up(gateway: RealGateway, body: bytes, content_type: str) -> None:
    """Where the signature is in the form, the form of anybody is read."""
    async with Watch(gateway) as watch:
        status, _ = await asyncio.to_thread(gateway.post, body, {"content-type": content_type}, "/in/mailgun/mails")
        assert status == 401
        await asyncio.sleep(1)
    watch.all_is_well()
    assert watch.slowest_seconds < 1.5


async def test_slow_senders_are_cut_off(gateway: RealGateway) -> None:
    async def dribble(first: str) -> tuple[bytes, float]:
        """A byte every half second, or none at all after nothing."""
        reader, writer = await _open(gateway)
        began = time.monotonic()
        writer.write(first.encode())
        answering = asyncio.create_task(_ended(reader, 30))
        while not answering.done():
            with suppress(ConnectionError):
                writer.write(b"a" if first else b"")
                await writer.drain()
            await asyncio.sleep(0.5)
        writer.close()
        return answering.result(), time.monotonic() - began

    async with Watch(gateway) as watch:
        begun = ["", "POST /in/gen", _HEAD + "x-a: ", _HEAD + "content-length: 5000\r\n\r\n{"]
        outcomes = await asyncio.gather(*(dribble(first) for first in begun for _ in range(10)))
    assert all(4 < seconds < 9 for _, seconds in outcomes), outcomes
    assert all(b" 408 " in said and b"too-slow" in said for said, _ in outcomes[-10:])
    watch.all_is_well()


async def test_a_head_without_end_is_cut_off(gateway: RealGateway) -> None:
    async with Watch(gateway) as watch:
        reader, writer = await _open(gateway)
        writer.write(_HEAD.encode())
        with suppress(ConnectionError):
            for number in range(2000):
                writer.write(f"x-{number}: {'a' * 1000}\r\n".encode())
                await writer.drain()
        assert await _ended(reader, 3) == b""
        writer.close()
        await asyncio.sleep(1)
    watch.all_is_well()
    assert gateway.figure('carebeat_gateway_connections_ended_total{reason="head-too-large"}') == 1


async def test_a_crowd_of_open_connections_keeps_nobody_out(gateway: RealGateway) -> None:
    """Five thousand, half of them silent, half in the middle of a body of nearly a megabyte."""
    writers: list[asyncio.StreamWriter] = []

    async def hold(number: int) -> None:
        with suppress(ConnectionError):
            _, writer = await _open(gateway)
            writers.append(writer)
            if number % 2:
                writer.write((_HEAD + f"content-length: {1 << 20}\r\n\r\n").encode() + b"x" * 200_000)
            await asyncio.sleep(600)

    async with Watch(gateway) as watch:
        holding = []
        for start in range(0, CROWD, 250):
            holding += [asyncio.create_task(hold(number)) for number in range(start, start + 250)]
            await asyncio.sleep(0.1)
        await until(lambda: len(writers) >= CROWD * 0.99, 60, "all have connected")
        await asyncio.sleep(3)
        assert gateway.figure("carebeat_gateway_connections ") <= 2000
        assert gateway.ask("/healthz/live")[0] == 200
        for task in holding:
            task.cancel()
        for writer in writers:
            writer.close()
        await asyncio.sleep(1)
    watch.all_is_well()
    assert gateway.figure('carebeat_gateway_connections_ended_total{reason="crowded-out"}') >= CROWD - 2000 - 100
    await until(lambda: gateway.figure("carebeat_gateway_connections ") < 20, 20, "nothing is left")
