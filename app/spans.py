"""Durations as people write them in the configuration: `90s`, `20m`, `1h30m`, `4h`, `3d`, or a number of seconds."""

import re
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

LONGEST: Final = timedelta(days=3660)
_WRITTEN: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_UNITS: Final = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))


def parse_span(value: Any) -> timedelta:
    """The duration that a configured value means. Raises a pydantic error that says how to write one."""
    if isinstance(value, timedelta):
        return value
    seconds = _seconds(value)
    if seconds is None:
        raise PydanticCustomError(
            "span", "is no duration: write days, hours, minutes, seconds, such as 1d, 4h, 1h30m, 90s"
        )
    if seconds > LONGEST.total_seconds():
        raise PydanticCustomError("span", "is longer than {days} days", {"days": LONGEST.days})
    return timedelta(milliseconds=round(seconds * 1000))


def _seconds(value: Any) -> float | None:
    if isinstance(value, str) and value and (match := _WRITTEN.fullmatch(value)):
        return sum(int(digits or 0) * size for digits, (_, size) in zip(match.groups(), _UNITS, strict=True))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and value >= 0 else None


def write_span(span: timedelta) -> str:
    """A duration as the configuration would write it; finer than a second is cut off."""
    rest = int(span.total_seconds())
    parts = []
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def milliseconds(span: timedelta) -> int:
    """Whole milliseconds, as the core counts."""
    return span // timedelta(milliseconds=1)


def _positive(span: timedelta) -> timedelta:
    if span <= timedelta():
        raise PydanticCustomError("span", "must be longer than 0")
    return span


def _unless(word: str) -> BeforeValidator:
    """A duration, or the word that stands for there being none."""

    def parse(value: Any) -> timedelta | None:
        if value == word:
            return None
        try:
            return _positive(parse_span(value))
        except PydanticCustomError as error:
            raise PydanticCustomError("span", "{what}, or {word}", {"what": error.message(), "word": word}) from None

    return BeforeValidator(parse)


Span = Annotated[timedelta, BeforeValidator(parse_span)]
PositiveSpan = Annotated[Span, AfterValidator(_positive)]
SpanIfNamed = Annotated[timedelta | None, BeforeValidator(parse_span)]
"""For keys that hold nothing unless they are written; None cannot be written."""
PositiveSpanIfNamed = Annotated[timedelta | None, BeforeValidator(lambda value: _positive(parse_span(value)))]
SpanOrOff = Annotated[timedelta | None, _unless("off")]
SpanOrNever = Annotated[timedelta | None, _unless("never")]
