"""`carebeat explain` as it is typed: over files, and over real Kafka."""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import TopicRefusedError
from app.broker.partitions import partition_of
from app.errors import ConfigurationError
from tests.cli.conftest import Type
from tests.kpi.story import records

STORY = """
    10:00 message priority=high, 10:00 message ticket=t2,
    10:05 reply bot id=b1, 10:05 reply bot id=b1, 10:06 handover,
    10:30 reply who=anna, 10:20 message id=late, 11:00 close, 10:10 close id=b1,
    d2 10:00 message, d2 20:00 label team=a, d11 10:00 reply ticket=t2, d2 10:30 reply bot
"""


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAREBEAT_CONFIG", raising=False)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl.gz"
    lines = [record.value or b"" for record in records(STORY)]
    odd = b'{"type":"message-received","ticket_id":"t1","id":7,"channel":"web","occurred_at":"2026-03-12T12:00:00Z"}'
    with gzip.open(path, "wb") as file:
        file.write(b"\n".join([*lines, b"no event at all", odd]))
    return path


def steps_of(shown: str) -> dict[str, list[str]]:
    """First line of each step -> its other lines."""
    blocks = [block.splitlines() for block in shown.split("\n\n")[1:]]
    return {block[0]: [line.strip() for line in block[1:]] for block in blocks}


def step(steps: dict[str, list[str]], words: str) -> list[str]:
    (found,) = (lines for heading, lines in steps.items() if words in heading)
    return found


def test_each_event_says_what_it_did(run_command: Type, log: Path) -> None:
    shown = run_command("explain", "t1", "--log", log).stdout
    steps = steps_of(shown)
    assert shown.splitlines()[0] == f"ticket t1 from {log}: 15 lines"
    assert step(steps, "id e0") == [
        "the ticket opened",
        "a wait began",
        "first_response runs since 2026-03-02 10:00:00: at risk after 2026-03-02 13:12:00, due 2026-03-02 14:00:00",
        "resolution runs since 2026-03-02 10:00:00: at risk after 2026-03-04 19:36:00, due 2026-03-05 10:00:00",
        (
            "counted in web, minute 2026-03-02 10:00, hour 2026-03-02 10:00, day 2026-03-02 00:00: "
            "tickets_opened, messages_received, waits_opened"
        ),
    ]
    assert step(steps, "id e5")[:6] == [
        "the wait was answered",
        "response: 24m00s in web",
        "first_action: 24m00s in web",
        "first_response_queue: 24m00s in web",
        "first_response: 30m00s in web",
        "first_response met at 2026-03-02 10:30:00 (due 2026-03-02 14:06:00)",
    ]
    assert "ticket-labelled in web team=a  (offset 10, id e10)" in shown


def test_what_had_no_effect_or_came_late_says_why(run_command: Type, log: Path) -> None:
    steps = steps_of(run_command("explain", "t1", "--log", log).stdout)
    assert step(steps, "(offset 3, id b1)") == ["no effect: an event with this id was read before (duplicate)"]
    assert "other content was read before" in step(steps, "(offset 8, id b1)")[0]
    assert step(steps, "id late)  read at 2026-03-02 10:30:00")[0].endswith("in its place (revised)")
    revised = step(steps, "id e12)  read at 2026-03-12 10:00:00")
    assert "next_response retracted: what was said of the clock since 2026-03-03 10:00:00 no longer holds" in revised
    assert any(line.startswith("taken back: ") and "waits_expired" in line for line in revised)
    assert any(line.startswith("too late for minute 2026-03-03 10:30, hour 2026-03-03 10:00") for line in revised)
    assert step(steps, "refused, a dead letter (wrong-type: id)") == []


def test_timers_and_what_happens_next_are_told(run_command: Type, log: Path) -> None:
    shown = run_command("explain", "t1", "--log", log, "--until", "2026-03-12T12:00:00Z").stdout
    assert "2026-03-04 10:00:10  time passed the next_response clock" in shown
    now = steps_of(shown)["now, at stream time 2026-03-12 12:00:00 UTC"]
    assert now == [
        "open in web, priority high, team a",
        "nobody waits",
        "resolution breached: due 2026-03-06 10:00:00, 6d02h ago",
        "next: nothing happens by itself",
    ]
    waiting = run_command("explain", "t2", "--log", log).stdout
    assert "next: nothing happens by itself" in waiting


def test_a_program_gets_the_same_as_json(run_command: Type, log: Path) -> None:
    said = [json.loads(line) for line in run_command("explain", "t1", "--log", log, "--json").stdout.splitlines()]
    assert [each["outcome"] for each in said if each["step"] == "event"] == [
        *("stepped", "stepped", "duplicate", "stepped", "stepped", "revised", "stepped", "conflicting"),
        *("stepped", "stepped", "revised"),
    ]
    assert said[0]["event"] == {
        "id": "e0",
        "type": "message-received",
        "channel": "web",
        "sets": {"priority": "high"},
    }
    assert said[0]["counted"][0]["windows"] == {
        "minute": "2026-03-02T10:00:00Z",
        "hour": "2026-03-02T10:00:00Z",
        "day": "2026-03-02T00:00:00Z",
    }
    assert (said[-1]["step"], said[-1]["status"], said[-1]["waiting_since"]) == ("present", "open", None)


