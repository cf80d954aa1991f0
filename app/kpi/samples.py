"""Durations of one ticket as samples: in calendar time, in business time where the channel has a schedule, and net of pauses where that is asked.

A sample is never negative, though an event read after a change of version may end before its start.
"""

from collections.abc import Sequence
from typing import Final

from app.kpi.effects import Effects
from app.kpi.measures import DURATION_NAMES
from app.kpi.rules import ChannelRules
from app.kpi.sla import Pause, spent_ms

_BUSINESS: Final = {name: f"{name}_business" for name in DURATION_NAMES}
_NET: Final = {name: f"{name}_net" for name in DURATION_NAMES if f"{name}_net" in DURATION_NAMES}


def sample(
    out: Effects,
    rules: ChannelRules,
    at_ms: int,
    channel: str,
    measure: str,
    start_ms: int,
    end_ms: int,
    pauses: Sequence[Pause] | None,
) -> None:
    """A duration that also counts net of pauses, in the window of `at_ms`."""
    _in_both_times(out, rules, at_ms, channel, measure, start_ms, end_ms, 0, 0)
    paused_ms = paused_business_ms = 0
    for pause in pauses or ():
        from_ms = max(pause.start_ms, start_ms)
        until_ms = end_ms if pause.end_ms is None else min(pause.end_ms, end_ms)
        paused_ms += spent_ms(None, from_ms, until_ms)
        if rules.schedule is not None:
            paused_business_ms += rules.schedule.open_ms(from_ms, until_ms)
    _in_both_times(out, rules, at_ms, channel, _NET[measure], start_ms, end_ms, paused_ms, paused_business_ms)


def short_sample(out: Effects, rules: ChannelRules, at_ms: int, channel: str, measure: str, start_ms: int) -> None:
    """A duration that ends at `at_ms` and that pauses do not touch."""
    duration_ms = at_ms - start_ms if at_ms > start_ms else 0
    out.durations.append((at_ms, channel, measure, duration_ms, start_ms, at_ms))
    if rules.schedule is not None:
        business_ms = rules.schedule.open_ms(start_ms, at_ms)
        out.durations.append((at_ms, channel, _BUSINESS[measure], business_ms, start_ms, at_ms))


def _in_both_times(
    out: Effects,
    rules: ChannelRules,
    at_ms: int,
    channel: str,
    measure: str,
    start_ms: int,
    end_ms: int,
    less_ms: int,
    less_business_ms: int,
) -> None:
    out.durations.append((at_ms, channel, measure, spent_ms(None, start_ms, end_ms) - less_ms, start_ms, end_ms))
    if rules.schedule is not None:
        business_ms = rules.schedule.open_ms(start_ms, end_ms) - less_business_ms
        out.durations.append((at_ms, channel, _BUSINESS[measure], business_ms, start_ms, end_ms))
