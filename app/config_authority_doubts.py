"""Conversations that would be counted twice, be split over two tickets, or be lost: told as doubts, nothing is refused.

Who tells a conversation is explained in `config_authority`. A configuration cannot know which channels a help desk has, so
what is told here is what it says itself: the same channel named for both, kinds given to who cannot know the ticket.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from app.config_authority import AuthorityConfig, capabilities_of, paths
from app.config_file import Place, Problem
from app.config_model import Config
from app.config_reach import CLOSED, channel_of


def doubts_of_authority(config: Config) -> Iterator[Problem]:
    """All of them."""
    for index, group in enumerate(config.authority):
        yield from _on_other_tickets(group, ("authority", index))
        yield from _all_channels_of_a_desk(config, group, ("authority", index))
    yield from _seen_twice(config)
    yield from _same_numbers(config)


def desks_and_channels(config: Config) -> list[tuple[str, str]]:
    """(help desk, channel) of accounts that may see the same conversations and stand in no group together."""
    accounts = [account for account in paths(config.connectors) if capabilities_of(account).tickets != "any"]
    desks = [account for account in accounts if CLOSED in capabilities_of(account).emits]
    channels = [account for account in accounts if account not in desks]
    return [(desk, channel) for desk in desks for channel in channels if not _stand_together(config, desk, channel)]


def _stand_together(config: Config, one: str, other: str) -> bool:
    return any(one in group.accounts and other in group.accounts for group in config.authority)


def _on_other_tickets(group: AuthorityConfig, place: Place) -> Iterator[Problem]:
    """Kinds of an account that cannot know main's ticket ids."""
    for kind, account in group.events.items():
        if account != group.main and "any" not in _tickets([account, group.main]):
            text = f"`{account}` does not know the ticket ids of `{group.main}`: its `{kind}` splits a conversation over two ids"
            if kind == CLOSED:
                text += ", of which the one with the messages stays open for ever"
            yield Problem((*place, "events", kind), f"{text}. Make `{account}` the `main`, or leave `{kind}` out")


def _tickets(accounts: Sequence[str]) -> set[str]:
    return {capabilities_of(account).tickets for account in accounts}


def _all_channels_of_a_desk(config: Config, group: AuthorityConfig, place: Place) -> Iterator[Problem]:
    """Accounts of many channels, all of which are dropped for one that has a single channel."""
    channel = channel_of(config, group.main)
    for account in group.accounts:
        is_wide = channel_of(config, account) is None and "any" not in _tickets([account])
        if channel is not None and is_wide and not group.channel:
            text = f"all that `{account}` tells is dropped, also of channels that `{group.main}` does not see"
            yield Problem((*place, "main"), f"{text}: write `channel: {channel}`, or make `{account}` the `main`")


def _seen_twice(config: Config) -> Iterator[Problem]:
    for desk, account in desks_and_channels(config):
        channel = channel_of(config, account)
        if channel is not None and channel_of(config, desk) == channel:
            text = f"`{desk}` and `{account}` are both of `{channel}`: a message that both see counts twice, on two tickets"
            example = f"`authority: [{{accounts: [{desk}, {account}], main: {desk}}}]`"
            way_out = f"say who tells it, for example {example}, or give each a `channel` of its own"
            yield Problem(("connectors", *account.split("/")), f"{text}; {way_out}")


def _same_numbers(config: Config) -> Iterator[Problem]:
    """Tickets are known by their id alone."""
    numbered = [account for account in paths(config.connectors) if capabilities_of(account).tickets == "numbers"]
    for one, other in combinations(numbered, 2):
        if _prefix(config, one) == _prefix(config, other):
            text = f"ticket 42 of `{other}` and ticket 42 of `{one}` would be one ticket: both number theirs from 1"
            yield Problem(("connectors", *other.split("/")), f"{text}; give one of them a `ticket_prefix`, `b-` say")


def _prefix(config: Config, account: str) -> str:
    connector, _, name = account.partition("/")
    return config.connectors[connector][name].ticket_prefix
