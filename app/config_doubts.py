"""What can be meant, but hardly is. Told at start and by `carebeat check`; nothing is refused.

Whether a policy can ever match
-------------------------------
A ticket has one priority or none, one team or none, and a set of tags. Whether a policy takes it never turns from yes to no
when a tag is added. So if any ticket falls to a policy, one of these does: with a priority and a team of its lists, or such
as no policy names where it lists none, and with one tag of its list, or none. Trying these is an exact answer, also
where several earlier policies take everything between them.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Final

from app.config_authority import paths
from app.config_authority_doubts import doubts_of_authority
from app.config_channels import ChannelConfig
from app.config_contradictions import own_parts
from app.config_file import Place, Problem
from app.config_model import Config
from app.config_policies import PolicyConfig, Promise
from app.config_reach import channel_of, never_closed
from app.config_schedules import doubts as schedule_doubts
from app.kpi.rules import OTHER_CHANNEL
from app.spans import write_span

Ticket = tuple[str, str, str]
"""Priority, team, tag; "" for one that no policy names, or none."""
_GOALS: Final = ("first_response", "resolution")


def doubts(config: Config) -> Iterator[Problem]:
    """All of them."""
    yield from schedule_doubts(config.schedules)
    yield from _never_matching(config)
    yield from _hasty_next_responses(config)
    yield from _idle_goals(config)
    yield from _never_closed(config)
    yield from doubts_of_authority(config)


def takes(policy: PolicyConfig, ticket: Ticket) -> bool:
    """Whether a policy matches such a ticket of a channel that it matches."""
    match = policy.match
    wanted = (match.priority, match.team, match.tags)
    return all(not listed or value in listed for listed, value in zip(wanted, ticket, strict=True))


def shadows(policies: Sequence[PolicyConfig]) -> dict[int, list[int]]:
    """Index of a policy that no ticket falls to -> those before it that take them. All match the same channel."""
    found = {index: _takers(policies[:index], policy) for index, policy in enumerate(policies)}
    return {index: takers for index, takers in found.items() if takers is not None}


def _takers(earlier: Sequence[PolicyConfig], policy: PolicyConfig) -> list[int] | None:
    """Who takes the tickets of a policy; None if one is left for it."""
    match, takers = policy.match, set()
    for ticket in product(match.priority or [""], match.team or [""], match.tags or [""]):
        taker = next((index for index, other in enumerate(earlier) if takes(other, ticket)), None)
        if taker is None:
            return None
        takers.add(taker)
    return sorted(takers)


def _never_matching(config: Config) -> Iterator[Problem]:
    """Policies that no ticket falls to in any channel; a policy without `match` stands for what is promised by default."""
    everything = PolicyConfig(name=config.policy)
    channels = _channels(config)
    shadowed: dict[str, list[str]] = {}
    for channel in channels:
        policies = [*config.policies_of(channel), everything]
        found = shadows(policies)
        for index, policy in enumerate(policies):
            takers = [policies[taker].name for taker in found.get(index, [])]
            shadowed.setdefault(policy.name, []).extend(takers or [""])
    for index, policy in enumerate(config.policies):
        takers = shadowed.get(policy.name, [""])
        if "" not in takers:
            text = f"policy `{policy.name}` never applies: every ticket that it matches falls to {_names(takers)} before it;"
            yield Problem(("policies", index), f"{text} move it up, or remove it")
    if "" not in shadowed[config.policy]:
        takers = shadowed[config.policy]
        text = f"every ticket falls to {_names(takers)}: targets of `defaults` and `channels` only fill in what that leaves out"
        yield Problem(("policies",), text)


def _channels(config: Config) -> list[str]:
    """Every channel that there can be: those that are named, and one that stands for all others."""
    return [*config.named_channels(), OTHER_CHANNEL]


def _never_closed(config: Config) -> Iterator[Problem]:
    """Told where the channel is listed, else at each account whose channel it is."""
    at: dict[str, list[Place]] = {name: [("channels", name)] for name in sorted(config.channels or {})}
    for account in paths(config.connectors):
        channel = channel_of(config, account)
        if channel is not None and channel not in (config.channels or {}):
            at.setdefault(channel, []).append(("connectors", *account.split("/")))
    for name, places in at.items():
        if never_closed(config, name):
            text = f"nobody says that a ticket of `{name}` is closed: write `close_after_silence: 24h`, or it has no resolution"
            yield from (Problem(place, text) for place in places)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))


def _hasty_next_responses(config: Config) -> Iterator[Problem]:
    """Later messages that are due before a first one would be: mostly two targets in each other's place."""
    for place, own in own_parts(config):
        rules = config.defaults if place == ("defaults",) else config.of(str(place[-1]))
        yield from _hasty(rules, own, place)
    for index, policy in enumerate(config.policies):
        hasty = {
            text: place
            for name in _channels(config)
            if policy.takes_channel(name)
            for place, text in _hasty(config.of(name).under(policy), policy, ("policies", index))
        }
        yield from (Problem(place, text) for text, place in hasty.items())


def _hasty(rules: ChannelConfig, own: Promise, place: Place) -> Iterator[Problem]:
    named = [metric for metric in ("next_response", "first_response") if metric in own.sla.model_fields_set]
    first, following = rules.sla.first_response, rules.sla.next_response
    if named and following < first:
        yield Problem(
            (*place, "sla", named[0]),
            f"`next_response` ({write_span(following)}) is shorter than `first_response` ({write_span(first)}):"
            " a later message would be due before the first one; are they in each other's place?",
        )


def _idle_goals(config: Config) -> Iterator[Problem]:
    """Goals that a kept promise reaches by itself."""
    for place, own in own_parts(config):
        rules = config.defaults if place == ("defaults",) else config.of(str(place[-1]))
        for name in _GOALS:
            good, target = getattr(rules.goals, name).good, getattr(rules.sla, name)
            if good is not None and good > target and "good" in getattr(own.goals, name).model_fields_set:
                text = f"`goals: {name}: good` ({write_span(good)}) is longer than what `sla` promises ({write_span(target)})"
                yield Problem(
                    (*place, "goals", name, "good"), f"{text}: whoever keeps the promise is better than the goal"
                )
