"""Whether a worker on this machine says that it is ready."""

import asyncio
import contextlib
from typing import Final

_LIMIT_SECONDS: Final = 2.0


async def is_ready(port: int) -> bool:
    """Whether /healthz/ready at this port of 127.0.0.1 answers with 200; False where nobody listens."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_LIMIT_SECONDS):
            return b" 200 " in await _status_line(port)
    return False


async def _status_line(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET /healthz/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        await writer.drain()
        return await reader.readline()
    finally:
        writer.close()
