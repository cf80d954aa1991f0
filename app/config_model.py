"""The support configuration as it is written: every key that there is at the top, with what holds without it."""

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from app.config_authority import AuthorityConfig
from app.config_channels import ChannelConfig
from app.config_connectors import AccountConfig, Accounts, ConnectorName
from app.config_orders import OrdersConfig
from app.config_part import Part, empty_if_null
from app.config_policies import MOST_POLICIES, ChannelName, PolicyConfig
from app.config_records import RECORDS, Dimension, Labels
from app.config_schedules import ScheduleConfig, ScheduleName, Zone
from app.kpi.rules import MOST_CHANNELS, OTHER_CHANNEL
from app.links import link
from app.operations import Operations
from app.spans import SpanOrNever
from schemas.wire import CHANNEL_PATTERN

_CHANNELS_REMEMBERED: Final = 10_000


def _nothing_if_null(value: Any) -> Any:
    return [] if value is None else value


class Forget(Part):
    """After how much silence a ticket leaves the state."""

    closed: SpanOrNever = Field(timedelta(days=90), examples=["90d"])
    open: SpanOrNever = Field(timedelta(days=400), examples=["400d"])


class Config(Part):
    """The whole file."""

    policy: str = Field("default", pattern=CHANNEL_PATTERN, examples=["default"])
    """The name under which SLA verdicts are counted where no policy of the list matches."""
    reporting_zone: Zone = Field("UTC", examples=["Europe/Berlin"])
    """Where days begin."""
    forget: Annotated[Forget, BeforeValidator(empty_if_null)] = Field(Forget(), examples=["{closed: 90d, open: 400d}"])
    schedules: Annotated[dict[ScheduleName, ScheduleConfig], BeforeValidator(empty_if_null)] = Field(
        {}, examples=[f"{{office: {ScheduleConfig.EXAMPLE}}}"]
    )
    """Opening hours that channels name."""
    defaults: Annotated[ChannelConfig, BeforeValidator(empty_if_null)] = Field(
        ChannelConfig(), examples=["{settle: 72h}"]
    )
    channels: dict[ChannelName, Annotated[ChannelConfig, BeforeValidator(empty_if_null)]] | None = Field(
        None, min_length=1, max_length=MOST_CHANNELS, examples=["{whatsapp: {sla: {first_response: 20m}}}"]
    )
    """The channels there are; absent: every channel that events name, up to 1,000 of a partition."""
    unlisted_channels: Literal["other", "accept"] = Field("other", examples=["accept"])
    """Channels outside the list: counted together as `other`, or each under its own name with the defaults."""
    policies: Annotated[list[PolicyConfig], BeforeValidator(_nothing_if_null)] = Field(
        [], max_length=MOST_POLICIES, examples=[f"[{PolicyConfig.EXAMPLE}]"]
    )
    """The first that matches a ticket applies; none: what its channel promises."""
    sla_publish: Literal["verdicts", "all"] = Field("verdicts", examples=["all"])
    """`all`: transitions that are no news (started, paused, resumed, due_changed) are published too."""
    samples: bool = Field(False, examples=["true"])
    """Whether every measured duration is published with its ticket. It changes no figure."""
    records: list[Dimension] = Field(list(RECORDS), examples=["[topic, team, tag]"])
    """What windows are kept of besides channels."""
    metrics: Annotated[Labels, BeforeValidator(empty_if_null)] = Field(Labels(), examples=["{topics: {most: 50}}"])
    """Which of those are on `/metrics` too. It changes no figure."""
    connectors: dict[ConnectorName, Accounts] = Field(
        {}, examples=["{generic: {website: {secrets: [{env: WEBSITE_SECRET}]}}}"]
    )
    """Whose webhooks the gateway takes. It changes no figure, except where an account has a `grace`."""
    authority: Annotated[list[AuthorityConfig], BeforeValidator(_nothing_if_null)] = Field(
        [], examples=[f"[{AuthorityConfig.EXAMPLE}]"]
    )
    """Accounts that see the same conversations, and who tells them. What is dropped counts nowhere."""
    orders: OrdersConfig | None = Field(None, examples=["{settle: 1h}"])
    """Joins orders of shops to tickets, where it is written; `carebeat topics create` makes the topics that it needs."""
    operations: Annotated[Operations, BeforeValidator(empty_if_null)] = Field(
        Operations(), examples=["{interval: 15s}"]
    )
    """How all of it is watched: boards, alerts, whom they reach. It changes no figure."""

    @property
    def is_closed_list(self) -> bool:
        """Whether channels outside the list are counted as `other`."""
        return self.channels is not None and self.unlisted_channels == "other"

    def of(self, channel: str) -> ChannelConfig:
        """What holds in a channel, all things considered."""
        own = (self.channels or {}).get(channel)
        found = self.defaults if own is None else self.defaults.changed_by(own)
        graces = [account.grace for account in self.accounts_of(channel) if account.grace is not None]
        return found.model_copy(update={"grace": graces[0]}) if graces else found

    def accounts_of(self, channel: str) -> list[AccountConfig]:
        """The accounts whose events are of a channel unless they say otherwise."""
        accounts = (account for named in self.connectors.values() for account in named.values())
        return [account for account in accounts if account.channel == channel]

    def named_channels(self) -> list[str]:
        """The channels in which something of their own can hold, sorted: the list and, where any is taken, others named."""
        named = set(self.channels or ())
        if not self.is_closed_list:
            named.update(*(policy.match.channel for policy in self.policies))
            accounts = (account for each in self.connectors.values() for account in each.values())
            named.update(account.channel for account in accounts if account.channel and account.grace is not None)
        return sorted(named - {OTHER_CHANNEL})

    def policies_of(self, channel: str) -> list[PolicyConfig]:
        """Those that tickets of a channel can match, in order."""
        return [policy for policy in self.policies if policy.takes_channel(channel)]

    def promises_of(self, channel: str) -> list[ChannelConfig]:
        """What can be promised there: by each policy in order, then by the channel itself."""
        found = self.of(channel)
        return [*(found.under(policy) for policy in self.policies_of(channel)), found]

    def ticket_links(self) -> Callable[[str, str], str | None] | None:
        """`ticket_link`, quick to ask; None where no template is anywhere."""
        if all(part.ticket_url is None for part in (self.defaults, *(self.channels or {}).values())):
            return None
        template_of = lru_cache(_CHANNELS_REMEMBERED)(lambda channel: self.of(channel).ticket_url)

        def ticket_link(ticket_id: str, channel: str) -> str | None:
            template = template_of(channel)
            return None if template is None else link(template, ticket_id, channel)

        return ticket_link

    def ticket_link(self, ticket_id: str, channel: str) -> str | None:
        """Where a ticket of that channel is opened; None where no template says."""
        template = self.of(channel).ticket_url
        return None if template is None else link(template, ticket_id, channel)
