"""Forms from outside: URL-encoded or multipart, read for the fields that are wanted and no others.

A mail comes with its text and attachments; they are stepped over, never decoded and never copied. Bytes may come from
anybody, unsigned: reading is one pass, it ends when all that is wanted was found, and what is no form raises Malformed. Of a
field that comes twice the first counts, and no other is decoded.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

from app.connectors.connector import Malformed, Request, WrongTypeError

MOST_FIELDS: Final = 1000
LONGEST_FIELD_BYTES: Final = 256 * 1024
"""What is longer is cut: of a whole raw mail only the head is wanted."""
_LONGEST_HEAD_BYTES: Final = 8 * 1024
_LONGEST_NAME_BYTES: Final = 200
_ENCODED: Final = b"application/x-www-form-urlencoded"
_MULTIPART: Final = b"multipart/form-data"
_BOUNDARY: Final = re.compile(rb"""boundary="?([0-9A-Za-z'()+_,\-./:=?]{1,70})"?\s*(?:;|$)""", re.IGNORECASE)
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_LINE: Final = rb"(?:\A|\n)content-disposition:[^\r\n]*?;\s*"
"""From the start of a line: were it sought anywhere, each place where it stands would read on to the end of the line."""
_NAME: Final = re.compile(_LINE + rb'name="([^"\r\n]{1,%d})"' % _LONGEST_NAME_BYTES, re.IGNORECASE)
_FILE: Final = re.compile(_LINE + rb"filename\*?=", re.IGNORECASE)


def read_form(request: Request, wanted: Collection[str]) -> dict[str, str]:
    """The wanted fields that are there. Raises Malformed; WrongTypeError if the body is no form."""
    content_type = request.headers.get(b"content-type", b"")
    kind = content_type.partition(b";")[0].strip().lower()
    if kind == _ENCODED:
        return _first_of(_encoded(request.body), wanted, _unquoted)
    if kind != _MULTIPART:
        raise WrongTypeError(f"content-type must be {_ENCODED.decode()} or {_MULTIPART.decode()}")
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise Malformed("content-type names no boundary")
    return _first_of(_multipart(request.body, boundary[1]), wanted, bytes)


def _first_of(
    pairs: Iterator[tuple[str, bytes]], wanted: Collection[str], decoded: Callable[[bytes], bytes]
) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, raw in pairs:
        if name in wanted and name not in fields:
            fields[name] = _text(decoded(raw)[:LONGEST_FIELD_BYTES])
            if len(fields) == len(wanted):
                break
    return fields


def _encoded(body: bytes) -> Iterator[tuple[str, bytes]]:
    if body.count(b"&") >= MOST_FIELDS:
        raise Malformed(f"a form has at most {MOST_FIELDS} fields")
    for pair in body.split(b"&"):
        raw_name, _, raw_value = pair.partition(b"=")  # a byte may be written as three
        yield _text(_unquoted(raw_name[: 3 * _LONGEST_NAME_BYTES])), raw_value[: 3 * LONGEST_FIELD_BYTES]


def _multipart(body: bytes, boundary: bytes) -> Iterator[tuple[str, bytes]]:
    for start, end in _parts(body, b"--" + boundary):
        head_end = _HEAD_END.search(body, start, min(end, start + _LONGEST_HEAD_BYTES))
        if head_end is None:
            raise Malformed("a part has no end of its head")
        head = body[start : head_end.start()]
        found = _NAME.search(head)
        if found is not None and not _FILE.search(head):
            yield _text(found[1]), body[head_end.end() : min(end, head_end.end() + LONGEST_FIELD_BYTES)]


def _parts(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int]]:
    """Where each part begins and ends."""
    at = 0 if body.startswith(delimiter) else body.find(b"\n" + delimiter) + 1
    if at == 0 and not body.startswith(delimiter):
        raise Malformed("the boundary is not in the body")
    for _ in range(MOST_FIELDS):
        start = at + len(delimiter)
        if body.startswith(b"--", start):
            return
        following = body.find(b"\n" + delimiter, start)
        if following < 0:
            raise Malformed("the last boundary is missing")
        yield start, following - (body[following - 1 : following] == b"\r")
        at = following + 1
    raise Malformed(f"a form has at most {MOST_FIELDS} fields")


def _unquoted(raw: bytes) -> bytes:
    return unquote_to_bytes(raw.replace(b"+", b" "))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
