"""Made-up conversations: who wrote when, whoever tells it. The same seed, the same stories."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from typing import Final, Literal, NamedTuple

from schemas.wire import format_instant

START: Final = datetime(2026, 3, 2, 10, tzinfo=UTC)
_HOUR_SECONDS: Final = 3600
_MOST_TURNS: Final = 6
_LATEST_START_SECONDS: Final = 2400

Kind = Literal["asks", "answers", "closes"]


class Step(NamedTuple):
    """One thing that happened. `number` is its own among all steps of all stories."""

    kind: Kind
    number: int
    seconds: int
    """Since 1970."""

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    @property
    def iso(self) -> str:
        return format_instant(self.at)

    @property
    def mail_date(self) -> str:
        return format_datetime(self.at)


class Story(NamedTuple):
    """One conversation. `number` is its own among all stories, and its ticket's where the source numbers tickets."""

    number: int
    steps: Sequence[Step]

    def count(self, kind: Kind) -> int:
        return sum(step.kind == kind for step in self.steps)

    def is_first(self, step: Step) -> bool:
        return step == self.steps[0]


def stories(seed: int, first: int, count: int) -> list[Story]:
    """Within one hour: somebody asks, it goes to and fro, some are closed, some wait."""
    dice = Random(f"{seed}/{first}")
    return [_story(dice, first + index) for index in range(count)]


def _story(dice: Random, number: int) -> Story:
    kinds: list[Kind] = ["asks", *dice.choices(("asks", "answers"), k=dice.randrange(_MOST_TURNS))]
    if dice.random() < 0.6:
        kinds += ["answers", "closes"]
    seconds, steps = dice.randrange(_LATEST_START_SECONDS), []
    for index, kind in enumerate(kinds):
        if seconds < _HOUR_SECONDS:
            steps.append(Step(kind, number * 100 + index, int(START.timestamp()) + seconds))
        seconds += dice.randint(5, 400)
    return Story(number, steps)
