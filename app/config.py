"""The support configuration: what channels there are and what is promised in them.

One YAML file says it (`deploy/carebeat.yaml` is the commented example and the default). What holds in every channel
stands under `defaults`; a channel names only what differs. Unknown keys, wrong values and contradictions are refused,
all at once, each with its line and a way out. `rules` compiles it for the core.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, replace
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from app.config_connectors import Accounts, ConnectorName, unfit_accounts
from app.config_errors import problems_of
from app.config_file import ConfigFile, Problem, read_file, read_text
from app.config_part import Part, empty_if_null
from app.config_schedules import ScheduleConfig, ScheduleName, ScheduleOrAlways, Zone, doubts, never_open
from app.kpi.business_hours import Schedule
from app.kpi.rules import STATE_FORMAT, ChannelRules, Clock, Policy, Rules, Target
from app.links import TicketUrl, link
from app.operations import Operations
from app.spans import PositiveSpan, Span, SpanOrNever, SpanOrOff, milliseconds, write_span
from schemas.wire import CHANNEL_PATTERN, RESERVED_CHANNELS


def _channel_name(name: str) -> str:
    if name in RESERVED_CHANNELS:
        raise PydanticCustomError("channel", "is Carebeat's own name; what holds everywhere stands under `defaults`")
    return name


Share = Annotated[float, Field(gt=0, lt=1)]
ChannelName = Annotated[str, Field(pattern=CHANNEL_PATTERN), AfterValidator(_channel_name)]


class SlaTargets(Part):
    """How soon, in calendar time. A metric that a channel does not name is the default's."""

    first_response: PositiveSpan = Field(timedelta(hours=4), examples=["4h"])
    next_response: PositiveSpan = Field(timedelta(hours=24), examples=["24h"])
    resolution: PositiveSpan = Field(timedelta(hours=72), examples=["72h"])


class ChannelConfig(Part):
    """What holds in a channel."""

    sla: Annotated[SlaTargets, BeforeValidator(empty_if_null)] = Field(SlaTargets(), examples=["{first_response: 4h}"])
    at_risk: Share = Field(0.8, examples=["0.8"])
    """The share of a target after which it is at risk."""
    objective: Share = Field(0.9, examples=["0.9"])
    """The share of clocks that should be met: alerts and boards measure against it. It changes no figure."""
    grace: Span = Field(timedelta(seconds=10), examples=["10s"])
    """How long after due a breach is published, for replies that are still on their way."""
    close_after_silence: SpanOrOff = Field(None, examples=["24h"])
    """Where the channel never says that a ticket is closed."""
    reopen_on_message: bool = Field(True, examples=["true"])
    """False where the source emits its own reopenings."""
    unknown_authors: Literal["agent", "bot", "automation"] = Field("agent", examples=["agent"])
    """Whom replies of author kind `unknown` count for."""
    reply_limit: PositiveSpan = Field(timedelta(hours=24), examples=["24h"])
    """A wait that takes longer counts as not answered in the response rate."""
    settle: PositiveSpan = Field(timedelta(hours=72), examples=["72h"])
    """A close that is not reopened for so long has held."""
    schedule: ScheduleOrAlways = Field(None, examples=["office"])
    """The schedule whose hours count as business time; `always`: every hour does."""
    ticket_url: TicketUrl = Field(None, examples=["https://desk.example/tickets/{ticket_id}"])
    """Where people open a ticket. It changes no figure."""

    def changed_by(self, own: "ChannelConfig") -> "ChannelConfig":
        """These rules, with what a channel names for itself in their place."""
        named = {key: getattr(own, key) for key in own.model_fields_set}
        targets = {metric: getattr(own.sla, metric) for metric in own.sla.model_fields_set}
        return self.model_copy(update={**named, "sla": self.sla.model_copy(update=targets)})


class Forget(Part):
    """After how much silence a ticket leaves the state."""

    closed: SpanOrNever = Field(timedelta(days=90), examples=["90d"])
    open: SpanOrNever = Field(timedelta(days=400), examples=["400d"])


class Config(Part):
    """The whole file."""

    policy: str = Field("default", pattern=CHANNEL_PATTERN, examples=["default"])
    """The name under which SLA verdicts are counted."""
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
        None, min_length=1, examples=["{whatsapp: {sla: {first_response: 20m}}}"]
    )
    """The channels there are; absent: every channel that events name."""
    unlisted_channels: Literal["other", "accept"] = Field("other", examples=["accept"])
    """Channels outside the list: counted together as `other`, or each under its own name with the defaults."""
    connectors: dict[ConnectorName, Accounts] = Field(
        {}, examples=["{generic: {website: {secrets: [{env: WEBSITE_SECRET}]}}}"]
    )
    """Whose webhooks the gateway takes. It changes no figure."""

    operations: Annotated[Operations, BeforeValidator(empty_if_null)] = Field(
        Operations(), examples=["{interval: 15s}"]
    )
    """How all of it is watched: boards, alerts, whom they reach. It changes no figure."""

    def of(self, channel: str) -> ChannelConfig:
        """What holds in a channel, all things considered."""
        own = (self.channels or {}).get(channel)
        return self.defaults if own is None else self.defaults.changed_by(own)

    def ticket_link(self, ticket_id: str, channel: str) -> str | None:
        """Where a ticket of that channel is opened; None where no template says."""
        template = self.of(channel).ticket_url
        return None if template is None else link(template, ticket_id, channel)


_log = logging.getLogger(__name__)


def packaged(name: str) -> Path:
    """A file of `deploy/` that travels with the package: packaged or in the checkout."""
    path = Path(__file__).with_name(name)
    return path if path.exists() else Path(__file__).parent.parent / "deploy" / name


