"""One conversation seen twice: what another account is the authority for is dropped, counted, and no fault."""

import json
from typing import Any, Final

import httpx

from app import config
from app.gateway.accounts import Desks, open_desks
from tests.connectors.cases import chatwoot, generic, whatsapp
from tests.connectors.cases.case import NOW_MS, Body, Case
from tests.gateway.desk import Site, site, types_of

CONFIGURATION: Final = """
connectors:
  chatwoot: {desk: {secrets: [{env: CHATWOOT}]}}
  whatsapp: {shop: {secrets: [{env: WHATSAPP}], keys: {verify_token: {env: TOKEN}}}}
  generic: {surveys: {secrets: [{env: GENERIC}]}}
authority:
  - accounts: [chatwoot/desk, whatsapp/shop, generic/surveys]
    main: chatwoot/desk
    channel: whatsapp
    events: {survey-answered: generic/surveys}
"""
ENVIRONMENT: Final = {
    "CHATWOOT": chatwoot.CASE.secret,
    "WHATSAPP": whatsapp.CASE.secret,
    "GENERIC": generic.CASE.secret,
    "TOKEN": "a-token-nobody-knows",
}


def _desks() -> Desks:
    support = config.parse(CONFIGURATION)
    return open_desks(support.connectors, b"k" * 32, ENVIRONMENT, support.authority)


async def _post(here: Site, case: Case, account: str, body: Body) -> httpx.Response:
    request = case.sign(body, case.secret, NOW_MS)
    path = f"/in/{case.connector.name}/{account}"
    return await here.client.post(path, content=request.body, headers=list(request.headers.items()))


def _told(number: int, kind: str, **data: Any) -> Body:
    value = {"specversion": "1.0", "id": f"s-{number}", "source": "x", "type": kind, "time": "2026-03-02T10:41:07Z"}
    body = json.dumps({**value, "data": {"ticket_id": "42", **data}}).encode()
    return Body(body, (), {b"content-type": b"application/cloudevents+json"})


async def test_each_kind_comes_from_its_authority_alone() -> None:
    async with site(desks=_desks()) as here:
        for body in whatsapp.CASE.bodies:
            assert (await _post(here, whatsapp.CASE, "shop", body)).status_code == 200
        assert here.kafka.sent == []
        for body in chatwoot.CASE.bodies:
            assert (await _post(here, chatwoot.CASE, "desk", body)).status_code == 200
        told = [kind for body in chatwoot.CASE.bodies for kind in body.expect]
        assert types_of(here.kafka.sent) == [kind for kind in told if kind != "survey-answered"]
        assert (
            await _post(here, generic.CASE, "surveys", _told(1, "survey-answered", channel="whatsapp", score=4))
        ).status_code == 204
        assert types_of(here.kafka.sent)[-1] == "survey-answered"


async def test_what_is_dropped_is_counted_by_source_account_and_type() -> None:
    async with site(desks=_desks()) as here:
        assert here.metrics.dropped["whatsapp", "shop", "reply-sent"] == 0
        for body in whatsapp.CASE.bodies:
            await _post(here, whatsapp.CASE, "shop", body)
        told = [kind for body in whatsapp.CASE.bodies for kind in body.expect]
        for kind in ("message-received", "reply-sent"):
            assert here.metrics.dropped["whatsapp", "shop", kind] == told.count(kind) > 0
        line = 'carebeat_gateway_dropped_total{account="shop",connector="whatsapp",type="reply-sent"}'
        assert line in here.metrics.exposition("")[0].decode()
        assert here.metrics.events["whatsapp", "reply-sent"] == 0
        assert here.outcomes() == {("whatsapp", "ignored"): len(whatsapp.CASE.bodies)}


async def test_other_channels_of_an_account_are_left_alone() -> None:
    async with site(desks=_desks()) as here:
        await _post(here, generic.CASE, "surveys", generic.CASE.bodies[0])
        assert types_of(here.kafka.sent) == ["message-received"]


async def test_what_is_anothers_is_no_fault_even_where_it_breaks_the_contract() -> None:
    async with site(desks=_desks()) as here:
        for channel, status in (("whatsapp", 204), ("web-chat", 400)):
            wrong = _told(1, "ticket-closed", channel=channel, reason="eaten")
            assert (await _post(here, generic.CASE, "surveys", wrong)).status_code == status
        assert sum(here.metrics.invalid.values()) == 1
