"""Mail through a Mailgun route that forwards to a URL.

documentation.mailgun.com: "Receiving Messages via HTTP" and "Securing Webhooks", checked 2026-09:
* `timestamp`, `token` and `signature` are fields of the form: HMAC-SHA256 with the HTTP webhook signing key over timestamp
  and token, **not over the rest**. Whoever captures them may send anything with them while the timestamp is taken; TLS
  is what keeps them from being captured.
* Whether an attempt after a failure is signed anew is not documented, and attempts go on for 8 hours: so long, and one hour
  more, a timestamp is taken.
* `message-headers` holds the headers as JSON, in order; for a URL that ends in `mime`, `body-mime` holds the mail as it came.
* 406 stops further attempts, for what would be as wrong the next time.
"""

import hmac
from collections.abc import Iterator, Sequence
from typing import Any, Final

from app.connectors import mail
from app.connectors.connector import Account, Answer, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.forms import read_form
from app.connectors.json_body import read_json
from app.connectors.mail_headers import head_of
from app.connectors.signatures import stale_seconds, verbatim, which_signed

OLDEST_MS: Final = 9 * 60 * 60 * 1000
_LONGEST_TOKEN: Final = 200
_SIGNED: Final = ("timestamp", "token", "signature")
_MAIL: Final = frozenset({"message-headers", "body-mime", "recipient", "sender"})
_ACCEPTED: Final = Answer(200)


def sign(timestamp: str, token: str, key: bytes) -> bytes:
    """The value of `signature`."""
    return hmac.digest(key, f"{timestamp}{token}".encode(), "sha256").hex().encode()


class Mailgun:
    """See the top of the file."""

    name = "mailgun"
    capabilities = Capabilities(
        emits=mail.EMITS,
        channel=mail.CHANNEL,
        body_bytes=mail.BODY_BYTES,
        invalid_status=406,
        options=mail.OPTIONS,
        choices=mail.CHOICES,
        needs_with=mail.NEEDS_WITH,
    )

    def key(self, secret: str) -> bytes:
        """The signing key as it is."""
        return verbatim(secret)

    def handshake(self, request: Request, account: Account) -> Answer | None:  # noqa: ARG002 - Mailgun has none
        """None."""
        return None

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:
        """The signature over timestamp and token."""
        try:
            form = read_form(request, _SIGNED)
        except Malformed:
            return Verdict(None, "malformed-header")
        timestamp, token, given = (form.get(name, "") for name in _SIGNED)
        if not timestamp or not token or not given:
            return Verdict(None, "missing-header")
        if len(token) > _LONGEST_TOKEN:
            return Verdict(None, "malformed-header")
        if (fault := stale_seconds(timestamp.encode(), now_ms, OLDEST_MS)) is not None:
            return Verdict(None, fault)
        return which_signed(account.secrets, given.encode(), lambda key: sign(timestamp, token, key))

    def parse(self, request: Request, account: Account) -> Sequence[Any]:  # noqa: ARG002 - all accounts alike
        """The one mail."""
        return (read_form(request, _MAIL),)

    def normalise(self, item: dict[str, str], account: Account) -> Sequence[Draft]:
        """One message or reply, or nothing."""
        listed, raw = item.get("message-headers"), item.get("body-mime")
        if not listed and not raw:
            raise Malformed("neither message-headers nor body-mime is there")
        pairs = [*_listed(listed)] if listed else [*head_of(raw or "")]
        if "sender" in item:
            pairs.append(("return-path", item["sender"]))
        recipients = (item["recipient"],) if "recipient" in item else ()
        known_as = mail.digest(listed or raw or "")
        return mail.events(mail.Mail(mail.headers(pairs), recipients, known_as), account)

    def accepted(self, request: Request) -> Answer:  # noqa: ARG002 - all requests alike
        """200."""
        return _ACCEPTED


def _listed(text: str) -> Iterator[tuple[str, str]]:
    pairs = read_json(text.encode())
    if not isinstance(pairs, list):
        raise Malformed("message-headers must be an array")
    for pair in pairs:
        if not isinstance(pair, list) or [type(part) for part in pair] != [str, str]:
            raise Malformed("message-headers must hold pairs of texts")
        yield pair[0], pair[1]
