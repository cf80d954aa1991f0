"""What cannot be told of a channel, and what would help: figures need events, and a source emits only some of them.

What a source never says is not computed as zero: it cannot be known. Only channels that accounts name can be judged;
who else sends events, and which, is not in the configuration.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from app.config_model import Config
from app.connectors.connector import Capabilities, Connector
from app.connectors.registry import CONNECTORS

_CLOSED: Final = "ticket-closed"


class Need(NamedTuple):
    """Figures, and the event without which there are none."""

    figures: str
    event: str
    way_out: str


NEEDS: Final = (
    Need("everything but replies", "message-received", "this source shows no customer's message"),
    Need("first response, response, response rate", "reply-sent", "send `reply-sent` from where people answer"),
    Need("resolution, backlog that shrinks, settled closes", _CLOSED, "write `close_after_silence: 24h`"),
    Need("first touch, assigned and completed by agent", "ticket-assigned", "send `ticket-assigned`"),
    Need("figures by topic and tag", "ticket-labelled", "events that carry `topic` and `tags` do as well"),
    Need("paused time in net durations", "ticket-paused", "send `ticket-paused` and `ticket-resumed`"),
    Need("satisfaction", "survey-answered", "send `survey-answered`"),
    Need("voice handling time", "call-ended", "send `call-ended`"),
    Need("conversion", "order-placed", "connect the shop, and write `orders`"),
)


class Missing(NamedTuple):
    """What cannot be told of some channels, why, and what would help."""

    channels: tuple[str, ...]
    figures: str
    reason: str
    way_out: str


def emitted(
    config: Config, channel: str, connectors: Mapping[str, Connector] = CONNECTORS
) -> Mapping[str, frozenset[str]]:
    """Account (`connector/name`) of a channel -> the types of events that it can send."""
    return {
        f"{connector}/{name}": types
        for connector, accounts in config.connectors.items()
        for name, account in accounts.items()
        if (types := _on(connectors[connector].capabilities, account.channel, channel)) is not None
    }


def _on(able: Capabilities, own: str | None, channel: str) -> frozenset[str] | None:
    """What an account whose channel is `own` sends on a channel; None if nothing that it says."""
    if own == channel:
        return able.by_channel.get("", able.emits)
    return able.by_channel.get(channel)


def never_closed(config: Config, channel: str, connectors: Mapping[str, Connector] = CONNECTORS) -> bool:
    """Whether a channel has accounts of which none can close a ticket, and silence does not either."""
    accounts = emitted(config, channel, connectors)
    is_silent = bool(accounts) and not any(_CLOSED in emits for emits in accounts.values())
    return is_silent and config.of(channel).close_after_silence is None


def missing(config: Config, channels: Sequence[str], connectors: Mapping[str, Connector] = CONNECTORS) -> list[Missing]:
    """All that cannot be told, in order; channels that lack the same are told of together."""
    found: dict[Missing, list[str]] = {}
    for channel in channels:
        for one in (*_without_schedule(config, channel), *_without_events(config, channel, connectors)):
            found.setdefault(one, []).append(channel)
    return [one._replace(channels=tuple(names)) for one, names in found.items()]


def _without_schedule(config: Config, channel: str) -> list[Missing]:
    if config.of(channel).schedule is not None:
        return []
    way_out = "name a `schedule`" if config.schedules else "write `schedules`, and name one as `schedule`"
    return [Missing((), "durations in business time", "no `schedule`", way_out)]


def _without_events(config: Config, channel: str, connectors: Mapping[str, Connector]) -> list[Missing]:
    accounts = emitted(config, channel, connectors)
    told = frozenset().union(*accounts.values(), () if config.orders is None else ("order-placed",))
    if not accounts:
        return []
    reason = f"no `{{}}` from {', '.join(accounts)}"
    return [
        Missing((), need.figures, reason.format(need.event), need.way_out)
        for need in NEEDS
        if need.event not in told and not (need.event == _CLOSED and config.of(channel).close_after_silence is not None)
    ]
