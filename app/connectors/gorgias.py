"""Gorgias: HTTP integrations, whose body is a template; ours is in deploy/connect/gorgias.md. All of it is unconfirmed.

Gorgias signs nothing: a header that the merchant adds holds the secret, and TLS is all that protects the body. What it
renders are texts, also for numbers, truth and nothing ("12", "True", "None"), and nothing at all for variables that it
does not know; objects as its API writes them are read as well. A post without its message's id (Gorgias documents the
ticket's variables, not the message's) tells nothing, and its message comes by polling.

States are told by what the ticket is now, at an instant that it keeps: so a close is the same event whichever trigger or
poll brings it. The API's own events (`event` is an object) and surveys (`survey`) are told here too, for the poller.

Instants are ISO with microseconds, without a zone: UTC. A message's is `created_datetime`; `sent_datetime` is still empty
when the post is made.

Sources: developers.gorgias.com, "The TicketHttpIntegration object", "The TicketMessage object", "The Event object",
"The SatisfactionSurvey object"; docs.gorgias.com, "HTTP integrations"; checked 2026-11.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.connectors import contacts, native
from app.connectors.connector import Account, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_text
from app.connectors.native import Occasion
from app.connectors.one_json import DESK_EVENTS, OneJson
from app.connectors.signatures import which_signed

TOKEN: Final = b"x-carebeat-token"

CHANNELS: Final[Mapping[str, str]] = {
    "aircall": "phone",
    "api": "api",
    "chat": "web-chat",
    "contact_form": "web-form",
    "email": "email",
    "facebook": "facebook",
    "facebook-mention": "facebook",
    "facebook-messenger": "messenger",
    "facebook-recommendations": "facebook",
    "help-center": "web-form",
    "instagram-ad-comment": "instagram",
    "instagram-comment": "instagram",
    "instagram-direct-message": "instagram",
    "instagram-mention": "instagram",
    "phone": "phone",
    "sms": "sms",
    "tiktok-shop": "tiktok",
    "twitter": "x",
    "twitter-direct-message": "x",
    "whatsapp": "whatsapp",
    "yotpo-review": "reviews",
}
PRIORITIES: Final[Mapping[str, str]] = {"low": "low", "normal": "normal", "high": "high", "critical": "urgent"}
NOTE: Final = "internal-note"

# An event of the API -> ours. Tags that came or went are not the full set: the ticket beside them has it.
EVENTS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "ticket-closed": ("ticket-closed", {"reason": "resolved"}),
    "ticket-handed-over": ("ticket-handed-over", {"to": "human"}),
    "ticket-marked-spam": ("ticket-closed", {"reason": "spam"}),
    "ticket-reopened": ("ticket-reopened", {}),
    "ticket-self-unsnoozed": ("ticket-resumed", {"reason": "snoozed"}),
    "ticket-snoozed": ("ticket-paused", {"reason": "snoozed"}),
    "ticket-trashed": ("ticket-closed", {"reason": "deleted"}),
    "ticket-unmarked-spam": ("ticket-reopened", {}),
    "ticket-untrashed": ("ticket-reopened", {}),
    "satisfaction-survey-sent": ("survey-sent", {}),
}
OWNERS: Final = frozenset({"ticket-assigned", "ticket-unassigned", "ticket-team-assigned", "ticket-team-unassigned"})
_NOTHING: Final = frozenset({"", "none", "null", "undefined"})


class Gorgias(OneJson):
    """See the top of the file."""

    name = "gorgias"
    capabilities = Capabilities(
        emits=DESK_EVENTS | {"ticket-handed-over", "survey-sent"},
        tickets="numbers",
        invalid_status=200,  # an integration that fails again and again is switched off
        options=frozenset({"bot_ids"}),
    )

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:  # noqa: ARG002 - no instant is signed
        """The secret in the header."""
        given = request.headers.get(TOKEN)
        if not given:
            return Verdict(None, "missing-header")
        return which_signed(account.secrets, given, lambda key: key)

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """What a trigger, an event of the API or a survey tells."""
        if not isinstance(item, dict):
            raise Malformed("a post is an object")
        if "survey" in item:
            return _survey(item, account)
        event = item.get("event")
        if isinstance(event, dict):
            return _event(event, item, account)
        teller = _TELLERS.get(native.word(event))
        return teller(item, account) if teller else ()


def _ticket_created(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    ticket = native.part(item, "ticket")
    occasion = _occasion(ticket, _ms(ticket, "created_datetime"), account)
    fields = native.given(
        customer_id=_reference(ticket, "customer"),
        team=_reference(ticket, "assignee_team"),
        priority=PRIORITIES.get(native.word(ticket.get("priority"))),
        tags=_tags(ticket) or None,
    )
    return (occasion.draft("ticket-opened", occasion.ticket_id, **fields)._replace(contacts=_contacts(ticket)),)


def _message_created(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    message, ticket = native.part(item, "message"), native.part(item, "ticket")
    message_id = _id(message.get("id"), "message.id")
    if message_id is None or _is_note(message) or _known(message.get("failed_datetime")):
        return ()
    occasion = _occasion({"id": message.get("ticket_id"), **ticket}, _ms(message, "created_datetime"), account)
    author = _reference(message, "sender")
    if _is_true(message.get("from_agent")):
        return (occasion.draft("reply-sent", message_id, **_author(message, author, account)),)
    people = native.given(author_id=author, customer_id=_reference(ticket, "customer") or author)
    return (occasion.draft("message-received", message_id, **people)._replace(contacts=_contacts(ticket)),)


def _contacts(ticket: Mapping[str, Any]) -> tuple[str, ...]:
    """As the API writes a ticket; the template has `customer_email` where it was added."""
    customer = ticket.get("customer")
    told = customer.get("email") if isinstance(customer, dict) else ticket.get("customer_email")
    return contacts.known(contacts.mail(told))


def _is_note(message: Mapping[str, Any]) -> bool:
    """Notes are between agents: of a channel of their own, and not public."""
    public = message.get("public")
    return native.word(message.get("channel")) == NOTE or (_known(public) and not _is_true(public))


def _author(message: Mapping[str, Any], author: str | None, account: Account) -> dict[str, Any]:
    """A rule's messages carry its id; Gorgias' AI agent is a user, to be named in `bot_ids`."""
    if _id(message.get("rule_id"), "rule_id") is not None or native.word(message.get("via")) == "rule":
        return {"author_kind": "automation"}
    is_bot = author in native.listed(account.options.get("bot_ids"))
    return native.given(author_kind="bot" if is_bot else "agent", author_id=author)


def _status_updated(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    return (*_ended(item, account), *_reopened(item, account))


def _ticket_updated(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    """Any change, whichever it was: what it is now. Being open is no news."""
    return (*_labelled(item, account), *_ended(item, account))


def _ended(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    """Snoozing closes a ticket until it is time, says the help page; it is a pause."""
    ticket = native.part(item, "ticket")
    status = native.word(ticket.get("status"))
    if _known(ticket.get("trashed_datetime")):
        return _told("ticket-closed", ticket, "trashed_datetime", account, reason="deleted")
    if _is_true(ticket.get("spam")):
        return _told("ticket-closed", ticket, "updated_datetime", account, reason="spam")
    if status == "closed" and _known(ticket.get("snooze_datetime")):
        return _told("ticket-paused", ticket, "updated_datetime", account, reason="snoozed")
    if status == "closed":
        return _told("ticket-closed", ticket, "closed_datetime", account, reason="resolved")
    return ()


def _reopened(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    ticket = native.part(item, "ticket")
    if native.word(ticket.get("status")) != "open":
        return ()
    return _told("ticket-reopened", ticket, "updated_datetime", account)


def _assigned(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    ticket = native.part(item, "ticket")
    owner = {"agent_id": _reference(ticket, "assignee_user"), "team": _reference(ticket, "assignee_team")}
    return _told("ticket-assigned", ticket, "updated_datetime", account, **owner)


def _labelled(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    ticket = native.part(item, "ticket")
    fields: dict[str, Any] = native.given(priority=PRIORITIES.get(native.word(ticket.get("priority"))))
    if isinstance(ticket.get("tags"), list):
        fields["tags"] = _tags(ticket)
    return _told("ticket-labelled", ticket, "updated_datetime", account, **fields) if fields else ()


def _at_update(kind: str, **fields: str) -> Callable[[Mapping[str, Any], Account], Sequence[Draft]]:
    def tell(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
        return _told(kind, native.part(item, "ticket"), "updated_datetime", account, **fields)

    return tell


def _event(event: Mapping[str, Any], item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    """An event of the API beside its ticket, whose instant is the event's."""
    kind = native.word(event.get("type"))
    at = event.get("created_datetime")
    ticket = {"id": event.get("object_id"), **native.part(item, "ticket"), "updated_datetime": at}
    if kind in OWNERS:
        return _assigned({"ticket": ticket}, account)
    if kind not in EVENTS:
        return ()
    ours, fields = EVENTS[kind]
    return _told(ours, ticket, "updated_datetime", account, **fields)


