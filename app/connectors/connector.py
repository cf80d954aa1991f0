"""What a connector is: the interface between one source's webhooks and the gateway.

Theory of operation
-------------------
A connector is a small class of pure functions; the gateway calls them in this order, once per post:

    verify      did somebody sign these bytes who knows a secret of this account? Says which secret, or why not.
    parse       the native items in the body: none, one or many.
    normalise   the events in one item, with the source's own ids; none for kinds that are of no use to us.
    accepted    what the source wants to hear once its events are safe; also the answer to one that asks by a signed post.

and once per request that is no post:

    handshake   is this the source asking whether we are who we say? An answer, or None: nothing is taken here but posts.

`verify` sees what anybody may send: it never raises and compares in constant time. `parse` and `normalise` see signed
bytes, which may be wrong all the same: they raise Malformed, and nothing else. No function keeps anything between calls:
the same post twice gives the same drafts.

A source that posts nothing is polled alone (`takes_posts`): the gateway takes no post for it, and calls only `normalise`.

A connector drops what its source says about people: text, names, addresses and links never get into a draft. Ids of
customers and agents do, as they are: the gateway puts pseudonyms in their place. A ticket id that is made of a phone
number or an address is named in `Draft.personal`, and becomes one too.

What differs between sources without being code is in `Capabilities`, so that the gateway needs no branch for a source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, Protocol

SignatureFault = Literal["missing-header", "malformed-header", "stale", "mismatch"]
"""Why a signature is refused."""
SIGNATURE_FAULTS: Final[tuple[SignatureFault, ...]] = ("missing-header", "malformed-header", "stale", "mismatch")

ARRIVAL: Final = "arrival"
"""As `occurred_at` of a draft: its source tells no instant, and the one at which the post came stands for it."""

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Request(NamedTuple):
    """One request as it came. Names of headers are lower case; of a repeated one the last value is here."""

    method: str
    headers: Mapping[bytes, bytes]
    query: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """What a request gets."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a source, as configured. Never shown: it holds secrets."""

    name: str
    secrets: tuple[bytes, ...] = field(repr=False)
    """Keys made by `Connector.key`: several while a secret is being replaced."""
    channel: str | None = None
    """For events that name none."""
    options: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Facts of the account that are no secrets, such as an app id."""
    keys: Mapping[str, bytes] = field(default_factory=lambda: _NOTHING, repr=False)
    """Secrets that do not sign, such as a verify token."""


class Verdict(NamedTuple):
    """Which of the account's secrets signed, or why none did."""

    secret: int | None
    fault: SignatureFault | None = None


class Draft(NamedTuple):
    """An event before its ids are made: `fields` are those of the contract, without `id`, `account`, `source`, `received_at`."""

    native_id: str
    """What the source knows this by; the same on redelivery. Together with the type it names one event of an account."""
    fields: dict[str, Any]
    personal: frozenset[str] = frozenset()
    """Of `ticket_id` and `into`, those that are made of a phone number or an address."""
    contacts: tuple[str, ...] = ()
    """The customer's mail addresses and telephone numbers, as `contacts.py` writes them. Never published: a keyed hash of
    each tells which tickets and orders are of one customer. A draft without a ticket is an order of that customer."""


class Malformed(Exception):
    """A signed body says what its source never should. `detail` names fields, never their values."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class WrongTypeError(Malformed):
    """The body is of a content type that the source never sends."""


class SecretError(ValueError):
    """A text cannot be a secret of this source; the message says why and how to get a right one, never the text."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a source's events can be, and how it wants to be treated."""

    emits: frozenset[str]
    """Event types. What is in no account's set is not computed as zero: it cannot be known."""
    channel: str | None = None
    """Of all its events, unless an account names another; none where each event has its own."""
    tickets: Literal["own", "numbers", "any"] = "own"
    """Whose ids its tickets have: its own, which no other source knows; `numbers` that it counts up itself, as others do
    too; `any` where who sends names them."""
    by_channel: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NOTHING)
    """Where the types depend on the channel: which they are on a channel that the source names itself; "" is the account's own."""
    body_bytes: int = 1 << 20
    retry_after_seconds: int = 30
    """Told when we cannot take anything for a while."""
    invalid_status: int = 400
    """For signed posts that break the contract; 200 where a source stops sending after a 4xx."""
    options: frozenset[str] = frozenset()
    """Options that an account may have."""
    choices: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NOTHING)
    """Those of them whose value is one of a few words: which words."""
    keys: frozenset[str] = frozenset()
    """Further secrets that an account may have."""
    needs: frozenset[str] = frozenset()
    """Of both, those that it must have."""
    needs_with: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: _NOTHING)
    """Option -> its value -> the option that it is nothing without."""
    takes_posts: bool = True
    """False for sources that post nothing: they are polled, and their accounts have no secrets."""
    knows_no_tickets: bool = False
    """True for shops: they tell what a customer did, without a ticket; it goes to the customer's latest (`orders`)."""


class Connector(Protocol):
    """One source. See the theory of operation above."""

    @property
    def name(self) -> str:
        """As in paths, metrics and `source` of events."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    def key(self, secret: str) -> bytes:
        """The bytes that a configured secret stands for. Raises SecretError."""
        ...

    def handshake(self, request: Request, account: Account) -> Answer | None:
        """The answer to a source that asks who we are, by another method than POST; None if it does not."""
        ...

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:
        """Whether the request is from who knows a secret. Never raises."""
        ...

    def parse(self, request: Request, account: Account) -> Sequence[Any]:
        """The native items of a verified request. Raises Malformed."""
        ...

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """The events in an item; none when it is of a kind that is of no use. Raises Malformed."""
        ...

    def accepted(self, request: Request) -> Answer:
        """What a post gets whose events are safe."""
        ...
