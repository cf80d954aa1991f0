"""Made-up support traffic: the same for the same seed, endless, and like the real thing where figures are concerned.

Tickets come as a Poisson process whose rate follows each channel's day and now and then bursts; each lives its life
(`life.py`), and each event reaches the log a little after it happened, some of them twice.
"""

import asyncio
import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from app.clock import wall_milliseconds
from app.traffic.characters import CHARACTERS, Character
from app.traffic.life import life
from app.traffic.outlet import Outlet
from schemas.wire import format_instant

_HOUR_MS = 3_600_000
_BURST_EVERY_MS = 6 * _HOUR_MS
_BURST_MS = _HOUR_MS // 4
_BURST_FACTOR = 4.0
_LAG_MEDIAN_MS = 250
_SENT_TWICE = 0.003
_SHORTEST_PAUSE_SECONDS = 0.02


class Due(NamedTuple):
    """An event in the contract's shape, and the instant at which it reaches the log (never before it happened)."""

    due_ms: int
    event: dict[str, Any]


def traffic(
    start_ms: int,
    *,
    events_per_second: float,
    seed: int = 0,
    speed: float = 1,
    first_hour: float | None = None,
    characters: Sequence[Character] = CHARACTERS,
) -> Iterator[Due]:
    """Endless traffic from an instant on, in the order in which it reaches the log.

    `events_per_second` is the average over a day once replies keep up with messages. With `speed` people are so many
    times quicker and a day so much shorter, while instants stay real ones: at 60, an answer that takes six minutes
    comes after six seconds. The day begins at `first_hour` (UTC); None means at the hour of `start_ms`.
    """
    if first_hour is None:
        first_hour = start_ms / _HOUR_MS % 24
    shares = sum(character.share for character in characters)
    mean_events = sum(character.share / shares * events_per_ticket(character) for character in characters)
    per_share = events_per_second / mean_events / shares
    streams = [
        _channel(character, seed, start_ms, per_share * character.share, speed, first_hour) for character in characters
    ]
    return heapq.merge(*streams, key=lambda due: due.due_ms)


@lru_cache
def events_per_ticket(character: Character) -> float:
    """How many events a ticket of this channel has on average, from a sample that is the same each time."""
    dice = Random(0)
    return sum(len(life(dice, character, 0, other="another")) for _ in range(1000)) / 1000 * (1 + _SENT_TWICE)


def _channel(
    character: Character, seed: int, start_ms: int, tickets_per_second: float, speed: float, first_hour: float
) -> Iterator[Due]:
    # Dice of its own: leaving a channel out changes nothing in the others.
    dice = Random(f"{seed}/{character.channel}")
    # A second run on the same topic must not repeat the ids of the first.
    run = f"{character.channel}-{start_ms // 1000:x}-{seed}"
    waiting: list[tuple[int, int, dict[str, Any]]] = []
    order = 0
    arrivals = _arrivals(dice, character, start_ms, tickets_per_second, speed, first_hour)
    for number, (started_ms, load) in enumerate(arrivals, 1):
        while waiting and waiting[0][0] < started_ms:
            due_ms, _, event = heapq.heappop(waiting)
            yield Due(due_ms, event)
        other = f"{run}-{number - 1}" if number > 1 else None
        for due_ms, event in _delivered(dice, character, f"{run}-{number}", started_ms, speed, load, other):
            order += 1
            heapq.heappush(waiting, (due_ms, order, event))


def _arrivals(
    dice: Random, character: Character, start_ms: int, tickets_per_second: float, speed: float, first_hour: float
) -> Iterator[tuple[int, float]]:
    """When tickets come, and how much later than usual humans answer them. Thinned from the highest rate there is."""
    mean = sum(character.hours) / 24
    burst_mean = 1 + (_BURST_FACTOR - 1) * _BURST_MS / (_BURST_EVERY_MS + _BURST_MS)
    highest = max(character.hours) / mean * _BURST_FACTOR
    at_ms = float(start_ms)
    burst_ms = dice.expovariate(1 / _BURST_EVERY_MS)  # in the traffic's own time, which begins at 0
    while True:
        at_ms += dice.expovariate(tickets_per_second / burst_mean * highest) * 1000
        own_ms = (at_ms - start_ms) * speed
        if own_ms > burst_ms + _BURST_MS:
            burst_ms = own_ms + dice.expovariate(1 / _BURST_EVERY_MS)
        factor = _BURST_FACTOR if own_ms >= burst_ms else 1.0
        hour = int(first_hour + own_ms / _HOUR_MS) % 24
        if dice.random() * highest < character.hours[hour] / mean * factor:
            yield round(at_ms), math.sqrt(factor)


def _delivered(
    dice: Random, character: Character, ticket_id: str, started_ms: int, speed: float, load: float, other: str | None
) -> Iterator[Due]:
    steps = life(dice, character, started_ms, speed=speed, load=load, other=other)
    for number, (at_ms, fields) in enumerate(steps):
        event = {
            "id": f"{ticket_id}-{number}",
            "ticket_id": ticket_id,
            "channel": character.channel,
            "occurred_at": format_instant(datetime.fromtimestamp(at_ms / 1000, UTC)),
            "source": "simulator",
            **fields,
        }
        due_ms = at_ms + round(_LAG_MEDIAN_MS * math.exp(dice.gauss(0, 0.5)))
        yield Due(due_ms, event)
        if dice.random() < _SENT_TWICE:
            yield Due(due_ms + dice.randrange(1000, 20_000), event)


async def send(
    outlet: Outlet,
    source: Iterable[Due],
    *,
    in_real_time: bool = True,
    sent: Callable[[int], None] = lambda _: None,
    now_ms: Callable[[], int] = wall_milliseconds,
) -> int:
    """Send traffic, each event when it is due; how many there were.

    What is overdue goes at once, so a start in the past catches up first. Without `in_real_time` everything goes as
    fast as the outlet takes it; end the source then (`itertools.islice`). `sent` hears the count so far. Stop it by
    cancelling: the outlet's context sends what is under way.
    """
    count = 0
    try:
        for due_ms, event in source:
            pause_seconds = (due_ms - now_ms()) / 1000 if in_real_time else 0
            if pause_seconds > 0:
                await outlet.submit()
                sent(count)
                await asyncio.sleep(max(pause_seconds, _SHORTEST_PAUSE_SECONDS))
            await outlet.put(event)
            count += 1
            if count % 1000 == 0:
                await asyncio.sleep(0)  # `put` seldom waits; batches under way need their turn
        await outlet.settle()
    finally:
        sent(count)  # also of what is under way when cancelled
    return count
