"""Zendesk: webhooks subscribed to ticket and messaging events (`zen:event-type:…`).

A webhook connected to a trigger or an automation has a body of somebody's own making; it is of no use here, and answered
like any kind that is not. A ticket's public comments are its messages and replies; in messaging they are
`messaging_ticket.message_added`, and the transcript that becomes a comment afterwards is not counted again.

Instants are whole seconds. Zendesk writes nanoseconds in `time`, of when each event was published; a comment that solves
its ticket is two events, whose order it does not promise (`meta.sequence.position`). Taken literally, the close could be
before its reply and cancel the wait that the reply answered. What they share is the ticket's `updated_at`, which is also
what the API says of both, so that what is found by polling is the same event to the byte.

Sources: developer.zendesk.com, "Verifying webhooks", "Anatomy of a webhook request", "Ticket events", "Messaging events",
checked 2026-11. The bodies of ticket.merged and ticket.csat_received are not shown there: unconfirmed.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.connectors import native
from app.connectors.connector import Account, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_text
from app.connectors.native import Occasion
from app.connectors.one_json import DESK_EVENTS, OneJson
from app.connectors.signatures import is_stale, which_signed
from app.connectors.states import Step, steps

TIMESTAMP: Final = b"x-zendesk-webhook-signature-timestamp"
SIGNATURE: Final = b"x-zendesk-webhook-signature"
_PREFIX: Final = "zen:event-type:"
_SYSTEM: Final = "-1"
"""Who acts when a trigger or an automation does."""

# `via.channel` of a ticket: developer.zendesk.com, "Ticket channels".
CHANNELS: Final[Mapping[str, str]] = {
    "any_channel": "social",
    "apple_business_chat": "apple-messages",
    "chat": "web-chat",
    "email": "email",
    "facebook": "facebook",
    "instagram_dm": "instagram",
    "line": "line",
    "messenger": "messenger",
    "mobile_sdk": "app",
    "native_messaging": "web-chat",
    "sms": "sms",
    "telegram": "telegram",
    "twitter": "x",
    "twitter_dm": "x",
    "voice": "phone",
    "phone": "phone",
    "web": "web-form",
    "web_form": "web-form",
    "wechat": "wechat",
    "whatsapp": "whatsapp",
}
MESSAGING: Final = frozenset(
    {"native_messaging", "apple_business_chat", "instagram_dm", "line", "messenger", "telegram", "twitter_dm", "wechat", "whatsapp"}
)  # fmt: skip
"""Channels whose messages are events of their own. That their transcripts repeat them is seen, not documented: unconfirmed."""
ACTORS: Final[Mapping[str, str]] = {"agent": "agent", "trigger": "automation", "system": "bot"}
PRIORITIES: Final[Mapping[str, str]] = {"low": "low", "normal": "normal", "high": "high", "urgent": "urgent"}
SCORES: Final[Mapping[str, int]] = {"good": 5, "bad": 1}

# `solved` is what an agent does; `closed` follows days later by itself and is no news, unless nobody had solved it.
LEAVING: Final[Mapping[str, Step]] = {
    "solved": ("ticket-reopened", {}),
    "pending": ("ticket-resumed", {"reason": "customer"}),
    "hold": ("ticket-resumed", {"reason": "on_hold"}),
}
ENTERING: Final[Mapping[str, Step]] = {
    "solved": ("ticket-closed", {"reason": "resolved"}),
    "closed": ("ticket-closed", {"reason": "resolved"}),
    "pending": ("ticket-paused", {"reason": "customer"}),
    "hold": ("ticket-paused", {"reason": "on_hold"}),
}
CLOSED: Final = frozenset({"solved", "closed"})


class Zendesk(OneJson):
    """See the top of the file."""

    name = "zendesk"
    capabilities = Capabilities(
        emits=DESK_EVENTS | {"ticket-merged", "survey-sent"},
        tickets="numbers",
        invalid_status=200,  # a circuit breaker stops all posts at 70 % errors
        options=frozenset({"bot_ids"}),
    )

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:
        """The signature over timestamp and body. How old it may be is not documented: five minutes, as others have it."""
        timestamp, given = request.headers.get(TIMESTAMP), request.headers.get(SIGNATURE)
        if not timestamp or not given:
            return Verdict(None, "missing-header")
        try:
            signed_ms = from_text(timestamp.decode("ascii"), "timestamp")
        except (Malformed, UnicodeDecodeError):
            return Verdict(None, "malformed-header")
        if is_stale(signed_ms, now_ms):
            return Verdict(None, "stale")
        return which_signed(account.secrets, given, lambda key: sign(timestamp, request.body, key))

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """What it means."""
        if not isinstance(item, dict):
            raise Malformed("an event is an object")
        kind = item.get("type")
        if not isinstance(kind, str) or not kind.startswith(_PREFIX):
            return ()  # a trigger's own body
        teller = _TELLERS.get(kind.removeprefix(_PREFIX))
        return teller(item, account) if teller else ()


def sign(timestamp: bytes, body: bytes, key: bytes) -> bytes:
    """The value of the signature header."""
    return b64encode(hmac.digest(key, timestamp + body, "sha256"))


def _created(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    occasion, detail = _occasion(item, account), native.part(item, "detail")
    fields = native.given(
        customer_id=native.identifier_or_none(detail.get("requester_id"), "requester_id"),
        team=native.identifier_or_none(detail.get("group_id"), "group_id"),
        priority=PRIORITIES.get(native.word(detail.get("priority"))),
        tags=native.labels(detail.get("tags")) or None,
    )
    born = steps(occasion, "", _status_at_creation(detail), LEAVING, ENTERING)
    opened = occasion.draft("ticket-opened", occasion.ticket_id, **fields)
    return (opened, *(_with_closer(draft, item, account) for draft in born))


def _status_at_creation(detail: Mapping[str, Any]) -> str:
    """No `status_changed` tells it. Of a ticket that changed since, the status may be a later one, which that does tell."""
    created, updated = (detail.get(name) for name in ("created_at", "updated_at"))
    return native.word(detail.get("status")) if created is None or created == updated else ""


def _comment_added(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    detail, comment = native.part(item, "detail"), native.part(native.part(item, "event"), "comment")
    if comment.get("is_public") is not True or _via(detail) in MESSAGING:
        return ()
    occasion, comment_id = _occasion(item, account), native.identifier(comment.get("id"), "comment.id")
    author = native.part(comment, "author")
    author_id = _person(author.get("id"), "comment.author.id")
    requester = native.identifier_or_none(detail.get("requester_id"), "requester_id")
    if author.get("is_staff") is not True or author_id == requester:  # colleagues ask for help too
        people = native.given(author_id=author_id, customer_id=requester)
        return (occasion.draft("message-received", comment_id, **people),)
    return (occasion.draft("reply-sent", comment_id, **_staff(author_id, account)),)


def _message_added(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    """`detail` has the ticket's id and nothing else: the channel is the account's, or the web widget."""
    event = native.part(item, "event")
    actor = native.part(event, "actor")
    message = native.identifier(native.part(event, "message").get("id"), "message.id")
    occasion = _occasion(item, account)
    actor_id, kind = _person(actor.get("id"), "actor.id"), native.word(actor.get("type"))
    if kind == "end_user":
        people = native.given(author_id=actor_id, customer_id=actor_id)
        return (occasion.draft("message-received", message, **people),)
    author = _staff(actor_id, account)
    if author["author_kind"] == "agent":
        author["author_kind"] = ACTORS.get(kind, "unknown")
    return (occasion.draft("reply-sent", message, **author),)


def _staff(author_id: str | None, account: Account) -> dict[str, Any]:
    """Who answered: the system itself (-1), Zendesk's bots (`zd:answerBot`), the account's own bots, or a person."""
    if author_id == _SYSTEM:
        return {"author_kind": "automation"}
    is_bot = author_id is not None and author_id.startswith("zd:")
    is_bot = is_bot or author_id in native.listed(account.options.get("bot_ids"))
    return native.given(author_kind="bot" if is_bot else "agent", author_id=author_id)


def _status_changed(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    event = native.part(item, "event")
    previous, current = native.word(event.get("previous")), native.word(event.get("current"))
    if previous in CLOSED and current in CLOSED:
        return ()
    drafts = steps(_occasion(item, account), previous, current, LEAVING, ENTERING)
    return [_with_closer(draft, item, account) for draft in drafts]


def _with_closer(draft: Draft, item: Mapping[str, Any], account: Account) -> Draft:
    """Who closed counts; a customer who solves the own request is nobody who answers."""
    detail = native.part(item, "detail")
    actor = _person(detail.get("actor_id"), "actor_id")
    customer = native.identifier_or_none(detail.get("requester_id"), "requester_id")
    if draft.fields["type"] != "ticket-closed" or actor is None or actor == customer:
        return draft
    return draft._replace(fields={**draft.fields, **_staff(actor, account)})


def _assigned(field: str) -> Callable[[Mapping[str, Any], Account], Sequence[Draft]]:
    def tell(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
        occasion = _occasion(item, account)
        current = native.identifier_or_none(native.part(item, "event").get("current"), "event.current")
        native_id = f"{_at(occasion)}:{field}:{current}"
        return (occasion.draft("ticket-assigned", native_id, **{field: current}),)

    return tell


def _labelled(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    """Priority and tags are told as they are now; `event` has only what came and went."""
    occasion, detail = _occasion(item, account), native.part(item, "detail")
    fields: dict[str, Any] = {}
    if "priority" in detail:
        fields["priority"] = PRIORITIES.get(native.word(detail["priority"]))
    if "tags" in detail:
        fields["tags"] = native.labels(detail["tags"])
    return (occasion.draft("ticket-labelled", _at(occasion), **fields),) if fields else ()


def _told(kind: str, **fields: str) -> Callable[[Mapping[str, Any], Account], Sequence[Draft]]:
    def tell(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
        occasion = _occasion(item, account)
        return (occasion.draft(kind, ":".join((_at(occasion), *fields.values())), **fields),)

    return tell


def _merged(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    """Without its target a merge is still the end of the ticket."""
    target = native.identifier_or_none(native.part(item, "event").get("target_ticket_id"), "target_ticket_id")
    if target is None:
        return _told("ticket-closed", reason="merged")(item, account)
    return _told("ticket-merged", into=target)(item, account)


def _rated(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    score = SCORES.get(native.word(native.part(native.part(item, "event"), "satisfaction_score").get("score")))
    if score is None:
        return ()
    occasion = _occasion(item, account)
    return (occasion.draft("survey-answered", _at(occasion), score=score),)


def _at(occasion: Occasion) -> str:
    return f"{occasion.ticket_id}:{occasion.at_ms}"


def _occasion(item: Mapping[str, Any], account: Account) -> Occasion:
    detail = native.part(item, "detail")
    ticket = native.identifier(detail.get("id"), "detail.id")  # text here, a number in some events
    channel = CHANNELS.get(_via(detail)) or account.channel or ("zendesk" if _via(detail) else "web-chat")
    return Occasion(ticket, channel, _second_ms(item, detail))


def _second_ms(item: Mapping[str, Any], detail: Mapping[str, Any]) -> int:
    """The second in which it happened: of the ticket's last change, unless that is one that came later."""
    at_ms = from_text(item.get("time"), "time")
    if detail.get("updated_at") is not None:
        at_ms = min(at_ms, from_text(detail["updated_at"], "detail.updated_at"))
    return at_ms // 1000 * 1000


def _via(detail: Mapping[str, Any]) -> str:
    return native.word(native.part(detail, "via").get("channel"))


def _person(value: Any, name: str) -> str | None:
    return _SYSTEM if value in (-1, _SYSTEM) else native.identifier_or_none(value, name)


_TELLERS: Final[Mapping[str, Callable[[Mapping[str, Any], Account], Sequence[Draft]]]] = {
    "ticket.created": _created,
    "ticket.comment_added": _comment_added,
    "messaging_ticket.message_added": _message_added,
    "ticket.status_changed": _status_changed,
    "ticket.agent_assignment_changed": _assigned("agent_id"),
    "ticket.group_assignment_changed": _assigned("team"),
    "ticket.priority_changed": _labelled,
    "ticket.tags_changed": _labelled,
    "ticket.merged": _merged,
    "ticket.marked_as_spam": _told("ticket-closed", reason="spam"),
    "ticket.soft_deleted": _told("ticket-closed", reason="deleted"),
    "ticket.permanently_deleted": _told("ticket-closed", reason="deleted"),
    "ticket.undeleted": _told("ticket-reopened"),
    "ticket.csat_requested": _told("survey-sent"),
    "ticket.csat_received": _rated,
}
