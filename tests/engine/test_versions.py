import pytest

from app.engine.crash import OperatorNeededError
from app.engine.versions import WRITTEN_FOR, check_versions


def test_the_pinned_versions_are_installed() -> None:
    check_versions()


def test_another_version_is_refused() -> None:
    with pytest.raises(OperatorNeededError, match=r"aiokafka 0\.15\.0 is installed, the engine needs 0\.14\.0"):
        check_versions({**WRITTEN_FOR, "aiokafka": "0.15.0"})
