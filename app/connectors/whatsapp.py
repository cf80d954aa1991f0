"""WhatsApp Cloud API. A conversation is a ticket: business number and customer, or group.

developers.facebook.com/documentation/business-messaging/whatsapp/webhooks, checked 2026-09:
* `timestamp` is a text of whole seconds; messages of one second keep no order.
* What was sent by API is only seen as statuses, without author: `sent` is the reply, the others repeat it. What somebody
  wrote in the WhatsApp Business app comes as `message_echoes`. Both name the message, so that one message seen both ways is
  one reply.
* Since 2026 customers may hide their number: `from` and `to` can be missing. The business-scoped id (`from_user_id`,
  `to_user_id`, `recipient_user_id`, or `user_id` of the contact) is there whether or not the number is, and so it names
  the customer wherever it is given; the number comes and goes with 30 days of silence.
* The channel says nothing of closes, owners and satisfaction.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.connectors import contacts
from app.connectors.connector import Account, Capabilities, Draft, Malformed
from app.connectors.instants import from_seconds_text, written
from app.connectors.members import mapping, sequence, text, text_if_any
from app.connectors.meta import BODY_BYTES, VERIFY_TOKEN, Item, Meta

BOT_MARKER: Final = "bot_marker"
"""Option: how `biz_opaque_callback_data` of what a bot sends begins. Who sends may set that text, and the status repeats it."""

_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "messages": ("messages", "statuses"),
    "smb_message_echoes": ("message_echoes",),
}
"""Field of a change -> the lists in it. `history` (old chats of a phone that was connected) is left out on purpose."""

_TURNS: Final = frozenset(
    {"text", "image", "audio", "video", "document", "sticker", "location", "contacts"}
    | {"interactive", "button", "order", "unsupported"}
)
"""Types of messages in which somebody says something. `unsupported` is: what it is cannot be read, but somebody waits. Not
among them: reaction, edit, revoke, system (a new number), request_welcome, and what is not known yet."""

_AUTHOR_BY_PRICE: Final[Mapping[str, str]] = {
    "marketing": "campaign",
    "marketing_lite": "campaign",
    "authentication": "automation",
    "authentication_international": "automation",
}
"""Category of the price of a sent message -> who wrote it. `utility` and `service` are sent by people, bots and shops alike."""


class WhatsApp(Meta):
    """See the top of the file."""

    name = "whatsapp"
    object_name = "whatsapp_business_account"
    capabilities = Capabilities(
        emits=frozenset({"message-received", "reply-sent"}),
        channel="whatsapp",
        body_bytes=BODY_BYTES,
        invalid_status=200,
        options=frozenset({BOT_MARKER}),
        keys=frozenset({VERIFY_TOKEN}),
        needs=frozenset({VERIFY_TOKEN}),
    )

    def updates(self, entry: Mapping[str, Any]) -> Iterator[Item]:
        """Messages, statuses and echoes; one of no use for each other change."""
        for change in sequence(entry, "changes"):
            try:
                yield from _in_change(change)
            except Malformed as error:
                yield Item("changes", entry, None, error.detail)

    def events(self, item: Item, update: Mapping[str, Any], account: Account) -> Sequence[Draft]:
        """One reply or message, or nothing."""
        if item.kind == "statuses":
            return _sent(item.holder, update, account)
        if text(update, "type") not in _TURNS:
            return ()
        if item.kind == "message_echoes":
            customer = _customer(item.holder, update, "to", "to_user_id")
            # Greetings and absence notes of the app itself would look the same; that they are echoed is documented nowhere.
            return (_draft("reply-sent", item.holder, update, account, customer, author_kind="agent"),)
        customer = _customer(item.holder, update, "from", "from_user_id")
        draft = _draft("message-received", item.holder, update, account, customer, author_id=customer)
        # In a group a number is in the ticket of all.
        return (draft._replace(contacts=contacts.known(contacts.phone(update.get("from"), has_country=True))),)


def _in_change(change: Any) -> Iterator[Item]:
    if not isinstance(change, dict):
        raise Malformed("what is in changes must be JSON objects")
    lists = _LISTS.get(str(change.get("field")), ())
    if not lists:
        yield Item("other", {}, None)
        return
    value = mapping(change, "value")
    for kind in lists:
        yield from (Item(kind, value, update) for update in sequence(value, kind))


def _sent(value: Mapping[str, Any], status: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    if text(status, "status") != "sent":
        return ()
    author_kind = _author_kind(status, account)
    if status.get("recipient_type") == "group":
        group = text(status, "recipient_id")
        return (_draft("reply-sent", value, {**status, "group_id": group}, account, None, author_kind=author_kind),)
    customer = _customer(value, status, "recipient_id", "recipient_user_id")
    return (_draft("reply-sent", value, status, account, customer, author_kind=author_kind),)


def _author_kind(status: Mapping[str, Any], account: Account) -> str:
    marker = account.options.get(BOT_MARKER)
    if marker and str(status.get("biz_opaque_callback_data", "")).startswith(marker):
        return "bot"
    pricing = status.get("pricing")
    category = pricing.get("category") if isinstance(pricing, dict) else None
    return _AUTHOR_BY_PRICE.get(str(category), "unknown")


def _customer(value: Mapping[str, Any], update: Mapping[str, Any], number: str, user_id: str) -> str:
    """The business-scoped id where it is known, else the number."""
    phone = text_if_any(update, number)
    found = text_if_any(update, user_id) or _user_id_of(sequence(value, "contacts"), phone) or phone
    if found is None:
        raise Malformed(f"neither {number} nor {user_id} is there")
    return found


def _user_id_of(contacts: Sequence[Any], phone: str | None) -> str | None:
    """Of the only contact, or of the one with this number."""
    known = [contact for contact in contacts if isinstance(contact, dict)]
    for contact in known:
        if len(known) == 1 or (phone is not None and contact.get("wa_id") == phone):
            return text_if_any(contact, "user_id")
    return None


def _draft(
    kind: str,
    value: Mapping[str, Any],
    update: Mapping[str, Any],
    account: Account,
    customer: str | None,
    **fields: str,
) -> Draft:
    business = text(mapping(value, "metadata"), "phone_number_id")
    conversation = text_if_any(update, "group_id") or customer
    common = {
        "type": kind,
        "ticket_id": f"{business}:{conversation}",
        "channel": account.channel or WhatsApp.name,
        "occurred_at": written(from_seconds_text(update.get("timestamp"), "timestamp")),
    }
    if customer is not None:
        common["customer_id"] = customer
    return Draft(text(update, "id"), {**common, **fields}, frozenset({"ticket_id"}))
