"""Reading what a source's JSON says, so that nothing gets out but ids, instants, labels and words from closed lists.

What is not written like an id is none (`identifier`): an address, a sentence or a full name in its place is refused.
Labels are words that a team gives its tickets; what looks like an address or a telephone number among them is left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from app.connectors.connector import Draft, Malformed
from app.connectors.instants import written
from app.connectors.members import sequence

_ID: Final = re.compile(r"[A-Za-z0-9_:-]{1,120}")
_LABEL: Final = re.compile(r"[^\s@<>/\\]+( [^\s@<>/\\]+){0,5}")
_NUMBER: Final = re.compile(r"\d([\W_]{0,3}\d){6}")
"""Seven digits, up to three signs apart, are a telephone number, an order or an account: nobody's label. So a whole date is
left out, since 2026-03-02 could be each of them; a year and a month are not."""
_SEPARATORS: Final = re.compile(r"[\s,]+")
_LONGEST_LABEL: Final = 64
_MOST_LABELS: Final = 32
_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


class Occasion(NamedTuple):
    """When and where something happened: what all drafts of one item share."""

    ticket_id: str
    channel: str
    at_ms: int

    def draft(self, kind: str, native_id: str, **fields: Any) -> Draft:
        """An event of this occasion."""
        common = {"ticket_id": self.ticket_id, "channel": self.channel, "occurred_at": written(self.at_ms)}
        return Draft(native_id, {"type": kind, **common, **fields})

    def later(self, steps: int) -> "Occasion":
        """So many milliseconds later: how whole-second sources keep an order that the types of the events do not imply."""
        return self._replace(at_ms=self.at_ms + steps)


def part(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under a name; an empty one where there is none. Raises Malformed."""
    value = item.get(name)
    if value is None:
        return _EMPTY
    if not isinstance(value, dict):
        raise Malformed(f"{name} must be an object")
    return value


def parts(item: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """The objects in the array under a name. Raises Malformed."""
    values = sequence(item, name)
    if not all(isinstance(one, dict) for one in values):
        raise Malformed(f"{name} must be an array of objects")
    return values


def identifier(value: Any, name: str) -> str:
    """An id that the source made, as text whether it writes numbers or text. Raises Malformed."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        value = str(value)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Malformed(f"{name} must be an id")
    return value


def identifier_or_none(value: Any, name: str) -> str | None:
    """The same; none where the source says nobody: null, nothing, or 0. Raises Malformed."""
    if value is None or (isinstance(value, str | int) and not isinstance(value, bool) and value in ("", 0, "0")):
        return None
    return identifier(value, name)


def word(value: Any) -> str:
    """A word to look up in a table, in lower case; nothing for what is none. It goes no further than the table."""
    return value.lower() if isinstance(value, str) else ""


def score(value: Any, name: str) -> int:
    """A rating from 1 to 5. Raises Malformed."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 5:
        raise Malformed(f"{name} must be a whole number from 1 to 5")
    return value


def labels(values: Any) -> list[str]:
    """The labels in a list: each once, in their order, as many and as long as the contract takes."""
    known = dict.fromkeys(value for value in (values if isinstance(values, list) else ()) if _is_label(value))
    return list(known)[:_MOST_LABELS]


def _is_label(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > _LONGEST_LABEL:
        return False
    return _LABEL.fullmatch(value) is not None and _NUMBER.search(value) is None


def given(**fields: Any) -> dict[str, Any]:
    """Those of the fields that are known. An absent one changes nothing; a null clears, so it is never sent by accident."""
    return {name: value for name, value in fields.items() if value is not None}


def listed(text: str | None) -> frozenset[str]:
    """The ids, addresses or domains in an option, with commas or spaces between them."""
    return frozenset(_SEPARATORS.split(text or "")) - {""}


def first(values: Iterable[Any]) -> Any:
    """The first that is there."""
    return next((value for value in values if value is not None), None)
