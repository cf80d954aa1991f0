"""Made-up conversations and calls: who wrote or spoke when, whoever tells it. The same seed, the same stories."""

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
PER_SOURCE: Final = 100
"""Numbers of stories that one source may have."""

Kind = Literal["asks", "answers", "hangs-up", "closes"]


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

    @property
    def customer(self) -> int:
        """Who asks: the same one through many sources."""
        return self.number % PER_SOURCE

    @property
    def seconds(self) -> int:
        """When it began."""
        return self.steps[0].seconds

    @property
    def talked_seconds(self) -> int:
        """Of a call: from the answer until somebody hung up; 0 if nobody answered."""
        at = {step.kind: step.seconds for step in self.steps}
        return at["hangs-up"] - at["answers"] if "hangs-up" in at else 0

    def count(self, kind: Kind) -> int:
        return sum(step.kind == kind for step in self.steps)

    def is_first(self, step: Step) -> bool:
        return step == self.steps[0]


def stories(seed: int, first: int, count: int) -> list[Story]:
    """Within one hour: somebody asks, it goes to and fro, some are closed, some wait."""
    dice = Random(f"{seed}/{first}")
    return [_story(dice, first + index) for index in range(count)]


def calls(seed: int, first: int, count: int) -> list[Story]:
    """Within the same hour: somebody calls, and an agent takes it, or nobody does. None lasts for five minutes."""
    dice = Random(f"{seed}/{first}")
    return [_call(dice, first + index) for index in range(count)]


def mail_of(customer: int) -> str:
    """A customer's address."""
    return f"jane{customer}@doe.example"


def phone_of(customer: int) -> str:
    """A customer's number, from its country on."""
    return f"49151{customer:07}"


def _call(dice: Random, number: int) -> Story:
    waited, talked, rest = dice.randint(5, 60), dice.randint(30, 200), dice.randint(0, 20)
    taken: list[tuple[Kind, int]] = [("answers", waited), ("hangs-up", talked), ("closes", rest)]
    lost: list[tuple[Kind, int]] = [("closes", waited)]
    seconds, steps = int(START.timestamp()) + dice.randrange(_LATEST_START_SECONDS), []
    for index, (kind, later) in enumerate([("asks", 0), *(taken if dice.random() < 0.7 else lost)]):
        seconds += later
        steps.append(Step(kind, number * PER_SOURCE + index, seconds))
    return Story(number, steps)


def _story(dice: Random, number: int) -> Story:
    kinds: list[Kind] = ["asks", *dice.choices(("asks", "answers"), k=dice.randrange(_MOST_TURNS))]
    if dice.random() < 0.6:
        kinds += ["answers", "closes"]
    seconds, steps = dice.randrange(_LATEST_START_SECONDS), []
    for index, kind in enumerate(kinds):
        if seconds < _HOUR_SECONDS:
            steps.append(Step(kind, number * PER_SOURCE + index, int(START.timestamp()) + seconds))
        seconds += dice.randint(5, 400)
    return Story(number, steps)
