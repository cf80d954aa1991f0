import json

import pytest

from app.broker.embedded import EmbeddedKafka
from tests.cli.conftest import Type

pytestmark = pytest.mark.usefixtures("deployment")


def test_topics_are_made_and_then_as_they_have_to_be(kafka: EmbeddedKafka, prefix: str, run_command: Type) -> None:
    made = run_command("topics", "create")
    assert made.output.count(" made") == 9
    assert f"{prefix}events" in made.output
    checked = run_command("topics", "check")
    assert checked.exit_code == 0
    assert f"All 9 topics at {kafka.bootstrap} are as they have to be." in checked.output


def test_creating_again_says_that_they_were_there(run_command: Type) -> None:
    run_command("topics", "create")
    again = json.loads(run_command("topics", "create", "--json").stdout)
    assert [topic["made"] for topic in again["topics"]] == [False] * 9
    assert again["is_as_it_has_to_be"]


def test_missing_topics_are_a_difference(prefix: str, run_command: Type) -> None:
    checked = run_command("topics", "check")
    assert checked.exit_code == 1
    assert checked.output.count("is missing: run `carebeat topics create`") == 9
    assert f"{prefix}sla" in checked.output


def test_other_partitions_are_a_difference_with_a_way_out(run_command: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    run_command("topics", "create")
    monkeypatch.setenv("CAREBEAT_PARTITIONS", "5")
    checked = run_command("topics", "check", "--json")
    events = json.loads(checked.stdout)["topics"][0]
    assert checked.exit_code == 1
    assert [found["problem"] for found in events["differences"]] == ["has 2 partitions, not 5"]
    assert "another topic prefix" in events["differences"][0]["remedy"]


def test_creating_warns_of_topics_that_differ(run_command: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    run_command("topics", "create")
    monkeypatch.setenv("CAREBEAT_PARTITIONS", "5")
    made = run_command("topics", "create")
    assert "was there, DIFFERS" in made.output
    assert "`carebeat topics check` says what to do" in made.output
