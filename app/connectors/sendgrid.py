"""Mail through SendGrid's Inbound Parse.

twilio.com/docs/sendgrid/for-developers/parsing-email, "Securing your Inbound Parse Webhooks", checked 2026-09:
* Signing is optional there and required here: a security policy with a key pair. The public key verifies ECDSA on P-256 with
  SHA-256 over timestamp and body, in the headers of the Event Webhook; the published values are from that one. No post of
  Inbound Parse was recorded for this.
* Whether an attempt after a failure is signed anew is not documented, and attempts go on for three days: so long a timestamp
  is taken. A post that is sent again makes the same events, so that whoever captured one gains nothing.
* Forms: `headers` holds the head of the mail; with "send raw", `email` holds the mail as it came.
* Only 5xx is sent again.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from app.connectors import mail
from app.connectors.connector import Account, Answer, Capabilities, Draft, Malformed, Request, SecretError, Verdict
from app.connectors.forms import read_form
from app.connectors.json_body import read_json
from app.connectors.mail_headers import head_of
from app.connectors.signatures import stale_seconds

SIGNATURE: Final = b"x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = b"x-twilio-email-event-webhook-timestamp"
OLDEST_MS: Final = 73 * 60 * 60 * 1000
_LONGEST_SIGNATURE: Final = 200
_WANTED: Final = frozenset({"headers", "email", "envelope"})
_ACCEPTED: Final = Answer(200)


class SendGrid:
    """See the top of the file."""

    name = "sendgrid"
    capabilities = Capabilities(
        emits=mail.EMITS,
        channel=mail.CHANNEL,
        body_bytes=mail.BODY_BYTES,
        options=mail.OPTIONS,
        choices=mail.CHOICES,
        needs_with=mail.NEEDS_WITH,
    )

    def key(self, secret: str) -> bytes:
        """The public key that SendGrid shows: base64 of DER."""
        try:
            der = b64decode(secret, validate=True)
            _public_key(der)
        except (binascii.Error, ValueError, UnsupportedAlgorithm):
            raise SecretError("is no public key on P-256; take `public_key` of the security policy as it is") from None
        return der

    def handshake(self, request: Request, account: Account) -> Answer | None:  # noqa: ARG002 - SendGrid has none
        """None."""
        return None

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:
        """The signature over timestamp and body."""
        given, timestamp = request.headers.get(SIGNATURE), request.headers.get(TIMESTAMP)
        if not given or not timestamp:
            return Verdict(None, "missing-header")
        signature = _decoded(given)
        if signature is None:
            return Verdict(None, "malformed-header")
        if (fault := stale_seconds(timestamp, now_ms, OLDEST_MS)) is not None:
            return Verdict(None, fault)
        for index, der in enumerate(account.secrets):
            if _has_signed(der, signature, timestamp + request.body):
                return Verdict(index)
        return Verdict(None, "mismatch")

    def parse(self, request: Request, account: Account) -> Sequence[Any]:  # noqa: ARG002 - all accounts alike
        """The one mail."""
        return (read_form(request, _WANTED),)

    def normalise(self, item: dict[str, str], account: Account) -> Sequence[Draft]:
        """One message or reply, or nothing."""
        head = item.get("headers") or item.get("email")
        if not head:
            raise Malformed("neither headers nor email is there")
        pairs = [*head_of(head)]
        recipients, sender = _envelope(item.get("envelope"))
        if sender is not None:
            pairs.append(("return-path", sender))
        return mail.events(mail.Mail(mail.headers(pairs), recipients, mail.digest(head)), account)

    def accepted(self, request: Request) -> Answer:  # noqa: ARG002 - all requests alike
        """200."""
        return _ACCEPTED


@lru_cache(maxsize=64)
def _public_key(der: bytes) -> ec.EllipticCurvePublicKey:
    key = load_der_public_key(der)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("no key on P-256")
    return key


def _decoded(given: bytes) -> bytes | None:
    """Of one way to write it only: base64 has bits to spare, in which a changed byte would not be seen."""
    try:
        signature = b64decode(given[:_LONGEST_SIGNATURE], validate=True)
    except (binascii.Error, ValueError):
        return None
    return signature if b64encode(signature) == given else None


def _has_signed(der: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        _public_key(der).verify(signature, signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _envelope(text: str | None) -> tuple[tuple[str, ...], str | None]:
    """Recipients and sender of the SMTP envelope, as far as they are told."""
    if not text:
        return (), None
    envelope = read_json(text.encode())
    if not isinstance(envelope, dict):
        raise Malformed("envelope must be a JSON object")
    to, sender = envelope.get("to"), envelope.get("from")
    recipients = tuple(address for address in to if isinstance(address, str)) if isinstance(to, list) else ()
    return recipients, sender if isinstance(sender, str) else None
