import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from app.cli.health import Verdict, ask
from app.errors import ConfigurationError
from app.health import Answer, PageServer
from app.settings import load
from tests.cli.conftest import Type

READY = Answer(200, "text/plain", b"ready\n")
LOADING = Answer(503, "text/plain", b"not ready: loading support.events/3\n")


@contextmanager
def process(answer: Answer, host: str = "127.0.0.1") -> Iterator[int]:
    """Something that answers on a port, as workers and gateways do."""
    server = PageServer(host, 0, {"/healthz/ready": lambda _: answer, "/healthz/live": lambda _: READY})
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def test_what_is_ready_is_well() -> None:
    with process(READY) as port:
        assert ask(load(None, metrics_port=port), "ready") == Verdict(True, "ready")


def test_what_is_not_ready_says_why() -> None:
    with process(LOADING) as port:
        assert ask(load(None, metrics_port=port), "ready") == Verdict(False, "not ready: loading support.events/3")


def test_live_and_ready_are_two_questions() -> None:
    with process(LOADING) as port:
        assert ask(load(None, metrics_port=port), "live").is_well


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_what_listens_everywhere_is_asked_here(host: str) -> None:
    if host == "::" and not socket.has_ipv6:
        pytest.skip("NO IPV6 ON THIS MACHINE: listening on :: is not tested")
    with process(READY, host) as port:
        assert ask(load(None, metrics_host=host, metrics_port=port), "ready").is_well


def test_nobody_is_not_well() -> None:
    with process(READY) as port:
        pass
    verdict = ask(load(None, metrics_port=port), "ready")
    assert not verdict.is_well
    assert f"127.0.0.1:{port}" in verdict.words


def test_who_does_not_answer_in_time_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.health._LIMIT_SECONDS", 0.2)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        began = time.monotonic()
        assert not ask(load(None, metrics_port=silent.getsockname()[1]), "ready").is_well
        assert time.monotonic() - began < 2


def test_what_speaks_no_http_is_not_well() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:

        def answer() -> None:
            connection, _ = other.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-elsewhere\r\n")

        threading.Thread(target=answer, daemon=True).start()
        assert not ask(load(None, metrics_port=other.getsockname()[1]), "ready").is_well


def test_a_port_that_nobody_knows_cannot_be_asked() -> None:
    with pytest.raises(ConfigurationError, match="CAREBEAT_METRICS_PORT=0"):
        ask(load(None, metrics_port=0), "ready")


@pytest.mark.parametrize(("answer", "status"), [(READY, 0), (LOADING, 1)])
def test_the_exit_status_is_what_probes_read(
    answer: Answer, status: int, run_command: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    with process(answer) as port:
        monkeypatch.setenv("CAREBEAT_METRICS_PORT", str(port))
        assert run_command("health").exit_code == status
