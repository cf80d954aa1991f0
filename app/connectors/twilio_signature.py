"""Twilio's signature: HMAC-SHA1 over the URL that Twilio called and, of a form, its fields.

twilio.com/docs/usage/webhooks/webhooks-security, and the SDKs' request validators, checked 2026-11:
* The URL is the one that is configured at Twilio, query included. It is taken from the account (`url`) and never from the
  request: behind a proxy the request does not know it, and `Host` is what the sender likes.
* Of a form, names and values follow, sorted by name; of a repeated field each different value, sorted.
* Of any other body its SHA-256 is in the query as `bodySHA256`, and the query is signed.
* Twilio signs with the port of the URL or without, so both are tried, and the port that the scheme implies.
* No instant is signed: a captured post stays valid for ever, and what protects from it is that its events have the ids they had.

The fields are signed as they are after decoding, so that bytes could be written otherwise and mean the same. They may not
here: what Twilio never writes (lower-case escapes, spaces, names without a value) is refused, and each byte counts.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final
from urllib.parse import unquote_to_bytes

from app.connectors.connector import Account, Request, Verdict
from app.connectors.signatures import which_signed

SIGNATURE: Final = b"x-twilio-signature"
URL: Final = "url"
"""Option: the URL as it is configured at Twilio."""
BODY_HASH: Final = "bodySHA256"
FORM: Final = b"application/x-www-form-urlencoded"
_LENGTH: Final = 28
_MOST_FIELDS: Final = 1000
_PORTS: Final = {"https": ":443", "http": ":80"}
_PARTS: Final = re.compile(r"((https?)://[^/?#]+?)(:[0-9]+)?([/?#].*)?", re.DOTALL)
_NAME: Final = rb"(?:[!-$'-<>-~]++|%[0-9A-F]{2})*+"
"""Visible characters but `%`, `&` and `=` (each range ends before one and the next begins behind it), and escapes."""
_VALUE: Final = _NAME.replace(b"<>", b"<=>")
_FIELD: Final = re.compile(rb"(%b)=(%b)" % (_NAME, _VALUE))


def sign(url: str, pairs: Iterable[tuple[str, str]], key: bytes) -> bytes:
    """The value of the header."""
    signed = url + "".join(name + value for name, value in sorted(set(pairs)))
    return b64encode(hmac.digest(key, signed.encode("utf-8", "replace"), "sha1"))


def verify(request: Request, account: Account) -> Verdict:
    """Which token signed. Never raises."""
    given = request.headers.get(SIGNATURE)
    if not given:
        return Verdict(None, "missing-header")
    if len(given) != _LENGTH:
        return Verdict(None, "malformed-header")
    pairs = form_pairs(request.body) if is_form(request) else _hashed(request)
    if pairs is None:
        return Verdict(None, "mismatch")
    url = account.options.get(URL, "")
    if not is_form(request):
        url += f"{'&' if '?' in url else '?'}{BODY_HASH}={request.query[BODY_HASH]}"
    for written in _with_and_without_port(url):
        verdict = which_signed(account.secrets, given, partial(sign, written, pairs))
        if verdict.secret is not None:
            return verdict
    return Verdict(None, "mismatch")


def is_form(request: Request) -> bool:
    """Whether its fields are signed, rather than the hash of its body."""
    return request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower() == FORM


def form_pairs(body: bytes) -> list[tuple[str, str]] | None:
    """Names and values, in their order; None if Twilio does not write so."""
    if body.count(b"&") >= _MOST_FIELDS:
        return None
    pairs = []
    for field in body.split(b"&") if body else ():
        found = _FIELD.fullmatch(field)
        if found is None:
            return None
        try:
            pairs.append((_text(found[1]), _text(found[2])))
        except UnicodeDecodeError:
            return None
    return pairs


def _text(raw: bytes) -> str:
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode()


def _hashed(request: Request) -> list[tuple[str, str]] | None:
    """No fields, if the hash is that of the body."""
    given = request.query.get(BODY_HASH, "").encode("utf-8", "replace")
    is_right = hmac.compare_digest(given, hashlib.sha256(request.body).hexdigest().encode())
    return [] if is_right else None


def _with_and_without_port(url: str) -> Iterator[str]:
    yield url
    if found := _PARTS.fullmatch(url):
        host, scheme, port, rest = found.groups("")
        yield f"{host}{'' if port else _PORTS[scheme]}{rest}"
