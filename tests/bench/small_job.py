"""The small job that every peer does: who waits since when, and seven sums for each channel and minute.

Here as plain functions, and as a processor of our engine. It is what frameworks are compared by; no KPI of Carebeat.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from app.engine.processor import Taken
from app.record import Record

MINUTE_MS: Final = 60_000
_CACHE_LIMIT = 5_000
_minutes: dict[str, int] = {}
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[int]).decode


class SmallEvent(msgspec.Struct, gc=False):
    """What the job needs of an event."""

    type: str
    channel: str
    conversation_id: str
    occurred_at: str


_decode_event = msgspec.json.Decoder(SmallEvent).decode


def instant_ms(text: str) -> int:
    """Milliseconds since 1970 of an instant with milliseconds and Z; minutes are looked up."""
    minute = text[:16]
    start_ms = _minutes.get(minute)
    if start_ms is None:
        if len(_minutes) > _CACHE_LIMIT:
            _minutes.clear()
        start_ms = _minutes[minute] = int(datetime.fromisoformat(f"{minute}:00+00:00").timestamp()) * 1000
    return start_ms + int(text[17:19]) * 1000 + int(text[20:23])


def new_conversation(at_ms: int) -> list[int]:
    """[opened, waiting since (0: nobody waits), messages, replies]."""
    return [at_ms, 0, 0, 0]


def new_sums() -> list[int]:
    """[messages, replies, closes, answers, their milliseconds, resolutions, their milliseconds]."""
    return [0] * 7


def include(kind: str, at_ms: int, conversation: list[int], sums: list[int]) -> bool:
    """Take one event into both; true if it closes the conversation."""
    if kind == "message_received":
        conversation[2] += 1
        conversation[1] = conversation[1] or at_ms
        sums[0] += 1
    elif kind == "reply_sent":
        conversation[3] += 1
        sums[1] += 1
        if conversation[1]:
            sums[3] += 1
            sums[4] += at_ms - conversation[1]
            conversation[1] = 0
    else:
        sums[2] += 1
        sums[5] += 1
        sums[6] += at_ms - conversation[0]
        return True
    return False


class SmallJob:
    """One partition of it, as the engine wants it."""

    def __init__(self) -> None:
        self._conversations: dict[str, list[int]] = {}
        self._sums: dict[str, list[int]] = {}
        self._changed: set[str] = set()
        self._changed_sums: set[str] = set()
        self._written: set[str] = set()

    def load(self, key: bytes, value: bytes | None) -> None:
        """Take one entry of the changelog."""
        name = key[1:].decode()
        entries = self._sums if key[:1] == b"s" else self._conversations
        if value is None:
            entries.pop(name, None)
        else:
            entries[name] = _decode(value)

    def start(self, note: bytes | None) -> None:  # noqa: ARG002 - nothing beyond the entries
        """What was loaded is written already."""
        self._written = set(self._conversations)

    def apply(self, records: Sequence[Record]) -> int:
        """Take events in; all of them."""
        conversations, every_sums = self._conversations, self._sums
        changed, changed_sums = self._changed.add, self._changed_sums.add
        for record in records:
            event = _decode_event(record.value or b"")
            at_ms = instant_ms(event.occurred_at)
            key = event.conversation_id
            conversation = conversations.get(key)
            if conversation is None:
                conversation = conversations[key] = new_conversation(at_ms)
            place = f"{event.channel}|{at_ms - at_ms % MINUTE_MS}"
            sums = every_sums.get(place)
            if sums is None:
                sums = every_sums[place] = new_sums()
            if include(event.type, at_ms, conversation, sums):
                del conversations[key]
            changed(key)
            changed_sums(place)
        return len(records)

    def take(self) -> Taken:
        """Entries that changed; a conversation that was never written needs no removal."""
        changes: list[tuple[bytes, bytes | None]] = [
            (b"s" + place.encode(), _encode(self._sums[place])) for place in sorted(self._changed_sums)
        ]
        written = self._written
        for key in sorted(self._changed):
            conversation = self._conversations.get(key)
            if conversation is not None:
                written.add(key)
                changes.append((b"c" + key.encode(), _encode(conversation)))
            elif key in written:
                written.discard(key)
                changes.append((b"c" + key.encode(), None))
        self._changed.clear()
        self._changed_sums.clear()
        return Taken(changes, [], b"")

    def size(self) -> int:
        """How many entries `take` would write."""
        return len(self._changed) + len(self._changed_sums)
