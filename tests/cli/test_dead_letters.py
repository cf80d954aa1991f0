import asyncio
import base64
import json
from typing import Any

import pytest

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import TopicRefusedError
from schemas.dead_letters import DeadLetter
from tests.cli.conftest import Type
from tests.cli.records import publish

pytestmark = pytest.mark.usefixtures("deployment")


def _letter(offset: int, reason: str = "missing-field", value: bytes = b"{}", **more: Any) -> bytes:
    letter = {
        "topic": "support.events",
        "partition": 1,
        "offset": offset,
        "reason": reason,
        "value": base64.b64encode(value).decode(),
        "value_bytes": len(value),
        "failed_at": f"2026-03-02T10:{offset // 60:02d}:{offset % 60:02d}Z",
        "version": "0.1.0",
        **more,
    }
    DeadLetter.model_validate_json(json.dumps(letter))
    return json.dumps(letter).encode()


@pytest.fixture
def refused(deployment: EmbeddedKafka, prefix: str, run_command: Type) -> None:
    """1,200 dead letters, the third last and the first with a reason of their own."""
    run_command("topics", "create")
    letters = [_letter(number) for number in range(1200)]
    letters[0] = letters[0].replace(b"missing-field", b"not-json")
    letters[1197] = _letter(1197, "bad-value", b"secret \x1b[31m\xff", field="score")
    topic = f"{prefix}dead-letters"
    asyncio.run(publish(deployment.bootstrap, [(topic, None, letter) for letter in letters]))


@pytest.mark.usefixtures("refused")
def test_the_newest_are_listed_oldest_first(run_command: Type) -> None:
    listed = run_command("dead-letters", "list", "--limit", 3).stdout.splitlines()
    assert [line.split()[3] for line in listed[2:]] == [f"support.events:1:{number}" for number in (1197, 1198, 1199)]
    assert listed[2].split()[:3] == ["2026-03-02", "10:19:57", "bad-value"]
    assert listed[2].split()[-1] == "score"


@pytest.mark.usefixtures("refused")
def test_a_reason_is_found_far_back(run_command: Type) -> None:
    listed = run_command("dead-letters", "list", "--reason", "not-json", "--json").stdout.splitlines()
    assert [json.loads(line)["offset"] for line in listed] == [0]


@pytest.mark.usefixtures("refused")
def test_content_is_never_shown_unasked(run_command: Type) -> None:
    for arguments in ([], ["--json"]):
        shown = run_command("dead-letters", "list", *arguments).stdout
        assert "secret" not in shown
        assert base64.b64encode(b"secret").decode()[:6] not in shown


@pytest.mark.usefixtures("refused")
def test_content_that_is_asked_for_cannot_steer_the_terminal(run_command: Type) -> None:
    listed = run_command("dead-letters", "list", "--reason", "bad-value", "--content", "--json").stdout
    assert json.loads(listed)["content"] == "secret \\x1b[31m\\xff"


def test_nothing_is_said_plainly(prefix: str, run_command: Type) -> None:
    run_command("topics", "create")
    assert f"no dead letters on {prefix}dead-letters" in run_command("dead-letters", "list").output


def test_a_missing_topic_is_named(run_command: Type) -> None:
    with pytest.raises(TopicRefusedError, match="carebeat topics create"):
        run_command("dead-letters", "list")


def test_an_unknown_reason_is_refused_with_those_there_are(run_command: Type) -> None:
    refused = run_command("dead-letters", "list", "--reason", "ugly")
    assert (refused.exit_code, "'missing-field'" in refused.output) == (2, True)
