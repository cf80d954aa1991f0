"""Pages over HTTP (`/metrics`, `/healthz/live`, `/healthz/ready`), from threads that the event loop cannot stop."""

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Final, NamedTuple, Protocol

from app.errors import UnavailableError

log = logging.getLogger(__name__)

_CONNECTIONS: Final = 16
_REQUEST_SECONDS: Final = 5.0


class Request(NamedTuple):
    """What is asked of a page."""

    query: str
    """What stands behind the `?`, as it came."""
    headers: Mapping[str, str]
    """By name, in lower case."""


class Answer(NamedTuple):
    """What a request gets."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


TEXT: Final = "text/plain; charset=utf-8"
Pages = Mapping[str, Callable[[Request], Answer]]
"""Path -> what answers it."""


class Verdicts(Protocol):
    """What says whether a process lives and is ready. Called from serving threads: it must not wait for a loop."""

    def why_not_live(self) -> tuple[str, ...]:
        """What hangs; empty when nothing does."""
        ...

    def why_not_ready(self) -> tuple[str, ...]:
        """What is missing; empty when nothing is."""
        ...


def pages(health: Verdicts, exposition: Callable[[str], tuple[bytes, str]]) -> Pages:
    """What is served."""

    def metrics(request: Request) -> Answer:
        body, content_type = exposition(request.headers.get("accept", ""))
        return Answer(200, content_type, body)

    return {
        "/metrics": metrics,
        "/healthz/live": lambda _: _verdict("live", health.why_not_live()),
        "/healthz/ready": lambda _: _verdict("ready", health.why_not_ready()),
    }


def _verdict(word: str, reasons: tuple[str, ...]) -> Answer:
    if not reasons:
        return Answer(200, TEXT, f"{word}\n".encode())
    return Answer(503, TEXT, "".join(f"not {word}: {reason}\n" for reason in reasons).encode())


class PageServer:
    """Serves the pages from threads of its own. Raises UnavailableError when made, if it cannot listen.

    `name` is what the settings call it: CAREBEAT_<NAME>_HOST and _PORT.
    """

    def __init__(self, host: str, port: int, served: Pages, name: str = "metrics") -> None:
        self._server = _listen(host, port, served, name.upper())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name=name, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens; also when port 0 was asked for."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, and give the port back."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def _listen(host: str, port: int, served: Pages, name: str) -> "_Server":
    try:
        return _Server(host, port, served)
    except OSError as error:
        raise UnavailableError(
            f"CAREBEAT_{name}_HOST={host} CAREBEAT_{name}_PORT={port}: cannot be listened on"
            f" ({error.strerror or error}). Name another port, 0 for any free one."
        ) from None


class _Server(ThreadingHTTPServer):
    """Bounded: a connection beyond the limit is closed at once, so that nobody can hold all threads of the process."""

    daemon_threads = True

    def __init__(self, host: str, port: int, served: Pages) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.served = served
        self._free = threading.BoundedSemaphore(_CONNECTIONS)
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks the name server for its name
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's signature
        log.warning("A request of %s failed", client_address[0], exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _REQUEST_SECONDS

    def do_GET(self) -> None:
        self._send(self._answer(), with_body=True)

    def do_HEAD(self) -> None:
        self._send(self._answer(), with_body=False)

    def _answer(self) -> Answer:
        served = self.server.served
        path, _, query = self.path.partition("?")
        page = served.get(path)
        if page is None:
            return Answer(404, TEXT, f"There are {', '.join(served)}\n".encode())
        try:
            return page(Request(query, {name.lower(): value for name, value in self.headers.items()}))
        except Exception:
            log.exception("%s failed", path)
            return Answer(500, TEXT, b"failed; the log says why\n")

    def _send(self, answer: Answer, *, with_body: bool) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)

    def version_string(self) -> str:
        return "carebeat"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Probes and scrapes are no news."""
