"""What many tests stand on: one real Kafka per run, and the recorded traffic and worked cases beside the checkout."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import settings

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import EmbeddedExtraMissingError
from app.cli import carebeat
from tests import truth

settings.register_profile("short", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=5_000)  # pytest --hypothesis-profile=long
settings.load_profile("short")


@pytest.fixture(scope="session")
def kafka() -> Iterator[EmbeddedKafka]:
    """Real Kafka, started when the first test asks. Who stops it starts it again; topics need names of their own."""
    try:
        with EmbeddedKafka() as broker:
            yield broker
    except EmbeddedExtraMissingError as error:
        pytest.skip(f"NO KAFKA, nothing about it is tested: {error}")


def shared_folder() -> Path:
    """Where recorded traffic and worked cases are, if they are there."""
    return Path(os.environ.get("CAREBEAT_SHARED") or Path(__file__).resolve().parents[2] / "shared")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with recorded traffic and worked cases."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip(f"NO RECORDED TRAFFIC at {folder}: name its folder in CAREBEAT_SHARED")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the broker, so that `-m 'not kafka'` leaves it out; in parallel runs those tests share one process, and so one broker."""
    for item in items:
        group = str(item.path)
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker("kafka")
        if item.get_closest_marker("kafka"):
            group = "kafka"
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def recorded_log(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded support log of 2023 and 2024 as events."""
    return truth.write_log(shared, tmp_path_factory.mktemp("log") / "thunderbird.jsonl")


class ComputedLogs(dict[int, Path]):
    """Partitions -> the folder of what `carebeat compute` makes of the recorded log; computed when first asked for."""

    def __init__(self, log: Path, folder: Path) -> None:
        super().__init__()
        self._log, self._folder = log, folder

    def __missing__(self, partitions: int) -> Path:
        folder = self[partitions] = self._folder / str(partitions)
        at_end = ["--tick-at-end", truth.TICK_AT_END]
        arguments = ["compute", str(self._log), "--out", str(folder), "--partitions", str(partitions), *at_end]
        result = CliRunner().invoke(carebeat, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return folder


@pytest.fixture(scope="session")
def computed_log(recorded_log: Path, tmp_path_factory: pytest.TempPathFactory) -> ComputedLogs:
    """What `carebeat compute` makes of the recorded log, by number of partitions."""
    return ComputedLogs(recorded_log, tmp_path_factory.mktemp("computed"))
