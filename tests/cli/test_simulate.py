import asyncio
import json
import re
import socket
from contextlib import closing
from pathlib import Path

import pytest

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import TopicRefusedError
from app.errors import ConfigurationError
from tests.cli.conftest import Type
from tests.gateway.real import PATH, real_gateway
from tests.gateway.sender import SECRET
from tests.traffic.topic import make_events_topic, read_all


@pytest.mark.usefixtures("deployment")
def test_traffic_of_the_named_channels_is_sent_until_the_time_is_over(
    kafka: EmbeddedKafka, prefix: str, run_command: Type
) -> None:
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "log"))
    done = run_command("simulate", "--rate", 400, "--speed", 60, "--channels", "email, x", "--seconds", 2)
    found = asyncio.run(read_all(kafka.bootstrap, f"{prefix}events", 2))
    assert {json.loads(record.value)["channel"] for record in found} <= {"email", "x"}
    said = re.search(r"sent ([\d,]+) events in \S+ \(.*/s\) to (\S+) at (\S+)", done.output)
    assert said is not None
    assert said.groups() == (f"{len(found):,}", f"{prefix}events", kafka.bootstrap)
    assert found


@pytest.mark.usefixtures("deployment")
def test_a_missing_topic_is_named(run_command: Type) -> None:
    with pytest.raises(TopicRefusedError, match="carebeat topics create"):
        run_command("simulate", "--seconds", 1)


@pytest.mark.usefixtures("deployment")
def test_via_http_it_is_a_foreign_system_that_signs(
    kafka: EmbeddedKafka, prefix: str, run_command: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(make_events_topic(kafka.bootstrap, prefix, 2, "log"))
    monkeypatch.setenv("WEBSITE_SECRET", SECRET)
    with real_gateway(kafka.bootstrap, prefix, tmp_path) as gateway:
        url = f"http://127.0.0.1:{gateway.port}{PATH}"
        done = run_command("simulate", "--rate", 200, "--speed", 60, "--seconds", 4, "--via", "http", "--url", url)
        assert gateway.stop() == 0
    found = asyncio.run(read_all(kafka.bootstrap, f"{prefix}events", 2))
    said = re.search(r"sent ([\d,]+) events in \S+ \(.*/s\) in ([\d,]+) webhooks to (\S+)", done.output)
    assert said is not None
    assert int(said[1].replace(",", "")) == len(found) > 20
    assert {json.loads(record.value)["source"] for record in found} == {"generic"}


def test_via_http_needs_the_secret_of_the_account(run_command: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEBSITE_SECRET", raising=False)
    with pytest.raises(ConfigurationError, match=r"WEBSITE_SECRET is not set: .* --secret-env"):
        run_command("simulate", "--via", "http", "--seconds", 1)
    monkeypatch.setenv("SOME", "whsec_short")
    with pytest.raises(ConfigurationError, match="the secret in SOME is no base64"):
        run_command("simulate", "--via", "http", "--secret-env", "SOME")


def test_the_secret_may_be_in_a_file(run_command: Type, tmp_path: Path) -> None:
    file = tmp_path / "website"
    for text, message in (("", "has no secret in its first line"), ("whsec_short\n", "is no base64")):
        file.write_text(text)
        with pytest.raises(ConfigurationError, match=f"{file} {message}"):
            run_command("simulate", "--via", "http", "--secret-file", file)
    file.unlink()
    with pytest.raises(ConfigurationError, match=f"{file} cannot be read"):
        run_command("simulate", "--via", "http", "--secret-file", file)
    file.write_text(f"{SECRET}\n")
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}{PATH}"
        assert (
            run_command("simulate", "--via", "http", "--secret-file", file, "--url", url, "--seconds", 0.1).exit_code
            == 0
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--channels", "email,fax"], "there is no made-up channel fax; there are whatsapp, email"),
        (["--channels", ","], "names no channel"),
        (["--via", "http", "--url", "foo"], "'foo' is no address such as http://"),
        (["--via", "http", "--url", "ftp://gateway/in"], "is no address"),
        (["--via", "http", "--url", "http://gateway:x/in"], "is no address"),
        (["--rate", "0"], "0.01<=x<=20000"),
        (["--speed", "-1"], "0.01<=x"),
        (["--seconds", "0"], "x>0"),
    ],
)
def test_what_cannot_be_is_refused_with_the_limit(run_command: Type, arguments: list[str], message: str) -> None:
    refused = run_command("simulate", *arguments)
    assert (refused.exit_code, message in refused.output) == (2, True)
