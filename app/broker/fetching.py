"""Fetching files into a folder that several processes share: one at a time, and never a half file left.

Theory of operation
===================
A lock file says who fetches; the system frees it when its process ends. While somebody fetches, the file holds a word. Who finds that word in a lock
that is free follows somebody who was broken off: files are fetched one after the other, so only the newest one can be half, if it is younger than
the word.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_UNDER_WAY: Final = "fetching\n"


@contextmanager
def fetching_alone(lock_path: Path, folder: Path) -> Iterator[bool]:
    """Wait until nobody else fetches into `folder`, then keep others out; True after one that was broken off.

    Raises OSError where the lock cannot be made.
    """
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    with lock_path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        former = lock_path.stat()
        was_broken_off = former.st_size > 0
        if was_broken_off:
            _remove_half(folder, former.st_mtime)
        lock.truncate(0)
        lock.write(_UNDER_WAY)
        lock.flush()
        yield was_broken_off
        lock.truncate(0)


def _remove_half(folder: Path, began_seconds: float) -> None:
    """Remove the file that was written last, if it was since then."""
    changes = ((path.stat().st_mtime, path) for path in folder.rglob("*") if path.is_file())
    newest_seconds, newest = max(changes, default=(0.0, folder))
    if newest_seconds >= began_seconds:
        newest.unlink()
