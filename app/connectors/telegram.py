"""Telegram: what is written to a bot, in groups with it, and in the chats of a business account that it is connected to.

core.telegram.org/bots/api ("setWebhook", "Update", "Message"), checked 2026-11:
* There is no signature: the secret token of `setWebhook` comes back in a header, so TLS is all that protects a body.
* What is not answered 2xx is sent again "a reasonable amount of attempts", and what follows waits behind it. Hence 200 for
  what is wrong: it is counted, and would be as wrong the next time.
* `update_id` is the same on redelivery. It names the event, since the id of a message is a small number beside the id of a
  person, and a hash of the two could be found by trying all.
* `date` is whole seconds.
* A bot never sees what itself says, nor what other bots say in groups: from a bot's own chats come messages only.
* Of a business account it sees both sides (`business_message`). A private chat has the id of who it is with, so that the
  customer is who has the chat's id, and the account's owner is the other; `business_connection` says it once and is not needed.
  `sender_business_bot` is there when a bot wrote in the owner's name, `is_from_offline` on absence notes, greetings and
  scheduled messages.
* Edits, deletions, reactions, polls' votes and channels' posts are updates of their own kinds and no turns. Nor is a pressed
  button (`callback_query`): it has no instant. Joins, pins and the like are messages without any of `_CONTENT`.
* In a group, `sender_chat` is who writes as a chat: the group itself (an anonymous administrator), or somebody as a channel.
  `from` is then made up. What a channel posts is copied to its group with `is_automatic_forward`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from app.connectors import native
from app.connectors.connector import Account, Capabilities, Draft, Malformed, Request, SecretError, Verdict
from app.connectors.instants import from_seconds
from app.connectors.members import text_if_any
from app.connectors.native import Occasion
from app.connectors.one_json import OneJson
from app.connectors.signatures import which_signed

SECRET_TOKEN: Final = b"x-telegram-bot-api-secret-token"
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")

_CONTENT: Final = frozenset(
    {"text", "animation", "audio", "checklist", "contact", "dice", "document", "game", "live_photo", "location"}
    | {"paid_media", "photo", "poll", "sticker", "story", "venue", "video", "video_note", "voice", "web_app_data"}
)
"""One of them is in a message in which somebody says something; `web_app_data` is a form that was sent."""


class Telegram(OneJson):
    """See the top of the file."""

    name = "telegram"
    capabilities = Capabilities(
        emits=frozenset({"message-received", "reply-sent"}),
        channel="telegram",
        invalid_status=200,
        options=frozenset({"agent_ids"}),
    )

    def key(self, secret: str) -> bytes:
        """The token as it is. Raises SecretError."""
        if not _SECRET.fullmatch(secret):
            raise SecretError("has characters that Telegram does not take; make one with `openssl rand -hex 32`")
        return secret.encode()

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:  # noqa: ARG002 - no instant is signed
        """The secret token."""
        given = request.headers.get(SECRET_TOKEN)
        if not given:
            return Verdict(None, "missing-header")
        return which_signed(account.secrets, given, lambda key: key)

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """One message or reply, or nothing."""
        if not isinstance(item, dict):
            raise Malformed("an update is an object")
        for kind, teller in _TELLERS.items():
            message = native.part(item, kind)
            if not _CONTENT.isdisjoint(message):
                return teller(_told(item, message, account))
        return ()


class _Told(NamedTuple):
    """A message in which somebody says something."""

    native_id: str
    message: Mapping[str, Any]
    chat: str
    account: Account

    def draft(self, kind: str, ticket: str, **fields: str | None) -> Draft:
        at_ms = from_seconds(self.message.get("date"), "date")
        occasion = Occasion(ticket, self.account.channel or Telegram.name, at_ms)
        return occasion.draft(kind, self.native_id, **native.given(**fields))._replace(
            personal=frozenset({"ticket_id"})
        )


def _told(item: Mapping[str, Any], message: Mapping[str, Any], account: Account) -> _Told:
    native_id = native.identifier(item.get("update_id"), "update_id")
    return _Told(native_id, message, _id_of(message, "chat"), account)


def _in_business(told: _Told) -> Sequence[Draft]:
    """A chat of the account's owner. Two owners may be connected, and talk to the same customer."""
    ticket = f"{text_if_any(told.message, 'business_connection_id') or ''}:{told.chat}"
    sender = native.part(told.message, "from")
    if _id_of(told.message, "from") == told.chat:
        if sender.get("is_bot") is True:
            return ()  # nobody waits
        return (told.draft("message-received", ticket, author_id=told.chat, customer_id=told.chat),)
    kind, author_id = _owner(told.message)
    return (told.draft("reply-sent", ticket, author_kind=kind, author_id=author_id, customer_id=told.chat),)


def _owner(message: Mapping[str, Any]) -> tuple[str, str]:
    """Who wrote in the owner's name: author kind and id."""
    if native.part(message, "sender_business_bot"):
        return "bot", _id_of(message, "sender_business_bot")
    return "automation" if message.get("is_from_offline") is True else "agent", _id_of(message, "from")


def _to_bot(told: _Told) -> Sequence[Draft]:
    """What is written to the bot itself, or in a group with it."""
    is_private = native.part(told.message, "chat").get("type") == "private"
    author, kind = _author(told)
    if told.message.get("is_automatic_forward") is True or (is_private and kind is not None):
        return ()  # to a bot, agents and other bots ask for nothing that somebody waits for
    ticket = told.chat if is_private else _topic(told)
    if kind is None:
        return (told.draft("message-received", ticket, author_id=author, customer_id=author),)
    return (told.draft("reply-sent", ticket, author_kind=kind, author_id=author),)


def _author(told: _Told) -> tuple[str | None, str | None]:
    """Id and author kind; no kind for who asks, no id for who is anonymous."""
    if native.part(told.message, "sender_chat"):
        sender = _id_of(told.message, "sender_chat")
        return (None, "agent") if sender == told.chat else (sender, None)
    sender = _id_of(told.message, "from")
    if sender in native.listed(told.account.options.get("agent_ids")):
        return sender, "agent"
    return sender, "bot" if native.part(told.message, "from").get("is_bot") is True else None


def _topic(told: _Told) -> str:
    """The group, or the topic in it."""
    if told.message.get("is_topic_message") is not True:
        return told.chat
    return f"{told.chat}:{native.identifier(told.message.get('message_thread_id'), 'message_thread_id')}"


def _id_of(message: Mapping[str, Any], name: str) -> str:
    """The id of a person or a chat; those of groups are negative."""
    value = native.part(message, name).get("id")
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{name}.id must be a whole number")
    return str(value)


_TELLERS: Final[Mapping[str, Callable[[_Told], Sequence[Draft]]]] = {
    "message": _to_bot,
    "business_message": _in_business,
}
