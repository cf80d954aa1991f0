"""The support configuration: what channels there are and what is promised in them.

One YAML file says it (`deploy/carebeat.yaml` is the commented example and the default). What holds in every channel
stands under `defaults`; a channel names only what differs. Unknown keys, wrong values and contradictions are refused,
all at once, each with its line and a way out; what can be meant but hardly is draws a doubt. `rules` compiles it for the core.
"""

import logging
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from app.config_contradictions import contradictions
from app.config_doubts import doubts
from app.config_errors import problems_of
from app.config_file import ConfigFile, read_file, read_text
from app.config_model import Config
from app.config_rules import compiled_schedules, rules, truth_rules

__all__ = [
    "Config",
    "Understood",
    "compiled_schedules",
    "default_path",
    "load",
    "packaged",
    "parse",
    "rules",
    "truth_rules",
    "understand",
]

_log = logging.getLogger(__name__)


class Understood(NamedTuple):
    """A configuration, and what in it is doubtful: lines that begin with file and line."""

    config: Config
    doubts: list[str]


def packaged(name: str) -> Path:
    """A file of `deploy/` that travels with the package: packaged or in the checkout."""
    path = Path(__file__).with_name(name)
    return path if path.exists() else Path(__file__).parent.parent / "deploy" / name


def default_path() -> Path:
    """The configuration used where none is named: `deploy/carebeat.yaml`."""
    return packaged("carebeat.yaml")


def load(path: Path | None = None) -> Config:
    """The configuration in a file, `default_path()` if none is named; doubts are logged. Raises ConfigurationError."""
    return _logged(_understand(read_file(path or default_path())))


def parse(text: str, name: str = "configuration") -> Config:
    """The configuration in a text; doubts are logged. Raises ConfigurationError."""
    return _logged(_understand(read_text(text, name)))


def understand(path: Path) -> Understood:
    """The configuration in a file, with its doubts. Raises ConfigurationError."""
    return _understand(read_file(path))


def _understand(file: ConfigFile) -> Understood:
    try:
        config = Config.model_validate(file.values)
    except ValidationError as error:
        file.refuse(problems_of(error, Config))
        raise AssertionError("a refused configuration without a problem") from error
    file.refuse(contradictions(config))
    return Understood(config, file.located(doubts(config)))


def _logged(understood: Understood) -> Config:
    for line in understood.doubts:
        _log.warning(line)
    return understood.config
