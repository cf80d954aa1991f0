"""Sparkcentral, now Hootsuite Inbox 2.0: the write-back of its CRM integration. All of it is unconfirmed.

developer.hootsuite.com, "Inbox 2.0 API Reference", CRM webhooks, read 2026-11 in the published OpenAPI document, and
Sparkcentral's own sample of a virtual agent, for the signature. No post was recorded for this.
* `X-Hootsuite-Signature` (`X-Sparkcentral-Signature` before) is HMAC-SHA256 in hex over the body, and the key is the secret
  decoded from hex.
* The instant is in the body, and signed with it. Whether an attempt after a failure is stamped anew is not documented, and
  attempts go on for 63 hours: so long, and one hour more, it is taken. `idempotencyKey` is the same in each.
* Only two things are told: that a conversation was resolved, and that it was set to pending. They list its messages with
  direction and **without instants**: no event can be made of them, since its instant would be made up, and every wait and
  promise with it. That of creation is there, so that openings are told; replies are not.
* The webhooks of virtual agents have instants, but failing them changes how customers are routed: they are no source.
* Messages of X are withheld, other mediums are named by words of which only `fb` is documented.
* Everything but a 2xx is tried again, up to six times.
"""

import binascii
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.connectors import native
from app.connectors.connector import Account, Capabilities, Draft, Malformed, Request, SecretError, Verdict
from app.connectors.instants import from_text
from app.connectors.json_body import read_json
from app.connectors.members import mapping, text
from app.connectors.native import Occasion
from app.connectors.one_json import OneJson
from app.connectors.signatures import is_stale, which_signed
from app.connectors.states import Step

SIGNATURES: Final = (b"x-hootsuite-signature", b"x-sparkcentral-signature")
OLDEST_MS: Final = 64 * 60 * 60 * 1000
_SHORTEST_KEY_BYTES: Final = 16
_LENGTH: Final = 64

CHANNELS: Final[Mapping[str, str]] = {
    "fb": "messenger",
    "instagram": "instagram",
    "line": "line",
    "sms": "sms",
    "telegram": "telegram",
    "twitter": "x",
    "wechat": "wechat",
    "whatsapp": "whatsapp",
}
# What each type means.
TOLD: Final[Mapping[str, Step]] = {
    "CONVERSATION_RESOLVED": ("ticket-closed", {"reason": "resolved", "author_kind": "agent"}),
    "CONVERSATION_SET_TO_PENDING": ("ticket-paused", {"reason": "other"}),
}


class Sparkcentral(OneJson):
    """See the top of the file."""

    name = "sparkcentral"
    capabilities = Capabilities(emits=frozenset({"ticket-opened", "ticket-closed", "ticket-reopened", "ticket-paused"}))

    def key(self, secret: str) -> bytes:
        """The bytes that the secret stands for in hex."""
        try:
            key = binascii.unhexlify(secret)
        except (binascii.Error, ValueError):
            raise SecretError("is no hexadecimal text; copy the shared secret as the CRM settings show it") from None
        if len(key) < _SHORTEST_KEY_BYTES:
            raise SecretError(f"stands for {len(key)} bytes, {_SHORTEST_KEY_BYTES} are the least; let one be generated")
        return key

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:
        """The signature over the body, and then the instant in it."""
        given = next((request.headers[name] for name in SIGNATURES if name in request.headers), b"")
        if not given:
            return Verdict(None, "missing-header")
        if len(given) != _LENGTH:
            return Verdict(None, "malformed-header")
        verdict = which_signed(account.secrets, given, lambda key: sign(request.body, key))
        if verdict.secret is None:
            return verdict
        try:
            at_ms = _at_ms(read_json(request.body))
        except Malformed:
            return Verdict(None, "malformed-header")
        return Verdict(None, "stale") if is_stale(at_ms, now_ms, OLDEST_MS) else verdict

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """That a ticket was opened, and what is told now; nothing of other types."""
        at_ms = _at_ms(item)
        step = TOLD.get(native.word(item.get("type")).upper())
        if step is None:
            return ()
        data = mapping(item, "data")
        conversation = mapping(data, "conversation")
        occasion = _occasion(data, conversation, account, at_ms)
        opened = occasion._replace(at_ms=from_text(conversation.get("createdAt"), "createdAt"))
        customer = native.identifier_or_none(native.part(data, "contactProfile").get("id"), "contactProfile.id")
        opening = opened.draft("ticket-opened", occasion.ticket_id, **native.given(customer_id=customer))
        return (opening, *_told(occasion, text(item, "idempotencyKey"), data, conversation, step))


def sign(body: bytes, key: bytes) -> bytes:
    """The value of the signature header."""
    return hmac.digest(key, body, "sha256").hex().encode()


def _at_ms(item: Any) -> int:
    if not isinstance(item, dict):
        raise Malformed("a post is a JSON object")
    return from_text(item.get("timestamp"), "timestamp")


def _occasion(data: Mapping[str, Any], conversation: Mapping[str, Any], account: Account, at_ms: int) -> Occasion:
    medium = native.word(native.part(data, "medium").get("id"))
    channel = CHANNELS.get(medium) or account.channel or "sparkcentral"
    return Occasion(native.identifier(conversation.get("id"), "conversation.id"), channel, at_ms)


def _told(
    occasion: Occasion, native_id: str, data: Mapping[str, Any], conversation: Mapping[str, Any], step: Step
) -> Sequence[Draft]:
    """A pending conversation that was resolved before was opened again in between."""
    kind, own = step
    fields = {**own, **_subject(data)}
    if kind == "ticket-closed":
        agent = native.identifier_or_none(native.part(data, "agent").get("id"), "agent.id")
        return (occasion.draft(kind, native_id, **fields, **native.given(author_id=agent)),)
    if conversation.get("previousStatus") != "resolved":
        return (occasion.draft(kind, native_id, **fields),)
    return (occasion.draft("ticket-reopened", native_id), occasion.later(1).draft(kind, native_id, **fields))


def _subject(data: Mapping[str, Any]) -> dict[str, Any]:
    """Its topics, which are words that the team chose."""
    labels = native.labels([topic.get("name") for topic in native.parts(data, "topics")])
    return {"topic": labels[0], "tags": labels} if labels else {}
