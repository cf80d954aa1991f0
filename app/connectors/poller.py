"""What a poller is: how one source's API is read, without reading it. The gateway makes the requests (`app/gateway/poll.py`).

Theory of operation
-------------------
A round reads what changed since an instant, in two steps, so that it can be broken off anywhere:

    listing   page by page, which tickets changed: `listing` is the first request, `listed` reads an answer and names the next.
    details   ticket by ticket, the one that changed longest ago first: `details` are its first requests, `read` reads an
              answer and names further ones.

The items that a page holds are in the form of the source's webhooks, so the connector's own `normalise` makes the events
of both, and the same thing has the same id whichever way it came. When a ticket is read, everything up to its last change
is: that instant is the cursor, from which a round that was broken off goes on. The next round begins an overlap before the
cursor. A ticket that changes while a round is under way has changed after the round began, and is in the next one at the
latest; therefore a listing must not skip a ticket because others moved. How each source's paging keeps that is said in its
file.

`exact` are the types of events whose ids are the same both ways for certain. Only of those can it be said that a webhook
was missed. Others are delivered too: what a source does not tell twice in the same words is harmless twice.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

from app.connectors.connector import Malformed

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_LONGEST_SECONDS: Final = 3600.0


class Ask(NamedTuple):
    """One request. A body makes it a POST."""

    path: str
    query: Mapping[str, str] = _NOTHING
    body: Mapping[str, Any] | None = None
    about: Any = None
    """What the poller needs to read the answer: its own, never sent."""
    spacing_seconds: float = 0
    """After the request before it, where the source limits this kind by itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket that changed."""

    ticket: str
    changed_ms: int
    is_open: bool
    items: tuple[Any, ...] = ()
    """What the listing itself tells of it, as webhooks would."""
    about: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    began_ms: int | None = None
    """When it became a ticket, where its messages may be older: they are new with it."""


class Listed(NamedTuple):
    """What a page of the listing holds, and the request for the next; None at the end."""

    found: Sequence[Found]
    next: Ask | None
    malformed: int = 0
    """Entries of the page that are not as the source says, and were left out."""


class Page(NamedTuple):
    """The native items of an answer about one ticket, and what is to be asked next about it."""

    items: Sequence[Any]
    asks: Sequence[Ask] = ()


class Poller(Protocol):
    """One source's API. Pure functions; see the theory of operation above."""

    @property
    def name(self) -> str:
        """Of the connector whose items it finds."""
        ...

    @property
    def url(self) -> str:
        """Where the API is, if that is the same for all accounts; else nothing."""
        ...

    @property
    def lag_ms(self) -> int:
        """For how long the source itself holds back what is new."""
        ...

    @property
    def exact(self) -> frozenset[str]:
        """Types of events whose ids are the same by webhook; where there are none, those of which every event is told."""
        ...

    def headers(self, token: str, user: str | None) -> Mapping[str, str]:
        """By which the source knows us."""
        ...

    def listing(self, since_ms: int, now_ms: int) -> Ask:
        """The first request of a round that begins now."""
        ...

    def listed(self, ask: Ask, answer: Any, since_ms: int) -> Listed:
        """What a page of the listing says. Raises Malformed."""
        ...

    def details(self, found: Found) -> Sequence[Ask]:
        """The first requests about a ticket."""
        ...

    def read(self, ask: Ask, answer: Any, since_ms: int) -> Page:
        """What an answer about a ticket says; nothing before `since_ms` is missed in it. Raises Malformed."""
        ...

    def pause_seconds(self, headers: Mapping[str, str], now_ms: int) -> float:
        """How long to wait before the next request, by what the source says is left of our share. Names are lower case."""
        ...


def bearer(token: str, user: str | None) -> Mapping[str, str]:
    """An access token alone, or the password of a user."""
    if user is None:
        return {"authorization": f"Bearer {token}"}
    return {"authorization": "Basic " + b64encode(f"{user}:{token}".encode()).decode()}


def until_reset(remaining: str | None, reset_seconds: str | None, now_ms: int, reserve: int) -> float:
    """Nothing while more than the reserve is left, which is for the account's other programs; else until it is refilled.

    `reset_seconds` is a number of seconds, or an instant as seconds since 1970: what is over a year is an instant.
    """
    left, reset = number(remaining), number(reset_seconds)
    if left is None or reset is None or left > reserve:
        return 0
    wait = reset - now_ms / 1000 if reset > _YEAR_SECONDS else reset
    return min(max(wait, 0.0), _LONGEST_SECONDS)


_YEAR_SECONDS: Final = 366 * 86_400


def number(text: str | None) -> float | None:
    """A plain number in a header; None for anything else."""
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 16 else None


def entries(answer: Any, name: str) -> tuple[Sequence[Mapping[str, Any]], int]:
    """The objects in the array under a name, and how many of it are none. Raises Malformed."""
    values = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(values, list):
        raise Malformed(f"{name} must be an array")
    objects = [value for value in values if isinstance(value, dict)]
    return objects, len(values) - len(objects)


def found_in(answer: Any, name: str, read: Callable[[Mapping[str, Any]], Found]) -> tuple[list[Found], int]:
    """What `read` finds in the objects in the array under a name, and how many it cannot read. Raises Malformed."""
    objects, malformed = entries(answer, name)
    found = []
    for value in objects:
        try:
            found.append(read(value))
        except Malformed:
            malformed += 1
    return found, malformed


def mapping_at(answer: Any, name: str) -> Mapping[str, Any]:
    """The object under a name; an empty one where there is none."""
    value = answer.get(name) if isinstance(answer, dict) else None
    return value if isinstance(value, dict) else _NOTHING


def chosen(holder: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The members that are of use: thousands of tickets wait for their turn, and texts are none of our business."""
    return {name: holder[name] for name in names if name in holder}
