"""Every connector behind the real gateway: what is signed arrives, whatever else is sent is refused in words, nothing leaks."""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any, Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import config
from app.connectors.connector import Request
from app.connectors.registry import CONNECTORS
from app.gateway.accounts import Desk, Desks, open_desks
from app.gateway.events import Finishing
from app.gateway.pseudonyms import Pseudonyms
from app.gateway.rates import Bucket
from tests.connectors.cases.case import Body, Case
from tests.connectors.test_contract import FOUND, case_of
from tests.gateway.desk import NOW_MS, Site, said, site, types_of

CASES: Final[Mapping[str, Case]] = {name: case_of(name) for name in FOUND}
KEY: Final = b"k" * 32
_ROOM_BYTES: Final = 48 << 20

POLLED_ONLY: Final = [name for name in FOUND if not CONNECTORS[name].capabilities.takes_posts]
each = pytest.mark.parametrize("name", FOUND)
each_posting = pytest.mark.parametrize("name", sorted(set(FOUND) - set(POLLED_ONLY)))


def _desks() -> Desks:
    """Behind `/in/<connector>/a`."""
    desks = {}
    for name, case in CASES.items():
        finishing = Finishing(name, "a", Pseudonyms(KEY, name, "a"), joins_orders=True)
        desks[name, "a"] = Desk(case.connector, case.account, Bucket(1e9), finishing)
    return desks


async def _post(here: Site, name: str, request: Request) -> httpx.Response:
    headers = list(request.headers.items())
    url = httpx.URL(f"http://gateway/in/{name}/a", params=dict(request.query))
    return await here.client.request(request.method, url, content=request.body, headers=headers)


@each_posting
async def test_what_is_signed_arrives_and_is_told_nowhere(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    case = CASES[name]
    async with site(desks=_desks(), room_bytes=_ROOM_BYTES) as here:
        for body in case.bodies:
            before = len(here.kafka.sent)
            answer = await _post(here, name, case.sign(body, case.secret, NOW_MS))
            assert answer.status_code < 300
            assert tuple(types_of(here.kafka.sent[before:])) == body.expect
        told = here.metrics.exposition("")[0].decode() + caplog.text
        told += " ".join(event.value.decode() + event.key.decode() for event in here.kafka.sent)
        assert [word for word in case.private if word in told] == []


@pytest.mark.parametrize("name", POLLED_ONLY)
async def test_nothing_is_sent_to_what_is_only_polled(name: str) -> None:
    case = CASES[name]
    async with site(desks=_desks(), room_bytes=_ROOM_BYTES) as here:
        for method in ("POST", "GET"):
            request = case.sign(case.bodies[0], case.secret, NOW_MS)._replace(method=method)
            assert said(await _post(here, name, request)) == (404, "unknown-path")
        assert here.kafka.sent == []


@each_posting
async def test_what_somebody_else_signed_is_refused(name: str) -> None:
    case = CASES[name]
    async with site(desks=_desks(), room_bytes=_ROOM_BYTES) as here:
        answer = await _post(here, name, case.sign(case.bodies[0], case.other_secret, NOW_MS))
        assert said(answer) == (401, "signature")
        assert here.kafka.sent == []
        assert here.metrics.signatures_refused[name, case.account.name, "mismatch"] == 1


_BODIES = st.binary(max_size=200) | st.recursive(
    st.none() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["entry", "changes", "object", "x"]), inner)
    ),
).map(lambda value: json.dumps(value).encode())
_VALUES = st.binary(max_size=60).map(lambda raw: bytes(byte for byte in raw if byte >= 32))
_QUERIES = st.dictionaries(
    st.sampled_from(["hub.mode", "hub.verify_token", "hub.challenge", "x"]), st.text(max_size=20)
)


@each
@given(data=st.data())
def test_nothing_that_is_sent_is_our_fault(name: str, data: st.DataObject) -> None:
    case = CASES[name]
    sample = data.draw(st.sampled_from(case.bodies))
    body = Body(data.draw(_BODIES), (), sample.headers)
    signed = case.sign(body, case.secret, NOW_MS)
    unsigned = Request(
        data.draw(st.sampled_from(["GET", "POST", "OPTIONS", "HEAD", "PUT"])),
        {**{one: data.draw(_VALUES) for one in case.signed_headers}, b"content-type": data.draw(_VALUES)},
        data.draw(_QUERIES),
        body.body,
    )
    for answer in asyncio.run(_answers(name, signed, unsigned)):
        assert answer.status_code < 500


async def _answers(name: str, *requests: Request) -> list[httpx.Response]:
    async with site(desks=_desks(), room_bytes=_ROOM_BYTES) as here:
        return [await _post(here, name, request) for request in requests]


META = """
connectors:
  whatsapp: {shop: {secrets: [{env: APP_SECRET}], keys: {verify_token: {env: TOKEN}}}}
  messenger: {page: {secrets: [{env: APP_SECRET}], keys: {verify_token: {env: TOKEN}}, options: {bot_app_ids: "1 2"}}}
  sendgrid: {support: {secrets: [{env: PUBLIC_KEY}], options: {team: "@shop.example", threads: plus-address}}}
"""
_ENVIRONMENT = {
    "APP_SECRET": "4f0d5f7f5c1e4d6a9b3c2e8f7a6b5c4d",
    "TOKEN": "Zm9vYmFyYmF6cXV4MTIz",
    "PUBLIC_KEY": CASES["sendgrid"].secret if "sendgrid" in CASES else "",
}


async def test_a_handshake_goes_through_a_configured_gateway() -> None:
    desks = open_desks(config.parse(META).connectors, KEY, _ENVIRONMENT)
    async with site(desks=desks) as here:
        asking: dict[str, Any] = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
        for token, status, text in ((_ENVIRONMENT["TOKEN"], 200, "1158201444"), ("other", 403, "")):
            answer = await here.client.get("/in/whatsapp/shop", params={**asking, "hub.verify_token": token})
            assert (answer.status_code, answer.text) == (status, text)
        assert (await here.client.get("/in/whatsapp/shop")).status_code == 405


async def test_a_mail_with_a_large_attachment_arrives() -> None:
    case = CASES["sendgrid"]
    body = Body(case.bodies[0].body.replace(b"\x00", b"\x00" * (30 << 20)), ())
    async with site(desks=_desks(), room_bytes=_ROOM_BYTES) as here:
        answer = await _post(here, "sendgrid", case.sign(body, case.secret, NOW_MS))
        assert (answer.status_code, types_of(here.kafka.sent)) == (200, ["message-received"])


def test_there_is_a_connector_for_each_case() -> None:
    assert {case.connector.name for case in CASES.values()} == set(CONNECTORS)
