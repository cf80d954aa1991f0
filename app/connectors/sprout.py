"""Sprout Social: cases, as its API lists them (`sprout_poll.py`). It has no webhooks, so no post is ever taken for it.

A case is a ticket. What it was made of may be older than it: somebody, or a rule, makes a case of a message. A message of a
case says whether it came or went and when, and no more: who answered, a person or a rule, is unknown, and there is no
customer. Messages in no case are social media, and no ticket.

A case tells what it is now, and when it was last closed. So of a case that was closed twice between two rounds only the last
close is known, and a reopening has the instant of the last change. Its other changes have that instant too: an owner and a
priority are told again with each, which changes nothing.

Tags are numbers, and holds have no instant: neither is told. The channel is the account's, else `sprout`.

Sources: api.sproutsocial.com/docs, "Cases Endpoints", "Message Fields", checked 2026-11. Unconfirmed by a recording: all; above
all that messages are an array of objects (the printed example is no JSON), and that what was sent has the direction `SENT`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.connectors import native
from app.connectors.connector import Account, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_text
from app.connectors.members import text
from app.connectors.native import Occasion
from app.connectors.one_json import DESK_EVENTS, OneJson

PRIORITIES: Final[Mapping[str, str]] = {"critical": "urgent", "high": "high", "medium": "normal", "low": "low"}
DIRECTIONS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "received": ("message-received", {}),
    "sent": ("reply-sent", {"author_kind": "unknown"}),
}


class Sprout(OneJson):
    """See the top of the file."""

    name = "sprout"
    capabilities = Capabilities(
        emits=DESK_EVENTS - {"ticket-paused", "ticket-resumed", "survey-answered"},
        tickets="numbers",
        takes_posts=False,
    )

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:  # noqa: ARG002 - all alike
        """Nobody: Sprout posts nothing."""
        return Verdict(None, "mismatch")

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """What a case is, or one of its messages."""
        if not isinstance(item, dict):
            raise Malformed("an item is an object")
        case = native.part(item, "case")
        case_id = native.identifier(case.get("case_id"), "case_id")
        channel = account.channel or self.name
        if "message" in item:
            return _message(native.part(item, "message"), Occasion(case_id, channel, 0))
        return _case(case, Occasion(case_id, channel, 0))


def _message(message: Mapping[str, Any], occasion: Occasion) -> Sequence[Draft]:
    known = DIRECTIONS.get(native.word(message.get("case_message_direction")))
    if known is None:
        return ()
    kind, fields = known
    at = occasion._replace(at_ms=from_text(message.get("msg_created_date"), "msg_created_date"))
    return (at.draft(kind, f"{occasion.ticket_id}:{text(message, 'guid')}", **fields),)


def _case(case: Mapping[str, Any], occasion: Occasion) -> Sequence[Draft]:
    opened = occasion._replace(at_ms=from_text(case.get("created_time"), "created_time"))
    last = native.first((case.get("updated_time"), case.get("created_time")))
    updated = occasion._replace(at_ms=from_text(last, "updated_time"))
    told = [opened.draft("ticket-opened", occasion.ticket_id)]
    return (*told, *_changed(case, updated), *_ended(case, updated))


def _changed(case: Mapping[str, Any], updated: Occasion) -> Sequence[Draft]:
    """Owner and priority as they are."""
    native_id = f"{updated.ticket_id}:{updated.at_ms // 1000}"
    owners = case.get("assigned_to")
    owner = native.first(owners) if isinstance(owners, list) else owners
    owned = native.given(
        agent_id=native.identifier_or_none(owner, "assigned_to"),
        team=native.identifier_or_none(case.get("queue_id"), "queue_id"),
    )
    priority = native.given(priority=PRIORITIES.get(native.word(case.get("priority"))))
    changes = (("ticket-assigned", owned), ("ticket-labelled", priority))
    return [updated.draft(kind, native_id, **fields) for kind, fields in changes if fields]


def _ended(case: Mapping[str, Any], updated: Occasion) -> Sequence[Draft]:
    """The last close, and that it is over where the case is open."""
    is_closed = native.word(case.get("status")) == "closed"
    if case.get("last_closed_time") is not None:
        closed = updated._replace(at_ms=from_text(case["last_closed_time"], "last_closed_time"))
    elif is_closed:
        closed = updated
    else:
        return ()
    native_id = f"{updated.ticket_id}:{closed.at_ms // 1000}"
    end = closed.draft("ticket-closed", native_id)
    if is_closed:
        return (end,)
    again = updated._replace(at_ms=max(updated.at_ms, closed.at_ms + 1))
    return (end, again.draft("ticket-reopened", native_id))
