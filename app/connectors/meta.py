"""What the webhooks of WhatsApp, Messenger and Instagram share: handshake, signature, envelope.

developers.facebook.com/docs/graph-api/webhooks/getting-started, checked 2026-09:
* The GET handshake has `hub.mode=subscribe`, `hub.verify_token` and `hub.challenge`, which is the answer.
* `X-Hub-Signature-256` is HMAC-SHA256 with the app secret over the bytes as sent: Meta escapes characters before signing,
  so JSON written anew never matches. No timestamp is signed: a captured post stays valid for ever, and what protects from
  it is that its events have the ids they had.
* A post holds up to 1,000 updates in several entries, in any order, perhaps again; what failed is sent again for 36 hours
  (WhatsApp: 7 days), but after an hour of failures the app is unsubscribed. Hence 200 for what is signed and wrong:
  it is counted, and would be as wrong the next time.
* The dashboard's test buttons name entry 0: nobody wrote that (and it is of 2017, or has seconds where milliseconds belong).
* Fields that nobody subscribed to knowingly share the URL; they are of no use and get 200.
"""

import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, NamedTuple

from app.connectors.connector import Account, Answer, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.json_body import read_json
from app.connectors.members import sequence
from app.connectors.signatures import verbatim, which_signed

SIGNATURE: Final = b"x-hub-signature-256"
VERIFY_TOKEN: Final = "verify_token"
BODY_BYTES: Final = 4 << 20
"""Meta sends up to 3 MB."""
_PREFIX: Final = b"sha256="
_LENGTH: Final = len(_PREFIX) + 64
_TEST_ENTRY: Final = "0"
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9._-]{1,200}")
_ACCEPTED: Final = Answer(200)


class Item(NamedTuple):
    """One update. `fault` says why it is none."""

    kind: str
    """In which list it was."""
    holder: Mapping[str, Any]
    """What holds the list."""
    update: Any
    fault: str | None = None


def sign(body: bytes, key: bytes) -> bytes:
    """The value of the header."""
    return _PREFIX + hmac.digest(key, body, "sha256").hex().encode()


class Meta(ABC):
    """The base of the three. A child says what an update means."""

    name: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    object_name: ClassVar[str]
    """`object` of its bodies."""

    def key(self, secret: str) -> bytes:
        """The app secret as it is."""
        return verbatim(secret)

    def handshake(self, request: Request, account: Account) -> Answer | None:
        """GET: the challenge, if the token is ours."""
        query = request.query
        if request.method != "GET" or query.get("hub.mode") != "subscribe":
            return None
        given = query.get("hub.verify_token", "").encode("utf-8", "replace")
        challenge = query.get("hub.challenge", "")
        if not hmac.compare_digest(given, account.keys[VERIFY_TOKEN]) or not _CHALLENGE.fullmatch(challenge):
            return Answer(403)
        return Answer(200, challenge.encode(), "text/plain")

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:  # noqa: ARG002 - no instant is signed
        """The signature over the body."""
        given = request.headers.get(SIGNATURE)
        if not given:
            return Verdict(None, "missing-header")
        if len(given) != _LENGTH or not given.startswith(_PREFIX):
            return Verdict(None, "malformed-header")
        return which_signed(account.secrets, given, lambda key: sign(request.body, key))

    def parse(self, request: Request, account: Account) -> Sequence[Item]:  # noqa: ARG002 - all accounts alike
        """The updates of all entries. What is wrong in one entry leaves the others."""
        value = read_json(request.body)
        if not isinstance(value, dict):
            raise Malformed("the body must be a JSON object")
        entries = sequence(value, "entry")
        if value.get("object") != self.object_name:
            return tuple(Item("other", {}, None) for _ in entries)
        return [item for entry in entries for item in self._in_entry(entry)]

    def normalise(self, item: Item, account: Account) -> Sequence[Draft]:
        """The events in an update."""
        if item.fault is not None:
            raise Malformed(item.fault)
        if item.kind == "other":
            return ()
        if not isinstance(item.update, dict):
            raise Malformed(f"what is in {item.kind} must be JSON objects")
        return self.events(item, item.update, account)

    def accepted(self, request: Request) -> Answer:  # noqa: ARG002 - all requests alike
        """200, as Meta asks for."""
        return _ACCEPTED

    @abstractmethod
    def updates(self, entry: Mapping[str, Any]) -> Iterator[Item]:
        """The updates of one entry. Raises Malformed."""

    @abstractmethod
    def events(self, item: Item, update: Mapping[str, Any], account: Account) -> Sequence[Draft]:
        """What an update means. Raises Malformed."""

    def _in_entry(self, entry: Any) -> Iterator[Item]:
        if not isinstance(entry, dict):
            yield Item("entry", {}, None, "what is in entry must be JSON objects")
            return
        if entry.get("id") == _TEST_ENTRY:
            yield Item("other", {}, None)
            return
        try:
            yield from self.updates(entry)
        except Malformed as error:
            yield Item("entry", entry, None, error.detail)
