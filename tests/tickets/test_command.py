"""`carebeat tickets` as it is typed, against workers with real partitions."""

import json

import pytest

from app.cli.board.words import NOTHING
from app.errors import UnavailableError
from tests.cli.conftest import Type, run_command
from tests.tickets.conftest import Workers, partition

__all__ = ["run_command"]

BREACHED = (
    "10:00 message ticket=t1 priority=high, 10:01 assign anna ticket=t1, 10:20 message ticket=t2 team=a, 11:10 now"
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKERS", "TOKEN", "TOKEN_FILE", "HOST", "PORT"):
        monkeypatch.delenv(f"CAREBEAT_TICKETS_{name}", raising=False)
    monkeypatch.setenv("CAREBEAT_CLOCK", "events")
    monkeypatch.setenv("COLUMNS", "200")


def test_the_table_says_who_since_when_and_where(run_command: Type, worker: Workers) -> None:
    shown = run_command("tickets", "--worker", worker(partition(BREACHED, of=1), of=1)).stdout.splitlines()
    assert shown[0].split() == [
        "ticket",
        "channel",
        "priority",
        "who",
        "waiting",
        "since",
        "due",
        "(UTC)",
        "overdue",
        "by",
        "link",
    ]
    assert shown[2].split("  ")[0].strip() == "t1"
    assert shown[2].split()[1:] == (
        ["web", "high", "anna", "03-02", "10:00:00", "03-02", "11:00:00", "10m00s", "https://desk.example/web/t1"]
    )
    assert shown[3].split()[1:] == (
        ["web", NOTHING, "team", "a", "03-02", "10:20:00", "03-02", "11:20:00", NOTHING, "https://desk.example/web/t2"]
    )
    assert shown[-1] == "2 tickets waiting; 1 of 1 partitions answered, as of 2026-03-02 11:10:00 UTC"


def test_json_has_a_line_for_each_and_nothing_else(run_command: Type, worker: Workers) -> None:
    address = worker(partition(BREACHED, of=1), of=1)
    said = run_command("tickets", "--state", "breached", "--channel", "web", "--json", "--worker", address)
    (line,) = said.stdout.splitlines()
    assert json.loads(line) == {
        "ticket_id": "t1",
        "channel": "web",
        "priority": "high",
        "team": None,
        "agent_id": "anna",
        "state": "breached",
        "since": "2026-03-02T10:00:00Z",
        "metric": "first_response",
        "due_at": "2026-03-02T11:00:00Z",
        "link": "https://desk.example/web/t1",
        "partition": 0,
        "overdue_seconds": 600.0,
    }


def test_nobody_is_said_and_is_no_failure(run_command: Type, worker: Workers) -> None:
    address = worker(partition("10:00 message, 10:01 reply", of=1), of=1)
    said = run_command("tickets", "--worker", address, "--state", "at_risk", "--channel", "web")
    expected = "no tickets at risk in web; 1 of 1 partitions answered, as of 2026-03-02 10:01:00 UTC\n"
    assert (said.exit_code, said.stdout, said.stderr) == (0, expected, "")


def test_a_channel_that_nobody_knows_is_not_taken_for_a_quiet_one(run_command: Type, worker: Workers) -> None:
    address = worker(partition("10:00 message in=whatsapp", of=1), of=1)
    said = run_command("tickets", "--worker", address, "--channel", "watsapp")
    assert "no worker has seen a channel 'watsapp'; did you mean whatsapp?" in said.stderr


def test_how_many_there_are_is_said_where_not_all_are_shown(run_command: Type, worker: Workers) -> None:
    address = worker(partition(BREACHED, of=1), of=1)
    shown = run_command("tickets", "--worker", address, "--limit", 1).stdout.splitlines()
    assert shown[-1].startswith("the oldest 1 of 2 tickets waiting; --limit shows more; 1 of 1")


def test_an_incomplete_list_is_shown_and_said_and_fails(
    run_command: Type, worker: Workers, capsys: pytest.CaptureFixture[str]
) -> None:
    address = worker(partition(BREACHED))
    with pytest.raises(UnavailableError) as failure:
        run_command("tickets", "--worker", address, "--worker", "http://127.0.0.1:9")
    lines = str(failure.value).splitlines()
    assert lines[0].startswith("INCOMPLETE: 1 of 2 partitions answered, not 1. Name all workers by --worker")
    assert lines[1].startswith("http://127.0.0.1:9 does not answer (")
    assert failure.value.exit_status == 69
    assert capsys.readouterr().err == ""


def test_no_answer_at_all_is_no_empty_list(run_command: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBEAT_TICKETS_PORT", "9")
    with pytest.raises(UnavailableError, match=r"no worker answered[^$]*http://127.0.0.1:9 does not answer"):
        run_command("tickets")


def test_workers_and_token_come_from_the_settings(
    run_command: Type, worker: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "a-token-of-some-length"
    one, other = worker(partition(BREACHED), token=token.encode()), worker(partition("", 1), token=token.encode())
    monkeypatch.setenv("CAREBEAT_TICKETS_WORKERS", f"{one}, {other}/")
    monkeypatch.setenv("CAREBEAT_TICKETS_TOKEN", token)
    assert "2 of 2 partitions answered" in run_command("tickets").stdout
    monkeypatch.setenv("CAREBEAT_TICKETS_TOKEN", "another-token-of-length")
    with pytest.raises(UnavailableError, match="answers 401: that token is not the worker's") as failure:
        run_command("tickets")
    assert token not in str(failure.value)


def test_an_id_cannot_steer_the_terminal(run_command: Type, worker: Workers) -> None:
    address = worker(partition("10:00 message ticket=\x1b[31mt1\u202e who=\x1b", of=1), of=1)
    shown = run_command("tickets", "--worker", address).stdout
    assert ("\x1b" in shown, "\u202e" in shown, "\\x1b[31mt1\\u202e" in shown) == (False, False, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--state", "late"], "'waiting', 'at_risk', 'breached'"),
        (["--limit", "0"], "1<=x<=100000"),
        (["--worker", "worker-1:9465"], "is no address such as http://worker-1:9465"),
        (["--worker", "http://me:secret@worker-1"], "is no address"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(run_command: Type, arguments: list[str], words: str) -> None:
    refused = run_command("tickets", *arguments)
    assert (refused.exit_code, words in " ".join(refused.output.replace("│", " ").split())) == (2, True)
