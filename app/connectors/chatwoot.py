"""Chatwoot: account webhooks, signed since 4.12 (February 2026).

What a post means is in `event`; the body around it is rendered later, when Chatwoot's job runs, so that it may already
say what happened next. Therefore `event` and `changed_attributes` decide, and the body only fills in what they leave out.
Messages come as `message_created`; states as `conversation_status_changed`; owner, team, labels and priority as
`conversation_updated`, which repeats states too and is not asked about them. `conversation_opened` and
`conversation_resolved` are what older versions and agent bots get.

`pending` is the state in which a bot has the conversation: Chatwoot opens it when the bot hands over. Teams without a bot
use it as "waiting for somebody": their account says `pending: pause`.

Sources: github.com/chatwoot/chatwoot (app/listeners/webhook_listener.rb, app/presenters/conversations/
event_data_presenter.rb, lib/webhooks/trigger.rb, pull request 13573) and developers.chatwoot.com, checked 2026-11.
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.connectors import contacts, native
from app.connectors.connector import Account, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_seconds, from_text
from app.connectors.native import Occasion
from app.connectors.one_json import DESK_EVENTS, OneJson
from app.connectors.signatures import stale_seconds, which_signed
from app.connectors.states import Step, steps

TIMESTAMP: Final = b"x-chatwoot-timestamp"
SIGNATURE: Final = b"x-chatwoot-signature"

# An API inbox (`Channel::Api`) may be anything: it is what the account says.
CHANNELS: Final[Mapping[str, str]] = {
    "channel::webwidget": "web-chat",
    "channel::email": "email",
    "channel::facebookpage": "messenger",
    "channel::instagram": "instagram",
    "channel::line": "line",
    "channel::sms": "sms",
    "channel::telegram": "telegram",
    "channel::tiktok": "tiktok",
    "channel::twiliosms": "sms",  # WhatsApp through Twilio too: the body does not say which
    "channel::twitterprofile": "x",
    "channel::voice": "phone",
    "channel::whatsapp": "whatsapp",
}
AUTHORS: Final[Mapping[str, str]] = {"user": "agent", "agent_bot": "bot", "captain_assistant": "bot"}
PRIORITIES: Final[Mapping[str, str]] = {"low": "low", "medium": "normal", "high": "high", "urgent": "urgent"}
# A word in posts, a number in `conversation.messages` and to some agent bots.
DIRECTIONS: Final[Mapping[Any, str]] = {
    "incoming": "in",
    0: "in",
    "outgoing": "out",
    1: "out",
    "template": "own",
    3: "own",
}
"""`template` is Chatwoot's own: greetings, requests for an address, surveys. `activity` (2) is a line in the log."""
STATUSES: Final = frozenset({"open", "resolved", "pending", "snoozed"})

LEAVING: Final[Mapping[str, Step]] = {
    "resolved": ("ticket-reopened", {}),
    "snoozed": ("ticket-resumed", {"reason": "snoozed"}),
}
ENTERING: Final[Mapping[str, Step]] = {
    "resolved": ("ticket-closed", {"reason": "resolved"}),
    "snoozed": ("ticket-paused", {"reason": "snoozed"}),
}
# What `pending` is, by the option `pending`: the states with it, left and entered.
PENDING: Final[Mapping[str, tuple[Mapping[str, Step], Mapping[str, Step]]]] = {
    "bot": (
        {**LEAVING, "pending": ("ticket-handed-over", {"to": "human"})},
        {**ENTERING, "pending": ("ticket-handed-over", {"to": "bot"})},
    ),
    "pause": (
        {**LEAVING, "pending": ("ticket-resumed", {"reason": "other"})},
        {**ENTERING, "pending": ("ticket-paused", {"reason": "other"})},
    ),
}
# Opened from a state that is not told: it was closed or snoozed, and for what it was not the event is nothing.
UNTOLD: Final[tuple[Step, ...]] = (LEAVING["resolved"], LEAVING["snoozed"])
LEGACY: Final[Mapping[str, str]] = {"conversation_resolved": "resolved", "conversation_opened": "open"}


