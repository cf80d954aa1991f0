"""The small types that every record is made of: instants, ids, channels, counts, seconds."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

RECORD_LIMIT_BYTES: Final = 64 * 1024
ID_LIMIT: Final = 200
CHANNEL_PATTERN: Final = "^[a-z0-9][a-z0-9._-]{0,63}$"
RESERVED_CHANNELS: Final = ("all", "other")
EARLIEST: Final = datetime(2010, 1, 1, tzinfo=UTC)
TOO_LATE: Final = datetime(2100, 1, 1, tzinfo=UTC)

_RFC3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):([0-5]\d|60)(?:\.(\d{1,12}))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)


class WireModel(BaseModel):
    """A record, or a part of one: types are taken as they are written, unknown fields are ignored."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", allow_inf_nan=False, use_attribute_docstrings=True
    )


def parse_instant(text: str) -> datetime:
    """The UTC instant that an RFC 3339 text names, cut to microseconds. Raises ValueError, OverflowError.

    A leap second (`:60`) is the first second of the next minute.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 instant with a zone")
    date, minute, second, fraction, zone = match.groups()
    at = datetime.fromisoformat(f"{date}T{minute}:00{zone.upper().replace('Z', '+00:00')}")
    microseconds = int(((fraction or "") + "000000")[:6])
    return at.astimezone(UTC) + timedelta(seconds=int(second), microseconds=microseconds)


def format_instant(at: datetime) -> str:
    """An instant as Carebeat writes it: UTC, whole milliseconds, no fraction where it is zero."""
    utc = at.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds" if utc.microsecond >= 1000 else "seconds").replace("+00:00", "Z")


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_instant(value)
    except OverflowError:  # in UTC, it would be before the year 1 or after 9999
        raise _ancient() if value.startswith("0") else _future() from None
    except ValueError:
        example = {"example": "2026-03-02T10:41:07.120Z"}
        raise PydanticCustomError("bad_instant", "must be RFC 3339 with a zone, such as {example}", example) from None


def _in_our_times(at: datetime) -> datetime:
    if at < EARLIEST:
        raise _ancient()
    if at >= TOO_LATE:
        raise _future()
    return at


def _ancient() -> PydanticCustomError:
    return PydanticCustomError("ancient", "must not be before 2010")


def _future() -> PydanticCustomError:
    return PydanticCustomError("future", "must be before 2100")


def _not_reserved(channel: str) -> str:
    if channel in RESERVED_CHANNELS:
        raise PydanticCustomError("reserved_channel", "`all` and `other` are Carebeat's own; name the channel itself")
    return channel


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_instant),
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""RFC 3339 with a zone; UTC on what Carebeat writes. Compared as whole milliseconds, finer digits are cut off."""

SourceInstant = Annotated[
    Instant,
    AfterValidator(_in_our_times),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "Not before 2010 and before 2100."}),
]
"""An instant that somebody else's clock gave."""

Id = Annotated[str, Field(min_length=1, max_length=ID_LIMIT)]
Name = Annotated[str, Field(max_length=ID_LIMIT)]
Tag = Annotated[str, Field(max_length=64)]
Channel = Annotated[str, Field(pattern=CHANNEL_PATTERN)]
"""A channel on what Carebeat writes: a configured one, `all` or `other`."""
SourceChannel = Annotated[
    Channel,
    AfterValidator(_not_reserved),
    WithJsonSchema({"type": "string", "pattern": CHANNEL_PATTERN, "not": {"enum": list(RESERVED_CHANNELS)}}),
]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
DecimalText = Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$")]
Amount = Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
