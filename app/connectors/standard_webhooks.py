"""The Standard Webhooks signature: HMAC-SHA256 over `id.timestamp.body`, base64, several in one header for rotation.

Specification: github.com/standard-webhooks/standard-webhooks, checked 2026-09. Its reference library raises on odd headers
and takes timestamps with fractions and underscores; here they are refused.
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Final

from app.connectors.connector import SecretError, Verdict
from app.connectors.signatures import stale_seconds

ID: Final = b"webhook-id"
TIMESTAMP: Final = b"webhook-timestamp"
SIGNATURE: Final = b"webhook-signature"
_PREFIX: Final = "whsec_"
_VERSION: Final = b"v1,"
_SHORTEST_KEY_BYTES: Final = 24
_FEWEST_BYTES: Final = 8
"""Different ones; of 24 random bytes that so few differ never happens."""
_MOST_SIGNATURES: Final = 16


def key(secret: str) -> bytes:
    """The key in a secret: base64, behind `whsec_` or not. Raises SecretError."""
    try:
        decoded = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SecretError(f"is no base64 (after an optional {_PREFIX}); {_ADVICE}") from None
    if len(decoded) < _SHORTEST_KEY_BYTES:
        raise SecretError(f"stands for {len(decoded)} bytes, {_SHORTEST_KEY_BYTES} are the least; {_ADVICE}")
    if len(set(decoded)) < _FEWEST_BYTES:
        raise SecretError(f"can be guessed; {_ADVICE}")
    return decoded


_ADVICE: Final = "make one with `openssl rand -base64 32`"


def sign(message_id: bytes, timestamp: bytes, body: bytes, secret_key: bytes) -> bytes:
    """One value for the signature header."""
    digest = hmac.digest(secret_key, b"%b.%b.%b" % (message_id, timestamp, body), "sha256")
    return _VERSION + b64encode(digest)


def verify(headers: Mapping[bytes, bytes], body: bytes, keys: Sequence[bytes], now_ms: int) -> Verdict:
    """Which key signed. Never raises, whatever the headers are."""
    message_id, timestamp, given = headers.get(ID), headers.get(TIMESTAMP), headers.get(SIGNATURE)
    if not message_id or not timestamp or not given:
        return Verdict(None, "missing-header")
    if (fault := stale_seconds(timestamp, now_ms)) is not None:
        return Verdict(None, fault)
    candidates = [one for one in given.split(b" ", _MOST_SIGNATURES)[:_MOST_SIGNATURES] if one.startswith(_VERSION)]
    for index, secret_key in enumerate(keys):
        expected = sign(message_id, timestamp, body, secret_key)
        if any(hmac.compare_digest(candidate, expected) for candidate in candidates):
            return Verdict(index)
    return Verdict(None, "mismatch")
