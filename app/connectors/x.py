"""X: direct messages, chats and mentions of an account, by the X Activity API through v2 webhooks.

docs.x.com: "V2 Webhooks API" and "X Activity API" with its "Event payloads" (github.com/xdevplatform/docs), checked 2026-11.
**Unconfirmed by a recording**: the bodies are those of the documentation.
* A GET with `crc_token` wants HMAC-SHA256 of it, at least once a day; a wrong answer makes the webhook invalid, a 4xx only
  for as long as a day passes. The same secret signs posts in the same way, so that whoever could have any text signed as a
  token could sign a post: a token is only what tokens are made of, and no JSON object is.
* `X-Twitter-Webhooks-Signature-OAuth2` is made with the client secret of OAuth 2.0, `X-Twitter-Webhooks-Signature` with the
  consumer secret of OAuth 1.0; an app that has both may send both. Each is `sha256=` and base64 (Meta's is hexadecimal).
  No instant is signed.
* Nothing is sent again by itself; a replay job sends five days once more. `event_uuid` is one of a delivery, and an event
  that two subscriptions match is delivered twice: the ids of messages and posts name them.
* `created_timestamp` and `created_at_msec` are milliseconds as a text; posts have whole seconds in RFC 3339.
* `chat.*` are encrypted, and tell who wrote when, which is all that is needed. `dm.*` are the older, unencrypted ones.
* A post that mentions the account asks; a post of the account that replies to one answers. Both name the conversation, in
  which many may ask: so a ticket is conversation and customer. Whom a post replies to is `in_reply_to_user_id` of the posts'
  data dictionary, which no example shows, else the author of the post in `includes`.
* Reposts and edits are no turns: an edit has the ids of the versions before it.
"""

import hmac
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from app.connectors import native
from app.connectors.connector import Account, Answer, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_milliseconds_text, from_text
from app.connectors.members import mapping, text, text_if_any
from app.connectors.native import Occasion
from app.connectors.one_json import OneJson
from app.connectors.signatures import which_signed

SIGNATURES: Final = (b"x-twitter-webhooks-signature-oauth2", b"x-twitter-webhooks-signature")
_PREFIX: Final = b"sha256="
_TOKEN: Final = re.compile(r"[A-Za-z0-9+/=._-]{1,200}")


class X(OneJson):
    """See the top of the file."""

    name = "x"
    capabilities = Capabilities(
        emits=frozenset({"message-received", "reply-sent"}),
        channel="x",
        invalid_status=200,
        options=frozenset({"bot_app_ids", "agent_app_ids"}),
    )

    def handshake(self, request: Request, account: Account) -> Answer | None:
        """GET: the token signed with the first secret."""
        token = request.query.get("crc_token")
        if request.method != "GET" or token is None:
            return None
        if not _TOKEN.fullmatch(token):
            return Answer(403)
        signature = sign(token.encode(), account.secrets[0]).decode()
        return Answer(200, json.dumps({"response_token": signature}).encode(), "application/json")

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:  # noqa: ARG002 - no instant is signed
        """Either signature over the body."""
        given = [value for name in SIGNATURES if (value := request.headers.get(name))]
        if not given:
            return Verdict(None, "missing-header")
        verdicts = [which_signed(account.secrets, one, lambda key: sign(request.body, key)) for one in given]
        return next((one for one in verdicts if one.secret is not None), verdicts[0])

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """Messages and replies, or nothing."""
        if not isinstance(item, dict):
            raise Malformed("a post is an object")
        data = native.part(item, "data")
        teller = _TELLERS.get(native.word(data.get("event_type")))
        return [*teller(data, mapping(data, "payload"), account)] if teller else ()


def sign(body: bytes, key: bytes) -> bytes:
    """The value of a signature header, and of a token's answer."""
    return _PREFIX + b64encode(hmac.digest(key, body, "sha256"))


def _direct(kind: str) -> Callable[[Mapping[str, Any], Mapping[str, Any], Account], Iterator[Draft]]:
    def tell(data: Mapping[str, Any], payload: Mapping[str, Any], account: Account) -> Iterator[Draft]:  # noqa: ARG001
        for event in native.parts(payload, "direct_message_events"):
            if event.get("type") == "message_create":
                yield _message(kind, event, account)

    return tell


