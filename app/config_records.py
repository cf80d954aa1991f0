"""What is kept and shown besides channels: windows of agents, teams, topics and tags, and labels of metrics."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field

from app.config_part import Part, none_if_off

Dimension = Literal["topic", "team", "tag", "agent"]
RECORDS: Final[tuple[Dimension, ...]] = ("topic", "team", "tag")
"""Of agents only by name: people are measured by them, which many places allow only after asking those people."""
_MOST: Final = 1000


class Cap(Part):
    """So many values of a label; further ones are counted together as `other`."""

    EXAMPLE: ClassVar[str] = "{most: 50}"
    most: int = Field(ge=1, le=_MOST, examples=["50"])


CapOrOff = Annotated[Cap | None, BeforeValidator(none_if_off)]


class Labels(Part):
    """Which metrics there are by more than channel. Each value of a label is a series of its own, so all are off, or capped."""

    agents: CapOrOff = Field(None, examples=["{most: 50}"])
    topics: CapOrOff = Field(None, examples=["{most: 50}"])
    tags: CapOrOff = Field(None, examples=["{most: 50}"])
    teams: CapOrOff = Field(None, examples=["{most: 50}"])

    def caps(self) -> dict[str, int]:
        """Dimension -> how many of its values have a label of their own; absent: none."""
        found: dict[Dimension, Cap | None] = {
            "agent": self.agents,
            "topic": self.topics,
            "tag": self.tags,
            "team": self.teams,
        }
        return {dimension: cap.most for dimension, cap in found.items() if cap is not None}
