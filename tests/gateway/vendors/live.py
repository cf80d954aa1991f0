"""A vendor's server that listens on a port, in a thread beside whatever the test does."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import uvicorn

from app.broker.ports import free_port
from tests.gateway.vendors.server import Server


@contextmanager
def listening(server: Server) -> Iterator[str]:
    """Its address."""
    port = free_port()
    serving = uvicorn.Server(uvicorn.Config(server.app, port=port, log_config=None, lifespan="off"))
    serving.capture_signals = nullcontext  # type: ignore[method-assign] # they are the test's
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    while not serving.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        serving.should_exit = True
        thread.join(10)
