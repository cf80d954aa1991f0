"""Commands as they are typed, against a deployment of their own on the one Kafka."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.broker.embedded import EmbeddedKafka
from app.cli import carebeat
from app.errors import CarebeatError

Type = Callable[..., Result]


@pytest.fixture
def prefix() -> str:
    return f"cli-{uuid.uuid4().hex[:12]}."


@pytest.fixture
def deployment(kafka: EmbeddedKafka, prefix: str, monkeypatch: pytest.MonkeyPatch) -> EmbeddedKafka:
    """The broker; the environment names it with two partitions, one replica and the prefix."""
    monkeypatch.setenv("CAREBEAT_KAFKA", kafka.bootstrap)
    monkeypatch.setenv("CAREBEAT_TOPIC_PREFIX", prefix)
    monkeypatch.setenv("CAREBEAT_PARTITIONS", "2")
    monkeypatch.setenv("CAREBEAT_REPLICATION_FACTOR", "1")
    return kafka


@pytest.fixture
def run_command() -> Type:
    """Runs `carebeat` with these arguments; what it raises for `main` is raised."""

    def typed(*arguments: Any) -> Result:
        result = CliRunner().invoke(carebeat, [str(argument) for argument in arguments])
        if isinstance(result.exception, CarebeatError):
            raise result.exception
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return typed
