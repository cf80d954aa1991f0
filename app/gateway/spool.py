"""Events that Kafka did not take yet, on disk: SQLite, synced before anybody hears that they are safe.

Theory of operation
-------------------
One thread owns the database; callers hand it work and wait on the event loop. It takes all work that has gathered and
does it in one transaction, so under load many events share one sync of the disk, and a lone one waits for nothing. An
event is acknowledged after its transaction is committed and synced (WAL, synchronous FULL): a process that is killed,
or a machine that loses power, keeps what it acknowledged.

It holds finished events only, never a body as it came: those have texts and names in them. An id is there once. Events
leave in the order in which they came, and only when Kafka has them. It is bounded by rows and bytes; what does not fit
is refused as a whole.
"""

import asyncio
import fcntl
import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.errors import UnavailableError
from app.gateway.events import Ready

log = logging.getLogger(__name__)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    key BLOB NOT NULL,
    value BLOB NOT NULL,
    topic TEXT NOT NULL DEFAULT 'events'
) STRICT
"""
_COLUMNS: Final = "SELECT name FROM pragma_table_info('events')"
_ADD_TOPIC: Final = "ALTER TABLE events ADD COLUMN topic TEXT NOT NULL DEFAULT 'events'"
"""For a spool that a gateway left before there was a second topic."""
_PRAGMAS: Final = (
    "PRAGMA auto_vacuum = INCREMENTAL",  # first: it cannot be changed once there is a table
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA journal_size_limit = 16777216",
)
_IS_THERE: Final = "SELECT 1 FROM events WHERE id = ?"
_INSERT: Final = "INSERT INTO events (id, type, key, value, topic) VALUES (?, ?, ?, ?, ?)"
_MOST_AT_ONCE: Final = 2_000


class SpoolError(Exception):
    """The spool cannot take events now: it is full, or its disk fails."""


class Spooled(NamedTuple):
    """The events at the front, and the place of the last."""

    events: list[Ready]
    last_place: int


class _Work(NamedTuple):
    do: Callable[[], Any]
    future: "asyncio.Future[Any]"


class Spool:
    """Made by `open_spool`. All methods are for the event loop."""

    def __init__(self, database: sqlite3.Connection, lock: int, most_events: int, most_bytes: int) -> None:
        self._database, self._lock = database, lock
        self._most_events, self._most_bytes = most_events, most_bytes
        self._loop = asyncio.get_running_loop()
        self._works: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self.events, self.bytes = self._measured()
        """As committed. The thread writes them, anybody may read them."""
        self._pending = 0
        self.written_total = 0
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it or on its way into it."""
        return not self.events and not self._pending

    @property
    def is_full(self) -> bool:
        """Whether it refuses even a small event."""
        return self.events >= self._most_events or self.bytes >= self._most_bytes

    async def put(self, events: Sequence[Ready]) -> None:
        """Keep them all; returns when they are on disk. Raises SpoolError."""
        self._pending += 1
        try:
            await self._done(lambda: self._insert(events))
        finally:
            self._pending -= 1

    async def first(self, count: int) -> Spooled | None:
        """The oldest events; None if there are none. Raises SpoolError."""
        spooled: Spooled | None = await self._done(lambda: self._select(count))
        return spooled

    async def remove(self, last_place: int) -> None:
        """Forget all events up to this place. Raises SpoolError."""
        await self._done(lambda: self._delete(last_place))

    async def close(self) -> None:
        """Finish what was asked for, and give the file back."""
        self._works.put(None)
        await asyncio.to_thread(self._thread.join)
        self._database.close()
        os.close(self._lock)

    def _done(self, do: Callable[[], Any]) -> "asyncio.Future[Any]":
        future = self._loop.create_future()
        self._works.put(_Work(do, future))
        return future

    # -- in the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (works := self._gathered()) is not None:
            self._transact(works)

    def _gathered(self) -> list[_Work] | None:
        """All work there is, waiting for some; None at the end."""
        works: list[_Work] = []
        work = self._works.get()
        while work is not None:
            works.append(work)
            if len(works) >= _MOST_AT_ONCE:
                return works
            try:
                work = self._works.get_nowait()
            except queue.Empty:
                return works
        if works:
            self._works.put(None)
            return works
        return None

    def _transact(self, works: list[_Work]) -> None:
        outcomes: list[Any] = []
        before = self.events, self.bytes, self.written_total
        try:
            self._database.execute("BEGIN IMMEDIATE")
            outcomes = [_outcome(work) for work in works]
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self.events, self.bytes, self.written_total = before
            outcomes = [SpoolError(f"the spool's disk fails: {error}")] * len(works)
            log.exception("The spool failed")
            self._roll_back()
        if not self.events and before[0]:
            self._shrink()
        self._loop.call_soon_threadsafe(_tell, works, outcomes)

    def _roll_back(self) -> None:
        try:
            self._database.execute("ROLLBACK")
        except sqlite3.Error:
            log.debug("Nothing to roll back", exc_info=True)

    def _insert(self, events: Sequence[Ready]) -> None:
        new: dict[str, Ready] = {}
        for event in events:
            if not self._database.execute(_IS_THERE, (event.id,)).fetchone():
                new.setdefault(event.id, event)
        size = sum(map(_size, new.values()))
        if new and (self.events + len(new) > self._most_events or self.bytes + size > self._most_bytes):
            raise SpoolError(f"the spool is full: {self.events} events, {self.bytes} bytes")
        for event in new.values():
            self._database.execute(_INSERT, tuple(event))
            self.events += 1
            self.bytes += _size(event)
            self.written_total += 1

    def _select(self, count: int) -> Spooled | None:
        query = "SELECT place, id, type, key, value, topic FROM events ORDER BY place LIMIT ?"
        rows = self._database.execute(query, (count,)).fetchall()
        return Spooled([Ready(*row[1:]) for row in rows], rows[-1][0]) if rows else None

    def _delete(self, last_place: int) -> None:
        count, size = self._database.execute(
            "SELECT count(*), coalesce(sum(length(key) + length(value)), 0) FROM events WHERE place <= ?", (last_place,)
        ).fetchone()
        self._database.execute("DELETE FROM events WHERE place <= ?", (last_place,))
        self.events -= count
        self.bytes -= size

    def _measured(self) -> tuple[int, int]:
        count, size = self._database.execute(
            "SELECT count(*), coalesce(sum(length(key) + length(value)), 0) FROM events"
        ).fetchone()
        return count, size

    def _shrink(self) -> None:
        """Give the disk back; it is no fault if that cannot be now."""
        try:
            self._database.executescript("PRAGMA incremental_vacuum")  # `execute` stops after the first page
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error:
            log.debug("The spool's file stays as large as it is", exc_info=True)


