import asyncio
import gzip
import json
from pathlib import Path

import pytest

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import TopicRefusedError
from app.errors import ConfigurationError
from tests.cli.conftest import Type
from tests.traffic.topic import make_events_topic, read_all


def _events(folder: Path, count: int) -> Path:
    fields = {"type": "message-received", "channel": "email", "occurred_at": "2026-01-01T00:00:00Z"}
    lines = [json.dumps({"id": f"e{number}", "ticket_id": f"t{number}", **fields}) for number in range(count)]
    path = folder / "events.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


@pytest.mark.usefixtures("deployment")
def test_a_file_is_sent_whole_and_time_goes_on_to_the_end(
    kafka: EmbeddedKafka, prefix: str, tmp_path: Path, run_command: Type
) -> None:
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "events"))
    done = run_command("replay", _events(tmp_path, 1500), "--tick-at-end", "2026-02-01T00:00:00Z")
    found = asyncio.run(read_all(kafka.bootstrap, f"{prefix}events", 2))
    assert f"sent 1,500 events to {prefix}events at {kafka.bootstrap} in " in done.output
    assert sum(record.key is not None for record in found) == 1500
    assert sum(b"clock-ticked" in record.value for record in found) == 2


@pytest.mark.usefixtures("deployment")
def test_the_prefix_can_be_named(kafka: EmbeddedKafka, prefix: str, tmp_path: Path, run_command: Type) -> None:
    asyncio.run(make_events_topic(kafka.bootstrap, f"other-{prefix}", 2, "events"))
    done = run_command("replay", _events(tmp_path, 3), "--prefix", f"other-{prefix}", "--speed", "1000")
    assert f"sent 3 events to other-{prefix}events" in done.output


@pytest.mark.usefixtures("deployment")
def test_lines_without_a_ticket_are_told(kafka: EmbeddedKafka, prefix: str, tmp_path: Path, run_command: Type) -> None:
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "events"))
    path = tmp_path / "garbage.jsonl"
    path.write_text("{\n7\n")
    assert "2 of them name no ticket" in run_command("replay", path).output


@pytest.mark.usefixtures("deployment")
def test_a_live_deployment_is_refused(kafka: EmbeddedKafka, prefix: str, tmp_path: Path, run_command: Type) -> None:
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "log"))
    with pytest.raises(TopicRefusedError, match="CAREBEAT_CLOCK=events"):
        run_command("replay", _events(tmp_path, 1))


@pytest.mark.usefixtures("deployment")
def test_half_an_archive_is_the_operators_to_mend(
    kafka: EmbeddedKafka, prefix: str, tmp_path: Path, run_command: Type
) -> None:
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "events"))
    path = _events(tmp_path, 1000)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ConfigurationError, match=r"events.jsonl.gz cannot be read"):
        run_command("replay", path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--speed", "0"], "'0' is no speed: give a number above 0"),
        (["--speed", "nan"], "is no speed"),
        (["--tick-at-end", "February"], "is no date and no instant with a zone, such as 2026-03-02"),
    ],
)
def test_what_cannot_be_is_refused_with_an_example(
    tmp_path: Path, run_command: Type, arguments: list[str], message: str
) -> None:
    refused = run_command("replay", _events(tmp_path, 1), *arguments)
    assert (refused.exit_code, message in refused.output) == (2, True)


def test_a_missing_file_is_named(run_command: Type) -> None:
    assert "'nowhere.jsonl' does not exist" in run_command("replay", "nowhere.jsonl").output
