"""What every part of the support configuration is: strict, frozen, without unknown keys."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A mapping of known keys."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", use_attribute_docstrings=True)

    EXAMPLE: ClassVar[str] = "{sla: {first_response: 20m}}"
    """A right value where parts of this kind stand under names that people choose."""


def empty_if_null(value: Any) -> Any:
    """A key without a value names nothing."""
    return {} if value is None else value


def one_or_many(value: Any) -> Any:
    """A value alone is a list of one."""
    return value if isinstance(value, list) else [value]


def none_if_off(value: Any) -> Any:
    """What `off` says of something that may not be there."""
    return None if value == "off" else value
