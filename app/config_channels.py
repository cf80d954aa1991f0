"""What holds in a channel: its promise, and how its tickets are understood."""

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from app.config_goals import Goals
from app.config_part import Part, empty_if_null
from app.config_policies import PolicyConfig, Promise, Share
from app.config_schedules import ALWAYS, OF_CHANNEL, ScheduleOrAlways, TargetHours
from app.links import TicketUrl
from app.spans import PositiveSpan, Span, SpanOrOff


class ChannelConfig(Promise):
    """What holds in a channel."""

    EXAMPLE: ClassVar[str] = Part.EXAMPLE

    sla_schedule: TargetHours = Field(ALWAYS, examples=["office"])
    """The hours in which targets run: one of `schedules`, `channel` (those of `schedule`), `always`."""
    objective: Share = Field(0.9, examples=["0.9"])
    """The share of clocks that should be met: alerts and boards measure against it. It changes no figure."""
    grace: Span = Field(timedelta(seconds=10), examples=["10s"])
    """How long after due a breach is published, for replies that are still on their way."""
    close_after_silence: SpanOrOff = Field(None, examples=["24h"])
    """Where the channel never says that a ticket is closed."""
    reopen_on_message: bool = Field(True, examples=["true"])
    """False where the source emits its own reopenings."""
    unknown_authors: Literal["agent", "bot", "automation"] = Field("agent", examples=["agent"])
    """Whom replies of author kind `unknown` count for."""
    reply_limit: PositiveSpan = Field(timedelta(hours=24), examples=["24h"])
    """A wait that takes longer counts as not answered in the response rate."""
    settle: PositiveSpan = Field(timedelta(hours=72), examples=["72h"])
    """A close that is not reopened for so long has held."""
    schedule: ScheduleOrAlways = Field(None, examples=["office"])
    """The schedule whose hours count as business time; `always`: every hour does."""
    goals: Annotated[Goals, BeforeValidator(empty_if_null)] = Field(Goals(), examples=["{backlog: {alarm: 500}}"])
    """What is aimed at. It changes no figure."""
    ticket_url: TicketUrl = Field(None, examples=["https://desk.example/tickets/{ticket_id}"])
    """Where people open a ticket. It changes no figure."""

    def changed_by(self, own: "ChannelConfig") -> "ChannelConfig":
        """These rules, with what a channel names for itself in their place."""
        named = {key: getattr(own, key) for key in own.model_fields_set}
        return self._promising(own, {**named, "goals": self.goals.changed_by(own.goals)})

    def under(self, policy: PolicyConfig) -> "ChannelConfig":
        """These rules, with what a policy promises instead."""
        named = {key: getattr(policy, key) for key in policy.model_fields_set & Promise.model_fields.keys()}
        hours = {"sla_schedule": policy.schedule} if "schedule" in policy.model_fields_set else {}
        return self._promising(policy, {**named, **hours})

    def target_hours(self) -> str | None:
        """The schedule that targets run in; None: always."""
        words = {ALWAYS: None, OF_CHANNEL: self.schedule}
        return words.get(self.sla_schedule, self.sla_schedule)

    def _promising(self, own: Promise, named: dict[str, Any]) -> "ChannelConfig":
        """With what is named in its place: targets one by one, and one way to warn in place of the other."""
        targets = {metric: getattr(own.sla, metric) for metric in own.sla.model_fields_set}
        if "at_risk" in own.model_fields_set:
            named.setdefault("warn_before", None)
        return self.model_copy(update={**named, "sla": self.sla.model_copy(update=targets)})
