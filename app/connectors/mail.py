"""What a mail means, whichever provider it came through.

Theory of operation
-------------------
* **Who wrote.** `team` of an account names the addresses (`support@shop.example`) and domains (`@shop.example`) of those
  who answer. A mail from them is a reply, seen because outgoing mail is copied here (Bcc, journal, or a rule of the mail
  server); all else is a message. A mail of the team to the team alone is nobody's turn. Without `team` there are only messages.
* **Which ticket.** Nothing is remembered between mails, so the ticket must be in the mail: it is the first mail of its
  thread, named first in `References` (RFC 5322, 3.6.4), else by `In-Reply-To`, else itself. A program that writes neither
  begins a new ticket with each answer. Where the answering program puts a ticket number behind a plus
  (`support+4711@shop.example`), `threads: plus-address` takes that number first, and the thread where there is none.
* **Which mail.** Its `Message-ID`: a mail that comes twice, through two addresses or again, is one event.
* **When.** The first `Received`, which the provider wrote; where it has no readable date, `Date`, which is the sender's
  clock. The provider's time of posting would differ from one attempt to the next.
* **What is no turn.** What a program wrote: absence notes, bounces, receipts, newsletters. Tables below.

Ids of threads and mails hold addresses and host names; they are hashed like those of people.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from app.connectors.connector import Account, Draft, Malformed, Unit
from schemas.wire import EARLIEST, TOO_LATE, format_instant

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
INSTANTS: Final[frozenset[Unit]] = frozenset({"rfc5322"})
BODY_BYTES: Final = 40 << 20
"""With attachments. Providers take mails of 25 to 35 MB, and JSON and MIME write three bytes as four."""

_MOST_LINES: Final = 2000
_MOST_OF_A_NAME: Final = 4
_LONGEST_HEADER: Final = 2000

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
_MESSAGE_ID: Final = re.compile(r"<([^<>\s]{1,998})>")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.){0,100}"')
_IN_BRACKETS: Final = re.compile(r"<([^<>@\s]{1,64}@[^<>@\s]{1,255})>")
_BARE: Final = re.compile(r"([^\s<>,;:()\[\]\"@]{1,64}@[^\s<>,;:()\"@]{1,255})")
_PLUS: Final = re.compile(r"[^+@]*\+([^@]+)@")
_SEPARATORS: Final = re.compile(r"[\s,]+")


class Mail(NamedTuple):
    """What is wanted of a mail, in whatever form its provider tells it."""

    headers: Mapping[str, Sequence[str]]
    """Names in lower case -> values, the topmost first."""
    recipients: tuple[str, ...]
    """Of the envelope: our own addresses."""
    known_as: str
    """What it is known by if it has no `Message-ID`; the same on redelivery."""


def headers(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The wanted of some headers: so many of each, and each so long, as no honest mail has."""
    wanted: dict[str, list[str]] = {}
    for name, value in pairs:
        if (lower := name.lower()) in _WANTED and len(values := wanted.setdefault(lower, [])) < _MOST_OF_A_NAME:
            values.append(value[:_LONGEST_HEADER])
    return wanted


def head_of(raw: str) -> Iterator[tuple[str, str]]:
    """The headers at the beginning of a raw mail, unfolded."""
    name, value = "", ""
    for line in raw.lstrip("\r\n").split("\n", _MOST_LINES)[:_MOST_LINES]:
        text = line.rstrip("\r")
        if not text:
            break
        if text[0] in " \t":
            value += text
            continue
        if name:
            yield name, value
        name, _, value = text.partition(":")
    if name:
        yield name, value


def digest(head: str) -> str:
    """What a mail without `Message-ID` is known by: the same head, the same mail."""
    return hashlib.sha256(head.encode("utf-8", "replace")).hexdigest()


def events(mail: Mail, account: Account) -> Sequence[Draft]:
    """The one event that a mail is, if somebody wrote it. Raises Malformed."""
    sender = _first_address(mail, "from")
    if _is_automatic(mail, sender, account):
        return ()
    team = _team(account)
    own_id = _own_id(mail)
    fields: dict[str, Any] = {
        "channel": account.channel or CHANNEL,
        "occurred_at": _occurred_at(mail),
        "ticket_id": _thread(mail, account, own_id, is_reply=_is_of(sender, team)),
        "author_id": sender,
    }
    if not _is_of(sender, team):
        fields |= {"type": "message-received", "customer_id": sender}
        return (_draft(own_id, fields),)
    customers = [address for address in _addresses(mail, "to", "cc") if not _is_of(address, team)]
    if not customers and "to" in mail.headers:
        return ()
    fields |= {"type": "reply-sent", "author_kind": "agent", "customer_id": next(iter(customers), None)}
    return (_draft(own_id, fields),)


def _draft(own_id: str, fields: Mapping[str, Any]) -> Draft:
    present = {name: value for name, value in fields.items() if value is not None}
    return Draft(own_id, present, frozenset({"ticket_id"}))


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


def _own_id(mail: Mail) -> str:
    for value in mail.headers.get("message-id", ()):
        if found := _MESSAGE_ID.search(value):
            return found[1]
    return mail.known_as


def _thread(mail: Mail, account: Account, own_id: str, *, is_reply: bool) -> str:
    if account.options.get(THREADS) == BY_PLUS_ADDRESS and (tag := _plus_tag(mail, is_reply=is_reply)):
        return f"+{tag}"
    for name in ("references", "in-reply-to"):
        for value in mail.headers.get(name, ()):
            if found := _MESSAGE_ID.search(value):
                return found[1]
    return own_id


def _plus_tag(mail: Mail, *, is_reply: bool) -> str | None:
    """What stands behind the plus of our own address: where the mail went to, or where an answer to ours goes to."""
    ours = _addresses(mail, "reply-to", "from") if is_reply else _addresses(mail, "to", "cc")
    for address in (*mail.recipients, *ours):
        if found := _PLUS.match(address):
            return found[1]
    return None


def _occurred_at(mail: Mail) -> str:
    dates = [value.rpartition(";")[2] for value in mail.headers.get("received", ())[:1]]
    for text in (*dates, *mail.headers.get("date", ())[:1]):
        if (at := _date(text)) is not None:
            return format_instant(at)
    raise Malformed("neither Received nor Date has a date that can be read")


def _date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text.strip())
        utc = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, LookupError):
        return None
    return utc if EARLIEST <= utc < TOO_LATE else None


def _team(account: Account) -> frozenset[str]:
    return frozenset(_SEPARATORS.split(account.options.get(TEAM, "").lower())) - {""}


def _is_of(address: str | None, team: frozenset[str]) -> bool:
    if address is None or not team:
        return False
    local, _, domain = address.rpartition("@")
    return not team.isdisjoint({f"{local.partition('+')[0]}@{domain}", address, f"@{domain}"})


def _first_address(mail: Mail, name: str) -> str | None:
    return next(_addresses(mail, name), None)


def _addresses(mail: Mail, *names: str) -> Iterator[str]:
    """Of some headers. Not `email.utils.getaddresses`: it takes long over odd lists, and deep ones exhaust its stack."""
    for name in names:
        for value in mail.headers.get(name, ()):
            for part in _QUOTED.sub(" ", value).split(","):
                if found := _IN_BRACKETS.search(part) or _BARE.search(part):
                    yield found[1].lower()
