"""JSON from outside: refused before anything can be hurt by it."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from app.connectors.connector import Malformed

DEEPEST: Final = 32
_decode = msgspec.json.Decoder().decode


def read_json(body: bytes, deepest: int = DEEPEST) -> Any:
    """The value in a body. Raises Malformed for what is no JSON in UTF-8 (`NaN` is none) or nested too deeply."""
    try:
        value = _decode(body)
    except RecursionError:
        raise Malformed(f"nested deeper than {deepest} levels") from None
    except (msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise Malformed(f"not JSON: {type(error).__name__}") from None
    if body.count(b"{") + body.count(b"[") > deepest:  # else it cannot be too deep
        _check_depth(value, deepest)
    return value


def _check_depth(value: Any, deepest: int) -> None:
    """Level by level, so that no depth can exhaust the stack."""
    level = [value]
    for _ in range(deepest):
        level = [inner for outer in level for inner in _members(outer) if isinstance(inner, dict | list)]
        if not level:
            return
    raise Malformed(f"nested deeper than {deepest} levels")


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