def default_path() -> Path:
    """The configuration used where none is named: `deploy/carebeat.yaml`."""
    return packaged("carebeat.yaml")


def load(path: Path | None = None) -> Config:
    """The configuration in a file, `default_path()` if none is named. Raises ConfigurationError."""
    return _understand(read_file(path or default_path()))


def parse(text: str, name: str = "configuration") -> Config:
    """The configuration in a text. Raises ConfigurationError."""
    return _understand(read_text(text, name))


def _understand(file: ConfigFile) -> Config:
    try:
        config = Config.model_validate(file.values)
    except ValidationError as error:
        file.refuse(problems_of(error, Config))
        raise AssertionError("a refused configuration without a problem") from error
    file.refuse(_contradictions(config))
    for line in file.located(doubts(config.schedules)):
        _log.warning(line)
    return config


def _contradictions(config: Config) -> Iterator[Problem]:
    yield from unfit_accounts(config.connectors)
    if config.channels is None and "unlisted_channels" in config.model_fields_set:
        yield Problem(("unlisted_channels",), "`unlisted_channels` needs a list: name your `channels`, or leave it out")
    yield from never_open(config.schedules)
    yield from _unknown_schedules(config)
    inherited = list(_impossible_spans(config, config.defaults, ("defaults",)))
    yield from inherited
    for name in config.channels or {}:
        own = _impossible_spans(config, config.of(name), ("channels", name))
        yield from (problem for problem in own if problem.text not in {text for _, text in inherited})


def _unknown_schedules(config: Config) -> Iterator[Problem]:
    yield from _unknown_schedule(config, config.defaults, ("defaults",))
    for name, own in (config.channels or {}).items():
        yield from _unknown_schedule(config, own, ("channels", name))


def _unknown_schedule(config: Config, part: ChannelConfig, place: tuple[str, ...]) -> Iterator[Problem]:
    name = part.schedule
    if name is not None and name not in config.schedules:
        near = get_close_matches(name, config.schedules, n=1)
        added = f"add it, for example `schedules: {{{name}: {ScheduleConfig.EXAMPLE}}}`"
        hint = f"did you mean `{near[0]}`?" if near else added
        yield Problem((*place, "schedule"), f"`schedule` ({name}) does not stand under `schedules`; {hint}")


def _impossible_spans(config: Config, rules: ChannelConfig, place: tuple[str, ...]) -> Iterator[Problem]:
    """What must pass before a ticket is forgotten, or it never counts; breaches must be out before closes settle."""
    closed, open_ = ("`forget: closed`", config.forget.closed), ("`forget: open`", config.forget.open)
    ordered: list[tuple[tuple[str, ...], timedelta | None, str, timedelta | None]] = [
        (("grace",), rules.grace, "`settle`", rules.settle),
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
        if span is not None and limit is not None and span >= limit:
            text = f"`{': '.join(key)}` ({write_span(span)}) must be shorter than {limit_name} ({write_span(limit)})"
            yield Problem((*place, *key), f"{text}: shorten the one or lengthen the other")


def _left_to_settle(config: Config, rules: ChannelConfig) -> timedelta | None:
    """The longest silence whose close can still settle before the ticket is forgotten."""
    closed = config.forget.closed
    return None if closed is None or closed <= rules.settle else closed - rules.settle


def rules(config: Config, clock: Clock) -> Rules:
    """The configuration as the core sees it. Two configurations that give the same figures have the same version."""
    named = {part.schedule for part in (config.defaults, *(config.channels or {}).values()) if part.schedule}
    schedules = {name: config.schedules[name].compiled() for name in sorted(named)}
    compiled = Rules(
        version="",
        clock=clock,
        zone=config.reporting_zone,
        default=_channel_rules(config, config.defaults, schedules),
        channels={name: _channel_rules(config, config.of(name), schedules) for name in sorted(config.channels or {})},
        closed_list=config.channels is not None and config.unlisted_channels == "other",
    )
    return replace(compiled, version=_digest([STATE_FORMAT, _figures(compiled)], digits=12))


def _figures(compiled: Rules) -> dict[str, Any]:
    """All that figures depend on, as plain values."""
    content = {part.name: getattr(compiled, part.name) for part in fields(compiled)}
    channels = {name: _channel_figures(channel) for name, channel in compiled.channels.items()}
    return {**content, "default": _channel_figures(compiled.default), "channels": channels}


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


def truth_rules() -> Rules:
    """What recorded history is computed by unless configured: every channel, the defaults, nothing forgotten."""
    forgetting_nothing = Config(forget=Forget.model_validate({"closed": "never", "open": "never"}))
    return rules(forgetting_nothing, "events")


def _channel_rules(config: Config, channel: ChannelConfig, schedules: Mapping[str, Schedule]) -> ChannelRules:
    return ChannelRules(
        policies=(_policy(config.policy, channel),),
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


def _policy(name: str, channel: ChannelConfig) -> Policy:
    first, following, resolution = (_target(span, channel.at_risk) for _, span in channel.sla)
    targets = {"first_response": first, "next_response": following, "resolution": resolution}
    version = _digest({metric: asdict(target) for metric, target in targets.items()}, digits=6)
    return Policy(name, version, first, following, resolution)


def _target(span: timedelta, at_risk: float) -> Target:
    target_ms = milliseconds(span)
    return Target(target_ms, round(target_ms * at_risk))


def _milliseconds_or_none(span: timedelta | None) -> int | None:
    return None if span is None else milliseconds(span)


def _digest(content: Any, digits: int) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=sorted)  # sets, in order
    return hashlib.sha256(canonical.encode()).hexdigest()[:digits]
