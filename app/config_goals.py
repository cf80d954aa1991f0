"""Goals: what a team aims at, beside what it has promised. Drawn on boards; two of them are alerted. They change no figure.

`good`: this far all is well. `acceptable`: this far it will do. `alarm`: from here on somebody should look. A level that is not
named has the value shown here; `off` removes it.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from app.config_part import Part, empty_if_null, none_if_off
from app.spans import SpanOrOff

_LEVELS: Final = ("good", "acceptable", "alarm")
"""From what is aimed at to what is alarming."""


class Levels(Part):
    """Up to three levels of one goal, in order."""

    EXAMPLE: ClassVar[str] = "{good: 1h, acceptable: 2h, alarm: 8h}"
    RISING: ClassVar[bool] = True
    """Whether more is worse."""

    @model_validator(mode="after")
    def _are_in_order(self) -> "Levels":
        named = [(level, value) for level in _LEVELS if (value := getattr(self, level)) is not None]
        for (better, one), (worse, other) in pairwise(named):
            if (one >= other) if self.RISING else (one <= other):
                order = "below" if self.RISING else "above"
                raise PydanticCustomError(
                    "goals",
                    "has `{better}` not {order} `{worse}`: change one of them, or write `{worse}: off`",
                    {"better": better, "worse": worse, "order": order},
                )
        return self

    def values(self) -> Iterator[tuple[str, float]]:
        """(level, value) of those that there are; seconds where they are durations."""
        for level in _LEVELS:
            value = getattr(self, level)
            if value is not None:
                yield level, value.total_seconds() if isinstance(value, timedelta) else float(value)


Ratio = Annotated[Annotated[float, Field(gt=0, lt=1)] | None, BeforeValidator(none_if_off)]
Tickets = Annotated[Annotated[int, Field(ge=1, le=10_000_000)] | None, BeforeValidator(none_if_off)]


class FirstResponseGoal(Levels):
    """How soon a customer hears from a person."""

    good: SpanOrOff = Field(timedelta(hours=1), examples=["1h"])
    acceptable: SpanOrOff = Field(timedelta(hours=24), examples=["24h"])
    alarm: SpanOrOff = Field(None, examples=["36h"])


class ResponseGoal(Levels):
    """How soon every message is answered."""

    good: SpanOrOff = Field(timedelta(minutes=20), examples=["20m"])
    acceptable: SpanOrOff = Field(None, examples=["1h"])
    alarm: SpanOrOff = Field(None, examples=["4h"])


class ResolutionGoal(Levels):
    """How soon a ticket is resolved."""

    good: SpanOrOff = Field(timedelta(hours=1), examples=["1h"])
    acceptable: SpanOrOff = Field(timedelta(hours=2), examples=["2h"])
    alarm: SpanOrOff = Field(timedelta(hours=8), examples=["8h"])


class ResponseRateGoal(Levels):
    """The share of waits that are answered in time. Below `alarm` somebody is told."""

    EXAMPLE: ClassVar[str] = "{good: 0.5, alarm: 0.34}"
    RISING: ClassVar[bool] = False
    good: Ratio = Field(0.5, examples=["0.5"])
    acceptable: Ratio = Field(None, examples=["0.4"])
    alarm: Ratio = Field(0.34, examples=["0.34"])


class BacklogGoal(Levels):
    """How many tickets may be open. `alarm` is the ceiling: above it somebody is told."""

    EXAMPLE: ClassVar[str] = "{alarm: 500}"
    good: Tickets = Field(None, examples=["50"])
    acceptable: Tickets = Field(None, examples=["200"])
    alarm: Tickets = Field(None, examples=["500"])


class Goals(Part):
    """All goals of a channel."""

    first_response: Annotated[FirstResponseGoal, BeforeValidator(empty_if_null)] = Field(
        FirstResponseGoal(), examples=["{good: 1h, acceptable: 24h}"]
    )
    response: Annotated[ResponseGoal, BeforeValidator(empty_if_null)] = Field(ResponseGoal(), examples=["{good: 20m}"])
    resolution: Annotated[ResolutionGoal, BeforeValidator(empty_if_null)] = Field(
        ResolutionGoal(), examples=["{good: 1h, acceptable: 2h, alarm: 8h}"]
    )
    response_rate: Annotated[ResponseRateGoal, BeforeValidator(empty_if_null)] = Field(
        ResponseRateGoal(), examples=["{good: 0.5, alarm: 0.34}"]
    )
    backlog: Annotated[BacklogGoal, BeforeValidator(empty_if_null)] = Field(BacklogGoal(), examples=["{alarm: 500}"])

    def changed_by(self, own: "Goals") -> "Goals":
        """These, with the goals that `own` names in their place: each as a whole, or its levels could fall out of order."""
        return self.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})

    def values(self) -> dict[str, float]:
        """Goal and level (`resolution_alarm`) -> seconds, share or tickets."""
        return {f"{name}_{level}": value for name, goal in self for level, value in goal.values()}
