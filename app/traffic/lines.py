"""Lines of a file of events, as bytes, with how far the file is read."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from app.errors import ConfigurationError


class Line(NamedTuple):
    """One line without its end, and how many bytes of the file (as it is on disk, packed or not) are read."""

    value: bytes
    bytes_read: int


def lines(path: Path) -> Iterator[Line]:
    """The lines of a JSON Lines file, `.gz` or plain; empty ones are left out. The file is never wholly in memory.

    Raises ConfigurationError for what cannot be read, or is no whole archive.
    """
    try:
        yield from _read(path)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error}): name a whole .jsonl or .jsonl.gz; what is not packed has no .gz"
        ) from None


def _read(path: Path) -> Iterator[Line]:
    with path.open("rb") as raw:
        source = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        for line in source:
            value = line.rstrip(b"\r\n")
            if value:
                yield Line(value, raw.tell())


def size_bytes(path: Path) -> int:
    """What `bytes_read` of the last line comes to, about."""
    return path.stat().st_size
