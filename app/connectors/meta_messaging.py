"""What Messenger and Instagram share: messages, echoes and hand-overs of a page's or a profile's conversations.

developers.facebook.com/docs/messenger-platform/webhooks and /instagram-platform/webhooks, checked 2026-09:
* `timestamp` is a whole number of milliseconds.
* `messaging` holds what this app is in charge of, `standby` what another is: both are messages of the customer.
* What the business sends comes back as an echo (`is_echo`) from whichever app sent it; `app_id` says which. The page's own
  inboxes have app ids of their own. Who that is behind another app, only the account can say: `bot_app_ids`,
  `agent_app_ids`; else `unknown`. An echo without `app_id` says nothing.
* Reactions, receipts, edits, deletions, opt-ins and referrals are no turns. A postback (a button, "Get started") is.
* A hand-over says who owns the conversation now; a request for one changes nothing until it is granted, and then there is
  a hand-over. The customer is the sender by the documentation, the recipient in recorded ones: it is who is not the page.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.connectors import native
from app.connectors.connector import Account, Capabilities, Draft
from app.connectors.instants import from_milliseconds, written
from app.connectors.members import mapping, sequence, text, text_if_any
from app.connectors.meta import BODY_BYTES, VERIFY_TOKEN, Item, Meta

BOT_APPS: Final = "bot_app_ids"
AGENT_APPS: Final = "agent_app_ids"
_INBOXES: Final = frozenset({"263902037430900", "1217981644879628"})
"""Of pages and of Instagram profiles: people write there."""
_HAND_OVERS: Final = ("pass_thread_control", "take_thread_control")
_NO_TURN: Final = ("is_deleted", "is_self")
"""Unsent; and what a profile writes to itself."""

CAPABILITIES: Final = Capabilities(
    emits=frozenset({"message-received", "reply-sent", "ticket-handed-over"}),
    body_bytes=BODY_BYTES,
    invalid_status=200,
    options=frozenset({BOT_APPS, AGENT_APPS}),
    keys=frozenset({VERIFY_TOKEN}),
    needs=frozenset({VERIFY_TOKEN}),
)


class Messaging(Meta):
    """The base of the two. A conversation is a ticket: page and customer."""

    def updates(self, entry: Mapping[str, Any]) -> Iterator[Item]:
        """What is in both lists; one of no use for each change."""
        for kind in ("messaging", "standby"):
            yield from (Item(kind, entry, update) for update in sequence(entry, kind))
        yield from (Item("other", {}, None) for _ in sequence(entry, "changes"))

    def events(self, item: Item, update: Mapping[str, Any], account: Account) -> Sequence[Draft]:
        """One message, reply or hand-over, or nothing."""
        if "message" in update:
            return self._message(update, mapping(update, "message"), account)
        if "postback" in update:
            return self._postback(update, mapping(update, "postback"), account)
        for kind in _HAND_OVERS:
            if kind in update:
                return self._hand_over(item.holder, update, kind, account)
        return ()

    def _message(self, update: Mapping[str, Any], message: Mapping[str, Any], account: Account) -> Sequence[Draft]:
        if any(message.get(flag) for flag in _NO_TURN):
            return ()
        mid = text(message, "mid")
        if not message.get("is_echo"):
            page, customer = _party(update, "recipient"), _party(update, "sender")
            return (self._draft(mid, "message-received", update, account, page, customer, author_id=customer),)
        page, customer = _party(update, "sender"), _party(update, "recipient")
        kind = _author_kind(message.get("app_id"), account)
        return (self._draft(mid, "reply-sent", update, account, page, customer, author_kind=kind),)

    def _postback(self, update: Mapping[str, Any], postback: Mapping[str, Any], account: Account) -> Sequence[Draft]:
        page, customer = _party(update, "recipient"), _party(update, "sender")
        native_id = text_if_any(postback, "mid") or f"{page}:{customer}:{update.get('timestamp')}:postback"
        return (self._draft(native_id, "message-received", update, account, page, customer, author_id=customer),)

    def _hand_over(
        self, entry: Mapping[str, Any], update: Mapping[str, Any], kind: str, account: Account
    ) -> Sequence[Draft]:
        page, customer = _party(update, "recipient"), _party(update, "sender")
        if customer == entry.get("id"):
            page, customer = customer, page
        native_id = f"{page}:{customer}:{update.get('timestamp')}:{kind}"
        to = _new_owner(mapping(update, kind), account)
        return (self._draft(native_id, "ticket-handed-over", update, account, page, customer, to=to),)

    def _draft(
        self,
        native_id: str,
        kind: str,
        update: Mapping[str, Any],
        account: Account,
        page: str,
        customer: str,
        **fields: str,
    ) -> Draft:
        common = {
            "type": kind,
            "ticket_id": f"{page}:{customer}",
            "channel": account.channel or self.name,
            "occurred_at": written(from_milliseconds(update.get("timestamp"), "timestamp")),
            "customer_id": customer,
        }
        return Draft(native_id, {**common, **fields}, frozenset({"ticket_id"}))


def _party(update: Mapping[str, Any], role: str) -> str:
    return text(mapping(update, role), "id")


def _author_kind(app_id: Any, account: Account) -> str:
    app, (bots, people) = str(app_id), _apps(account)
    if app in bots:
        return "bot"
    return "agent" if app in people else "unknown"


def _new_owner(control: Mapping[str, Any], account: Account) -> str:
    """`human` or `bot`: what the new owner is, else what the former is not; a human where nothing is known."""
    new, former = str(control.get("new_owner_app_id")), str(control.get("previous_owner_app_id"))
    bots, people = _apps(account)
    if new in bots or (new not in people and former not in bots and former in people):
        return "bot"
    return "human"


def _apps(account: Account) -> tuple[frozenset[str], frozenset[str]]:
    """Those of bots, and those of people."""
    bots, people = (native.listed(account.options.get(option)) for option in (BOT_APPS, AGENT_APPS))
    return bots, people | _INBOXES
