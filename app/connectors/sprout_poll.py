"""Sprout's API: cases with their messages, by the instant of the last thing that happened in them.

The listing tells all, so nothing is asked about a case by itself. It takes spans of a week at most, and is asked day by day: the
last span ends an hour ahead, so that a case which changes while pages are read stays in it. Pages come by a cursor, in the order
in which cases were made, which no change disturbs.

An answer does not say when a case last changed, only when its parts did; an internal comment moves a case into a round in
which there is nothing new of it.

Limits: 60 requests a minute and 250,000 a month, told by 429 alone.

Sources: api.sproutsocial.com/docs, "Cases Endpoints", "Rate limits", checked 2026-11. Unconfirmed by a recording: all.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from app.connectors import native
from app.connectors.connector import Malformed
from app.connectors.instants import from_text
from app.connectors.poller import Ask, Found, Listed, Page, bearer, chosen, found_in, mapping_at

_CASES: Final = "/cases/filter"
_LIMIT: Final = 100
_SPACING_SECONDS: Final = 1.0
_SPAN_MS: Final = 86_400_000
_AHEAD_MS: Final = 3_600_000
_INSTANTS: Final = ("created_time", "updated_time", "last_closed_time")
_CASE: Final = ("case_id", "priority", "status", "assigned_to", "queue_id", *_INSTANTS)
_MESSAGE: Final = ("guid", "msg_created_date", "case_message_direction")


class SproutPoller:
    """See the top of the file."""

    name = "sprout"
    url = ""
    lag_ms = 0
    exact = frozenset({"ticket-opened", "message-received", "reply-sent"})

    def headers(self, token: str, user: str | None) -> Mapping[str, str]:
        """An API token."""
        return bearer(token, user)

    def listing(self, since_ms: int, now_ms: int) -> Ask:
        """The first page of the first day."""
        return _span(since_ms, now_ms + _AHEAD_MS)

    def listed(self, ask: Ask, answer: Any, since_ms: int) -> Listed:  # noqa: ARG002 - the span begins there
        """The cases of a page. Raises Malformed."""
        found, malformed = found_in(answer, "data", _found)
        return Listed(found, _following(ask, answer), malformed)

    def details(self, found: Found) -> Sequence[Ask]:  # noqa: ARG002 - the listing has told
        """None."""
        return ()

    def read(self, ask: Ask, answer: Any, since_ms: int) -> Page:  # noqa: ARG002 - nothing is asked
        """Nothing."""
        return Page(())

    def pause_seconds(self, headers: Mapping[str, str], now_ms: int) -> float:  # noqa: ARG002 - it does not tell
        """None: the spacing keeps the limit."""
        return 0


def _span(since_ms: int, end_ms: int) -> Ask:
    until_ms = min(since_ms + _SPAN_MS, end_ms)
    body = {
        "filters": [f"latest_activity_time.in({_instant(since_ms)}..{_instant(until_ms)})"],
        "sort": ["created_time:asc"],
        "limit": _LIMIT,
        "timezone": "UTC",
    }
    return Ask(_CASES, body=body, about=(until_ms, end_ms), spacing_seconds=_SPACING_SECONDS)


def _instant(at_ms: int) -> str:
    """As its filters have it: of whole seconds, in the zone that the request names."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _following(ask: Ask, answer: Mapping[str, Any]) -> Ask | None:
    """The next page, or the next day."""
    if answer.get("paging") is None:
        until_ms, end_ms = ask.about
        return _span(until_ms, end_ms) if until_ms < end_ms else None
    cursor = mapping_at(answer, "paging").get("next_cursor")
    if not isinstance(cursor, str) or not cursor:
        raise Malformed("paging.next_cursor must be a text where there is paging")
    return ask._replace(body={**(ask.body or {}), "page_cursor": cursor})


def _found(case: Mapping[str, Any]) -> Found:
    ticket = native.identifier(case.get("case_id"), "case_id")
    began_ms = from_text(case.get("created_time"), "created_time")
    about = chosen(case, _CASE)
    messages = [chosen(one, _MESSAGE) for one in native.parts(case, "messages")]
    changed_ms = max((began_ms, *_instants(case, messages)))
    items = ({"case": about}, *({"case": about, "message": message} for message in messages))
    is_open = native.word(case.get("status")) != "closed"
    return Found(ticket, changed_ms, is_open, items, began_ms=began_ms)


def _instants(case: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """Those that can be read; the others are told when the case is."""
    values = [*(case.get(name) for name in _INSTANTS), *(one.get("msg_created_date") for one in messages)]
    for value in values:
        with suppress(Malformed):
            yield from_text(value, "instant")
