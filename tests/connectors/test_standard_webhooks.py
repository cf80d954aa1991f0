"""The signature against the values that its authors publish, and against their own library."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from app.connectors import standard_webhooks
from app.connectors.connector import SecretError

KEY = bytes(range(32))
NOW_MS = 1_772_448_067_000


def _headers(message_id: str, timestamp: str, signature: str) -> dict[bytes, bytes]:
    values = (message_id, timestamp, signature)
    names = (standard_webhooks.ID, standard_webhooks.TIMESTAMP, standard_webhooks.SIGNATURE)
    return {name: value.encode() for name, value in zip(names, values, strict=True)}


def test_the_published_values_hold(shared: Path) -> None:
    vectors = json.loads((shared / "webhooks/_vectors/standard_webhooks.json").read_text())["vectors"]
    assert len(vectors) >= 6
    for vector in vectors:
        headers = _headers(vector["id"], str(vector["timestamp"]), vector["signature"])
        keys = [standard_webhooks.key(vector["secret"])]
        verdict = standard_webhooks.verify(headers, vector["body"].encode(), keys, vector["timestamp"] * 1000)
        assert (verdict.secret == 0) == vector["valid"], vector


def test_the_reference_sender_is_verified_and_verifies() -> None:
    body, at = '{"test": "ü"}', datetime.fromtimestamp(NOW_MS // 1000, UTC)
    reference = Webhook(b64encode(KEY).decode())
    headers = _headers("msg_1", str(NOW_MS // 1000), reference.sign("msg_1", at, body))
    assert standard_webhooks.verify(headers, body.encode(), [KEY], NOW_MS).secret == 0
    ours = standard_webhooks.sign(b"msg_1", str(NOW_MS // 1000).encode(), body.encode(), KEY)
    assert ours == headers[standard_webhooks.SIGNATURE]


@pytest.mark.parametrize(
    ("off_seconds", "fault"), [(-301, "stale"), (-300, None), (0, None), (300, None), (301, "stale")]
)
def test_the_signed_instant_is_near(off_seconds: int, fault: str | None) -> None:
    timestamp = str(NOW_MS // 1000 + off_seconds)
    signature = standard_webhooks.sign(b"m", timestamp.encode(), b"{}", KEY).decode()
    assert standard_webhooks.verify(_headers("m", timestamp, signature), b"{}", [KEY], NOW_MS).fault == fault


@pytest.mark.parametrize("timestamp", ["1772448067.0", "1_772_448_067", " 1772448067", "-1", "\u0661", "9" * 5000, "x"])
def test_an_instant_in_another_form_is_refused(timestamp: str) -> None:
    signature = standard_webhooks.sign(b"m", timestamp.encode(), b"{}", KEY).decode()
    verdict = standard_webhooks.verify(_headers("m", timestamp, signature), b"{}", [KEY], NOW_MS)
    assert verdict.fault == "malformed-header"


def test_many_signatures_cost_no_more_than_some() -> None:
    right = standard_webhooks.sign(b"m", b"1772448067", b"{}", KEY).decode()
    headers = _headers("m", "1772448067", " ".join(["v1,AAAA"] * 1000 + [right]))
    assert standard_webhooks.verify(headers, b"{}", [KEY], NOW_MS).fault == "mismatch"


@pytest.mark.parametrize("secret", ["", "whsec_", "no base64!", b64encode(bytes(23)).decode(), "ü"])
def test_what_cannot_be_a_secret_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(SecretError) as refused:
        standard_webhooks.key(secret)
    assert "openssl rand -base64 32" in str(refused.value)
    assert not secret or len(secret) < 8 or secret not in str(refused.value)


def test_the_prefix_is_optional() -> None:
    text = b64encode(KEY).decode()
    assert standard_webhooks.key(f"whsec_{text}") == standard_webhooks.key(text) == KEY
