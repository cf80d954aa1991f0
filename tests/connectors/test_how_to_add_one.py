"""The example of docs/connectors.md does what the page says."""

import hmac
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.connectors.connector import Account, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_seconds
from app.connectors.native import Occasion, identifier, word
from app.connectors.one_json import OneJson
from app.connectors.signatures import which_signed
from tests.connectors.cases.case import NOW_MS

PAGE = Path(__file__).parents[2] / "docs" / "connectors.md"
TAUGHT = (
    *(hmac, Sequence, Any, Account, Capabilities, Draft, Malformed, Request, Verdict),
    *(from_seconds, Occasion, identifier, word, OneJson, which_signed),
)
"""What the example may use without saying where it is from."""
KEY = b"k" * 32
ACCOUNT = Account("desk", (KEY,), channel="web")


@pytest.fixture
def example() -> Any:
    code = PAGE.read_text().partition("```python\n")[2].partition("```")[0]
    names = {getattr(one, "__name__", str(one)): one for one in TAUGHT} | {"Any": Any, "Sequence": Sequence}
    exec(code, names)
    return names["Example"]()


def posted(item: Any) -> Request:
    body = json.dumps(item).encode()
    return Request("POST", {b"x-example-signature": hmac.new(KEY, body, "sha256").hexdigest().encode()}, {}, body)


def test_a_signed_post_gives_its_event(example: Any) -> None:
    request = posted({"topic": "Message.created", "created_at": 1_772_448_000, "conversation": 7, "id": "m1"})
    assert example.verify(request, ACCOUNT, NOW_MS) == (0, None)
    (item,) = example.parse(request, ACCOUNT)
    (draft,) = example.normalise(item, ACCOUNT)
    assert (draft.native_id, draft.fields) == (
        "m1",
        {"type": "message-received", "ticket_id": "7", "channel": "web", "occurred_at": "2026-03-02T10:40:00Z"},
    )


def test_what_is_forged_or_unknown_or_broken_gives_none(example: Any) -> None:
    request = posted({"topic": "agent.typing"})
    assert example.verify(request._replace(body=b"{}"), ACCOUNT, NOW_MS).fault == "mismatch"
    assert example.verify(request._replace(headers={}), ACCOUNT, NOW_MS).fault == "missing-header"
    assert example.normalise({"topic": "agent.typing"}, ACCOUNT) == ()
    for item in ([], {"topic": "message.created", "created_at": "today", "conversation": 7, "id": "m1"}):
        with pytest.raises(Malformed):
            example.normalise(item, ACCOUNT)
