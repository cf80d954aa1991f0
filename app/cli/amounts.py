"""Options that are amounts: refused with the limit and an example, not with a traceback from where they are used."""

import re
from datetime import datetime
from typing import Any, Final

import click

from app.settings import is_address
from schemas.wire import EARLIEST, TOO_LATE, parse_instant

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


class Speed(click.ParamType):
    """How many times faster; None for `max`."""

    name = "X|max"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """The number, or None."""
        if value == "max":
            return None
        try:
            speed = float(value)
        except ValueError:
            speed = 0.0
        if not 0 < speed < float("inf"):
            self.fail(
                f"{value!r} is no speed: give a number above 0, such as 60 (a minute in a second), or max", param, ctx
            )
        return speed


class InstantType(click.ParamType):
    """An instant with a zone."""

    name = "instant"
    example = "instant with a zone, such as 2026-03-02T10:00:00Z"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant."""
        try:
            return value if isinstance(value, datetime) else parse_instant(str(value))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no {self.example}", param, ctx)


class TickType(InstantType):
    """An instant that time can be let pass to: one that an event could have. A date alone is its first moment in UTC."""

    example = "date and no instant with a zone, such as 2026-03-02 or 2026-03-02T10:00:00Z"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant."""
        text = f"{value}T00:00:00Z" if _DATE.fullmatch(str(value)) else value
        at = super().convert(text, param, ctx)
        if not EARLIEST <= at < TOO_LATE:
            self.fail(
                f"{value!r} is no instant of events: give one from {EARLIEST:%Y} until before {TOO_LATE:%Y}", param, ctx
            )
        return at


class AddressType(click.ParamType):
    """Where something answers HTTP, such as the account of a gateway."""

    name = "URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address."""
        if not is_address(str(value)):
            self.fail(f"{value!r} is no address such as http://127.0.0.1:8080/in/generic/website", param, ctx)
        return str(value)


POSITIVE_SECONDS = click.FloatRange(min=0, min_open=True)
POSITIVE_SPEED = click.FloatRange(min=0.01, max=100_000)
EVENTS_PER_SECOND = click.FloatRange(min=0.01, max=20_000)
