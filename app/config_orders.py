"""How orders of a shop are joined to tickets; the section's presence switches it on."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.config_part import Part
from app.kpi.decoder import FUTURE_LIMIT_MS
from app.kpi.stays import TOO_OLD_MS
from app.spans import Span, write_span

_LEAST: Final = timedelta(milliseconds=FUTURE_LIMIT_MS)
_MOST: Final = timedelta(milliseconds=TOO_OLD_MS // 2)


def _in_range(span: timedelta) -> timedelta:
    if not _LEAST <= span <= _MOST:
        limits = {"least": write_span(_LEAST), "most": write_span(_MOST)}
        raise PydanticCustomError("span", "must be from {least} (how far clocks may differ) to {most}", limits)
    return span


class OrdersConfig(Part):
    """Joining orders to the latest ticket of the customer."""

    settle: Annotated[Span, AfterValidator(_in_range)] = Field(timedelta(hours=1), examples=["1h"])
    """How long an order waits for tickets that began before it and come later. It counts when it has waited."""
