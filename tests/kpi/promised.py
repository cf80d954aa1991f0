"""Rules with several policies, opening hours and all dimensions."""

from dataclasses import replace
from typing import Any

from app.kpi.rules import Policy, Rules, Target
from tests.kpi.story import HOUR, MINUTE, rules

OFFICE = """
schedules: {office: {zone: Europe/Berlin, week: {mon-fri: "09:00-17:00"}}}
defaults: {schedule: office}
"""
"""Opening hours, an hour ahead of the instants of stories."""


def target(target_ms: int, warn_ms: int | None = None) -> Target:
    """A promise that warns after four fifths of it."""
    return Target(target_ms, target_ms * 4 // 5 if warn_ms is None else warn_ms)


def policy(name: str, like: Policy, **different: Any) -> Policy:
    """A policy that promises what another does, except what is named."""
    return replace(like, name=name, version=f"{name}-1", **different)


def with_policies(of: Rules, *policies: Policy) -> Rules:
    """The same rules with policies that are tried before the default."""
    default = replace(of.default, policies=(*policies, of.default.default_policy))
    channels = {name: replace(own, policies=(*policies, own.default_policy)) for name, own in of.channels.items()}
    return replace(of, version=f"{of.version}-{len(policies)}", default=default, channels=channels)


def everything(config: str = "") -> Rules:
    """All that the configuration can ask of the core at once; `config` is more of its text."""
    of = rules(f"{OFFICE}{config}")
    default, office = of.default.default_policy, of.default.schedule
    urgent = policy("urgent", default, first_response=target(20 * MINUTE), priorities=frozenset(("high",)))
    vip = policy(
        "vip",
        default,
        first_response=target(HOUR, 50 * MINUTE),
        resolution=target(4 * HOUR),
        schedule=office,
        customer_clock=True,
        pause_on=frozenset(("on_hold", "third_party")),
        tags=frozenset(("vip",)),
    )
    team = policy("team", default, next_response=target(2 * HOUR), schedule=office, teams=frozenset(("b",)))
    made = with_policies(of, urgent, vip, team)
    return replace(made, dimensions=frozenset(("agent", "team", "topic", "tag")), publish_all=True)
