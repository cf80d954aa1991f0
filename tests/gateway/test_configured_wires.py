"""Twilio and WeChat through a configured gateway: options and keys as a user writes them."""

import json
from collections.abc import Mapping
from typing import Final

import httpx
import pytest

from app import config
from app.connectors.connector import Request
from app.errors import ConfigurationError
from app.gateway.accounts import Desks, open_desks
from tests.connectors.cases import twilio, wechat
from tests.connectors.cases.case import Body
from tests.gateway.desk import NOW_MS, Site, said, site, types_of

_CONFIGURATION: Final = f"""
connectors:
  twilio: {{shop: {{secrets: [{{env: AUTH_TOKEN}}], options: {{url: "{twilio.URL}"}}}}}}
  wechat: {{shop: {{secrets: [{{env: AES_KEY}}], keys: {{token: {{env: TOKEN}}}}, options: {{app_id: {wechat.APP_ID}}}}}}}
"""
_ENVIRONMENT: Final = {
    "AUTH_TOKEN": twilio.CASE.secret,
    "AES_KEY": wechat.CASE.secret,
    "TOKEN": wechat.TOKEN.decode(),
}


def _desks(**changes: str) -> Desks:
    return open_desks(config.parse(_CONFIGURATION).connectors, b"k" * 32, {**_ENVIRONMENT, **changes})


async def _post(here: Site, name: str, request: Request, more: Mapping[bytes, bytes]) -> httpx.Response:
    url = httpx.URL(f"http://gateway/in/{name}/shop", params=dict(request.query))
    headers = [*request.headers.items(), *more.items()]
    return await here.client.post(url, content=request.body, headers=headers)


async def test_a_post_of_twilio_behind_a_proxy_is_taken_whatever_its_host_says() -> None:
    async with site(desks=_desks()) as here:
        for host in (b"10.0.0.7:8080", b"attacker.example"):
            request = twilio.signed(Body(twilio.inbound(), (), twilio.FORM), twilio.CASE.secret)
            answer = await _post(here, "twilio", request, {b"host": host, b"x-forwarded-host": host})
            assert (answer.status_code, answer.text) == (200, "<Response/>")
        assert types_of(here.kafka.sent) == ["message-received"] * 2
        assert len(set(here.kafka.ids)) == 1
        event = json.loads(here.kafka.sent[0].value)
        assert event["occurred_at"] == event["received_at"]


async def test_a_url_that_the_sender_likes_signs_nothing() -> None:
    request = twilio.signed(Body(twilio.inbound(), (), twilio.FORM), twilio.CASE.secret)
    signature = twilio.sign("http://gateway/in/twilio/shop", (), twilio.CASE.secret.encode())
    forged = request._replace(headers={**request.headers, twilio.SIGNATURE: signature})
    async with site(desks=_desks()) as here:
        assert said(await _post(here, "twilio", forged, {})) == (401, "signature")
        assert here.kafka.sent == []


async def test_wechat_checks_the_url_and_then_posts() -> None:
    asked = {**wechat.query(b"", NOW_MS), "echostr": "5927782489442352469"}
    asked["signature"] = asked.pop("msg_signature")
    async with site(desks=_desks()) as here:
        answer = await here.client.get("/in/wechat/shop", params=asked)
        assert (answer.status_code, answer.text) == (200, "5927782489442352469")
        assert (await here.client.get("/in/wechat/shop", params={**asked, "nonce": "1"})).status_code == 403
        post = wechat.signed(Body(wechat.message(), ()), wechat.CASE.secret, NOW_MS)
        answer = await _post(here, "wechat", post, {})
        assert (answer.status_code, answer.text) == (200, "success")
        assert types_of(here.kafka.sent) == ["message-received"]


def test_a_key_that_is_none_is_refused_at_start() -> None:
    with pytest.raises(ConfigurationError, match="43 letters and digits"):
        _desks(AES_KEY="R7mVq2TzX9pLkW4sYb1N")


@pytest.mark.parametrize("missing", ["url", "app_id", "token"])
def test_what_an_account_needs_is_named(missing: str) -> None:
    with pytest.raises(ConfigurationError, match=f"needs `{missing}`"):
        config.parse(_CONFIGURATION.replace(f"{missing}:", "calls:" if missing == "url" else "x:"))