def _survey(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    survey = native.part(item, "survey")
    ticket = {"id": survey.get("ticket_id"), **native.part(item, "ticket")}
    if not _known(survey.get("scored_datetime")):
        return ()
    occasion = _occasion(ticket, _ms(survey, "scored_datetime"), account)
    survey_id = native.identifier(survey.get("id"), "survey.id")
    return (occasion.draft("survey-answered", survey_id, score=native.score(survey.get("score"), "survey.score")),)


def _told(kind: str, ticket: Mapping[str, Any], instant: str, account: Account, **fields: Any) -> Sequence[Draft]:
    """One event, known by its second: the same change has some other microseconds in the API's events."""
    name = instant if _known(ticket.get(instant)) else "updated_datetime"
    occasion = _occasion(ticket, _ms(ticket, name), account)
    return (occasion.draft(kind, f"{occasion.ticket_id}:{occasion.at_ms // 1000}", **fields),)


def _occasion(ticket: Mapping[str, Any], at_ms: int, account: Account) -> Occasion:
    ticket_id = native.identifier(ticket.get("id"), "ticket.id")
    channel = CHANNELS.get(native.word(ticket.get("channel"))) or account.channel or "gorgias"
    return Occasion(ticket_id, channel, at_ms)


def _ms(item: Mapping[str, Any], name: str) -> int:
    return from_text(item.get(name), name, unzoned_is_utc=True)


def _reference(item: Mapping[str, Any], name: str) -> str | None:
    """`customer_id` of the template, or `customer: {id}` of the API."""
    if f"{name}_id" in item:
        return _id(item[f"{name}_id"], f"{name}_id")
    value = item.get(name)
    return _id(value.get("id"), f"{name}.id") if isinstance(value, dict) else None


def _id(value: Any, name: str) -> str | None:
    return native.identifier_or_none(value, name) if _known(value) else None


def _known(value: Any) -> bool:
    """What a template renders for nothing is a text."""
    return value is not None and not (isinstance(value, str) and value.strip().lower() in _NOTHING)


def _is_true(value: Any) -> bool:
    return value is True or native.word(value) == "true"


def _tags(ticket: Mapping[str, Any]) -> list[str]:
    tags = ticket.get("tags")
    names = [tag.get("name") if isinstance(tag, dict) else tag for tag in tags] if isinstance(tags, list) else []
    return native.labels(names)


_TELLERS: Final[Mapping[str, Callable[[Mapping[str, Any], Account], Sequence[Draft]]]] = {
    "ticket-created": _ticket_created,
    "ticket-message-created": _message_created,
    "ticket-status-updated": _status_updated,
    "ticket-assignment-updated": _assigned,
    "ticket-updated": _ticket_updated,
    "ticket-self-unsnoozed": _at_update("ticket-resumed", reason="snoozed"),
    "ticket-handed-over": _at_update("ticket-handed-over", to="human"),
}
