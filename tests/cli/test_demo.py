import re
import subprocess
import sys
from pathlib import Path

import pytest

from app import config
from app.cli.stage.performance import CONFIGURATION, Play, worker_environment
from app.traffic.characters import CHARACTERS
from tests.cli.conftest import Type


@pytest.mark.parametrize(
    ("arguments", "limit"),
    [(["--partitions", "0"], "1<=x<=64"), (["--seconds", "-3"], "x>0"), (["--rate", "0"], "0.01")],
)
def test_what_cannot_be_is_refused_with_the_limit(run_command: Type, arguments: list[str], limit: str) -> None:
    refused = run_command("demo", *arguments)
    assert (refused.exit_code, limit in refused.output) == (2, True)


def test_the_configuration_promises_something_in_every_channel_of_the_traffic() -> None:
    assert set(config.load(CONFIGURATION).channels or {}) == {character.channel for character in CHARACTERS}


def test_the_worker_hears_nothing_of_the_deployment_around_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAREBEAT_SASL_USER", "somebody")
    monkeypatch.setenv("CAREBEAT_TOPIC_PREFIX", "production.")
    told = worker_environment(Play("127.0.0.1:1", tmp_path, 2, 8, 3, 4.0, 5, None, 6, 7, "whsec_x"))
    ours = {name: value for name, value in told.items() if name.startswith("CAREBEAT_")}
    assert ours == {
        "CAREBEAT_KAFKA": "127.0.0.1:1",
        "CAREBEAT_PARTITIONS": "3",
        "CAREBEAT_REPLICATION_FACTOR": "1",
        "CAREBEAT_CONFIG": str(CONFIGURATION),
        "CAREBEAT_METRICS_PORT": "2",
        "CAREBEAT_TICKETS_PORT": "8",
        "CAREBEAT_SESSION_TIMEOUT_SECONDS": "10",
    }


@pytest.mark.usefixtures("kafka")  # for whether there can be one; the demo has its own
def test_the_whole_demo_counts_every_ticket_and_leaves_nothing_behind() -> None:
    command = [sys.executable, "-m", "app", "demo", "--seconds", "15", "--rate", "40"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    folder = Path(said.partition("logs ")[2].split()[0]).parent
    assert "worker ready after" in said
    assert "gateway ready after" in said
    assert re.search(r"in [\d,]+ signed webhooks through the gateway", said)
    assert not folder.exists()
