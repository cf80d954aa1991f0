"""What the shared contract needs to know of one connector: an account, real bodies, and how its source signs."""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.connectors.connector import Account, Connector, Request

NOW_MS = 1_772_448_067_000


@dataclass(frozen=True)
class Body:
    """One body and the types of the events in it, in order."""

    body: bytes
    expect: tuple[str, ...]
    headers: dict[bytes, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One connector under the contract."""

    connector: Connector
    account: Account
    """With `secret` as its only secret."""
    secret: str
    other_secret: str
    sign: Callable[[Body, str, int], Request]
    """(body, secret, now in milliseconds) -> what the source would send."""
    signed_headers: tuple[bytes, ...]
    """Headers whose change must be noticed."""
    bodies: tuple[Body, ...]
    private: tuple[str, ...]
    """Words in the bodies that are nobody's business: texts, names, addresses."""
    signs_body: bool = True
    """False for sources that only send a password along."""
    oldest_ms: int | None = None
    """How long ago a post may have been signed; none where no instant is signed."""
    says: frozenset[str] = frozenset()
    """Fields whose words are the sender's to choose by contract, and so come through."""
