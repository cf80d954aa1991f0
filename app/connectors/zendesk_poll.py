"""Zendesk's API: which tickets changed, by the incremental export; what happened to them, by their audits.

The export pages by a cursor of its own, which no change disturbs, and holds the last minute back. Its entries are read
whatever their `updated_at` says: a ticket is exported again when something changed that moves no clock.

An audit is one action, with everything that it changed, in the second that is also the ticket's `updated_at` then: so its
comment and its status are the same events as by webhook. What the ticket was at that instant, which a webhook tells along,
comes from the audits before it, which are all read. Messages of Zendesk messaging are in no audit: they come by webhook alone.

Limits: the export 10 requests a minute; elsewhere by plan, told in `x-rate-limit-remaining` and `ratelimit-reset`, and 429
with Retry-After.

Sources: developer.zendesk.com, "Incremental Exports", "Ticket Audits", "Ticket Audit events reference", "Rate limits",
checked 2026-11. Unconfirmed by a recording: that a comment's webhook has the id of its audit event; that merges show as a
comment only.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, Final

from app.connectors import native
from app.connectors.connector import Malformed
from app.connectors.instants import from_text
from app.connectors.poller import Ask, Found, Listed, Page, bearer, chosen, entries, found_in, mapping_at, until_reset

_EXPORT: Final = "/api/v2/incremental/tickets/cursor.json"
_EXPORT_SECONDS: Final = 6.0
_AUDITS: Final = "100"
_RESERVE: Final = 20
_STAFF: Final = frozenset({"agent", "admin"})
_OPEN: Final = frozenset({"new", "open", "pending", "hold"})
_TICKET: Final = ("id", "requester_id", "via")
_STATE: Final = frozenset({"status", "priority", "tags", "group_id", "assignee_id", "requester_id"})

# What a changed field is called by webhook.
CHANGES: Final[Mapping[str, str]] = {
    "status": "ticket.status_changed",
    "assignee_id": "ticket.agent_assignment_changed",
    "group_id": "ticket.group_assignment_changed",
    "priority": "ticket.priority_changed",
    "tags": "ticket.tags_changed",
}
SURVEYS: Final[Mapping[str, str]] = {
    "offered": "ticket.csat_requested",
    "good": "ticket.csat_received",
    "bad": "ticket.csat_received",
}


class ZendeskPoller:
    """See the top of the file."""

    name = "zendesk"
    url = ""
    lag_ms = 60_000
    exact = frozenset(
        {"ticket-opened", "message-received", "reply-sent", "ticket-closed", "ticket-reopened", "ticket-assigned"}
    )

    def headers(self, token: str, user: str | None) -> Mapping[str, str]:
        """An OAuth token; with a user (`somebody@example.com/token`) an API token."""
        return bearer(token, user)

    def listing(self, since_ms: int, now_ms: int) -> Ask:  # noqa: ARG002 - up to now
        """The export from an instant."""
        return Ask(_EXPORT, {"start_time": str(since_ms // 1000)}, spacing_seconds=_EXPORT_SECONDS)

    def listed(self, ask: Ask, answer: Any, since_ms: int) -> Listed:  # noqa: ARG002 - the export begins there
        """The tickets of a page. Raises Malformed."""
        found, malformed = found_in(answer, "tickets", _found)
        return Listed(found, _next_page(answer), malformed)

    def details(self, found: Found) -> Sequence[Ask]:
        """All its audits; a deleted ticket has none any more."""
        if not found.about:
            return ()
        return (_audits(found.ticket, None, {"ticket": found.about, "state": {}, "is_first": True}),)

    def read(self, ask: Ask, answer: Any, since_ms: int) -> Page:  # noqa: ARG002 - what was before is the state
        """What a page of audits tells. Raises Malformed."""
        audits, _ = entries(answer, "audits")
        users = native.parts(answer, "users")
        staff = frozenset(str(user.get("id")) for user in users if native.word(user.get("role")) in _STAFF)
        state, is_first = dict(ask.about["state"]), ask.about["is_first"]
        items: list[Any] = []
        for audit in audits:
            before = dict(state)
            events = native.parts(audit, "events")
            _apply(events, state)
            items += _items(audit, events, {**ask.about["ticket"], **state}, before, staff, is_first=is_first)
            is_first = False
        after = mapping_at(answer, "meta")
        if after.get("has_more") is not True:
            return Page(items)
        about = {"ticket": ask.about["ticket"], "state": state, "is_first": is_first}
        cursor = after.get("after_cursor")
        if not isinstance(cursor, str):
            raise Malformed("meta.after_cursor must be a text where has_more is true")
        return Page(items, (_audits(str(ask.about["ticket"]["id"]), cursor, about),))

    def pause_seconds(self, headers: Mapping[str, str], now_ms: int) -> float:
        """Until the account's minute is over, when little is left of it."""
        left = headers.get("x-rate-limit-remaining") or headers.get("ratelimit-remaining")
        return until_reset(left, headers.get("ratelimit-reset"), now_ms, _RESERVE)


