"""The support configuration compiled for the core: plain milliseconds, and versions that name what figures depend on."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from datetime import timedelta
from importlib.metadata import version
from typing import Any, Final

from app.config_channels import ChannelConfig
from app.config_model import Config, Forget
from app.config_policies import PolicyConfig, Promise
from app.kpi.business_hours import Schedule
from app.kpi.rules import OTHER_CHANNEL, STATE_FORMAT, ChannelRules, Clock, Policy, Rules, Target
from app.spans import milliseconds

Schedules = Mapping[str, Schedule]
_PROMISE: Final = Promise()
_ZONES: Final = version("tzdata")


def rules(config: Config, clock: Clock) -> Rules:
    """The configuration as the core sees it. Two configurations that give the same figures have the same version."""
    schedules = compiled_schedules(config, _schedules_in_use(config))
    channels = {name: _channel_rules(config, name, config.of(name), schedules) for name in config.named_channels()}
    compiled = Rules(
        version="",
        clock=clock,
        zone=config.reporting_zone,
        default=_channel_rules(config, OTHER_CHANNEL, config.defaults, schedules),
        channels=channels,
        closed_list=config.is_closed_list,
        dimensions=frozenset(config.records),
        publish_all=config.sla_publish == "all",
    )
    return replace(compiled, version=_digest([STATE_FORMAT, _zones_version(compiled), _figures(compiled)], digits=12))


def truth_rules() -> Rules:
    """What recorded history is computed by unless configured: every channel, the defaults, nothing forgotten."""
    forgetting_nothing = Config(forget=Forget.model_validate({"closed": "never", "open": "never"}))
    return rules(forgetting_nothing, "events")


def compiled_schedules(config: Config, names: Iterable[str]) -> dict[str, Schedule]:
    """The schedules of these names, each made once."""
    return {name: config.schedules[name].compiled() for name in sorted(set(names))}


def _schedules_in_use(config: Config) -> set[str]:
    parts = [config.defaults, *map(config.of, config.named_channels())]
    promised = [part.under(policy) for part in parts for policy in config.policies]
    named = [*(part.schedule for part in parts), *(part.target_hours() for part in (*parts, *promised))]
    return {name for name in named if name is not None}


def _channel_rules(config: Config, name: str, channel: ChannelConfig, schedules: Schedules) -> ChannelRules:
    own = [_matching(policy, channel, schedules) for policy in config.policies_of(name)]
    return ChannelRules(
        policies=(*own, _policy(config.policy, channel, schedules)),
        grace_ms=milliseconds(channel.grace),
        reply_limit_ms=milliseconds(channel.reply_limit),
        settle_ms=milliseconds(channel.settle),
        silence_ms=_milliseconds_or_none(channel.close_after_silence),
        reopen_on_message=channel.reopen_on_message,
        unknown_author=channel.unknown_authors,
        forget_closed_ms=_milliseconds_or_none(config.forget.closed),
        forget_open_ms=_milliseconds_or_none(config.forget.open),
        schedule=schedules[channel.schedule] if channel.schedule else None,
    )


def _matching(policy: PolicyConfig, channel: ChannelConfig, schedules: Schedules) -> Policy:
    match = policy.match
    return replace(
        _policy(policy.name, channel.under(policy), schedules),
        priorities=frozenset(match.priority),
        teams=frozenset(match.team),
        tags=frozenset(match.tags),
    )


def _policy(name: str, promise: ChannelConfig, schedules: Schedules) -> Policy:
    first, following, resolution = (_target(span, promise) for _, span in promise.sla)
    hours = promise.target_hours()
    policy = Policy(
        name,
        "",
        first,
        following,
        resolution,
        schedule=schedules[hours] if hours else None,
        customer_clock=promise.clock == "customer",
        pause_on=frozenset(promise.pause_on),
    )
    return replace(policy, version=_policy_version(policy))


def _policy_version(policy: Policy) -> str:
    """Of all that a verdict depends on. What is as it always was is left out: former versions stay what they were."""
    targets = ("first_response", "next_response", "resolution")
    content: dict[str, Any] = {metric: asdict(getattr(policy, metric)) for metric in targets}
    if policy.schedule is not None:
        content["schedule"] = _schedule_figures(policy.schedule)
    if policy.customer_clock:
        content["clock"] = "customer"
    if policy.pause_on != frozenset(_PROMISE.pause_on):
        content["pause_on"] = policy.pause_on
    return _digest(content, digits=6)


def _target(span: timedelta, promise: ChannelConfig) -> Target:
    target_ms = milliseconds(span)
    if promise.warn_before is not None:
        return Target(target_ms, target_ms - milliseconds(promise.warn_before))
    return Target(target_ms, round(target_ms * promise.at_risk))


def _figures(compiled: Rules) -> dict[str, Any]:
    """All that figures depend on, as plain values."""
    content = {part.name: getattr(compiled, part.name) for part in fields(compiled)}
    channels = {name: _channel_figures(channel) for name, channel in compiled.channels.items()}
    return {**content, "default": _channel_figures(compiled.default), "channels": channels}


def _zones_version(compiled: Rules) -> str | None:
    """Of the zones that figures depend on; None where all is UTC."""
    channels = (compiled.default, *compiled.channels.values())
    promised = [policy.schedule for channel in channels for policy in channel.policies]
    schedules = (*(channel.schedule for channel in channels), *promised)
    zones = {compiled.zone, *(schedule.zone.key for schedule in schedules if schedule is not None)}
    return None if zones == {"UTC"} else _ZONES


def _channel_figures(channel: ChannelRules) -> dict[str, Any]:
    content = asdict(replace(channel, schedule=None, policies=()))
    return {
        **content,
        "schedule": _schedule_figures(channel.schedule),
        "policies": [_policy_figures(policy) for policy in channel.policies],
    }


def _policy_figures(policy: Policy) -> dict[str, Any]:
    return {**asdict(replace(policy, schedule=None)), "schedule": _schedule_figures(policy.schedule)}


def _schedule_figures(schedule: Schedule | None) -> list[Any] | None:
    return None if schedule is None else [schedule.zone.key, *map(asdict, schedule.timetables)]


def _milliseconds_or_none(span: timedelta | None) -> int | None:
    return None if span is None else milliseconds(span)


def _digest(content: Any, digits: int) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=sorted)  # sets, in order
    return hashlib.sha256(canonical.encode()).hexdigest()[:digits]
