import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.responses import Response

from app import config
from app.broker.embedded import EmbeddedKafka
from app.broker.errors import TopicRefusedError
from app.connectors.registry import POLLERS
from app.errors import ConfigurationError, UnavailableError
from app.gateway.collected import collected
from app.gateway.poll import Cursor
from tests.cli.conftest import Type
from tests.deployment import until
from tests.gateway.sender import PSEUDONYM_KEY
from tests.gateway.vendors.gorgias import GorgiasServer
from tests.gateway.vendors.intercom import IntercomServer
from tests.gateway.vendors.live import listening
from tests.gateway.vendors.server import Server
from tests.gateway.vendors.stage import ENVIRONMENT, configuration
from tests.gateway.vendors.world import World
from tests.traffic.topic import Found, make_customers_topic, make_events_topic, read_all

SINCE = "2026-03-02T10:00:00Z"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A Gorgias with eight tickets, every other one closed, and the configuration that names it."""
    world = World()
    for ticket in range(1, 9):
        world.happen(ticket, "in", after_seconds=1000)
        world.happen(ticket, "out")
    for ticket in range(1, 9, 2):
        world.happen(ticket, "close")
    server = Server(GorgiasServer(), world)
    for name, value in {**ENVIRONMENT, "CAREBEAT_PSEUDONYM_KEY": PSEUDONYM_KEY}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAREBEAT_CONFIG", str(tmp_path / "c.yaml"))
    with listening(server) as address:
        (tmp_path / "c.yaml").write_text(configuration(server.vendor, address))
        yield server


def events(kafka: EmbeddedKafka, prefix: str) -> list[Found]:
    return asyncio.run(read_all(kafka.bootstrap, f"{prefix}events", 2))


def tickets(found: list[Found]) -> set[str]:
    return {record.key.decode() for record in found if record.key}


def test_its_help_names_every_source_that_can_be_polled(run_command: Type) -> None:
    assert f"Sources: {', '.join(sorted(POLLERS))}." in run_command("backfill", "--help").output


@pytest.mark.usefixtures("deployment")
def test_open_tickets_come_whole_and_in_order_and_twice_is_the_same(
    kafka: EmbeddedKafka, prefix: str, desk: Server, run_command: Type, tmp_path: Path
) -> None:
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "log"))
    done = run_command("backfill", "gorgias", "--since", SINCE)
    assert f"open tickets of gorgias/support that changed since {SINCE}" in done.output
    found = events(kafka, prefix)
    assert tickets(found) == {"2", "4", "6", "8"}
    assert {json.loads(one.value)["type"] for one in found} >= {"ticket-opened", "message-received", "reply-sent"}
    for partition in (0, 1):
        instants = [json.loads(one.value)["occurred_at"] for one in found if one.partition == partition]
        assert instants == sorted(instants)
    assert not list(tmp_path.glob("*.db"))
    run_command("backfill", "gorgias", "--since", SINCE)
    again = [json.loads(one.value)["id"] for one in events(kafka, prefix)]
    assert len(again) == 2 * len(set(again))
    assert desk.most_at_once == 1


@pytest.mark.usefixtures("deployment")
def test_where_orders_are_joined_it_is_told_whose_tickets_they_are(
    kafka: EmbeddedKafka, prefix: str, desk: Server, run_command: Type, tmp_path: Path
) -> None:
    desk.vendor, path = IntercomServer(), tmp_path / "c.yaml"
    url = config.load(path).connectors["gorgias"]["support"].poll.url  # type: ignore[union-attr] # as written above
    path.write_text(f"{configuration(desk.vendor, url)}\norders: {{settle: 5m}}")  # type: ignore[arg-type]
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "log"))
    with pytest.raises(TopicRefusedError, match="carebeat topics create"):
        run_command("backfill", "intercom", "--since", SINCE)
    assert not desk.log, "nothing is asked as long as there is nowhere to put it"
    asyncio.run(make_customers_topic(kafka.bootstrap, prefix))
    said = run_command("backfill", "intercom", "--since", SINCE).output
    told = [json.loads(one.value) for one in asyncio.run(read_all(kafka.bootstrap, f"{prefix}customers", 1))]
    assert {one["ticket_id"] for one in told} == {"2", "4", "6", "8"}
    assert {one["type"] for one in told} == {"contact"}
    assert f"sent {len(events(kafka, prefix))} events" in said


@pytest.mark.usefixtures("deployment", "desk")
def test_history_goes_to_a_deployment_of_its_own_and_holds_everything(
    kafka: EmbeddedKafka, prefix: str, run_command: Type
) -> None:
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "log"))
    asyncio.run(make_events_topic(kafka.bootstrap, f"history-{prefix}", 2, "events"))
    with pytest.raises(TopicRefusedError, match="CAREBEAT_CLOCK=events"):
        run_command("backfill", "gorgias", "--since", SINCE, "--prefix", prefix)
    run_command("backfill", "gorgias", "--since", SINCE, "--prefix", f"history-{prefix}")
    assert tickets(events(kafka, f"history-{prefix}")) == {str(number) for number in range(1, 9)}
    assert not events(kafka, prefix)


@pytest.mark.usefixtures("deployment")
def test_it_is_broken_off_cleanly_and_goes_on_where_it_was(
    kafka: EmbeddedKafka, prefix: str, desk: Server, run_command: Type, tmp_path: Path
) -> None:
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "log"))
    desk.faults = [*[None] * 10, *[Response(status_code=429, headers={"retry-after": "600"})] * 6]
    arguments = ("backfill", "gorgias", "--since", SINCE, "--everything")
    process = subprocess.Popen([sys.executable, "-m", "app", *arguments], stdout=subprocess.PIPE, env={**os.environ})
    asyncio.run(until(lambda: any(one.status == 429 for one in desk.log), 30, "the source says to wait"))
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[0].decode()
    assert process.returncode == 130
    assert "stopped; backfill-gorgias-support.db has what was collected" in said
    assert not events(kafka, prefix)
    with pytest.raises(ConfigurationError, match="delete the file to give it up, or name another with --file"):
        run_command("backfill", "gorgias", "--since", SINCE)
    desk.faults, asked = [], [one.path for one in desk.log]
    run_command(*arguments)
    assert tickets(events(kafka, prefix)) == {str(number) for number in range(1, 9)}
    details = [one.path for one in desk.log[len(asked) :] if one.path != "/api/tickets"]
    assert len(details) < 8 * 3  # the tickets before are not asked for again
    assert not list(tmp_path.glob("*.db"))


@pytest.mark.usefixtures("deployment")
def test_what_is_wrong_is_told_with_the_next_step(
    kafka: EmbeddedKafka, prefix: str, desk: Server, run_command: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TopicRefusedError, match="carebeat topics create"):
        run_command("backfill", "gorgias", "--since", SINCE)
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "log"))
    assert (
        "is no instant with a zone, such as 2026-03-02T10:00:00Z"
        in run_command("backfill", "gorgias", "--since", "x").output
    )
    with pytest.raises(
        ConfigurationError, match="--account x: gorgias has no such account in the configuration; there are: support"
    ):
        run_command("backfill", "gorgias", "--since", SINCE, "--account", "x")
    with pytest.raises(ConfigurationError, match="no token of zendesk is configured: write `poll: "):
        run_command("backfill", "zendesk", "--since", SINCE)
    desk.vendor = IntercomServer()
    with pytest.raises(ConfigurationError, match="the token is refused: see that it is right"):
        run_command("backfill", "gorgias", "--since", SINCE)
    monkeypatch.delenv("TOKEN")
    with pytest.raises(
        ConfigurationError, match=r"connectors.gorgias.support.poll.token: the environment variable TOKEN"
    ):
        run_command("backfill", "gorgias", "--since", SINCE)


def test_one_file_serves_one_backfill_at_a_time(tmp_path: Path) -> None:
    path, begin = tmp_path / "b.db", Cursor.at(0)
    with (
        collected(path, "this", begin),
        pytest.raises(UnavailableError, match="another backfill uses it"),
        collected(path, "this", begin),
    ):
        pass
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_begun_before_there_were_two_topics_is_gone_on_with(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "b.db")
    database.executescript(
        "CREATE TABLE events (id TEXT PRIMARY KEY, occurred_ms INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL)"
        " STRICT, WITHOUT ROWID; INSERT INTO events VALUES ('a', 1, x'31', x'7b7d');"
    )
    database.close()
    with collected(tmp_path / "b.db", "this", Cursor.at(0)) as store:
        assert list(store.in_order()) == [("events", b"1", b"{}")]
