from pathlib import Path

import pytest

from app import config
from app.cli.stage.performance import CONFIGURATION
from app.traffic.characters import CHARACTERS


@pytest.mark.parametrize("path", [config.default_path(), CONFIGURATION], ids=lambda path: path.name)
def test_its_channels_are_those_of_our_configurations(path: Path) -> None:
    """One that is not listed would be counted as `other`."""
    listed = config.load(path).channels
    assert listed is not None
    assert {character.channel for character in CHARACTERS} <= listed.keys()