def test_the_configuration_decides_and_gives_the_link(run_command: Type, log: Path, tmp_path: Path) -> None:
    path = tmp_path / "carebeat.yaml"
    path.write_text(
        "defaults: {sla: {first_response: 10m}, ticket_url: 'https://desk.example/{ticket_id}'}\nforget: {closed: 5d}"
    )
    shown = run_command("explain", "t2", "--log", log, "--config", path).stdout
    assert shown.splitlines()[1] == "https://desk.example/t2"
    assert "due 2026-03-02 10:10:00" in shown


def test_a_ticket_that_is_not_there_is_told_where_was_looked(run_command: Type, log: Path) -> None:
    said = run_command("explain", "T1", "--log", log)
    assert (said.exit_code, said.stdout) == (1, "")
    assert f"no event of ticket 'T1' in {log}: 15 lines. Ids are written as in the file" in said.stderr


def test_an_id_cannot_steer_the_terminal(run_command: Type, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(
        b"\n".join(record.value or b"" for record in records("10:00 message ticket=\x1b[31mt1 id=\x1b[5m"))
    )
    shown = run_command("explain", "\x1b[31mt1", "--log", path).stdout
    assert ("\x1b" in shown, "ticket \\x1b[31mt1" in shown) == (False, True)


def test_a_file_that_is_broken_is_named(run_command: Type, tmp_path: Path, log: Path) -> None:
    whole, broken = log.read_bytes(), tmp_path / "broken.jsonl.gz"
    for content in (b"no gzip", whole[: len(whole) // 2]):
        broken.write_bytes(content)
        with pytest.raises(ConfigurationError, match=r"broken.jsonl.gz cannot be read"):
            run_command("explain", "t1", "--log", broken)


def test_since_is_not_for_files(run_command: Type, log: Path) -> None:
    refused = run_command("explain", "t1", "--log", log, "--since", "2026-03-02T10:00:00Z")
    assert (refused.exit_code, "--since is for Kafka" in refused.output) == (2, True)


# -- Kafka ------------------------------------------------------------------------------------------------------------


async def _send(bootstrap: str, topic: str, bodies: list[dict[str, Any]]) -> list[int]:
    """Writes events; the append time of each."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        sent = []
        for body in bodies:
            key = body["ticket_id"].encode()
            sent.append((await producer.send_and_wait(topic, json.dumps(body).encode(), key=key)).timestamp)
            await asyncio.sleep(0.01)
        return sent
    finally:
        await producer.stop()


def _message(id_: str, ticket: str, **more: Any) -> dict[str, Any]:
    body = {"id": id_, "type": "message-received", "ticket_id": ticket, "channel": "web", **more}
    return {"occurred_at": "2026-03-02T10:00:00Z", **body}


def test_a_ticket_is_read_from_its_partition_of_the_topic(
    deployment: EmbeddedKafka, prefix: str, run_command: Type
) -> None:
    run_command("topics", "create")
    filler = [_message(f"f{number}", f"other-{number}") for number in range(50)]
    mine = [_message("e1", "t-1"), _message("e2", "t-1", type="reply-sent", occurred_at="2026-03-02T10:05:00Z")]
    appended = asyncio.run(_send(deployment.bootstrap, f"{prefix}events", [*filler, mine[0], *filler[:5], mine[1]]))
    said = [json.loads(line) for line in run_command("explain", "t-1", "--json").stdout.splitlines()]
    assert [each["event"]["id"] for each in said if each["step"] == "event"] == ["e1", "e2"]
    first_ms, last_ms = appended[50], appended[-1]
    assert first_ms < last_ms
    shown = run_command("explain", "t-1").stdout
    assert f"from {prefix}events, partition {partition_of('t-1', 2)} of 2, offsets 0 to " in shown.splitlines()[0]
    since = run_command("explain", "t-1", "--json", "--since", _instant(last_ms)).stdout.splitlines()
    assert [json.loads(line)["event"]["id"] for line in since if '"event": {' in line] == ["e2"]
    later = run_command("explain", "t-1", "--since", _instant(last_ms + 1000))
    assert (later.exit_code, "or before --since" in later.stderr) == (1, True)


def _instant(at_ms: int) -> str:
    from app.kpi.instants import text_of

    return text_of(at_ms)


def test_a_missing_topic_is_named(deployment: EmbeddedKafka, run_command: Type) -> None:
    assert deployment
    with pytest.raises(TopicRefusedError, match="carebeat topics create"):
        run_command("explain", "t1")
