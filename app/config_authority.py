"""Who tells a conversation that several accounts see: a help desk and the channel under it, say.

Theory of operation
-------------------
The same message reaches the gateway from both, with two ids and on two tickets: the desk has a number for the
conversation, the channel an id of its own, and nothing says that they are one. Counted twice it would wait twice, and a
close by the desk would leave the channel's ticket open for ever. So a conversation has one authority, `main`, for all
kinds of events, also for those that it never tells; what the others say is dropped in the gateway, and counted.

`events` gives single kinds to another account all the same. That is right where whoever sends names main's ticket ids
(`Capabilities.tickets`: `any`), as a survey tool can. Elsewhere the kind would land on other tickets: a doubt says so.

With `channel` only conversations of these channels are divided so, by the channel that each event names.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import combinations
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator, Field

from app.config_connectors import AccountConfig
from app.config_file import Place, Problem
from app.config_part import Part, empty_if_null, one_or_many
from app.config_policies import ChannelName
from app.connectors.connector import Capabilities, Connector
from app.connectors.registry import CONNECTORS

AccountPath = Annotated[str, Field(examples=["zendesk/support"])]
"""`connector/account`, as in the path of its webhooks."""
Drops = Mapping[str, frozenset[str]]
"""Event type -> the channels in which it is another account's to tell; none: in every channel."""
Accounts = Mapping[str, Mapping[str, AccountConfig]]

KINDS: Final = frozenset().union(*(connector.capabilities.emits for connector in CONNECTORS.values()))


class AuthorityConfig(Part):
    """Accounts that see the same conversations, and who tells them."""

    EXAMPLE: ClassVar[str] = "{accounts: [zendesk/support, whatsapp/shop], main: zendesk/support}"

    accounts: list[AccountPath] = Field(examples=["[zendesk/support, whatsapp/shop]"])
    """Those that see the same conversations."""
    main: AccountPath = Field(examples=["zendesk/support"])
    """The one that tells them, on its ticket ids. What the others say of them is dropped."""
    channel: Annotated[list[ChannelName], BeforeValidator(one_or_many)] = Field([], min_length=1, examples=["whatsapp"])
    """Only conversations of these; absent: all that the accounts tell."""
    events: Annotated[dict[str, AccountPath], BeforeValidator(empty_if_null)] = Field(
        {}, examples=["{survey-answered: generic/surveys}"]
    )
    """Kinds that another of the accounts tells, with the ticket ids of `main`."""

    def teller(self, kind: str) -> str:
        """The account that is the authority for a kind."""
        return self.events.get(kind, self.main)

    def is_about(self, channel: str | None) -> bool:
        """Whether it divides conversations of a channel; of one that is not known if it divides all."""
        return not self.channel or channel in self.channel


def drops(groups: Iterable[AuthorityConfig], account: str, emits: Iterable[str]) -> Drops:
    """What an account may tell and another tells in its place."""
    found: dict[str, frozenset[str]] = {}
    for group in groups:
        if account in group.accounts:
            for kind in emits:
                if group.teller(kind) != account:
                    found[kind] = frozenset(group.channel) | found.get(kind, frozenset())
    return found


def capabilities_of(account: str, connectors: Mapping[str, Connector] = CONNECTORS) -> Capabilities:
    """Those of the connector of `connector/account`."""
    return connectors[account.partition("/")[0]].capabilities


def paths(accounts: Accounts) -> list[str]:
    """All accounts as `connector/account`, in their order."""
    return [f"{connector}/{name}" for connector, named in accounts.items() for name in named]


def unfit_authority(groups: Sequence[AuthorityConfig], accounts: Accounts) -> Iterator[Problem]:
    """What cannot be."""
    known = paths(accounts)
    for index, group in enumerate(groups):
        place = ("authority", index)
        unknown = [*_unknown(group, known, (*place, "accounts"))]
        yield from unknown
        if not unknown:
            yield from _unfit(group, place)
    yield from _divided_twice(groups)


def _unknown(group: AuthorityConfig, known: Sequence[str], place: Place) -> Iterator[Problem]:
    for index, account in enumerate(group.accounts):
        if account not in known:
            near = get_close_matches(account, known, n=1)
            there = f"there are: {', '.join(known)}" if known else "no account does"
            hint = f"did you mean `{near[0]}`?" if near else f"{there}. Write `connector/account`"
            yield Problem((*place, index), f"`{account}` does not stand under `connectors`; {hint}")


def _unfit(group: AuthorityConfig, place: Place) -> Iterator[Problem]:
    if len(set(group.accounts)) < len(group.accounts) or len(group.accounts) < 2:
        example = "`accounts: [zendesk/support, whatsapp/shop]`"
        yield Problem((*place, "accounts"), f"`accounts` must name two or more that differ, for example {example}")
    yield from _not_among(group, group.main, "main", (*place, "main"))
    for kind, account in group.events.items():
        yield from _unfit_event(group, kind, account, (*place, "events", kind))


def _not_among(group: AuthorityConfig, account: str, key: str, place: Place) -> Iterator[Problem]:
    if account not in group.accounts:
        near = get_close_matches(account, group.accounts, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"name one of them ({', '.join(group.accounts)}), or add it"
        yield Problem(place, f"`{key}` ({account}) is none of `accounts`; {hint}")


def _unfit_event(group: AuthorityConfig, kind: str, account: str, place: Place) -> Iterator[Problem]:
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(sorted(KINDS))}"
        yield Problem(place, f"`{kind}` is no type of event; {hint}")
        return
    yield from _not_among(group, account, f"events: {kind}", place)
    if account in group.accounts and kind not in capabilities_of(account).emits:
        able = [other for other in group.accounts if kind in capabilities_of(other).emits]
        who = f"of these only {', '.join(able)} can" if able else "none of these can"
        text = f"`{account}` cannot tell `{kind}`: {who}. It tells {', '.join(sorted(capabilities_of(account).emits))}"
        yield Problem(place, text)


def _divided_twice(groups: Sequence[AuthorityConfig]) -> Iterator[Problem]:
    """An account in two groups needs channels that tell which holds."""
    for (_, one), (index, other) in combinations(enumerate(groups), 2):
        is_apart = one.channel and other.channel and set(one.channel).isdisjoint(other.channel)
        for account in other.accounts:
            if account in one.accounts and not is_apart:
                text = (
                    f"`{account}` stands in another group too: put both into one, or give each a `channel` of its own"
                )
                yield Problem(("authority", index, "accounts", other.accounts.index(account)), text)
