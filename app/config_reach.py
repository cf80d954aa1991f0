"""What cannot be told of a channel, and what would help: figures need events, and a source emits only some of them.

What a source never says is not computed as zero: it cannot be known. Accounts are judged together where they are of one
channel or tell the same conversations, each by itself where its events name their channels. What another account is the
authority for (`authority`) does not count as told. Who else sends events, and which, is not in the configuration.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from app.config_authority import capabilities_of, drops, paths
from app.config_model import Config
from app.connectors.connector import Capabilities, Connector
from app.connectors.registry import CONNECTORS

CLOSED: Final = "ticket-closed"


class Need(NamedTuple):
    """Figures, and the event without which there are none."""

    figures: str
    event: str
    way_out: str


NEEDS: Final = (
    Need("everything but replies", "message-received", "this source shows no customer's message"),
    Need("first response, response, response rate", "reply-sent", "send `reply-sent` from where people answer"),
    Need("resolution, backlog that shrinks, settled closes", CLOSED, "write `close_after_silence: 24h`"),
    Need("first touch, assigned and completed by agent", "ticket-assigned", "send `ticket-assigned`"),
    Need("figures by topic and tag", "ticket-labelled", "events that carry `topic` and `tags` do as well"),
    Need("paused time in net durations", "ticket-paused", "send `ticket-paused` and `ticket-resumed`"),
    Need("satisfaction", "survey-answered", "send `survey-answered`"),
    Need("voice handling time", "call-ended", "send `call-ended`"),
    Need("conversion", "order-placed", "connect the shop, and write `orders`"),
)


class Missing(NamedTuple):
    """What cannot be told of some channels, or of what some accounts tell; why, and what would help."""

    channels: tuple[str, ...]
    figures: str
    reason: str
    way_out: str
    accounts: tuple[str, ...] = ()


def channel_of(config: Config, account: str, connectors: Mapping[str, Connector] = CONNECTORS) -> str | None:
    """The channel that an account (`connector/name`) names, or that all events of its source have; None: its events name theirs."""
    connector, _, name = account.partition("/")
    return config.connectors[connector][name].channel or capabilities_of(account, connectors).channel


def told(
    config: Config, account: str, channel: str | None, connectors: Mapping[str, Connector] = CONNECTORS
) -> frozenset[str]:
    """The types of a channel's events that come from an account: what it can tell and no other tells in its place."""
    able, own = capabilities_of(account, connectors), channel_of(config, account, connectors)
    on_channel = None if channel is None else _on(able, own, channel)
    emits = able.emits if on_channel is None else on_channel
    others = drops(config.authority, account, emits)
    return frozenset(kind for kind in emits if kind not in others or (others[kind] and channel not in others[kind]))


def emitted(
    config: Config, channel: str, connectors: Mapping[str, Connector] = CONNECTORS
) -> Mapping[str, frozenset[str]]:
    """Account (`connector/name`) -> the types of a channel's events that it tells, alone or for those of the channel."""
    return _together(config, _of_channel(config, channel, connectors), channel, connectors)


def _of_channel(config: Config, channel: str, connectors: Mapping[str, Connector]) -> list[str]:
    """Accounts of which it is known that they send something there."""
    return [
        account
        for account in paths(config.connectors)
        if _on(capabilities_of(account, connectors), channel_of(config, account, connectors), channel) is not None
    ]


def _together(
    config: Config, ours: Sequence[str], channel: str | None, connectors: Mapping[str, Connector]
) -> Mapping[str, frozenset[str]]:
    """What accounts and those who see the same conversations tell."""
    everybody = _who_sees_the_same(config, ours, channel)
    found = {account: told(config, account, channel, connectors) for account in everybody}
    return {account: kinds for account, kinds in found.items() if kinds}


