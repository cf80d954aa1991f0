"""What many tests stand on: one real Kafka per run, and the recorded traffic and worked cases beside the checkout."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import EmbeddedExtraMissingError


@pytest.fixture(scope="session")
def kafka() -> Iterator[EmbeddedKafka]:
    """Real Kafka, started when the first test asks. Who stops it starts it again; topics need names of their own."""
    try:
        with EmbeddedKafka() as broker:
            yield broker
    except EmbeddedExtraMissingError as error:
        pytest.skip(f"NO KAFKA, nothing about it is tested: {error}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with recorded traffic and worked cases."""
    folder = Path(os.environ.get("CAREBEAT_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    if not folder.is_dir():
        pytest.skip(f"NO RECORDED TRAFFIC at {folder}: name its folder in CAREBEAT_SHARED")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the broker, so that `-m 'not kafka'` leaves it out."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker("kafka")
