import asyncio
import json
from pathlib import Path

import pytest

from app.broker.embedded import EmbeddedKafka
from app.errors import ConfigurationError
from tests.cli.conftest import Type
from tests.connectors.test_amazon_connect import CALL, SECOND
from tests.gateway.sender import PSEUDONYM_KEY
from tests.traffic.topic import make_customers_topic, make_events_topic, read_all


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Two calls behind each other, and something else."""
    path = tmp_path / "records"
    path.write_text(json.dumps(CALL) + json.dumps({**CALL, "ContactId": SECOND}) + "\n" + json.dumps({"ContactId": ""}))
    return path


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBEAT_PSEUDONYM_KEY", PSEUDONYM_KEY)
    monkeypatch.setenv("CAREBEAT_CLOCK", "events")


@pytest.mark.usefixtures("deployment")
def test_files_become_events_and_again_the_same_ones(
    kafka: EmbeddedKafka,
    prefix: str,
    records: Path,
    tmp_path: Path,
    run_command: Type,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configuration = tmp_path / "carebeat.yaml"
    configuration.write_text("orders: {}")
    monkeypatch.setenv("CAREBEAT_CONFIG", str(configuration))
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "events"))
    asyncio.run(make_customers_topic(kafka.bootstrap, prefix))
    first = run_command("import-file", "amazon-connect", records, "--account", "eu")
    assert first.exit_code == 1, "a record was faulty"
    assert "3 records read, 10 events sent\n1 records not as the source writes them\n" in first.output
    told = asyncio.run(read_all(kafka.bootstrap, f"{prefix}events", 2))
    assert all(record.key == json.loads(record.value)["ticket_id"].encode() for record in told)
    run_command("import-file", "amazon-connect", records, "--account", "eu")
    again = asyncio.run(read_all(kafka.bootstrap, f"{prefix}events", 2))
    ids = [json.loads(record.value)["id"] for record in again]
    assert (len(ids), len(set(ids)), len(told)) == (20, 10, 10)
    assert len(asyncio.run(read_all(kafka.bootstrap, f"{prefix}customers", 1))) == 4


def test_a_dry_run_needs_no_kafka(records: Path, run_command: Type) -> None:
    told = run_command("import-file", "amazon-connect", records, "--dry-run", "--json", "--channel", "hotline")
    counts = {"read": 3, "events": 10, "unused": 0, "superseded": 0, "too_old": 0, "not_json": 0, "malformed": 1}
    assert json.loads(told.output) == {"sent": False, **counts, "invalid": 0}


def test_a_live_deployment_takes_no_history(records: Path, run_command: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBEAT_CLOCK", "log")
    told = run_command("import-file", "amazon-connect", records, "--dry-run").output
    assert "0 events would be sent" in told
    assert "2 records over for more than 24 h" in told


@pytest.mark.parametrize(
    ("option", "why"),
    [("offer=x", "has offer_attribute"), ("offer_attribute=", "write --option offer_attribute=VALUE")],
)
def test_an_option_must_be_the_sources(records: Path, run_command: Type, option: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        run_command("import-file", "amazon-connect", records, "--dry-run", "--option", option)


def test_a_broken_archive_is_named_as_one(tmp_path: Path, run_command: Type) -> None:
    broken = tmp_path / "records.gz"
    broken.write_bytes(b"no archive")
    with pytest.raises(ConfigurationError, match="no whole gzip file"):
        run_command("import-file", "amazon-connect", broken, "--dry-run")
