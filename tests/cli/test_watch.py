import asyncio
import json

import pytest

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import TopicRefusedError
from tests.cli.conftest import Type
from tests.cli.records import at, encoded, key, progress, publish, transition, window

pytestmark = pytest.mark.usefixtures("deployment")


@pytest.fixture
def figures(deployment: EmbeddedKafka, prefix: str, run_command: Type) -> None:
    """Figures of two channels, in two revisions, and a breach."""
    run_command("topics", "create")
    early, late = {"counts": {"tickets_opened": 1}, "revision": 1}, {"revision": 2}
    windows = [window(channel, **more) for more in (early, late) for channel in ("email", "whatsapp", "all")]
    minutes = [window("all", "minute", at(29))]
    asyncio.run(
        publish(
            deployment.bootstrap,
            [
                *((f"{prefix}kpis", key(record), encoded(record)) for record in (*windows, *minutes)),
                (f"{prefix}sla", b"t-7", encoded(transition("t-7", "breached"))),
                *((f"{prefix}kpi-partials", *progress(partition, at(31 + partition))) for partition in (0, 1)),
            ],
        )
    )


@pytest.mark.usefixtures("figures")
def test_once_as_json_gives_the_newest_figures(run_command: Type) -> None:
    (line,) = run_command("watch", "--once", "--json").stdout.splitlines()
    said = json.loads(line)
    assert list(said["channels"]) == ["email", "whatsapp", "all"]
    assert said["channels"]["all"]["tickets_opened"] == 12
    assert said["channels"]["all"]["first_response_queue_seconds"]["p95"] == 754.0
    assert said["channels"]["email"]["sla"]["first_response"] == {"met": 8, "breached": 2, "attainment": 0.8}
    assert [change["ticket_id"] for change in said["transitions"]] == ["t-7"]
    assert said["stream_time"] == "2026-03-02T10:31:00Z"
    assert said["age_seconds"] > 86_400


@pytest.mark.usefixtures("figures")
def test_once_draws_the_board(kafka: EmbeddedKafka, prefix: str, run_command: Type) -> None:
    drawn = run_command("watch", "--once").stdout
    assert "hour 2026-03-02 10:00 to 11:00 UTC" in drawn
    assert "BREACHED" in drawn
    assert f"from {kafka.bootstrap}: {prefix}kpis to" in drawn


@pytest.mark.usefixtures("figures")
def test_the_window_can_be_chosen(run_command: Type) -> None:
    said = json.loads(run_command("watch", "--once", "--json", "--window", "minute").stdout)
    assert said["window"]["start"] == "2026-03-02T10:29:00Z"


def test_a_deployment_without_figures_says_so(run_command: Type) -> None:
    run_command("topics", "create")
    assert "No figures yet" in run_command("watch", "--once").stdout
    assert json.loads(run_command("watch", "--once", "--json").stdout)["channels"] == {}


def test_missing_topics_are_named_with_what_to_do(prefix: str, run_command: Type) -> None:
    with pytest.raises(TopicRefusedError, match=f"no topic {prefix}kpis and no {prefix}sla: run `carebeat topics"):
        run_command("watch", "--once")
