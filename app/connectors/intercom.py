"""Intercom: notifications of an app's subscription to `conversation.*` and `ticket.*` topics.

One action of an agent can be several notifications with the same conversation part in them: "reply and assign" is
`conversation.admin.replied` and `conversation.admin.assigned`. An event is therefore known by its part and its type, never
by the notification, and the reply of such a pair counts once. Part, reply and close of one action share one whole second;
the order of the types of events sorts them.

Topic and part together say what happened. Where they differ the topic decides, but a part of type `open` or `close` that
brings a text says both: a reply that opened or closed.

A conversation that was made a ticket keeps its parts, and their ids, under the `ticket.*` topics: following both is right.

Sources: developers.intercom.com, "Webhook models" and "Topics", and github.com/intercom/Intercom-OpenAPI, checked 2026-11.
The `ticket.*` topics and ratings are from there, without a recorded body: unconfirmed.
"""

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from app.connectors import contacts, intercom_item, native
from app.connectors.connector import Account, Answer, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_seconds
from app.connectors.native import Occasion
from app.connectors.one_json import DESK_EVENTS, OneJson
from app.connectors.signatures import which_signed

SIGNATURE: Final = b"x-hub-signature"
_PREFIX: Final = b"sha1="

# `delivered_as` of a conversation that Intercom's side began.
BEGINNINGS: Final[Mapping[str, str]] = {
    "admin_initiated": "agent",
    "automated": "automation",
    "campaigns_initiated": "campaign",
    "operator_initiated": "bot",
}
PRIORITIES: Final[Mapping[str, str]] = {"priority": "high", "not_priority": "normal"}
TICKET_STATES: Final[Mapping[str, tuple[str, dict[str, str]]]] = {
    "in_progress": ("ticket-resumed", {"reason": "customer"}),
    "waiting_on_customer": ("ticket-paused", {"reason": "customer"}),
    "resolved": ("ticket-closed", {"reason": "resolved"}),
}
# What a topic says of each part in it. A `reply-sent` beside something else is only one if the part has a text.
TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    "conversation.user.replied": ("message-received",),
    "conversation.admin.replied": ("reply-sent",),
    "conversation.operator.replied": ("reply-sent",),
    # A text on this one is a note to the colleague, unless `admin.replied` brings the same part; then that one tells.
    "conversation.admin.assigned": ("ticket-assigned",),
    "conversation.admin.open.assigned": ("ticket-assigned", "reply-sent"),
    "conversation.admin.closed": ("reply-sent", "ticket-closed"),
    "conversation.admin.opened": ("reply-sent", "ticket-reopened"),
    "conversation.admin.snoozed": ("reply-sent", "ticket-paused"),
    "conversation.admin.unsnoozed": ("ticket-resumed",),
    "ticket.contact.replied": ("message-received",),
    "ticket.admin.replied": ("reply-sent",),
    "ticket.admin.assigned": ("ticket-assigned",),
    "ticket.team.assigned": ("ticket-assigned",),
}
"""Of no use: `noted` and notes, redactions, reads, and `conversation_part.tag.created`, which names the tags of one part: those
of the conversation come with its other events."""
WORDS: Final[Mapping[str, dict[str, str]]] = {
    "ticket-closed": {"reason": "resolved"},
    "ticket-paused": {"reason": "snoozed"},
    "ticket-resumed": {"reason": "snoozed"},
}


class _Told(NamedTuple):
    """What a notification is about, and when it was made."""

    subject: Mapping[str, Any]
    created_at: Any
    account: Account


