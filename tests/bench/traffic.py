"""Support traffic at a steady rate: the same tickets in the contract's shape and in the small job's.

Some `active` tickets are open at any time. Each event belongs to one of them at random: the customer's message first,
then replies and messages in turn, and from the third event on sooner or later the close, at the sixth at the latest. A
new ticket takes its place. The same for the same seed.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Final, NamedTuple

from app.broker.partitions import partition_of

CHANNELS: Final = ("email", "web-chat", "whatsapp", "phone", "instagram")
ACTIVE_TICKETS: Final = 20_000
EVENTS_PER_SECOND: Final = 500.0
MESSAGE, REPLY, CLOSE = range(3)

_START_MS = 1_767_225_600_000  # 2026-01-01
_OPENING, _CLOSING, _LAST = 0.34, 0.4, 6
_CONTRACT_TYPES = ("message-received", "reply-sent", "ticket-closed")
_SMALL_TYPES = ("message_received", "reply_sent", "ticket_closed")


class Happening(NamedTuple):
    """One event, before it has a shape."""

    at_ms: int
    kind: int
    ticket: int
    ticket_id: str
    event_id: str
    author: int


class Record(NamedTuple):
    """As the core takes it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes


def happenings(
    *,
    active: int = ACTIVE_TICKETS,
    events_per_second: float = EVENTS_PER_SECOND,
    all_open_first: bool = False,
    seed: int = 1,
) -> Iterator[Happening]:
    """Endless traffic in order of time. With `all_open_first` it begins with `active` opening messages."""
    dice = Random(seed)
    open_tickets: list[tuple[int, str, int]] = []  # number, id, events so far
    number, at_ms, step_ms = 0, float(_START_MS), 2000 / events_per_second
    while True:
        at_ms += dice.random() * step_ms
        is_room = len(open_tickets) < active
        if is_room and (all_open_first or not open_tickets or dice.random() < _OPENING):
            place = len(open_tickets)
            open_tickets.append((number, f"c-{number:08d}", 0))
            number += 1
        else:
            all_open_first = False
            place = int(dice.random() * len(open_tickets))
        ticket, ticket_id, before = open_tickets[place]
        kind = before % 2
        if before + 1 >= _LAST or (before >= 2 and dice.random() < _CLOSING):
            kind = CLOSE
            last = open_tickets.pop()
            if place < len(open_tickets):
                open_tickets[place] = last
        else:
            open_tickets[place] = (ticket, ticket_id, before + 1)
        bits = f"{dice.getrandbits(128):032x}"
        yield Happening(int(at_ms), kind, ticket, ticket_id, _uuid(bits), int(dice.random() * 100_000))


def _uuid(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


@lru_cache(maxsize=64)
def _second(at_seconds: int) -> str:
    return datetime.fromtimestamp(at_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _instant(at_ms: int) -> str:
    return f"{_second(at_ms // 1000)}.{at_ms % 1000:03d}Z"


def in_contract_shape(event: Happening) -> bytes:
    """As on the events topic (`schemas/events.py`); about 220 bytes."""
    author_kind = "" if event.kind == MESSAGE else ',"author_kind":"agent"'
    return (
        f'{{"id":"{event.event_id}","type":"{_CONTRACT_TYPES[event.kind]}","ticket_id":"{event.ticket_id}",'
        f'"channel":"{CHANNELS[event.ticket % len(CHANNELS)]}","occurred_at":"{_instant(event.at_ms)}",'
        f'"author_id":"u-{event.author:06d}"{author_kind}}}'
    ).encode()


def in_small_shape(event: Happening) -> bytes:
    """As the small job of the peers takes it; about 230 bytes."""
    author_kind = "customer" if event.kind == MESSAGE else "agent"
    return (
        f'{{"event_id":"{event.event_id}","type":"{_SMALL_TYPES[event.kind]}",'
        f'"channel":"{CHANNELS[event.ticket % len(CHANNELS)]}","conversation_id":"{small_id(event)}",'
        f'"occurred_at":"{_instant(event.at_ms)}",'
        f'"author":{{"kind":"{author_kind}","id":"u-{event.author:06d}"}},"tenant":"acme","v":1}}'
    ).encode()


def small_id(event: Happening) -> str:
    """The ticket's id in the small job's shape."""
    return f"c-{event.ticket:08d}"


def records(events: Iterable[Happening], partitions: int) -> list[list[Record]]:
    """Records by partition, as on a topic of so many, in the contract's shape."""
    found: list[list[Record]] = [[] for _ in range(partitions)]
    for event in events:
        there = found[partition_of(event.ticket_id, partitions)]
        there.append(Record(len(there), event.at_ms, event.ticket_id.encode(), in_contract_shape(event)))
    return found
