"""Records of a source from files: read one after another, made into events as a webhook's would be.

A file holds JSON values, one in a line, or behind each other without anything between them, as Firehose writes them; or arrays
of them; plain or packed (`.gz`). What is no JSON is counted, and reading goes on in the next line; a value with something in it
that webhooks may not have either (NaN, half a character, a number without measure) costs itself alone. Of several records of
one thing the last changed one counts: a first pass over all files finds it, and keeps only ids and instants in memory.
"""

import gzip
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from app.connectors.connector import Account, Draft, Malformed
from app.connectors.json_body import read_json
from app.gateway.events import CONTACT, Finishing, InvalidEvent, Ready
from app.gateway.json_spans import end_of
from app.kpi.instants import instant_ms

_CHUNK: Final = 1 << 20
_LONGEST: Final = 4 << 20
"""Characters of one record; Kinesis takes 1 MiB."""


class FileSource(Protocol):
    """What a source of files must be able to do, besides having a name."""

    @property
    def name(self) -> str:
        """As in `source` of events."""
        ...

    def known_as(self, item: Any) -> tuple[str, str]:
        """(what the item is about, when it was last changed). Raises Malformed."""
        ...

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """Its events. Raises Malformed."""
        ...


class Read(NamedTuple):
    """A value, or None for what is none; and how many bytes of the file (as it is on disk) are read."""

    value: Any
    is_json: bool
    bytes_read: int


def values(path: Path) -> Iterator[Read]:
    """All values in a file. It is never wholly in memory."""
    with path.open("rb") as raw:
        unpacked: Any = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        with io.TextIOWrapper(unpacked, encoding="utf-8", errors="replace") as text:
            for value, is_json in _values(lambda: text.read(_CHUNK)):
                yield Read(value, is_json, raw.tell())


def _values(more: Callable[[], str]) -> Iterator[tuple[Any, bool]]:
    rest, is_last = "", False
    while not is_last:
        added = more()
        is_last = not added
        rest += added or "\n"  # a number ends there
        place = _past_space(rest, 0)
        while place < len(rest):
            try:
                end = end_of(rest, place)
            except ValueError:
                yield None, False
                end = _past_line(rest, place)
            else:
                if end is None and not is_last and len(rest) - place <= _LONGEST:
                    break  # the rest of it may be yet to come
                yield from [(None, False)] if end is None else _records(rest[place:end])
                end = _past_line(rest, place) if end is None else end
            place = _past_space(rest, end)
        rest = rest[place:]


def _records(span: str) -> list[tuple[Any, bool]]:
    """The records in a value: itself, or those in an array, each judged alone."""
    value, is_json = _judged(span)
    if is_json and isinstance(value, list):
        return [(one, True) for one in value]
    return [(value, is_json)] if span[0] != "[" else [_judged(one) for one in _elements(span)]


def _elements(array: str) -> Iterator[str]:
    place = _past_space(array, 1)
    while place < len(array) - 1 and (end := end_of(array, place)) is not None:
        yield array[place:end]
        place = _past_space(array, end)


def _judged(span: str) -> tuple[Any, bool]:
    try:
        return read_json(span.encode()), True
    except Malformed:
        return None, False


def _past_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n,\x1e\ufeff":
        place += 1
    return place


def _past_line(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end + 1


class Importing:
    """One import: what of the files goes where. `counts` says what became of records and events."""

    def __init__(
        self, source: FileSource, account: Account, finishing: Finishing, received_at: str, oldest_ms: int | None
    ) -> None:
        self.counts: Counter[str] = Counter()
        """Of records: read, not-json, malformed, invalid, unused, superseded, too-old. Of what is sent: events, contacts."""
        self._source, self._account, self._finishing = source, account, finishing
        self._received_at, self._oldest_ms = received_at, oldest_ms
        self._newest: dict[str, str] = {}

    def look(self, reads: Iterable[Read]) -> Iterator[int]:
        """The first pass: bytes read, now and then."""
        for read in reads:
            try:
                id_, changed = self._source.known_as(read.value)
            except Malformed:
                continue
            self._newest[id_] = max(changed, self._newest.get(id_, ""))
            yield read.bytes_read

    def records(self, reads: Iterable[Read]) -> Iterator[tuple[list[Ready], int]]:
        """The second pass: what to send of each record, and bytes read."""
        for read in reads:
            self.counts["read"] += 1
            yield (self._records(read.value) if read.is_json else self._refused("not-json")), read.bytes_read

    def _records(self, value: Any) -> list[Ready]:
        try:
            id_, changed = self._source.known_as(value)
            if changed != self._newest.get(id_, changed):
                return self._refused("superseded")
            self._newest[id_] = "sent"  # a copy of it has another instant now
            drafts = self._source.normalise(value, self._account)
            if not drafts:
                return self._refused("unused")
            if not self._is_in_time(drafts):
                return self._refused("too-old")
            ready = [one for draft in drafts for one in self._finishing.records(draft, self._received_at)]
        except Malformed:
            return self._refused("malformed")
        except InvalidEvent:
            return self._refused("invalid")
        contacts = sum(one.type == CONTACT for one in ready)
        self.counts.update(events=len(ready) - contacts, contacts=contacts)
        return ready

    def _is_in_time(self, drafts: Sequence[Draft]) -> bool:
        """A record goes as a whole: by its last event."""
        return self._oldest_ms is None or self._oldest_ms <= max(
            instant_ms(str(draft.fields["occurred_at"])) for draft in drafts
        )

    def _refused(self, why: str) -> list[Ready]:
        self.counts[why] += 1
        return []
