"""What each key allows but all of them together do not: refused, with the line to change and a way out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from difflib import get_close_matches
from typing import Final

from app.config_authority import unfit_authority
from app.config_channels import ChannelConfig
from app.config_connectors import unfit_accounts
from app.config_file import Place, Problem
from app.config_model import Config
from app.config_policies import PolicyConfig, Promise
from app.config_schedules import ALWAYS, OF_CHANNEL, ScheduleConfig, never_open
from app.kpi.instants import LATE_LIMIT_MS
from app.kpi.rules import OTHER_CHANNEL
from app.spans import write_span

_WHILE_OPEN: Final = timedelta(milliseconds=LATE_LIMIT_MS)
_WINDOWS_OPEN: Final = "the time for which windows stay open, or their breaches would count in none"
_DIMENSIONS: Final = {"agents": "agent", "topics": "topic", "tags": "tag", "teams": "team"}


def contradictions(config: Config) -> Iterator[Problem]:
    """All of them; none: the configuration can be compiled."""
    yield from unfit_accounts(config.connectors, joins_orders=config.orders is not None)
    yield from unfit_authority(config.authority, config.connectors)
    if config.channels is None and "unlisted_channels" in config.model_fields_set:
        yield Problem(("unlisted_channels",), "`unlisted_channels` needs a list: name your `channels`, or leave it out")
    yield from never_open(config.schedules)
    yield from _unknown_schedules(config)
    yield from _impossible_channels(config)
    yield from _policies(config)
    yield from _metrics_without_records(config)
    yield from _graces(config)


def own_parts(config: Config) -> Iterator[tuple[Place, ChannelConfig]]:
    """The defaults and each channel, as written."""
    yield ("defaults",), config.defaults
    for name, own in (config.channels or {}).items():
        yield ("channels", name), own


def _unknown_schedules(config: Config) -> Iterator[Problem]:
    for place, part in own_parts(config):
        yield from _unknown_schedule(config, part.schedule, (*place, "schedule"))
        yield from _unknown_schedule(config, part.sla_schedule, (*place, "sla_schedule"))
    for index, policy in enumerate(config.policies):
        yield from _unknown_schedule(config, policy.schedule, ("policies", index, "schedule"))


def _unknown_schedule(config: Config, name: str | None, place: Place) -> Iterator[Problem]:
    if name is not None and name not in (ALWAYS, OF_CHANNEL, *config.schedules):
        near = get_close_matches(name, config.schedules, n=1)
        added = f"add it, for example `schedules: {{{name}: {ScheduleConfig.EXAMPLE}}}`"
        hint = f"did you mean `{near[0]}`?" if near else added
        yield Problem(place, f"`{place[-1]}` ({name}) does not stand under `schedules`; {hint}")


def _impossible_channels(config: Config) -> Iterator[Problem]:
    """What the defaults cannot keep is told of them alone."""
    defaults, *channels = own_parts(config)
    inherited = list(_impossible(config, config.defaults, *defaults))
    yield from inherited
    for place, own in channels:
        told = _impossible(config, config.of(str(place[-1])), place, own)
        yield from (problem for problem in told if problem.text not in {text for _, text in inherited})


def _impossible(config: Config, rules: ChannelConfig, place: Place, own: ChannelConfig) -> Iterator[Problem]:
    yield from _two_warnings(own, place)
    yield from _impossible_spans(config, rules, place)
    yield from _impossible_warnings(rules, own, place)


def _two_warnings(own: Promise, place: Place) -> Iterator[Problem]:
    if {"at_risk", "warn_before"} <= own.model_fields_set:
        yield Problem((*place, "warn_before"), "`at_risk` and `warn_before` both say when to warn; keep one")


def _impossible_spans(config: Config, rules: ChannelConfig, place: Place) -> Iterator[Problem]:
    """What must pass before a ticket is forgotten, or it never counts; breaches must be out before closes settle."""
    closed, open_ = ("`forget: closed`", config.forget.closed), ("`forget: open`", config.forget.open)
    ordered: list[tuple[tuple[str, ...], timedelta | None, str, timedelta | None]] = [
        (("grace",), rules.grace, "`settle`", rules.settle),
        (("grace",), rules.grace, _WINDOWS_OPEN, _WHILE_OPEN),
        (("settle",), rules.settle, *closed),
        (("reply_limit",), rules.reply_limit, *open_),
        (("close_after_silence",), rules.close_after_silence, *open_),
        (
            ("close_after_silence",),
            rules.close_after_silence,
            f"{closed[0]} less `settle`",
            _left_to_settle(config, rules),
        ),
        *((("sla", metric), span, *open_) for metric, span in rules.sla),
    ]
    for key, span, limit_name, limit in ordered:
        yield from _not_shorter((*place, *key), ": ".join(key), span, limit_name, limit)


def _not_shorter(
    place: Place, name: str, span: timedelta | None, limit_name: str, limit: timedelta | None
) -> Iterator[Problem]:
    if span is not None and limit is not None and span >= limit:
        yield Problem(place, _too_long(name, span, limit_name, limit))


def _too_long(name: str, span: timedelta, limit_name: str, limit: timedelta) -> str:
    way = "shorten it" if limit_name == _WINDOWS_OPEN else "shorten the one or lengthen the other"
    return f"`{name}` ({write_span(span)}) must be shorter than {limit_name} ({write_span(limit)}): {way}"


def _left_to_settle(config: Config, rules: ChannelConfig) -> timedelta | None:
    """The longest silence whose close can still settle before the ticket is forgotten."""
    closed = config.forget.closed
    return None if closed is None or closed <= rules.settle else closed - rules.settle


def _impossible_warnings(rules: ChannelConfig, own: Promise, place: Place, where: str = "") -> Iterator[Problem]:
    """A warning before the clock starts; told where the warning is named, else where the target is."""
    warning = rules.warn_before
    for metric, span in rules.sla:
        if warning is None or warning < span:
            continue
        if "warn_before" in own.model_fields_set:
            at: Place = (*place, "warn_before")
        elif metric in own.sla.model_fields_set:
            at = (*place, "sla", metric)
        else:
            continue
        yield Problem(
            at,
            f"`warn_before` ({write_span(warning)}) must be shorter than `sla: {metric}` ({write_span(span)}){where}:"
            " shorten it, or name a share of the target instead, for example `at_risk: 0.8`",
        )


def _policies(config: Config) -> Iterator[Problem]:
    yield from _names_told_twice(config)
    for index, policy in enumerate(config.policies):
        place = ("policies", index)
        yield from _two_warnings(policy, place)
        yield from _unknown_channels(config, policy, (*place, "match", "channel"))
        for metric in policy.sla.model_fields_set:
            span, limit = getattr(policy.sla, metric), config.forget.open
            yield from _not_shorter((*place, "sla", metric), f"sla: {metric}", span, "`forget: open`", limit)
        yield from _impossible_policy_warnings(config, policy, place)


def _names_told_twice(config: Config) -> Iterator[Problem]:
    """Verdicts are counted by name: two promises of one name could not be told apart."""
    counts = Counter(policy.name for policy in config.policies)
    for index, policy in enumerate(config.policies):
        if policy.name == config.policy:
            text = f"`name` ({policy.name}) is that of what holds where no policy matches (`policy`); choose another"
            yield Problem(("policies", index, "name"), text)
        elif counts[policy.name] > 1:
            text = (
                f"`name` ({policy.name}) is that of several policies; give each its own, as `{policy.name}-{index + 1}`"
            )
            yield Problem(("policies", index, "name"), text)


def _unknown_channels(config: Config, policy: PolicyConfig, place: Place) -> Iterator[Problem]:
    """Only a closed list says which channels there are."""
    known = [*(config.channels or {}), OTHER_CHANNEL]
    for name in policy.match.channel:
        if name == OTHER_CHANNEL and not config.is_closed_list:
            text = f"`channel` ({name}) counts no ticket, since every channel is taken under its own name; remove it"
            yield Problem(place, text)
        elif config.is_closed_list and name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else "add it there, or match `other`"
            yield Problem(place, f"`channel` ({name}) does not stand under `channels`; {hint}")


def _impossible_policy_warnings(config: Config, policy: PolicyConfig, place: Place) -> Iterator[Problem]:
    for name in (*config.named_channels(), OTHER_CHANNEL):
        if policy.takes_channel(name):
            where = "" if name == OTHER_CHANNEL else f" of {name}"
            yield from _impossible_warnings(config.of(name).under(policy), policy, place, where)


def _metrics_without_records(config: Config) -> Iterator[Problem]:
    for key, dimension in _DIMENSIONS.items():
        if getattr(config.metrics, key) is not None and dimension not in config.records:
            wanted = ", ".join([*config.records, dimension])
            text = f"`metrics: {key}` shows what is not kept: write `records: [{wanted}]`, or `{key}: off`"
            yield Problem(("metrics", key), text)


def _graces(config: Config) -> Iterator[Problem]:
    """A breach is published by its channel's grace, so an account can only have one where it is all of a channel."""
    for connector, accounts in config.connectors.items():
        for name, account in accounts.items():
            if account.grace is not None:
                texts = _unfit_grace(config, account.channel, account.grace)
                yield from (Problem(("connectors", connector, name, "grace"), text) for text in texts)


def _unfit_grace(config: Config, channel: str | None, grace: timedelta) -> Iterable[str]:
    if channel is None:
        yield "`grace` of an account is that of its channel: name the `channel` too, or put `grace` under `channels`"
        return
    own = (config.channels or {}).get(channel)
    if config.is_closed_list and own is None:
        yield f"`grace` is for `{channel}`, which does not stand under `channels`: add it there"
    if len(config.accounts_of(channel)) > 1:
        yield f"`grace` cannot be told apart in `{channel}`, which several accounts share: put it under `channels: {channel}`"
    if own is not None and "grace" in own.model_fields_set:
        yield f"`grace` stands under `channels: {channel}` too; keep one"
    limits = (("`settle`", config.of(channel).settle), (_WINDOWS_OPEN, _WHILE_OPEN))
    yield from (_too_long("grace", grace, *limit) for limit in limits if grace >= limit[1])
