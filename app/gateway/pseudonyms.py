"""Ids of people, as nobody can read them back: keyed hashes, since a plain hash of a phone number is found by trying all.

Customers, agents and tickets have keys of their own, derived from the deployment's: what is an id in one role tells
nothing in another. The same id of the same account always has the same pseudonym, for as long as the key stays.

Contact points (mail addresses, telephone numbers) have a key that all accounts share: only so is a shop's customer seen to be
that of a ticket. Their hashes go to the private topic of customers alone.
"""

import hmac
from functools import lru_cache
from typing import Final, Literal

Role = Literal["customer", "agent", "ticket"]
_ROLES: Final[tuple[Role, ...]] = ("customer", "agent", "ticket")
_BYTES: Final = 16
_MOST_KNOWN: Final = 10_000
"""A few people write most of what is written at a time."""


class Pseudonyms:
    """Of one account of a connector."""

    def __init__(self, key: bytes, connector: str, account: str) -> None:
        of_account = hmac.digest(key, f"{connector}/{account}".encode(), "sha256")
        self._keys = {role: hmac.digest(of_account, role.encode(), "sha256") for role in _ROLES}
        self._contact_key = hmac.digest(key, b"contact points", "sha256")  # no account's: those have a slash
        self._known = lru_cache(_MOST_KNOWN)(self._made)

    def of(self, role: Role, native_id: str) -> str:
        """32 hexadecimal digits in place of an id."""
        return self._known(role, native_id)

    def contact(self, point: str) -> str:
        """32 hexadecimal digits in place of a contact point; the same for all accounts."""
        return hmac.digest(self._contact_key, point.encode(), "sha256")[:_BYTES].hex()

    def _made(self, role: Role, native_id: str) -> str:
        return hmac.digest(self._keys[role], native_id.encode(), "sha256")[:_BYTES].hex()
