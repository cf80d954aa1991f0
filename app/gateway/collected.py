"""What a backfill has collected: a file that an interrupted one goes on with.

Tickets come as they last changed, and their events go out as they happened, for a clock that follows the events must not
run ahead of the rest. So all are kept here first. The events of a ticket and the cursor behind it are one transaction: whatever
the cursor has passed is in the file. Like a spool it holds finished events only, without names and texts.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.errors import ConfigurationError, UnavailableError
from app.gateway.poll import Cursor, Dated

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, occurred_ms INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
    topic TEXT NOT NULL DEFAULT 'events'
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_instant ON events (occurred_ms, id);
CREATE TABLE IF NOT EXISTS state (
    what TEXT NOT NULL, complete_ms INTEGER NOT NULL, reached_ms INTEGER NOT NULL, is_read INTEGER NOT NULL
) STRICT;
"""
_COLUMNS: Final = "SELECT name FROM pragma_table_info('events')"
_ADD_TOPIC: Final = "ALTER TABLE events ADD COLUMN topic TEXT NOT NULL DEFAULT 'events'"
"""For a file that was begun before there was a second topic."""


class Collected:
    """Made by `collected`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    @property
    def cursor(self) -> Cursor:
        """From where to read on."""
        row = self._database.execute("SELECT complete_ms, reached_ms FROM state").fetchone()
        return Cursor(*row)

    @property
    def is_read(self) -> bool:
        """Whether the source was read to the end."""
        return bool(self._database.execute("SELECT is_read FROM state").fetchone()[0])

    @property
    def records(self) -> int:
        """How many there are."""
        return int(self._database.execute("SELECT count(*) FROM events").fetchone()[0])

    async def put(self, dated: Sequence[Dated]) -> None:
        """Records of a ticket; safe once the cursor behind it is kept."""
        rows = [(one.event.id, one.occurred_ms, one.event.key, one.event.value, one.event.topic) for one in dated]
        self._database.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?)", rows)

    async def keep(self, cursor: Cursor, *, is_read: bool = False) -> None:
        """All up to the cursor is here."""
        values = (*cursor, int(is_read))
        self._database.execute("UPDATE state SET complete_ms = ?, reached_ms = ?, is_read = ?", values)
        self._database.commit()

    def in_order(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Topic (as in `Ready`), key and value of all, as they happened."""
        yield from self._database.execute("SELECT topic, key, value FROM events ORDER BY occurred_ms, id")


@contextmanager
def collected(path: Path, what: str, begin: Cursor) -> Iterator[Collected]:
    """The file, begun anew or gone on with. `what` says what is collected in it. Raises ConfigurationError, UnavailableError."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        database = sqlite3.connect(path, timeout=0)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, error) from None
    try:
        _begin(database, path, what, begin)
        yield Collected(database)
    finally:
        database.close()


def _begin(database: sqlite3.Connection, path: Path, what: str, begin: Cursor) -> None:
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        if ("topic",) not in database.execute(_COLUMNS).fetchall():
            database.execute(_ADD_TOPIC)
        row = database.execute("SELECT what FROM state").fetchone()
        if row is None:
            database.execute("INSERT INTO state VALUES (?, ?, ?, 0)", (what, *begin))
            database.commit()
    except sqlite3.Error as error:
        raise _unusable(path, error) from None
    if row is not None and row[0] != what:
        raise ConfigurationError(
            f"{path} holds an unfinished backfill of {row[0]}, and this is one of {what}: finish that one with the same"
            " options, delete the file to give it up, or name another with --file"
        )


def _unusable(path: Path, error: Exception) -> UnavailableError:
    why = getattr(error, "strerror", None) or str(error)
    if "locked" in why:
        why = "another backfill uses it"
    return UnavailableError(f"{path} cannot be used: {why}. Name a file that this process may write with --file")
