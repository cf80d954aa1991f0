"""What can be asked of `/tickets`, as the part of an address behind the `?`, and read back from it."""

from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from app.kpi.waiting import STATES, WaitState

LIMIT: Final = 1000
"""Tickets in one answer."""
DEFAULT_LIMIT: Final = 100
_NAMES: Final = ("state", "channel", "limit", "after")

Place = tuple[int, str]
"""(since_ms, ticket id): where a ticket stands in the order."""


class QueryError(ValueError):
    """What is asked cannot be; says what can."""


class Query(NamedTuple):
    """Which tickets, and how many of them."""

    state: WaitState = "waiting"
    channel: str | None = None
    limit: int = DEFAULT_LIMIT
    after: Place | None = None
    """Only those behind it."""

    def text(self) -> str:
        """As it stands in an address."""
        after = None if self.after is None else place_text(self.after)
        named = {"state": self.state, "channel": self.channel, "limit": self.limit, "after": after}
        return urlencode({name: value for name, value in named.items() if value is not None})


def place_text(place: Place) -> str:
    """A place as `after` says it."""
    return f"{place[0]}:{place[1]}"


def parse_query(text: str) -> Query:
    """What `Query.text` wrote, or somebody by hand. Raises QueryError."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=20)
    except ValueError:
        raise QueryError("what stands behind the ? is not name=value&name=value, quoted, in UTF-8") from None
    asked = dict(pairs)
    if len(asked) < len(pairs):
        raise QueryError("a parameter stands there twice: keep one")
    for name in asked:
        if name not in _NAMES:
            raise QueryError(f"there is no parameter {name[:40]!r}; there are {', '.join(_NAMES)}")
    after = asked.get("after")
    return Query(
        _state(asked.get("state", "waiting")),
        asked.get("channel"),
        _limit(asked.get("limit", str(DEFAULT_LIMIT))),
        None if after is None else parse_place(after),
    )


def _state(text: str) -> WaitState:
    if text not in STATES:
        raise QueryError(f"state={text[:40]!r}: there are {', '.join(STATES)}")
    return text


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= LIMIT:
        raise QueryError(f"limit={text[:40]!r}: a number from 1 to {LIMIT}")
    return int(text[:9])


def parse_place(text: str) -> Place:
    """What `place_text` wrote. Raises QueryError."""
    since_ms, colon, ticket_id = text.partition(":")
    if not colon or not (since_ms.isascii() and since_ms.isdigit()) or len(since_ms) > 15:
        raise QueryError(f"after={text[:40]!r}: give back `next` of the answer before")
    return int(since_ms), ticket_id