class Chatwoot(OneJson):
    """See the top of the file."""

    name = "chatwoot"
    capabilities = Capabilities(
        emits=DESK_EVENTS | {"ticket-handed-over", "survey-sent"},
        tickets="numbers",
        invalid_status=200,  # a webhook of an API inbox that gets an error marks the agent's message as failed
        options=frozenset({"pending", "secret_in"}),
        choices={"pending": frozenset({"bot", "pause"}), "secret_in": frozenset({"signature", "url"})},
    )

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:
        """The signature; for an installation that does not sign yet, the secret in the URL (`secret_in: url`)."""
        if account.options.get("secret_in") == "url":
            return _verify_url(request, account)
        timestamp, given = request.headers.get(TIMESTAMP), request.headers.get(SIGNATURE)
        if not timestamp or not given:
            return Verdict(None, "missing-header")
        if (fault := stale_seconds(timestamp, now_ms)) is not None:
            return Verdict(None, fault)
        return which_signed(account.secrets, given, lambda key: sign(timestamp, request.body, key))

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """Its events."""
        if not isinstance(item, dict) or not isinstance(item.get("event"), str):
            raise Malformed("a post is an object with an event")
        event = item["event"]
        if event in LEGACY:
            return _legacy(item, LEGACY[event], account)
        teller = _TELLERS.get(event)
        return teller(item, account) if teller else ()


def sign(timestamp: bytes, body: bytes, key: bytes) -> bytes:
    """The value of the signature header."""
    return b"sha256=" + hmac.digest(key, b"%b.%b" % (timestamp, body), "sha256").hex().encode()


def _verify_url(request: Request, account: Account) -> Verdict:
    given = request.query.get("secret")
    if not given:
        return Verdict(None, "missing-header")
    return which_signed(account.secrets, given.encode("utf-8", "surrogatepass"), lambda key: key)


