import asyncio
import json
import re

import pytest

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import TopicRefusedError
from tests.cli.conftest import Type
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--channels", "email,fax"], "there is no made-up channel fax; there are whatsapp, email"),
        (["--channels", ","], "names no channel"),
        (["--rate", "0"], "0.01<=x<=20000"),
        (["--speed", "-1"], "0.01<=x"),
        (["--seconds", "0"], "x>0"),
    ],
)
def test_what_cannot_be_is_refused_with_the_limit(run_command: Type, arguments: list[str], message: str) -> None:
    refused = run_command("simulate", *arguments)
    assert (refused.exit_code, message in refused.output) == (2, True)
