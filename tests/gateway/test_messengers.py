"""How Slack and X ask whether a URL is ours, through a configured gateway."""

import json

import httpx

from app import config
from app.connectors import x
from app.gateway.accounts import open_desks
from tests.connectors.cases.case import Body
from tests.connectors.cases.slack import VERIFICATION, signed
from tests.gateway.desk import NOW_MS, Site, said, site

CONFIGURATION = """
connectors:
  slack: {help: {secrets: [{env: SLACK}], options: {agent_teams: T0OURS, tickets: channel}}}
  telegram: {shop: {secrets: [{env: TELEGRAM}], options: {agent_ids: "5587654321"}}}
  line: {shop: {secrets: [{env: LINE}]}}
  x: {brand: {secrets: [{env: X_NEW}, {env: X_OLD}], options: {bot_app_ids: "268278"}}}
"""
ENVIRONMENT = {
    "SLACK": "e6b19c573432dcc6b075501d51b51bb8",
    "TELEGRAM": "4f0d5f7f5c1e4d6a9b3c2e8f7a6b5c4d",
    "LINE": "8c570fa6dd201bb328f1c1eac23a96d8",
    "X_NEW": "kq3bT0vW9xZ2mN5cR8sL1pD4fG7hJ6yA4eU0iO3tQ9wX2zV5bC",
    "X_OLD": "wX2zV5bCkq3bT0vW9xZ2mN5cR8sL1pD4fG7hJ6yA4eU0iO3tQ9",
}
DESKS = open_desks(config.parse(CONFIGURATION).connectors, b"k" * 32, ENVIRONMENT)


async def _verification(here: Site, secret: str) -> httpx.Response:
    request = signed(Body(VERIFICATION.encode(), ()), secret, NOW_MS)
    return await here.client.post("/in/slack/help", content=request.body, headers=list(request.headers.items()))


async def test_slack_gets_its_challenge_back_if_slack_it_is() -> None:
    async with site(desks=DESKS) as here:
        answer = await _verification(here, ENVIRONMENT["SLACK"])
        assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, "3eZbrw1aBm2r", "text/plain")
        refused = await _verification(here, "another secret of an app")
        assert (said(refused), "3eZbrw1aBm2r" in refused.text) == ((401, "signature"), False)
        assert (await here.client.get("/in/slack/help")).status_code == 405


async def test_x_gets_its_token_signed_and_nobody_a_post() -> None:
    async with site(desks=DESKS) as here:
        answer = await here.client.get("/in/x/brand", params={"crc_token": "a1-B2_c3=="})
        expected = x.sign(b"a1-B2_c3==", ENVIRONMENT["X_NEW"].encode()).decode()
        assert (answer.status_code, answer.json()) == (200, {"response_token": expected})
        forged = json.dumps({"data": {"event_type": "dm.received"}})
        assert (await here.client.get("/in/x/brand", params={"crc_token": forged})).status_code == 403
        assert (await here.client.get("/in/x/brand")).status_code == 405
