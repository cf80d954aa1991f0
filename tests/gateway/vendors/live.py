"""A vendor's server that listens on a port, beside whatever the test does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import uvicorn

from app.broker.ports import free_port
from tests.gateway.vendors.server import Server


@asynccontextmanager
async def listening(server: Server) -> AsyncIterator[str]:
    """Its address."""
    port = free_port()
    serving = uvicorn.Server(uvicorn.Config(server.app, port=port, log_config=None, lifespan="off"))
    serving.capture_signals = nullcontext  # type: ignore[method-assign] # they are the test's
    task = asyncio.create_task(serving.serve())
    while not serving.started:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        serving.should_exit = True
        await task
