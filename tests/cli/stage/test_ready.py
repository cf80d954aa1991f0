import asyncio

import pytest

from app.broker.ports import free_port
from app.cli.stage.ready import is_ready


@pytest.mark.parametrize(("status", "expected"), [(b"200 OK", True), (b"503 Service Unavailable", False)])
async def test_a_worker_is_ready_when_it_says_so(status: bytes, expected: bool) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readline()).startswith(b"GET /healthz/ready ")
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        assert await is_ready(server.sockets[0].getsockname()[1]) is expected


async def test_where_nobody_listens_nobody_is_ready() -> None:
    assert not await is_ready(free_port())