def _message(kind: str, event: Mapping[str, Any], account: Account) -> Draft:
    created = mapping(event, "message_create")
    sender, recipient = text(created, "sender_id"), text(mapping(created, "target"), "recipient_id")
    at_ms = from_milliseconds_text(event.get("created_timestamp"), "created_timestamp")
    if kind == "message-received":
        occasion = _occasion(f"{recipient}:{sender}", at_ms, account)
        return _draft(occasion, kind, text(event, "id"), author_id=sender, customer_id=sender)
    occasion = _occasion(f"{sender}:{recipient}", at_ms, account)
    author_kind = _author_kind(created.get("source_app_id"), account)
    return _draft(occasion, kind, text(event, "id"), author_kind=author_kind, customer_id=recipient)


def _author_kind(app_id: Any, account: Account) -> str:
    """Which app sent is in the older object of messages; without it nothing is known."""
    for kind in ("bot", "agent"):
        if str(app_id) in native.listed(account.options.get(f"{kind}_app_ids")):
            return kind
    return "unknown"


def _chat(kind: str) -> Callable[[Mapping[str, Any], Mapping[str, Any], Account], Iterator[Draft]]:
    def tell(data: Mapping[str, Any], payload: Mapping[str, Any], account: Account) -> Iterator[Draft]:  # noqa: ARG001
        at_ms = from_milliseconds_text(payload.get("created_at_msec"), "created_at_msec")
        occasion = _occasion(text(payload, "conversation_id"), at_ms, account)
        sender = text(payload, "sender_id")
        if kind == "message-received":
            yield _draft(occasion, kind, text(payload, "id"), author_id=sender, customer_id=sender)
        else:
            yield _draft(occasion, kind, text(payload, "id"), author_kind="unknown")

    return tell


def _mentioned(data: Mapping[str, Any], post: Mapping[str, Any], account: Account) -> Iterator[Draft]:
    author = text(post, "author_id")
    if _refers_to(post, "retweeted") is None and not _is_edit(post) and author != _account_of(data):
        occasion = _in_conversation(post, author, account)
        yield _draft(occasion, "message-received", text(post, "id"), author_id=author, customer_id=author)


def _posted(data: Mapping[str, Any], post: Mapping[str, Any], account: Account) -> Iterator[Draft]:
    customer = _replied_to(data, post)
    if customer is not None and customer != text(post, "author_id") and not _is_edit(post):
        occasion = _in_conversation(post, customer, account)
        yield _draft(occasion, "reply-sent", text(post, "id"), author_kind="unknown", customer_id=customer)


def _replied_to(data: Mapping[str, Any], post: Mapping[str, Any]) -> str | None:
    """Whom a post replies to."""
    replied = _refers_to(post, "replied_to")
    if replied is None:
        return None
    known = native.parts(native.part(data, "includes"), "tweets")
    authors = (text_if_any(one, "author_id") for one in known if one.get("id") == replied)
    return text_if_any(post, "in_reply_to_user_id") or native.first(authors)


def _refers_to(post: Mapping[str, Any], kind: str) -> str | None:
    """The id of the post to which this one refers in that way."""
    found = (text(one, "id") for one in native.parts(post, "referenced_tweets") if one.get("type") == kind)
    return next(found, None)


def _is_edit(post: Mapping[str, Any]) -> bool:
    versions = post.get("edit_history_tweet_ids")
    return isinstance(versions, list) and len(versions) > 1


def _account_of(data: Mapping[str, Any]) -> str | None:
    return text_if_any(native.part(data, "filter"), "user_id")


def _in_conversation(post: Mapping[str, Any], customer: str, account: Account) -> Occasion:
    ticket = f"{text(post, 'conversation_id')}:{customer}"
    return _occasion(ticket, from_text(post.get("created_at"), "created_at"), account)


def _occasion(ticket: str, at_ms: int, account: Account) -> Occasion:
    return Occasion(ticket, account.channel or X.name, at_ms)


def _draft(occasion: Occasion, kind: str, native_id: str, **fields: str) -> Draft:
    return occasion.draft(kind, native_id, **fields)._replace(personal=frozenset({"ticket_id"}))


_TELLERS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], Account], Iterator[Draft]]]] = {
    "dm.received": _direct("message-received"),
    "dm.sent": _direct("reply-sent"),
    "chat.received": _chat("message-received"),
    "chat.sent": _chat("reply-sent"),
    "post.mention.create": _mentioned,
    "post.create": _posted,
}
