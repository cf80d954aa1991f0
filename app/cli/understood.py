"""What a support configuration means, as plain values: what `carebeat check` prints, and its JSON."""

from datetime import timedelta
from typing import Any

from app.cli import week
from app.cli.sources import sources
from app.config_channels import ChannelConfig
from app.config_doubts import shadows
from app.config_model import Config
from app.config_policies import Match, PolicyConfig
from app.config_reach import missing
from app.kpi.measures import SLA_METRICS
from app.kpi.rules import OTHER_CHANNEL, ChannelRules, Policy, Rules


def understood(config: Config, rules: Rules, now_ms: int) -> dict[str, Any]:
    """All of it. Durations are seconds, instants UTC."""
    channels = [*config.named_channels(), OTHER_CHANNEL]
    return {
        "version": rules.version,
        "clock": rules.clock,
        "reporting_zone": rules.zone,
        "policies": [*map(_written, config.policies), {"name": config.policy, "match": None}],
        "channels": {name: _channel(config, name, rules.of(name)) for name in channels},
        "unlisted_channels": "other" if config.is_closed_list else "accept",
        "schedules": [
            week.as_json(name, written, written.compiled(), now_ms) for name, written in config.schedules.items()
        ],
        "orders": None if config.orders is None else {"settle_seconds": config.orders.settle.total_seconds()},
        "sources": sources(config),
        "missing": [each._asdict() for each in missing(config, channels)],
    }


def _written(policy: PolicyConfig) -> dict[str, Any]:
    return {"name": policy.name, "match": _match(policy.match)}


def _match(match: Match) -> dict[str, list[str]]:
    """What tickets must have; empty: nothing."""
    return {key: list(values) for key, values in match if values}


def _channel(config: Config, name: str, rules: ChannelRules) -> dict[str, Any]:
    """What can be promised there, in order, and when tickets close by themselves."""
    of = config.of(name)
    unreachable = shadows([*config.policies_of(name), PolicyConfig(name=config.policy)])
    return {
        "policies": [
            _promised(part, policy)
            for index, (part, policy) in enumerate(zip(config.promises_of(name), rules.policies, strict=True))
            if index not in unreachable
        ],
        "grace_seconds": rules.grace_ms / 1000,
        "close_after_silence_seconds": None if rules.silence_ms is None else rules.silence_ms / 1000,
        "schedule": of.schedule,
        "goals": of.goals.values(),
    }


def _promised(part: ChannelConfig, policy: Policy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "version": policy.version,
        "targets": {metric: _seconds(getattr(part.sla, metric)) for metric in SLA_METRICS},
        "at_risk": part.at_risk if part.warn_before is None else None,
        "warn_before_seconds": None if part.warn_before is None else _seconds(part.warn_before),
        "schedule": part.target_hours(),
        "clock": part.clock,
        "pause_on": sorted(policy.pause_on),
    }


def _seconds(span: timedelta) -> float:
    return span.total_seconds()
