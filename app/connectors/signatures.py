"""What the signature schemes have in common: secrets as they are written, and which of them signed."""

import hmac
from collections.abc import Callable, Sequence
from typing import Final

from app.connectors.connector import SecretError, SignatureFault, Verdict

TOLERANCE_MS: Final = 5 * 60 * 1000
"""How old what is signed may be where the source sends it again with another instant; and how far ahead anybody's clock."""
_LONGEST_TIMESTAMP: Final = 12


def verbatim(secret: str) -> bytes:
    """The key of sources that sign with the secret's own characters. Raises SecretError."""
    if not secret.isascii():
        raise SecretError("holds other characters than ASCII; copy it again from the source")
    return secret.encode()


def which_signed(keys: Sequence[bytes], given: bytes, sign: Callable[[bytes], bytes]) -> Verdict:
    """The key whose signature was given. Bytes are compared: of texts, one that is not ASCII would raise."""
    for index, key in enumerate(keys):
        if hmac.compare_digest(given, sign(key)):
            return Verdict(index)
    return Verdict(None, "mismatch")


def is_stale(at_ms: int, now_ms: int, oldest_ms: int = TOLERANCE_MS) -> bool:
    """Whether a signed instant is too far from now."""
    return not -TOLERANCE_MS <= now_ms - at_ms <= oldest_ms


def stale_seconds(timestamp: bytes, now_ms: int, oldest_ms: int = TOLERANCE_MS) -> SignatureFault | None:
    """Why a signed number of seconds is refused: it is none, or too far from now."""
    if len(timestamp) > _LONGEST_TIMESTAMP or not timestamp.isdigit():
        return "malformed-header"
    return "stale" if is_stale(int(timestamp) * 1000, now_ms, oldest_ms) else None
