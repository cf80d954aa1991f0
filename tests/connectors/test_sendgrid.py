import json
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.connectors.connector import Account, Draft, Malformed, Request, SecretError, WrongTypeError
from app.connectors.sendgrid import SIGNATURE, TIMESTAMP, SendGrid
from tests.connectors.cases.case import NOW_MS
from tests.connectors.cases.sendgrid import CASE, HEAD, MULTIPART, multipart, public

SENDGRID = SendGrid()


def _drafts(account: Account = CASE.account, **fields: str) -> list[Draft]:
    request = Request("POST", MULTIPART, {}, multipart(fields))
    (item,) = SENDGRID.parse(request, account)
    return list(SENDGRID.normalise(item, account))


def test_the_published_values_hold(shared: Path) -> None:
    vectors = json.loads((shared / "webhooks/_vectors/sendgrid_ecdsa.json").read_text())["vectors"]
    assert [vector["valid"] for vector in vectors] == [True, False, False]
    for vector in vectors:
        account = Account("a", (SENDGRID.key(vector["public_key"]),))
        headers = {SIGNATURE: vector["signature"].encode(), TIMESTAMP: vector["timestamp"].encode()}
        verdict = SENDGRID.verify(Request("POST", headers, {}, vector["body"].encode()), account, 1_600_112_502_000)
        assert (verdict.secret == 0) == vector["valid"]


@pytest.mark.parametrize("timestamp", [b"1772448067.0", b" 1772448067", b"-1", b"9" * 5000, b"\xb2", b"x"])
def test_an_instant_in_another_form_is_refused(timestamp: bytes) -> None:
    signed = CASE.sign(CASE.bodies[0], CASE.secret, NOW_MS)
    request = signed._replace(headers={**signed.headers, TIMESTAMP: timestamp})
    assert SENDGRID.verify(request, CASE.account, NOW_MS) == (None, "malformed-header")


@pytest.mark.parametrize("signature", [b"=", b"\xff", b"AAA", b"A" * 5000, b"AB=="])
def test_a_signature_that_is_no_base64_is_refused(signature: bytes) -> None:
    signed = CASE.sign(CASE.bodies[0], CASE.secret, NOW_MS)
    request = signed._replace(headers={**signed.headers, SIGNATURE: signature})
    assert SENDGRID.verify(request, CASE.account, NOW_MS) == (None, "malformed-header")


def test_bytes_that_are_no_signature_do_not_match() -> None:
    signed = CASE.sign(CASE.bodies[0], CASE.secret, NOW_MS)
    for der in (b"\x30\x06\x02\x01\x00\x02\x01\x00", b"\x30", bytes(64)):
        request = signed._replace(headers={**signed.headers, SIGNATURE: b64encode(der)})
        assert SENDGRID.verify(request, CASE.account, NOW_MS) == (None, "mismatch")


def _der(key: ed25519.Ed25519PublicKey) -> str:
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "no base64!",
        "AAAA",
        CASE.secret[:-8],
        public(ec.generate_private_key(ec.SECP384R1())),
        _der(ed25519.Ed25519PrivateKey.generate().public_key()),
    ],
    ids=["nothing", "no base64", "no key", "cut off", "another curve", "another kind"],
)
def test_what_is_no_such_public_key_is_refused(secret: str) -> None:
    with pytest.raises(SecretError, match="no public key on P-256"):
        SENDGRID.key(secret)


def test_parsed_and_raw_mails_are_the_same_event() -> None:
    head = HEAD + "Message-ID: <1@doe.example>\r\n"
    assert _drafts(headers=head) == _drafts(email=head + "\r\nWhere is my parcel?\r\nDate: never\r\n")


def test_the_envelope_tells_bounces_and_our_own_address() -> None:
    account = Account("support", (), options={"threads": "plus-address"})
    (draft,) = _drafts(
        account, headers=HEAD, envelope='{"to": ["support+4711@shop.example"], "from": "jane@doe.example"}'
    )
    assert draft.fields["ticket_id"] == "+4711"
    assert _drafts(headers=HEAD, envelope='{"to": [], "from": ""}') == []
    assert len(_drafts(headers=HEAD, envelope='{"to": 7, "from": null}')) == 1


@pytest.mark.parametrize(
    "fields", [{}, {"text": "x"}, {"headers": HEAD, "envelope": "x"}, {"headers": HEAD, "envelope": "[]"}]
)
def test_what_is_no_mail_is_malformed(fields: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        _drafts(**fields)


def test_what_is_no_form_is_another_type() -> None:
    with pytest.raises(WrongTypeError):
        SENDGRID.parse(Request("POST", {b"content-type": b"application/json"}, {}, b"{}"), CASE.account)


def test_there_is_no_handshake() -> None:
    assert SENDGRID.handshake(Request("GET", {}, {}, b""), CASE.account) is None
