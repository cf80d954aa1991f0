"""Durations of one ticket as samples: in calendar time, in business time where the channel has a schedule, and net of pauses where that is asked.

Theory of operation
===================
Mostly the same stretch of time is the sample of several durations: the first reply ends a wait, is the first action on it and the first response,
with or without a bot's share. Such samples arise *together*, as one (`measures.together`), and come apart only where figures gather, once for
many of them. `Stretches` finds what is the same.

A sample is never negative, though an event read after a change of version may end before its start.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from app.kpi.effects import Effects
from app.kpi.measures import together
from app.kpi.rules import ChannelRules
from app.kpi.sla import Pause, spent_ms

REPLY: Final = ("response", "first_action", "first_response", "first_response_queue")
RESPONSE, FIRST_ACTION, FIRST_RESPONSE, QUEUE = (1 << place for place in range(4))
CLOSE: Final = ("resolution", "round_resolution", "resolution_net", "round_resolution_net", "handle")
RESOLUTION, ROUND_RESOLUTION, RESOLUTION_NET, ROUND_RESOLUTION_NET, HANDLE = (1 << place for place in range(5))
_NET: Final = {RESOLUTION: RESOLUTION_NET, ROUND_RESOLUTION: ROUND_RESOLUTION_NET}
_FULL, _FULL_NET = "full_resolution", "full_resolution_net"


_start = attrgetter("start_ms")


def _names(measures: Sequence[str], ending: str = "") -> tuple[str, ...]:
    """By the sum of their bits: the name of those samples together."""
    return tuple(
        together(*(f"{measure}{ending}" for place, measure in enumerate(measures) if bits >> place & 1))
        for bits in range(1 << len(measures))
    )


_REPLY_NAMES, _REPLY_BUSINESS_NAMES = _names(REPLY), _names(REPLY, "_business")
_CLOSE_NAMES, _CLOSE_BUSINESS_NAMES = _names(CLOSE), _names(CLOSE[:-1], "_business")
_FULL_NAMES, _FULL_BUSINESS_NAMES = _names((_FULL, _FULL_NET)), _names((_FULL, _FULL_NET), "_business")

Stretches = dict[tuple[str, int], int]
"""(channel, start) -> bits of the measures for which it is a sample."""
_Lengths = dict[tuple[int, int], int]
"""(start, milliseconds) -> bits."""


def reply_samples(out: Effects, rules: dict[str, ChannelRules], at_ms: int, stretches: Stretches) -> None:
    """What a reply or another first action at `at_ms` ends."""
    for (channel, start_ms), bits in stretches.items():
        duration_ms = at_ms - start_ms if at_ms > start_ms else 0
        out.durations.append((at_ms, channel, _REPLY_NAMES[bits], duration_ms, start_ms, at_ms))
        schedule = rules[channel].schedule
        if schedule is not None:
            business_ms = schedule.open_ms(start_ms, at_ms)
            out.durations.append((at_ms, channel, _REPLY_BUSINESS_NAMES[bits], business_ms, start_ms, at_ms))


def close_samples(
    out: Effects,
    rules: ChannelRules,
    at_ms: int,
    channel: str,
    starts_ms: dict[int, int],
    pauses: Sequence[Pause],
    handle: tuple[int, int] | None,
) -> None:
    """What a close ends. `starts_ms`: bit -> start; `handle`: (start, milliseconds) of handle time."""
    lengths: _Lengths = {} if handle is None else {handle: HANDLE}
    business: _Lengths = {}
    for bit, start_ms in starts_ms.items():
        if pauses or rules.schedule is not None:
            _add(lengths, business, rules, start_ms, at_ms, pauses, bit, _NET[bit])
        else:
            _mark(lengths, start_ms, at_ms - start_ms if at_ms > start_ms else 0, bit | _NET[bit])
    for (start_ms, duration_ms), bits in lengths.items():
        out.durations.append((at_ms, channel, _CLOSE_NAMES[bits], duration_ms, start_ms, at_ms))
    for (start_ms, duration_ms), bits in business.items():
        out.durations.append((at_ms, channel, _CLOSE_BUSINESS_NAMES[bits], duration_ms, start_ms, at_ms))


def settled_samples(
    out: Effects, rules: ChannelRules, at_ms: int, channel: str, start_ms: int, end_ms: int, pauses: Sequence[Pause]
) -> None:
    """What a close at `end_ms` ended that settled at `at_ms`."""
    lengths: _Lengths = {}
    business: _Lengths = {}
    _add(lengths, business, rules, start_ms, end_ms, pauses, 1, 2)
    for names, found in ((_FULL_NAMES, lengths), (_FULL_BUSINESS_NAMES, business)):
        for (begin_ms, duration_ms), bits in found.items():
            out.durations.append((at_ms, channel, names[bits], duration_ms, begin_ms, end_ms))


def short_sample(out: Effects, rules: ChannelRules, at_ms: int, channel: str, measure: str, start_ms: int) -> None:
    """A duration that ends at `at_ms` and arises alone."""
    duration_ms = at_ms - start_ms if at_ms > start_ms else 0
    out.durations.append((at_ms, channel, measure, duration_ms, start_ms, at_ms))
    if rules.schedule is not None:
        business_ms = rules.schedule.open_ms(start_ms, at_ms)
        out.durations.append((at_ms, channel, f"{measure}_business", business_ms, start_ms, at_ms))


def _add(
    lengths: _Lengths,
    business: _Lengths,
    rules: ChannelRules,
    start_ms: int,
    end_ms: int,
    pauses: Sequence[Pause],
    gross: int,
    net: int,
) -> None:
    """A stretch, and what is left of it without pauses."""
    total_ms = spent_ms(None, start_ms, end_ms)
    _mark(lengths, start_ms, total_ms, gross)
    _mark(lengths, start_ms, total_ms - _paused_ms(rules, start_ms, end_ms, pauses, in_schedule=False), net)
    if rules.schedule is not None:
        open_ms = rules.schedule.open_ms(start_ms, end_ms)
        _mark(business, start_ms, open_ms, gross)
        _mark(business, start_ms, open_ms - _paused_ms(rules, start_ms, end_ms, pauses, in_schedule=True), net)


def _mark(lengths: _Lengths, start_ms: int, duration_ms: int, bit: int) -> None:
    lengths[start_ms, duration_ms] = lengths.get((start_ms, duration_ms), 0) | bit


def _paused_ms(rules: ChannelRules, start_ms: int, end_ms: int, pauses: Sequence[Pause], *, in_schedule: bool) -> int:
    """How much of a stretch was paused."""
    schedule = rules.schedule if in_schedule else None
    paused_ms, at_ms = 0, start_ms
    for pause in sorted(pauses, key=_start):  # they overlap where another version's pauses are in the base
        until_ms = end_ms if pause.end_ms is None else min(pause.end_ms, end_ms)
        paused_ms += spent_ms(schedule, max(pause.start_ms, at_ms), until_ms)
        at_ms = max(at_ms, until_ms)
    return paused_ms
