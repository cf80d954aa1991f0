import json
from typing import Any

from app.connectors import slack
from app.connectors.connector import Account, Request
from app.connectors.signatures import TOLERANCE_MS
from app.connectors.slack import Slack
from tests.connectors.cases.case import Body, Case

_SECRET = "e6b19c573432dcc6b075501d51b51bb8"
_OTHER = "9c573432dcc6b075501d51b51bb8e6b1"

CUSTOMER, AGENT, TEAM, THEIRS = "U012CUST", "U034AGENT", "T0OURS", "T0THEIRS"
CHANNEL, DIRECT = "C0SUPPORT", "D0JANE"
TS, REPLY_TS = "1772448060.001249", "1772448061.250199"


def message(user: str | None = CUSTOMER, ts: str = TS, **fields: Any) -> dict[str, Any]:
    return {
        "client_msg_id": "28c3a7a4-6f7a-4a6a-9d7e-1a2b3c4d5e6f",
        "type": "message",
        "text": "Where is my parcel, asks Jane?",
        "user": user,
        "ts": ts,
        "team": TEAM,
        "user_profile": {"name": "jane", "real_name": "Jane Doe", "avatar_hash": "gjane"},
        "blocks": [{"type": "rich_text", "elements": [{"type": "text", "text": "Where is my parcel, asks Jane?"}]}],
        "channel": CHANNEL,
        "event_ts": ts,
        "channel_type": "channel",
        **fields,
    }


def reply(user: str | None = AGENT, **fields: Any) -> dict[str, Any]:
    return message(user, REPLY_TS, **{"thread_ts": TS, "parent_user_id": CUSTOMER, **fields})


def by_app(user: str | None = "U0BOT", **fields: Any) -> dict[str, Any]:
    return reply(user, **{"bot_id": "B0BOT", "app_id": "A0BOT", "bot_profile": {"name": "jane-bot"}, **fields})


def post(event: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps(
        {
            "token": "token-of-the-app",
            "team_id": TEAM,
            "api_app_id": "A0SELF",
            "event": event,
            "type": "event_callback",
            "event_id": "Ev0PV52K21",
            "event_time": 1772448060,
            "authorizations": [{"team_id": TEAM, "user_id": "U0SELF", "is_bot": True}],
            **fields,
        }
    ).encode()


VERIFICATION = json.dumps({"token": "token-of-the-app", "challenge": "3eZbrw1aBm2r", "type": "url_verification"})


def signed(body: Body, secret: str, now_ms: int) -> Request:
    timestamp = str(now_ms // 1000).encode()
    headers = {
        b"content-type": b"application/json",
        slack.TIMESTAMP: timestamp,
        slack.SIGNATURE: slack.sign(timestamp, body.body, secret.encode()),
    }
    return Request("POST", headers, {}, body.body)


CASE = Case(
    connector=Slack(),
    account=Account("help", (_SECRET.encode(),)),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=signed,
    signed_headers=(slack.TIMESTAMP, slack.SIGNATURE),
    bodies=(
        Body(post(message()), ("message-received",)),
        Body(post(reply()), ("reply-sent",)),
        Body(post(reply(CUSTOMER)), ("message-received",)),
        Body(post(reply(subtype="thread_broadcast")), ("reply-sent",)),
        Body(post(message(subtype="file_share", files=[{"name": "jane.png"}])), ("message-received",)),
        Body(post(by_app()), ("reply-sent",)),
        Body(post(by_app(None, subtype="bot_message", username="Jane's bot")), ("reply-sent",)),
        Body(post(message(channel=DIRECT, channel_type="im")), ("message-received",)),
        Body(
            post(message(None, subtype="message_changed", hidden=True, message=message(), previous_message=reply())), ()
        ),
        Body(post(message(subtype="channel_join")), ()),
        Body(post({"type": "reaction_added", "user": CUSTOMER, "reaction": "eyes", "item": {"channel": CHANNEL}}), ()),
        Body(json.dumps({"type": "app_rate_limited", "team_id": TEAM, "minute_rate_limited": 1772448060}).encode(), ()),
        Body(VERIFICATION.encode(), ()),
    ),
    private=("Jane", "jane", CUSTOMER, AGENT, DIRECT, "parcel", "token-of-the-app"),
    oldest_ms=TOLERANCE_MS,
)
