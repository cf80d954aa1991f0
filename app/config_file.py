"""A YAML file as plain values that know their lines, so that every complaint can point at one.

Plain words mean what YAML 1.2 says: only true and false are booleans, 010 is no number, 1:30 is no 90. Keys are text
and unique.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from app.errors import ConfigurationError

Place = tuple[str | int, ...]
"""Where a value stands: keys, and indices of lists, from the top."""

_DEEPEST: Final = 10
_COLLECTIONS: Final = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


class Problem(NamedTuple):
    """What is wrong at a place."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The values of one file."""

    name: str
    values: Any
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """The line of a value; of what is around it where it is not written."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Raise ConfigurationError with a line for each problem, from the top of the file down; nothing if none."""
        lines = self.located(problems)
        if lines:
            raise ConfigurationError("\n".join(lines))

    def located(self, problems: Iterable[Problem]) -> list[str]:
        """Each problem once, with file and line, in the order of the file."""
        found = sorted((self.line(problem.place), problem.text) for problem in problems)
        return [f"{self.name}:{line}: {text}" for line, text in dict.fromkeys(found)]


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own way; filled below, apart from its parent's


_PLAIN: Final = {
    "bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    "int": (r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    "float": (r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
}
for _kind, (_pattern, _starts) in _PLAIN.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), list(_starts))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])


def read_file(path: Path) -> ConfigFile:
    """The values of a file. Raises ConfigurationError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"Cannot read the configuration {path}: {error.strerror}. Name a file with --config or CAREBEAT_CONFIG."
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 at byte {error.start}. Save it as UTF-8.") from None
    return read_text(text, str(path))


def read_text(text: str, name: str) -> ConfigFile:
    """The values of a text; `name` stands for it in complaints. Raises ConfigurationError."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return _Reading(loader, name).file(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigurationError(
            f"{name}:{line}: not YAML: {what}. Check indentation and quotes around here."
        ) from None


class _Reading:
    """Nodes to values, once; remembers lines and what cannot be a configuration whatever its keys mean."""

    def __init__(self, loader: yaml.SafeLoader, name: str) -> None:
        self._loader = loader
        self._name = name
        self._lines: dict[Place, int] = {}
        self._problems: list[Problem] = []

    def file(self, node: yaml.Node | None) -> ConfigFile:
        values = {} if node is None else self._value(node, ())
        file = ConfigFile(self._name, {} if values is None else values, self._lines)
        if not isinstance(file.values, dict):
            self._problems.append(Problem((), "must be keys with values, such as `policy: default`"))
        file.refuse(self._problems)
        return file

    def _value(self, node: yaml.Node, place: Place) -> Any:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if len(place) > _DEEPEST:
            self._problems.append(Problem(place, f"nested deeper than {_DEEPEST} levels; no key stands there"))
            return None
        if isinstance(node, yaml.CollectionNode) and node.tag not in _COLLECTIONS:
            self._problems.append(Problem(place, f"the tag {node.tag} means nothing here; remove it"))
        if isinstance(node, yaml.MappingNode):
            return {key: self._value(value, (*place, key)) for key, value in self._entries(node, place)}
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._loader.construct_object(node)

    def _entries(self, node: yaml.MappingNode, place: Place) -> Iterable[tuple[str, yaml.Node]]:
        lines: dict[str, int] = {}
        for key_node, value in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key_node.tag != "tag:yaml.org,2002:str":
                self._problems.append(Problem(place, f'a key must be text: write "{key}" in quotes'))
                continue
            self._lines[(*place, key)] = line
            if key in lines:
                self._problems.append(Problem((*place, key), f"`{key}` stands in line {lines[key]} too; keep one"))
            lines[key] = line
            yield key, value
