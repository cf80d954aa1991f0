"""Promises: targets, when they warn, in which hours they run; and policies, which give some tickets other ones.

The default promise stands in `defaults` and channels. `policies` is an ordered list: the first whose `match` holds for a
ticket applies. What a policy does not name is that of the ticket's channel.
"""

from datetime import timedelta
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from app.config_part import Part, empty_if_null, one_or_many
from app.config_schedules import ALWAYS, TargetHours
from app.kpi.rules import OTHER_CHANNEL
from app.spans import PositiveSpan, PositiveSpanIfNamed
from schemas.wire import CHANNEL_PATTERN, RESERVED_CHANNELS

MOST_POLICIES: Final = 100
"""Each is asked in turn whenever a clock starts."""


def _channel_name(name: str) -> str:
    if name in RESERVED_CHANNELS:
        raise PydanticCustomError("channel", "is Carebeat's own name; what holds everywhere stands under `defaults`")
    return name


def _matched_channel(name: str) -> str:
    if name in RESERVED_CHANNELS and name != OTHER_CHANNEL:
        raise PydanticCustomError("channel", "is no channel; leave `channel` out to match every one")
    return name


Share = Annotated[float, Field(gt=0, lt=1)]
ChannelName = Annotated[str, Field(pattern=CHANNEL_PATTERN), AfterValidator(_channel_name)]
MatchedChannel = Annotated[str, Field(pattern=CHANNEL_PATTERN), AfterValidator(_matched_channel)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Tag = Annotated[str, Field(min_length=1, max_length=64)]
PauseReason = Literal["customer", "third_party", "snoozed", "on_hold", "other"]


class SlaTargets(Part):
    """How soon. A metric that a channel does not name is the default's; one that a policy does not name, the channel's."""

    first_response: PositiveSpan = Field(timedelta(hours=4), examples=["4h"])
    next_response: PositiveSpan = Field(timedelta(hours=24), examples=["24h"])
    resolution: PositiveSpan = Field(timedelta(hours=72), examples=["72h"])


class Promise(Part):
    """What channels and policies promise alike."""

    sla: Annotated[SlaTargets, BeforeValidator(empty_if_null)] = Field(SlaTargets(), examples=["{first_response: 4h}"])
    at_risk: Share = Field(0.8, examples=["0.8"])
    """The share of a target after which it is at risk."""
    warn_before: PositiveSpanIfNamed = Field(None, examples=["15m"])
    """Instead: how long before its due."""
    clock: Literal["queue", "customer"] = Field("queue", examples=["customer"])
    """What first_response is promised by: the queue clock, or one that also runs while a bot holds the ticket."""
    pause_on: list[PauseReason] = Field(["customer", "snoozed"], examples=["[customer, snoozed]"])
    """Reasons of pauses that stop the resolution clock."""


class Match(Part):
    """Which tickets a policy is for: of a list, any; what is not named, every ticket has."""

    channel: Annotated[list[MatchedChannel], BeforeValidator(one_or_many)] = Field(
        [], min_length=1, examples=["[whatsapp, email]"]
    )
    priority: Annotated[list[Word], BeforeValidator(one_or_many)] = Field([], min_length=1, examples=["urgent"])
    team: Annotated[list[Word], BeforeValidator(one_or_many)] = Field([], min_length=1, examples=["gold"])
    tags: Annotated[list[Tag], BeforeValidator(one_or_many)] = Field([], min_length=1, examples=["[vip, press]"])
    """Any one of them is enough."""


class PolicyConfig(Promise):
    """What is promised to the tickets that match."""

    EXAMPLE: ClassVar[str] = "{name: vip, match: {priority: urgent}, sla: {first_response: 15m}}"

    name: str = Field(pattern=CHANNEL_PATTERN, examples=["vip"])
    """What its verdicts are counted under."""
    match: Annotated[Match, BeforeValidator(empty_if_null)] = Field(Match(), examples=["{priority: urgent}"])
    schedule: TargetHours = Field(ALWAYS, examples=["office"])
    """The hours in which its targets run: one of `schedules`, `channel` (those of the channel), `always`."""

    def takes_channel(self, name: str) -> bool:
        """Whether tickets of a channel can match."""
        return not self.match.channel or name in self.match.channel
