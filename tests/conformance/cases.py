"""The shared worked cases, read so strictly that none can say more than is checked: what is not understood is an error.

Where a case recommends another answer than its source gives, the recommended one is right, figure by figure.
"""

from datetime import date
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from schemas.kpis import DurationName, SlaMetric
from schemas.sla import SlaState

MEAN: Final = "mean_"

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Intervals = list[tuple[str, str]]
"""Opening and closing, local."""


class Strict(BaseModel):
    """No key that is not named here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Common(Strict):
    """What every case says, and its settings. A case without a schedule runs in calendar time."""

    id: str
    source: dict[str, str]
    agreement: Literal["all", "policy"]
    policy: str | None = None
    note: str | None = None


class Scheduled(Common):
    """Opening hours in a zone."""

    schedule: dict[Weekday, Intervals] | None = None
    timezone: str | None = None
    holidays: list[date] = []
    date_overrides: dict[date, Intervals] = {}
    breaks: dict[date, Intervals] = {}


OPENING: Final = Scheduled.model_fields.keys() - Common.model_fields.keys()
"""What needs a schedule in the configuration."""


class BusinessDuration(Scheduled):
    """How much of a span is business time."""

    kind: Literal["business_duration"]
    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    expected_business_seconds: float
    recommended_business_seconds: float | None = None

    @property
    def right_seconds(self) -> float:
        """The answer that must come."""
        recommended = self.recommended_business_seconds
        return self.expected_business_seconds if recommended is None else recommended


class Deadline(Scheduled):
    """When a target is used up."""

    kind: Literal["deadline"]
    start: AwareDatetime
    target_business_seconds: float
    expected_due_at: AwareDatetime
    recommended_due_at: AwareDatetime | None = None

    @property
    def right_due_at(self) -> AwareDatetime:
        """The answer that must come."""
        return self.recommended_due_at or self.expected_due_at


class Targets(Strict):
    """What is promised, in calendar time."""

    first_response_seconds: float | None = None
    next_response_seconds: float | None = None
    resolution_seconds: float | None = None


def _known_figure(name: str) -> str:
    if name not in FIGURES:
        raise PydanticCustomError(
            "figure", "{name} is no figure that can be read: teach it to figures.py", {"name": name}
        )
    return name


FIGURES: Final = {"sla"} | {f"{of}{name}_seconds" for of in ("", MEAN) for name in get_args(DurationName)}
Figures = dict[Annotated[str, AfterValidator(_known_figure)], float | list[float] | dict[SlaMetric, SlaState]]
"""Name -> value. Of a duration: a number is its only sample, a list is all of them in order of their ends. Of `sla`: how its only clock ended."""


class Conversation(Scheduled):
    """Events of one ticket, and what they come to once time has passed `evaluate_at`."""

    kind: Literal["conversation"]
    events: list[dict[str, Any]] = Field(min_length=1)
    evaluate_at: AwareDatetime | None = None
    sla: Targets = Targets()
    expected: Figures = Field(min_length=1)
    recommended: Figures = {}

    @property
    def right_figures(self) -> Figures:
        """The answers that must come."""
        return self.expected | self.recommended


class Local(Strict):
    """A local time in a zone."""

    local: str
    timezone: str


class Utc(Strict):
    """Its instant."""

    utc: AwareDatetime


class Configuration(Common):
    """How a local time is understood."""

    kind: Literal["configuration"]
    config: Local
    expected: Utc


Case = Annotated[BusinessDuration | Deadline | Conversation | Configuration, Field(discriminator="kind")]
CASE: Final[TypeAdapter[Case]] = TypeAdapter(Case)
