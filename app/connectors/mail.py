"""What a mail means, whichever provider it came through.

Theory of operation
-------------------
* **Who wrote.** `team` of an account names the addresses (`support@shop.example`) and domains (`@shop.example`) of those
  who answer. A mail from them is a reply, seen because outgoing mail is copied here (a Bcc, or a rule of the mail
  server); all else is a message. A mail of the team to the team alone is nobody's turn. Without `team` there are only messages.
* **Which ticket.** Nothing is remembered between mails, so the ticket must be in the mail: it is the first mail of its
  thread, named first in `References` (RFC 5322, 3.6.4), else by `In-Reply-To`, else itself. A program that writes neither
  begins a new ticket with each answer. Where the answering program puts a ticket number behind a plus
  (`support+4711@shop.example`), `threads: plus-address` takes that number first, and the thread where there is none.
  Of the headers, where anybody's address may stand, only those of `team` are read for it.
* **Which mail.** Its `Message-ID`: a mail that comes twice, through two addresses or again, is one event.
* **When.** The first `Received`, which the provider wrote; where it has no readable date, `Date`, which is the sender's
  clock. The provider's time of posting would differ from one attempt to the next.
* **What is no turn.** What a program wrote: absence notes, bounces, receipts, newsletters. Tables below.

Ids of threads and mails hold addresses and host names; they are hashed like those of people.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from app.connectors import contacts, native
from app.connectors.connector import Account, Draft, Malformed
from app.connectors.mail_headers import Headers, addresses, arrived_at, kept, message_id

TEAM: Final = "team"
THREADS: Final = "threads"
BY_PLUS_ADDRESS: Final = "plus-address"
LISTS: Final = "mailing_lists"
LISTS_ARE_PEOPLE: Final = "people"

CHANNEL: Final = "email"
EMITS: Final = frozenset({"message-received", "reply-sent"})
OPTIONS: Final = frozenset({TEAM, THREADS, LISTS})
CHOICES: Final[Mapping[str, frozenset[str]]] = {
    THREADS: frozenset({"references", BY_PLUS_ADDRESS}),
    LISTS: frozenset({"automatic", LISTS_ARE_PEOPLE}),
}
NEEDS_WITH: Final[Mapping[str, Mapping[str, str]]] = {THREADS: {BY_PLUS_ADDRESS: TEAM}}
BODY_BYTES: Final = 40 << 20
"""With attachments. Providers take mails of 25 to 35 MB, and JSON and MIME write three bytes as four."""

_AUTOMATIC: Final[Mapping[str, re.Pattern[str]]] = {
    "auto-submitted": re.compile(r"(?!no\s*(?:[;(]|$))"),  # RFC 3834: anything but no
    "precedence": re.compile(r"(?:bulk|junk|auto_reply)\b"),
    "return-path": re.compile(r"(?:<\s*>)?$"),  # RFC 5321, 4.5.5: the null sender of bounces and receipts
    "content-type": re.compile(r"multipart/report\b"),  # RFC 6522: bounces and receipts
    "x-failed-recipients": re.compile(r""),
    "x-autoreply": re.compile(r"(?!no\b)"),
    "x-autorespond": re.compile(r""),
}
"""Header -> what it says in lower case when a program wrote the mail. Precedence and the X- headers are custom, not standard."""
_OF_A_LIST: Final[Mapping[str, re.Pattern[str]]] = {
    "precedence": re.compile(r"list\b"),
    "list-id": re.compile(r""),  # RFC 2919
    "list-unsubscribe": re.compile(r""),  # RFC 2369
}
"""The same for lists, which some teams receive all their mail through: `mailing_lists: people`."""
_DAEMONS: Final = frozenset({"mailer-daemon", "postmaster"})

_WANTED: Final = frozenset(
    {"message-id", "references", "in-reply-to", "received", "date", "from", "to", "cc", "reply-to"}
    | _AUTOMATIC.keys()
    | _OF_A_LIST.keys()
)
_PLUS: Final = re.compile(r"[^+@]*\+([^@]+)@")


class Mail(NamedTuple):
    """What is wanted of a mail, in whatever form its provider tells it."""

    headers: Headers
    recipients: tuple[str, ...]
    """Of the envelope: our own addresses."""
    known_as: str
    """What it is known by if it has no `Message-ID`; the same on redelivery."""


def headers(pairs: Iterable[tuple[str, str]]) -> Headers:
    """Those that say what a mail means."""
    return kept(pairs, _WANTED)


def digest(head: str) -> str:
    """What a mail without `Message-ID` is known by: the same head, the same mail."""
    return hashlib.sha256(head.encode("utf-8", "replace")).hexdigest()


def events(mail: Mail, account: Account) -> Sequence[Draft]:
    """The one event that a mail is, if somebody wrote it. Raises Malformed."""
    sender = next(addresses(mail.headers, "from"), None)
    if _is_automatic(mail, sender, account):
        return ()
    team = _team(account)
    if not _is_of(sender, team):
        return (_draft(mail, account, "message-received", author_id=sender, customer_id=sender),)
    customers = [address for address in addresses(mail.headers, "to", "cc") if not _is_of(address, team)]
    if not customers and "to" in mail.headers:
        return ()
    customer = next(iter(customers), None)
    return (_draft(mail, account, "reply-sent", author_kind="agent", author_id=sender, customer_id=customer),)


def _draft(mail: Mail, account: Account, kind: str, **who: str | None) -> Draft:
    occurred_at = arrived_at(mail.headers)
    if occurred_at is None:
        raise Malformed("neither Received nor Date has a date that can be read")
    own_id = message_id(mail.headers, "message-id") or mail.known_as
    fields = {
        "type": kind,
        "channel": account.channel or CHANNEL,
        "occurred_at": occurred_at,
        "ticket_id": _thread(mail, account, kind) or own_id,
        **{name: value for name, value in who.items() if value is not None},
    }
    points = contacts.known(contacts.mail(who.get("customer_id"))) if kind == "message-received" else ()
    return Draft(own_id, fields, frozenset({"ticket_id"}), points)


def _is_automatic(mail: Mail, sender: str | None, account: Account) -> bool:
    if sender is not None and sender.partition("@")[0] in _DAEMONS:
        return True
    tables = [_AUTOMATIC]
    if account.options.get(LISTS) != LISTS_ARE_PEOPLE:
        tables.append(_OF_A_LIST)
    return any(
        pattern.match(value.strip().lower())
        for table in tables
        for name, pattern in table.items()
        for value in mail.headers.get(name, ())
    )


def _thread(mail: Mail, account: Account, kind: str) -> str | None:
    """The ticket that a mail says it belongs to."""
    if account.options.get(THREADS) == BY_PLUS_ADDRESS and (tag := _plus_tag(mail, kind, _team(account))):
        return f"+{tag}"
    return message_id(mail.headers, "references", "in-reply-to")


def _plus_tag(mail: Mail, kind: str, team: frozenset[str]) -> str | None:
    """What stands behind the plus of our own address: where a mail went to, or where an answer to ours goes to."""
    names = ("reply-to", "from") if kind == "reply-sent" else ("to", "cc")
    ours = [address for address in addresses(mail.headers, *names) if _is_of(address, team)]
    for address in (*mail.recipients, *ours):
        if found := _PLUS.match(address):
            return found[1]
    return None


def _team(account: Account) -> frozenset[str]:
    return native.listed(account.options.get(TEAM, "").lower())


def _is_of(address: str | None, team: frozenset[str]) -> bool:
    if address is None or not team:
        return False
    local, _, domain = address.rpartition("@")
    return not team.isdisjoint({f"{local.partition('+')[0]}@{domain}", address, f"@{domain}"})
