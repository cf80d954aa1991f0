"""Mail through Postmark's inbound webhook.

postmarkapp.com/developer/webhooks/inbound-webhook, checked 2026-09:
* There is no signature. The URL holds a name and a password, which come as HTTP Basic authentication; the name is always
  `carebeat`. So TLS is all that protects a body, and the address ranges that Postmark publishes.
* `From`, `To`, `Date` stand beside `Headers`, which holds the rest as `Name` and `Value`. `MessageID` is Postmark's own; the
  mail's is among the headers.
* Anything but 200 is sent again ten times over 10.5 hours; 403 stops that, for what would be as wrong the next time.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.connectors import mail
from app.connectors.connector import Account, Answer, Capabilities, Draft, Malformed, Request, SecretError, Verdict
from app.connectors.json_body import read_json
from app.connectors.members import mapping, sequence, text, text_if_any
from app.connectors.signatures import which_signed

AUTHORIZATION: Final = b"authorization"
_NAME: Final = "carebeat"
_SCHEME: Final = b"Basic "
_IN_URL: Final = re.compile(r"[A-Za-z0-9._~-]+")
_ACCEPTED: Final = Answer(200)


class Postmark:
    """See the top of the file."""

    name = "postmark"
    capabilities = Capabilities(
        emits=mail.EMITS,
        channel=mail.CHANNEL,
        body_bytes=mail.BODY_BYTES,
        invalid_status=403,
        options=mail.OPTIONS,
        choices=mail.CHOICES,
        needs_with=mail.NEEDS_WITH,
    )

    def key(self, secret: str) -> bytes:
        """What the header says for a password."""
        if not _IN_URL.fullmatch(secret):
            raise SecretError("has characters that mean something else in a URL; make one with `openssl rand -hex 32`")
        return _SCHEME + b64encode(f"{_NAME}:{secret}".encode())

    def handshake(self, request: Request, account: Account) -> Answer | None:  # noqa: ARG002 - Postmark has none
        """None."""
        return None

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:  # noqa: ARG002 - no instant is signed
        """Name and password."""
        given = request.headers.get(AUTHORIZATION)
        if not given:
            return Verdict(None, "missing-header")
        return which_signed(account.secrets, given, lambda key: key)

    def parse(self, request: Request, account: Account) -> Sequence[Any]:  # noqa: ARG002 - all accounts alike
        """The one mail."""
        return (read_json(request.body),)

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """One message or reply, or nothing."""
        if not isinstance(item, dict):
            raise Malformed("the body must be a JSON object")
        recipient = text_if_any(item, "OriginalRecipient")
        found = mail.Mail(mail.headers(_headers(item)), (recipient,) if recipient else (), text(item, "MessageID"))
        return mail.events(found, account)

    def accepted(self, request: Request) -> Answer:  # noqa: ARG002 - all requests alike
        """200."""
        return _ACCEPTED


_BESIDE: Final[Mapping[str, str]] = {"To": "to", "Cc": "cc", "ReplyTo": "reply-to", "Date": "date"}
"""Members that are headers."""


def _headers(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sender = text_if_any(mapping(item, "FromFull"), "Email") if "FromFull" in item else text_if_any(item, "From")
    if sender:
        yield "from", sender
    for member, name in _BESIDE.items():
        if value := text_if_any(item, member):
            yield name, value
    for header in sequence(item, "Headers"):
        if not isinstance(header, dict):
            raise Malformed("what is in Headers must be JSON objects")
        yield text(header, "Name"), text_if_any(header, "Value") or ""
