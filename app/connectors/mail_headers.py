"""Headers of mails from outside: so many of each, and each so long, as no honest mail has, read by what odd ones cannot slow down."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from app.connectors.connector import Malformed
from app.connectors.instants import from_mail_text, written

Headers = Mapping[str, Sequence[str]]
"""Names in lower case -> values, the topmost first."""

_MOST_LINES: Final = 2000
_MOST_OF_A_NAME: Final = 4
_LONGEST_VALUE: Final = 2000
_MESSAGE_ID: Final = re.compile(r"<([^<>\s]{1,998})>")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.){0,100}"')
_IN_BRACKETS: Final = re.compile(r"<([^<>@\s]{1,64}@[^<>@\s]{1,255})>")
_BARE: Final = re.compile(r"([^\s<>,;:()\[\]\"@]{1,64}@[^\s<>,;:()\"@]{1,255})")


def kept(pairs: Iterable[tuple[str, str]], wanted: Collection[str]) -> Headers:
    """The wanted of some headers; those that nobody asks for are nobody's business."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if (lower := name.lower()) in wanted and len(values := found.setdefault(lower, [])) < _MOST_OF_A_NAME:
            values.append(value[:_LONGEST_VALUE])
    return found


def head_of(raw: str) -> Iterator[tuple[str, str]]:
    """The headers at the beginning of a raw mail, unfolded."""
    name, value = "", ""
    for line in raw.lstrip("\r\n").split("\n", _MOST_LINES)[:_MOST_LINES]:
        text = line.rstrip("\r")
        if not text:
            break
        if text[0] in " \t":
            value += text
            continue
        if name:
            yield name, value
        name, _, value = text.partition(":")
    if name:
        yield name, value


def addresses(headers: Headers, *names: str) -> Iterator[str]:
    """In lower case. Not `email.utils.getaddresses`: it takes long over odd lists, and deep ones exhaust its stack."""
    for name in names:
        for value in headers.get(name, ()):
            for part in _QUOTED.sub(" ", value).split(","):
                if found := _IN_BRACKETS.search(part) or _BARE.search(part):
                    yield found[1].lower()


def message_id(headers: Headers, *names: str) -> str | None:
    """The first id in the first of these headers that has one."""
    values = (value for name in names for value in headers.get(name, ()))
    return next((found[1] for value in values if (found := _MESSAGE_ID.search(value))), None)


def arrived_at(headers: Headers) -> str | None:
    """RFC 3339 of the topmost `Received`, else of `Date`; None if neither can be read or both are out of our times."""
    dates = [value.rpartition(";")[2] for value in headers.get("received", ())[:1]]
    instants = (_instant(text) for text in (*dates, *headers.get("date", ())[:1]))
    return next((written(at_ms) for at_ms in instants if at_ms is not None), None)


def _instant(text: str) -> int | None:
    try:
        return from_mail_text(text, "date")
    except Malformed:
        return None