class Intercom(OneJson):
    """See the top of the file."""

    name = "intercom"
    capabilities = Capabilities(
        emits=DESK_EVENTS | {"ticket-handed-over"},
        invalid_status=200,  # after many errors Intercom drops what comes for 15 minutes, after a week all
        options=frozenset({"bot_ids"}),
    )

    def handshake(self, request: Request, account: Account) -> Answer | None:  # noqa: ARG002 - all accounts alike
        """HEAD, by which Intercom checks a URL when it is saved."""
        return Answer(200) if request.method == "HEAD" else None

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:  # noqa: ARG002 - no instant is signed
        """The signature of the body. It has no instant: a repeated post is recognised by the ids of its events."""
        given = request.headers.get(SIGNATURE)
        if not given:
            return Verdict(None, "missing-header")
        if not given.startswith(_PREFIX):
            return Verdict(None, "malformed-header")
        return which_signed(account.secrets, given, lambda key: sign(request.body, key))

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """The events in it."""
        if not isinstance(item, dict) or not isinstance(item.get("topic"), str):
            raise Malformed("a notification is an object with a topic")
        told = _Told(native.part(native.part(item, "data"), "item"), item.get("created_at"), account)
        if item["topic"] in TOPICS:
            return list(_of_parts(told.subject, TOPICS[item["topic"]], account))
        teller = _TELLERS.get(item["topic"])
        return teller(told) if teller else ()


def sign(body: bytes, key: bytes) -> bytes:
    """The value of the signature header."""
    return _PREFIX + hmac.digest(key, body, "sha1").hex().encode()


def _of_parts(subject: Mapping[str, Any], told: tuple[str, ...], account: Account) -> Iterator[Draft]:
    for part in intercom_item.parts(subject):
        kind, has_text = native.word(part.get("part_type")), bool(part.get("body") or part.get("attachments"))
        if kind in ("note", "note_and_reopen"):
            continue
        occasion = _occasion(subject, from_seconds(part.get("created_at"), "part.created_at"), account)
        part_id = native.identifier(part.get("id"), "part.id")
        for event in told:
            if event != "reply-sent" or has_text or told == ("reply-sent",):
                draft = occasion.draft(event, part_id, **_fields(event, part, subject, account))
                yield draft._replace(contacts=_contacts(part)) if event == "message-received" else draft
        if kind == "open" and "ticket-reopened" not in told:
            yield occasion.draft("ticket-reopened", part_id, **_fields("ticket-reopened", part, subject, account))
        if "ticket-assigned" in told and intercom_item.hands_over(part, subject):
            yield occasion.draft("ticket-handed-over", part_id, to="human")


def _contacts(written: Mapping[str, Any]) -> tuple[str, ...]:
    """Of who wrote a part, or what began the conversation."""
    return contacts.known(contacts.mail(native.part(written, "author").get("email")))


def _fields(event: str, part: Mapping[str, Any], subject: Mapping[str, Any], account: Account) -> dict[str, Any]:
    author = native.part(part, "author")
    author_id = native.identifier_or_none(author.get("id"), "author.id")
    if event == "message-received":
        return native.given(author_id=author_id, customer_id=intercom_item.customer(subject) or author_id)
    if event == "reply-sent":
        return native.given(author_kind=intercom_item.author_kind(author, account), author_id=author_id)
    if event == "ticket-assigned":
        return {**intercom_item.owner(part, subject), **intercom_item.tags(subject)}
    by = (
        {}
        if native.word(author.get("type")) in intercom_item.CUSTOMERS
        else {"author_kind": intercom_item.author_kind(author, account)}
    )
    return {**WORDS.get(event, {}), **by, **intercom_item.tags(subject)}


def _begun_by_customer(told: _Told) -> Sequence[Draft]:
    customer = intercom_item.customer(told.subject)
    opened, message = _begun(told, "message-received", native.given(author_id=customer, customer_id=customer))
    return (opened, message._replace(contacts=_contacts(intercom_item.source(told.subject))))


def _begun_by_us(told: _Told) -> Sequence[Draft]:
    source = intercom_item.source(told.subject)
    author = native.part(source, "author")
    kind = BEGINNINGS.get(native.word(source.get("delivered_as"))) or intercom_item.author_kind(author, told.account)
    author_id = native.identifier_or_none(author.get("id"), "author.id")
    return _begun(told, "reply-sent", native.given(author_kind=kind, author_id=author_id))


