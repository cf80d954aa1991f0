"""A conversation or a ticket as Intercom writes it, in all versions of its API: whose, from where, given to whom."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.connectors import native
from app.connectors.connector import Account

# Intercom calls them source types; older bodies have none, and the Messenger is what nearly all of those were.
CHANNELS: Final[Mapping[str, str]] = {
    "conversation": "web-chat",
    "email": "email",
    "facebook": "messenger",
    "instagram": "instagram",
    "phone_call": "phone",
    "phone_switch": "phone",
    "push": "app",
    "sms": "sms",
    "twitter": "x",
    "whatsapp": "whatsapp",
}
CUSTOMERS: Final = frozenset({"user", "lead", "contact", "visitor"})
AUTHORS: Final[Mapping[str, str]] = {
    "admin": "agent",
    "team": "agent",
    "bot": "bot",
    "operator": "bot",
    "campaign": "campaign",
}


def parts(subject: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """A list in an object of the same name."""
    name = "ticket_parts" if subject.get("type") == "ticket" else "conversation_parts"
    return native.parts(native.part(subject, name), name)


def owner(part: Mapping[str, Any], subject: Mapping[str, Any]) -> dict[str, Any]:
    """The part names whom it gave the conversation to; the conversation around it may already have another owner."""
    to = native.part(part, "assigned_to")
    kind, to_id = native.word(to.get("type")), native.identifier_or_none(to.get("id"), "assigned_to.id")
    if kind == "team":
        return {"team": to_id}
    if kind:
        return {"agent_id": to_id if kind == "admin" else None}
    return {
        "agent_id": native.identifier_or_none(subject.get("admin_assignee_id"), "admin_assignee_id"),
        **native.given(team=native.identifier_or_none(subject.get("team_assignee_id"), "team_assignee_id")),
    }


def hands_over(part: Mapping[str, Any], subject: Mapping[str, Any]) -> bool:
    """A bot that gives a conversation in which the AI agent took part to people. Without one, rules only route."""
    is_bot = AUTHORS.get(native.word(native.part(part, "author").get("type"))) == "bot"
    to = native.word(native.part(part, "assigned_to").get("type"))
    return is_bot and subject.get("ai_agent_participated") is True and to in ("admin", "team")


def source(subject: Mapping[str, Any]) -> Mapping[str, Any]:
    """What began a conversation; called `conversation_message` until version 2."""
    return native.part(subject, "source") or native.part(subject, "conversation_message")


def customer(subject: Mapping[str, Any]) -> str | None:
    """Whom it is with: the first of its contacts; its user until version 2."""
    contacts = native.parts(native.part(subject, "contacts"), "contacts")
    who = contacts[0] if contacts else native.part(subject, "user")
    return native.identifier_or_none(who.get("id"), "contact.id")


def tags(subject: Mapping[str, Any]) -> dict[str, Any]:
    """Its tags, all of them, if it says which."""
    held = native.part(subject, "tags")
    if "tags" not in held:
        return {}
    return {"tags": native.labels([tag.get("name") for tag in native.parts(held, "tags")])}


def author_kind(author: Mapping[str, Any], account: Account) -> str:
    """Fin writes as a bot, and where it writes as an admin says `from_ai_agent`."""
    bots = native.listed(account.options.get("bot_ids"))
    is_bot = author.get("from_ai_agent") is True or str(author.get("id")) in bots
    return "bot" if is_bot else AUTHORS.get(native.word(author.get("type")), "unknown")
