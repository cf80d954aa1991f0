"""XML from outside: refused before anything can be hurt by it.

Expat alone, which resolves nothing by itself. A DTD is refused where it begins, so that there are no entities but the five that
XML has; what is deeper than five elements is refused where it opens. What is read is the text of the elements right below the
root, each once; what is deeper is stepped over.
"""

from typing import Final
from xml.parsers import expat

from app.connectors.connector import Malformed

DEEPEST: Final = 5
MOST_BYTES: Final = 256 * 1024
_FIELD: Final = 2
"""How deep an element is whose text is read."""


def read_xml(body: bytes, root: str) -> dict[str, str]:
    """Name -> text of the elements below the root. Raises Malformed, which names no text."""
    if len(body) > MOST_BYTES:
        raise Malformed(f"XML has at most {MOST_BYTES} bytes")
    reading = _Reading(root)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler, parser.EndElementHandler = reading.start, reading.end
    parser.CharacterDataHandler = reading.text
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, UnicodeError, ValueError) as error:
        raise Malformed(f"not XML: {type(error).__name__}") from None
    return reading.fields


def _refuse_doctype(name: str, system: str | None, public: str | None, has_subset: bool) -> None:  # noqa: ARG001 - as expat calls it
    raise Malformed("XML may have no DTD")


class _Reading:
    """What one pass has seen so far."""

    def __init__(self, root: str) -> None:
        self.fields: dict[str, str] = {}
        self._root = root
        self._open: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 - as expat calls it
        self._open.append(name)
        depth = len(self._open)
        if depth > DEEPEST:
            raise Malformed(f"XML nested deeper than {DEEPEST} elements")
        if depth == 1 and name != self._root:
            raise Malformed(f"the root must be {self._root}")
        if depth == _FIELD:
            if name in self.fields:
                raise Malformed("an element comes twice")
            self.fields[name] = ""

    def end(self, name: str) -> None:  # noqa: ARG002 - as expat calls it
        self._open.pop()

    def text(self, text: str) -> None:
        if len(self._open) == _FIELD:
            self.fields[self._open[-1]] += text