def _message_created(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    told = item.get("message_type")
    direction = DIRECTIONS.get(told) if isinstance(told, str | int) else None
    if item.get("private") is True or direction is None:
        return ()
    occasion = _occasion(native.part(item, "conversation"), _created_ms(item), account)
    message = native.identifier(item.get("id"), "id")
    if direction == "in":
        return _received(item, occasion, message)
    if direction == "out":
        return (occasion.draft("reply-sent", message, **_author(item)),)
    return (occasion.draft("survey-sent", message),) if item.get("content_type") == "input_csat" else ()


def _received(item: Mapping[str, Any], occasion: Occasion, message: str) -> Sequence[Draft]:
    # Incoming mail carries its own verdict on being automatic (app/presenters/mail_presenter.rb): nobody waits there.
    if native.part(native.part(item, "content_attributes"), "email").get("auto_reply") is True:
        return ()
    sender = native.part(item, "sender")
    author = native.identifier_or_none(sender.get("id"), "sender.id")
    draft = occasion.draft("message-received", message, **native.given(author_id=author, customer_id=author))
    return (draft._replace(contacts=_contacts(sender)),)


def _contacts(sender: Mapping[str, Any]) -> tuple[str, ...]:
    return contacts.known(contacts.mail(sender.get("email")), contacts.phone(sender.get("phone_number")))


def _author(item: Mapping[str, Any]) -> dict[str, Any]:
    """Rules and campaigns write in the name of an agent, and only say so in the attributes."""
    if native.part(item, "content_attributes").get("automation_rule_id") is not None:
        return {"author_kind": "automation"}
    if native.part(item, "additional_attributes").get("campaign_id") is not None:
        return {"author_kind": "campaign"}
    sender = native.part(item, "sender")
    # No sender: sent past Chatwoot, from the telephone or the page itself, by whomever.
    kind = AUTHORS.get(native.word(sender.get("type")), "unknown")
    return native.given(author_kind=kind, author_id=native.identifier_or_none(sender.get("id"), "sender.id"))


def _message_updated(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    """Only an answered survey is news. A message has no instant of its change, but it touches its conversation's."""
    values = native.part(native.part(item, "content_attributes"), "submitted_values")
    rating = (
        native.part(values, "csat_survey_response").get("rating") if item.get("content_type") == "input_csat" else None
    )
    if rating is None:
        return ()
    conversation = native.part(item, "conversation")
    at_ms = max(_created_ms(item), _body_ms(conversation) or 0)
    occasion = _occasion(conversation, at_ms, account)
    return (
        occasion.draft(
            "survey-answered", native.identifier(item.get("id"), "id"), score=native.score(rating, "rating")
        ),
    )


def _created(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    at_ms = _body_ms(item) if item.get("created_at") is None else from_seconds(item["created_at"], "created_at")
    occasion = _occasion(item, _known(at_ms), account)
    meta = native.part(item, "meta")
    fields = native.given(
        customer_id=native.identifier_or_none(native.part(meta, "sender").get("id"), "meta.sender.id"),
        team=native.identifier_or_none(native.part(meta, "team").get("id"), "meta.team.id"),
        priority=PRIORITIES.get(native.word(item.get("priority"))),
        tags=native.labels(item.get("labels")) or None,
    )
    draft = occasion.draft("ticket-opened", occasion.ticket_id, **fields)
    return (draft._replace(contacts=_contacts(native.part(meta, "sender"))),)


def _status_changed(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    change = _changes(item).get("status", {})
    current = native.word(change.get("current_value")) or native.word(item.get("status"))
    return _told_states(item, native.word(change.get("previous_value")), current, account)


def _legacy(item: Mapping[str, Any], current: str, account: Account) -> Sequence[Draft]:
    """`conversation_opened` whose body says pending is a bot's again (or still): it was opened for nobody."""
    if current == "open" and item.get("status") != "open":
        return ()
    return _told_states(item, "", current, account)


def _told_states(item: Mapping[str, Any], previous: str, current: str, account: Account) -> Sequence[Draft]:
    if current not in STATUSES or current == previous:
        return ()
    occasion = _occasion(item, _changed_ms(item), account)
    if current == "open" and previous not in STATUSES:
        return [
            occasion.draft(kind, f"{occasion.ticket_id}:open:{occasion.at_ms}", **fields) for kind, fields in UNTOLD
        ]
    return steps(occasion, previous, current, *PENDING[account.options.get("pending", "bot")])


def _updated(item: Mapping[str, Any], account: Account) -> Sequence[Draft]:
    changes = _changes(item)
    now = {name: change.get("current_value") for name, change in changes.items()}
    told = (("ticket-assigned", _owner(now)), ("ticket-handed-over", _bot(now)), ("ticket-labelled", _labels(now)))
    if not any(fields for _, fields in told):
        return ()
    occasion = _occasion(item, _changed_ms(item), account)
    native_id = f"{occasion.ticket_id}:{occasion.at_ms}"
    return [occasion.draft(kind, native_id, **fields) for kind, fields in told if fields]


def _owner(now: Mapping[str, Any]) -> dict[str, Any]:
    names = {"agent_id": "assignee_id", "team": "team_id"}
    return {field: native.identifier_or_none(now[name], name) for field, name in names.items() if name in now}


def _bot(now: Mapping[str, Any]) -> dict[str, Any]:
    """A conversation can be assigned to a bot, and is no longer when an agent takes it."""
    if "assignee_agent_bot_id" not in now:
        return {}
    return {"to": "human" if now["assignee_agent_bot_id"] is None else "bot"}


def _labels(now: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "priority" in now:
        fields["priority"] = PRIORITIES.get(native.word(now["priority"]))
    if "label_list" in now:
        fields["tags"] = native.labels(now["label_list"])
    return fields


def _changes(item: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Attribute -> its previous_value and current_value. A list of objects with one name each."""
    changes = native.parts(item, "changed_attributes")
    return {name: native.part(one, name) for one in changes for name in one if one[name] is not None}


def _occasion(conversation: Mapping[str, Any], at_ms: int, account: Account) -> Occasion:
    ticket = native.identifier(conversation.get("id"), "conversation id")  # the number that agents see
    channel = CHANNELS.get(native.word(conversation.get("channel"))) or account.channel or "chatwoot"
    return Occasion(ticket, channel, at_ms)


def _created_ms(item: Mapping[str, Any]) -> int:
    """ISO in posts, seconds inside `conversation.messages` and to some agent bots; "2020-03-03 13:05:57 UTC" until 2020."""
    value = item.get("created_at")
    if isinstance(value, str):
        return from_text(value.replace(" UTC", "Z"), "created_at")
    return from_seconds(value, "created_at")


def _changed_ms(item: Mapping[str, Any]) -> int:
    """When what is told happened: the change itself knows best, the body may be of later."""
    told = _changes(item).get("updated_at", {}).get("current_value")
    return _known(_body_ms(item)) if told is None else from_text(told, "changed_attributes.updated_at")


def _body_ms(conversation: Mapping[str, Any]) -> int | None:
    """`updated_at` is a fraction of seconds; `timestamp`, all that versions before 4 have, is that of the last activity."""
    for name in ("updated_at", "timestamp"):
        if (value := conversation.get(name)) is not None:
            return from_seconds(value, name)
    return None


def _known(at_ms: int | None) -> int:
    if at_ms is None:
        raise Malformed("updated_at or timestamp must say when it was")
    return at_ms


_TELLERS: Final = {
    "conversation_created": _created,
    "conversation_status_changed": _status_changed,
    "conversation_updated": _updated,
    "message_created": _message_created,
    "message_updated": _message_updated,
}