def _size(event: Ready) -> int:
    return len(event.key) + len(event.value)


def _outcome(work: _Work) -> Any:
    """What it gave, or the refusal that it raised; a failure of the database goes on."""
    try:
        return work.do()
    except SpoolError as error:
        return error


def _tell(works: list[_Work], outcomes: list[Any]) -> None:
    for work, outcome in zip(works, outcomes, strict=True):
        if work.future.done():
            continue
        if isinstance(outcome, Exception):
            work.future.set_exception(outcome)
        else:
            work.future.set_result(outcome)


async def open_spool(path: Path, *, most_events: int, most_bytes: int) -> Spool:
    """The spool in a file, with what a former process left in it. Raises UnavailableError."""
    return Spool(*await asyncio.to_thread(_opened, path), most_events, most_bytes)


def _opened(path: Path) -> tuple[sqlite3.Connection, int]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.touch(mode=0o600)
        return _database(path), lock
    except BlockingIOError:
        os.close(lock)
        raise _unusable(path, "another gateway uses it; give each a file of its own") from None
    except (OSError, sqlite3.Error) as error:
        os.close(lock)
        raise _unusable(path, str(error)) from None


def _database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    for pragma in _PRAGMAS:
        database.execute(pragma).fetchall()
    database.execute(_SCHEMA)
    if ("topic",) not in database.execute(_COLUMNS).fetchall():
        database.execute(_ADD_TOPIC)
    return database


def _unusable(path: Path, why: str) -> UnavailableError:
    return UnavailableError(
        f"CAREBEAT_SPOOL={path} cannot be used: {why}. Name a file on a disk that stays and that this process may write."
    )
