"""How a foreign system posts: CloudEvents, signed, over HTTP."""

import json
import time
from base64 import b64encode
from typing import Any

from app.connectors import standard_webhooks

KEY = bytes(range(7, 39))
SECRET = "whsec_" + b64encode(KEY).decode()
OTHER_KEY = bytes(range(57, 89))
OTHER_SECRET = b64encode(OTHER_KEY).decode()
PSEUDONYM_KEY = "5b1c7d9e0f2a4b6c8d1e3f5a7b9c0d2e"


def cloud_event(number: int = 1, kind: str = "message-received", **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "https://shop.example",
        "type": kind,
        "time": "2026-03-02T10:41:07.120Z",
        "datacontenttype": "application/json",
        "data": {"ticket_id": f"t-{number % 50}", "channel": "web-chat", **data},
    }


def encoded(events: Any) -> bytes:
    return json.dumps(events).encode()


def signed(body: bytes, *, key: bytes = KEY, at_seconds: float | None = None, **headers: str) -> dict[str, str]:
    """Headers for a body."""
    timestamp = str(int(time.time() if at_seconds is None else at_seconds)).encode()
    batch = body.lstrip().startswith(b"[")
    return {
        "content-type": "application/cloudevents-batch+json" if batch else "application/cloudevents+json",
        "webhook-id": "msg_1",
        "webhook-timestamp": timestamp.decode(),
        "webhook-signature": standard_webhooks.sign(b"msg_1", timestamp, body, key).decode(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