def _found(ticket: Mapping[str, Any]) -> Found:
    ticket_id = native.identifier(ticket.get("id"), "ticket.id")
    changed = ticket.get("updated_at")
    changed_ms = from_text(changed, "ticket.updated_at")
    status = native.word(ticket.get("status"))
    if status == "deleted":
        deleted = _item("ticket.soft_deleted", changed, chosen(ticket, _TICKET), {})
        return Found(ticket_id, changed_ms, is_open=False, items=(deleted,))
    about = chosen(ticket, _TICKET)
    about["via"] = chosen(mapping_at(ticket, "via"), ("channel",))
    return Found(ticket_id, changed_ms, is_open=status in _OPEN, about=about)


def _next_page(answer: Mapping[str, Any]) -> Ask | None:
    """By its cursor, never by the address in the answer."""
    if answer.get("end_of_stream") is not False:
        return None
    cursor = answer.get("after_cursor")
    if not isinstance(cursor, str) or not cursor:
        raise Malformed("after_cursor must be a text where end_of_stream is false")
    return Ask(_EXPORT, {"cursor": cursor}, spacing_seconds=_EXPORT_SECONDS)


def _audits(ticket: str, cursor: str | None, about: Mapping[str, Any]) -> Ask:
    query = {"include": "users", "page[size]": _AUDITS, **({"page[after]": cursor} if cursor else {})}
    return Ask(f"/api/v2/tickets/{ticket}/audits.json", query, about=about)


def _apply(events: Sequence[Mapping[str, Any]], state: dict[str, Any]) -> None:
    for event in events:
        name = native.word(event.get("field_name"))
        if event.get("type") in ("Create", "Change") and name in _STATE:
            value = event.get("value")
            state[name] = value.split() if name == "tags" and isinstance(value, str) else value


def _items(
    audit: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    ticket: Mapping[str, Any],
    before: Mapping[str, Any],
    staff: Container[str],
    *,
    is_first: bool,
) -> Iterator[Any]:
    at = audit.get("created_at")
    detail = {**ticket, "updated_at": at, "actor_id": audit.get("author_id")}
    if is_first:
        yield _item("ticket.created", at, {**detail, "status": _status_at_creation(events)}, {})
    for event in events:
        kind, name, value = event.get("type"), native.word(event.get("field_name")), event.get("value")
        if kind == "Comment":
            yield _item("ticket.comment_added", at, detail, {"comment": _comment(event, audit, staff)})
        if kind != "Change":
            continue
        if name in CHANGES:
            change = {"previous": event.get("previous_value", before.get(name)), "current": value}
            yield _item(CHANGES[name], at, detail, change)
        if name == "satisfaction_score" and native.word(value) in SURVEYS:
            yield _item(SURVEYS[native.word(value)], at, detail, {"satisfaction_score": {"score": value}})


def _status_at_creation(events: Sequence[Mapping[str, Any]]) -> Any:
    """What a trigger makes of it at once is a change in the same audit, and told as one."""
    created = (event.get("value") for event in events if event.get("type") == "Create" and _is_status(event))
    return next(created, None)


def _is_status(event: Mapping[str, Any]) -> bool:
    return native.word(event.get("field_name")) == "status"


def _comment(event: Mapping[str, Any], audit: Mapping[str, Any], staff: Container[str]) -> Mapping[str, Any]:
    author = event.get("author_id", audit.get("author_id"))
    is_staff = str(author) in staff or author in (-1, "-1")
    return {"id": event.get("id"), "is_public": event.get("public"), "author": {"id": author, "is_staff": is_staff}}


def _item(kind: str, at: Any, detail: Mapping[str, Any], event: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": f"zen:event-type:{kind}", "time": at, "detail": {**detail, "updated_at": at}, "event": event}
