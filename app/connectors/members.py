"""Members of JSON objects from outside, as the type that they must have. What is not raises Malformed with its name, never its value."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.connectors.connector import Malformed


def text(holder: Mapping[str, Any], name: str) -> str:
    """A text that must be there."""
    value = holder.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{name} must be a text that is not empty")
    return value


def text_if_any(holder: Mapping[str, Any], name: str) -> str | None:
    """A text that may be missing, null or empty: then None."""
    value = holder.get(name)
    if value is None or value == "":
        return None
    return text(holder, name)


def mapping(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object that must be there."""
    value = holder.get(name)
    if not isinstance(value, dict):
        raise Malformed(f"{name} must be a JSON object")
    return value


def sequence(holder: Mapping[str, Any], name: str) -> Sequence[Any]:
    """An array; empty if it is missing or null."""
    value = holder.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Malformed(f"{name} must be an array")
    return value
