"""LINE: what is written to an official account.

developers.line.biz: "Receive messages (webhook)", "Webhook event objects" and github.com/line/line-openapi, checked 2026-11:
* The signature is HMAC-SHA256 with the channel secret over the body, in base64. No instant is signed: a captured post stays
  valid, and its events have the ids they had.
* A post holds several events, or none: that is the console's "Verify".
* What is not answered 2xx is sent again only if redelivery is switched on in the console, with the same `webhookEventId`.
  LINE may stop sending when posts fail for long. Hence 200 for what is signed and wrong.
* `timestamp` is milliseconds, of the event itself also on redelivery.
* `mode` is `standby` where another module of the account is to answer: the customer wrote all the same.
* What is answered is never told: neither what a bot sends nor what people write in the Official Account Manager.
* Unsent messages, follows, joins, reads, beacons and the like are no turns. A postback (a button) is, but for the one that
  only turns a page of the menu (`richmenuswitch`, which names a menu).
* In groups `userId` may be missing.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from app.connectors import native
from app.connectors.connector import Account, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_milliseconds
from app.connectors.json_body import read_json
from app.connectors.members import mapping, sequence, text, text_if_any
from app.connectors.native import Occasion
from app.connectors.one_json import OneJson
from app.connectors.signatures import which_signed

SIGNATURE: Final = b"x-line-signature"
_TURNS: Final = frozenset({"message", "postback"})
_MENU: Final = "newRichMenuAliasId"
_PLACES: Final[Mapping[str, str]] = {"user": "userId", "group": "groupId", "room": "roomId"}
"""Type of a source -> the id of the conversation."""


class Item(NamedTuple):
    """One event of a post."""

    destination: str
    """The official account."""
    event: Any


class Line(OneJson):
    """See the top of the file."""

    name = "line"
    capabilities = Capabilities(emits=frozenset({"message-received"}), channel="line", invalid_status=200)

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:  # noqa: ARG002 - no instant is signed
        """The signature over the body."""
        given = request.headers.get(SIGNATURE)
        if not given:
            return Verdict(None, "missing-header")
        return which_signed(account.secrets, given, lambda key: sign(request.body, key))

    def parse(self, request: Request, account: Account) -> Sequence[Item]:  # noqa: ARG002 - all accounts alike
        """The events, each with the account that they came to. Raises Malformed."""
        value = read_json(request.body)
        if not isinstance(value, dict):
            raise Malformed("the body must be a JSON object")
        destination = text(value, "destination")
        return [Item(destination, event) for event in sequence(value, "events")]

    def normalise(self, item: Item, account: Account) -> Sequence[Draft]:
        """One message, or nothing."""
        if not isinstance(item.event, dict):
            raise Malformed("what is in events must be JSON objects")
        kind = native.word(item.event.get("type"))
        if kind not in _TURNS or _MENU in native.part(native.part(item.event, "postback"), "params"):
            return ()
        return (_received(item.destination, item.event, account),)


def sign(body: bytes, key: bytes) -> bytes:
    """The value of the header."""
    return b64encode(hmac.digest(key, body, "sha256"))


def _received(destination: str, event: Mapping[str, Any], account: Account) -> Draft:
    source = mapping(event, "source")
    place = _PLACES.get(native.word(source.get("type")))
    if place is None:
        raise Malformed(f"source.type must be one of: {', '.join(_PLACES)}")
    at_ms = from_milliseconds(event.get("timestamp"), "timestamp")
    occasion = Occasion(f"{destination}:{text(source, place)}", account.channel or Line.name, at_ms)
    author = text_if_any(source, "userId")
    fields = native.given(author_id=author, customer_id=author)
    draft = occasion.draft("message-received", text(event, "webhookEventId"), **fields)
    return draft._replace(personal=frozenset({"ticket_id"}))