def _who_sees_the_same(config: Config, ours: Sequence[str], channel: str | None) -> list[str]:
    groups = [group for group in config.authority if group.is_about(channel) and not {*ours}.isdisjoint(group.accounts)]
    return list(dict.fromkeys((*ours, *(account for group in groups for account in group.accounts))))


def _on(able: Capabilities, own: str | None, channel: str) -> frozenset[str] | None:
    """What an account whose channel is `own` sends on a channel; None if nothing that it says."""
    if own == channel:
        return able.by_channel.get("", able.emits)
    return able.by_channel.get(channel)


def never_closed(config: Config, channel: str, connectors: Mapping[str, Connector] = CONNECTORS) -> bool:
    """Whether a channel has accounts of which none can close a ticket, and silence does not either."""
    accounts = emitted(config, channel, connectors)
    is_silent = bool(accounts) and not any(CLOSED in kinds for kinds in accounts.values())
    return is_silent and config.of(channel).close_after_silence is None


def missing(config: Config, channels: Sequence[str], connectors: Mapping[str, Connector] = CONNECTORS) -> list[Missing]:
    """All that cannot be told, in order; channels, and accounts, that lack the same are told of together."""
    found: dict[Missing, tuple[list[str], list[str]]] = {}
    for channel in channels:
        for one in (*_without_schedule(config, channel), *_without_events(config, channel, connectors)):
            found.setdefault(one, ([], []))[0].append(channel)
    for account in _by_themselves(config, channels, connectors):
        for one in _gaps(config, [account], channel_of(config, account, connectors), connectors):
            found.setdefault(one, ([], []))[1].append(account)
    return [one._replace(channels=tuple(names), accounts=tuple(accounts)) for one, (names, accounts) in found.items()]


def _without_schedule(config: Config, channel: str) -> list[Missing]:
    if config.of(channel).schedule is not None:
        return []
    way_out = "name a `schedule`" if config.schedules else "write `schedules`, and name one as `schedule`"
    return [Missing((), "durations in business time", "no `schedule`", way_out)]


def _without_events(config: Config, channel: str, connectors: Mapping[str, Connector]) -> Iterable[Missing]:
    ours = _of_channel(config, channel, connectors)
    accounts = _together(config, ours, channel, connectors)
    return _gaps(config, ours, channel, connectors, f" from {', '.join(accounts)}") if accounts else ()


def _by_themselves(config: Config, channels: Sequence[str], connectors: Mapping[str, Connector]) -> Iterator[str]:
    """Accounts that are of none of the channels; of those that see the same, the one that tells it."""
    for account in paths(config.connectors):
        channel = channel_of(config, account, connectors)
        groups = [group for group in config.authority if account in group.accounts and group.is_about(channel)]
        if channel not in channels and all(group.main == account for group in groups):
            yield account


def _gaps(
    config: Config, ours: Sequence[str], channel: str | None, connectors: Mapping[str, Connector], whose: str = ""
) -> list[Missing]:
    """What needs an event that nobody tells; where it is dropped although its ticket ids may be right, that is why."""
    told_kinds = frozenset().union(*_together(config, ours, channel, connectors).values(), _joined(config))
    everybody = _who_sees_the_same(config, ours, channel)
    free = [each for each in everybody if capabilities_of(each, connectors).tickets == "any"]
    is_closed_by_silence = config.of(channel or "").close_after_silence is not None
    found = []
    for need in NEEDS:
        if need.event in told_kinds or (need.event == CLOSED and is_closed_by_silence):
            continue
        able = [each for each in free if need.event in capabilities_of(each, connectors).emits]
        reason, way_out = f"no `{need.event}`{whose}", need.way_out
        if able:
            reason, way_out = f"`{need.event}` of {able[0]} is dropped", "name it under `events` of its `authority`"
        found.append(Missing((), need.figures, reason, way_out))
    return found


def _joined(config: Config) -> tuple[str, ...]:
    """What no account needs to tell, since it is found out."""
    return () if config.orders is None else ("order-placed",)
