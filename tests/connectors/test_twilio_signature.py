import json
from base64 import b64decode
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.connector import Account, Request
from app.connectors.twilio_signature import BODY_HASH, SIGNATURE, form_pairs, sign, verify
from tests.connectors.cases.case import Body
from tests.connectors.cases.twilio import CASE, FORM, JSON, URL, inbound, signed

KEY = b"12345"


def _account(url: str) -> Account:
    return Account("a", (KEY,), options={"url": url})


def _vectors(shared: Path) -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads((shared / "webhooks/_vectors/twilio.json").read_text())["vectors"]
    return vectors


def _request(vector: dict[str, Any]) -> Request:
    headers = {SIGNATURE: vector["signature"].encode()}
    if "body" in vector:
        query = {"foo": "1", "bar": "2", BODY_HASH: vector["body_sha256"]}
        return Request("POST", {**headers, **JSON}, query, vector["body"].encode())
    return Request("POST", {**headers, **FORM}, {}, urlencode([tuple(pair) for pair in vector["params"]]).encode())


def test_published_values_hold(shared: Path) -> None:
    vectors = _vectors(shared)
    assert len(vectors) == 6
    for vector in vectors:
        pairs = [(name, value) for name, value in vector["params"]]
        assert sign(vector["url"], pairs, vector["secret"].encode()).decode() == vector["signature"]
        configured = vector["url"].partition("&bodySHA256")[0]
        assert verify(_request(vector), _account(configured)).secret == 0


def test_published_values_hold_for_no_other_token_url_or_body(shared: Path) -> None:
    for vector in _vectors(shared):
        configured, request = vector["url"].partition("&bodySHA256")[0], _request(vector)
        assert verify(request, Account("a", (b"12346",), options={"url": configured})).fault == "mismatch"
        assert verify(request, _account(configured + "x")).fault == "mismatch"
        assert verify(request._replace(body=request.body + b"x"), _account(configured)).fault == "mismatch"


def test_it_is_the_hmac_of_rfc_2202() -> None:
    digest = bytes.fromhex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    assert b64decode(sign("what do ya want ", [("for ", "nothing?")], b"Jefe")) == digest


@pytest.mark.parametrize(
    ("called", "configured"),
    [
        ("https://a.example:443/in?x=1", "https://a.example/in?x=1"),
        ("https://a.example/in?x=1", "https://a.example:443/in?x=1"),
        ("http://a.example:80/in", "http://a.example/in"),
        ("https://a.example/in", "https://a.example:8443/in"),
        ("https://a.example:443", "https://a.example"),
    ],
)
def test_with_the_port_or_without_is_the_same_url(called: str, configured: str) -> None:
    headers = {**FORM, SIGNATURE: sign(called, [("a", "1")], KEY)}
    assert verify(Request("POST", headers, {}, b"a=1"), _account(configured)).secret == 0


def test_another_port_path_host_or_scheme_is_another_url() -> None:
    for called in ("https://a.example:444/in", "https://a.example/in/", "https://b.example/in", "http://a.example/in"):
        headers = {**FORM, SIGNATURE: sign(called, [("a", "1")], KEY)}
        assert verify(Request("POST", headers, {}, b"a=1"), _account("https://a.example/in")).fault == "mismatch"


def test_behind_a_proxy_the_configured_url_counts_and_never_the_host() -> None:
    request = signed(Body(inbound(), (), FORM), CASE.secret)
    for host in (b"10.0.0.7:8080", b"attacker.example"):
        proxied = request._replace(headers={**request.headers, b"host": host, b"x-forwarded-host": host})
        assert verify(proxied, CASE.account).secret == 0
    of_attacker = sign("https://attacker.example/in/twilio/shop", form_pairs(inbound()) or (), CASE.secret.encode())
    headers = {**FORM, SIGNATURE: of_attacker, b"host": b"attacker.example", b"x-forwarded-host": b"attacker.example"}
    assert verify(Request("POST", headers, {}, inbound()), CASE.account).fault == "mismatch"


@pytest.mark.parametrize("url", ["", "x", "https://", "https://[", "://", "https://a.example:x/"])
def test_a_url_that_is_none_is_no_reason_to_raise(url: str) -> None:
    assert verify(Request("POST", {**FORM, SIGNATURE: b"x" * 28}, {}, b"a=1"), _account(url)).fault == "mismatch"


def test_repeated_fields_are_read_in_order_and_signed_once_each_value() -> None:
    pairs = form_pairs(b"Digits=5678&Digits=1234&Digits=1234&Sid=")
    assert pairs == [("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234"), ("Sid", "")]
    assert sign(URL, pairs, KEY) == sign(URL, [("Sid", ""), ("Digits", "1234"), ("Digits", "5678")], KEY)


@pytest.mark.parametrize(
    "body", [b"a=%2b", b"a=b c", b"a", b"a=1&&b=2", b"a=1&", b"a=%ff", b"a=%4", b"a=\xff", b"a=\n"]
)
def test_what_twilio_never_writes_is_no_form(body: bytes) -> None:
    assert form_pairs(body) is None


def test_a_form_has_a_thousand_fields_at_most() -> None:
    assert form_pairs(b"&".join([b"a=1"] * 1000)) is not None
    assert form_pairs(b"&".join([b"a=1"] * 1001)) is None


def test_a_form_of_a_megabyte_is_read_in_no_time() -> None:
    assert form_pairs(b"a=" + b"x%2B" * (1 << 18)) == [("a", "x+" * (1 << 18))]
    assert form_pairs(b"a=" + b"x" * (1 << 20) + b"%") is None


@given(
    st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=8), max_size=4),
    st.integers(0),
    st.binary(min_size=1, max_size=1),
)
def test_no_form_can_be_written_in_a_byte_otherwise_and_mean_the_same(
    fields: dict[str, str], position: int, by: bytes
) -> None:
    body = urlencode(fields, errors="replace").encode()
    if not body:
        return
    at = position % len(body)
    changed = body[:at] + by + body[at + 1 :]
    others = form_pairs(changed)
    assert changed == body or others is None or sign(URL, others, KEY) != sign(URL, form_pairs(body) or (), KEY)


def test_json_needs_the_hash_of_its_body_in_the_query() -> None:
    request = signed(Body(b"[]", (), JSON), CASE.secret)
    assert verify(request, CASE.account).secret == 0
    for query in ({}, {BODY_HASH: ""}, {BODY_HASH: "0" * 64}, {BODY_HASH: "\ud800"}):
        assert verify(request._replace(query=query), CASE.account).fault == "mismatch"


@pytest.mark.parametrize("given", [b"x", b"x" * 27, b"x" * 29])
def test_a_header_of_another_length_is_malformed(given: bytes) -> None:
    assert verify(Request("POST", {**FORM, SIGNATURE: given}, {}, b"a=1"), CASE.account).fault == "malformed-header"