def _begun(told: _Told, kind: str, fields: Mapping[str, Any]) -> Sequence[Draft]:
    """The conversation, and what began it, which is not yet a part."""
    occasion = _occasion(told.subject, from_seconds(told.subject.get("created_at"), "created_at"), told.account)
    message = native.identifier(intercom_item.source(told.subject).get("id"), "source.id")
    return (_opened(occasion, told.subject), occasion.draft(kind, message, **fields))


def _opened(occasion: Occasion, subject: Mapping[str, Any]) -> Draft:
    fields = native.given(
        customer_id=intercom_item.customer(subject),
        team=native.identifier_or_none(subject.get("team_assignee_id"), "team_assignee_id"),
        priority=PRIORITIES.get(native.word(subject.get("priority"))),
    )
    return occasion.draft("ticket-opened", occasion.ticket_id, **fields, **intercom_item.tags(subject))


def _ticket_created(told: _Told) -> Sequence[Draft]:
    at_ms = from_seconds(told.subject.get("created_at"), "created_at")
    return (_opened(_occasion(told.subject, at_ms, told.account), told.subject),)


def _changed(told: _Told) -> Occasion:
    """Of notifications without a part: when the subject changed, or if it does not say so, when they were made."""
    at = native.first((told.subject.get("updated_at"), told.created_at))
    return _occasion(told.subject, from_seconds(at, "updated_at"), told.account)


def _prioritised(told: _Told) -> Sequence[Draft]:
    occasion = _changed(told)
    fields = {"priority": PRIORITIES.get(native.word(told.subject.get("priority"))), **intercom_item.tags(told.subject)}
    return (occasion.draft("ticket-labelled", _at(occasion), **fields),)


def _deleted(told: _Told) -> Sequence[Draft]:
    occasion = _changed(told)
    return (occasion.draft("ticket-closed", f"{occasion.ticket_id}:deleted", reason="deleted"),)


def _rated(told: _Told) -> Sequence[Draft]:
    """A rating asked for and not given is null; one that is changed keeps its instant, and so its id."""
    is_ticket = told.subject.get("type") == "ticket"
    rating = native.part(told.subject, "ticket_rating" if is_ticket else "conversation_rating")
    score = rating.get("rating")
    if score is None:
        return ()
    occasion = _changed(told._replace(subject={**told.subject, "updated_at": rating.get("created_at")}))
    return (occasion.draft("survey-answered", _at(occasion), score=native.score(score, "rating")),)


def _ticket_state(told: _Told) -> Sequence[Draft]:
    state = told.subject.get("ticket_state")  # a word until 2.11, an object with a category since
    name = native.word(state.get("category") if isinstance(state, dict) else state)
    if name not in TICKET_STATES:
        return ()
    kind, fields = TICKET_STATES[name]
    occasion = _changed(told)
    return (occasion.draft(kind, _at(occasion), **fields),)


def _ticket_closed(told: _Told) -> Sequence[Draft]:
    """The ticket is inside `ticket` since 2.15."""
    subject = native.part(told.subject, "ticket") or told.subject
    return _ticket_state(told._replace(subject={**subject, "ticket_state": "resolved"}))


def _at(occasion: Occasion) -> str:
    return f"{occasion.ticket_id}:{occasion.at_ms}"


def _occasion(subject: Mapping[str, Any], at_ms: int, account: Account) -> Occasion:
    ticket = native.identifier(subject.get("id"), "item.id")
    told = native.word(intercom_item.source(subject).get("type"))
    return Occasion(ticket, intercom_item.CHANNELS.get(told) or account.channel or "web-chat", at_ms)


_TELLERS: Final[Mapping[str, Callable[[_Told], Sequence[Draft]]]] = {
    "conversation.user.created": _begun_by_customer,
    "conversation.admin.single.created": _begun_by_us,
    "conversation.priority.updated": _prioritised,
    "conversation.deleted": _deleted,
    "conversation.rating.added": _rated,
    "ticket.created": _ticket_created,
    "ticket.state.updated": _ticket_state,
    "ticket.resolved": _ticket_closed,
    "ticket.closed": _ticket_closed,
    "ticket.rating.provided": _rated,
}
