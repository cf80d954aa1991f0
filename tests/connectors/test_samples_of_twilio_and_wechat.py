"""What others publish of Twilio and WeChat gives what is expected of it, or a reason is here."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode

import pytest

from app.connectors import wechat_aes
from app.connectors.connector import Account, Malformed, Request
from app.connectors.wechat import WeChat
from tests.connectors.cases import twilio, wechat
from tests.connectors.cases.case import NOW_MS, Body
from tests.connectors.test_contract import PLANTED, PLANTED_WORDS, _finished


def _samples(shared: Path, source: str) -> dict[str, tuple[str, ...]]:
    files = json.loads((shared / "webhooks/sources.json").read_text())["files"]
    return {one["file"]: tuple(one["expect"]) for one in files if one["source"] == source}


def test_the_samples_of_twilio_give_what_is_expected(shared: Path) -> None:
    samples = _samples(shared, "twilio")
    assert samples
    for name, expect in samples.items():
        body = Body((shared / "webhooks" / name).read_bytes(), (), twilio.FORM)
        request = twilio.CASE.sign(body, twilio.CASE.secret, NOW_MS)
        assert twilio.CASE.connector.verify(request, twilio.CASE.account, NOW_MS).secret == 0
        assert tuple(event.type for event in _finished(twilio.CASE, request)) == expect, name


def test_nothing_that_is_planted_in_a_form_comes_through(shared: Path) -> None:
    for name in _samples(shared, "twilio"):
        pairs = parse_qsl((shared / "webhooks" / name).read_text(), keep_blank_values=True)
        for field, _ in pairs:
            planted = urlencode([(one, PLANTED if one == field else value) for one, value in pairs]).encode()
            request = twilio.CASE.sign(Body(planted, (), twilio.FORM), twilio.CASE.secret, NOW_MS)
            said = b" ".join(event.key + event.value for event in _finished(twilio.CASE, request)).decode()
            assert [word for word in PLANTED_WORDS if word in said] == [], field


ENCRYPTED: Final = "wechat/encrypted_official_account_message.xml"
REPAIRED: Final[Mapping[str, str]] = {
    "wechat/event_menu_click.xml": "its instant, 123456789, is in 1973, before there was any account",
}
"""Samples of WeChat that are refused as they are, and why. With an instant of our times they give what is expected."""


def _plain(shared: Path, name: str) -> Body:
    return Body((shared / "webhooks" / name).read_bytes(), ())


def test_the_samples_of_wechat_give_what_is_expected(shared: Path) -> None:
    samples = _samples(shared, "wechat")
    assert len(samples) >= 8
    assert samples.keys() >= REPAIRED.keys() | {ENCRYPTED}
    for name, expect in samples.items():
        if name == ENCRYPTED:
            continue
        body = _plain(shared, name)
        if name in REPAIRED:
            with pytest.raises(Malformed, match="CreateTime"):
                _finished(wechat.CASE, wechat.CASE.sign(body, wechat.CASE.secret, NOW_MS))
            body = Body(re.sub(rb"<CreateTime>\d+", b"<CreateTime>1395658920", body.body), ())
        request = wechat.CASE.sign(body, wechat.CASE.secret, NOW_MS)
        assert wechat.CASE.connector.verify(request, wechat.CASE.account, NOW_MS).secret == 0
        assert tuple(event.type for event in _finished(wechat.CASE, request)) == expect, name


def test_the_encrypted_sample_of_wechat_gives_what_is_expected(shared: Path) -> None:
    """As it was posted, with the published keys; its instant is of 2009, before there was any account."""
    vectors = json.loads((shared / "webhooks/_vectors/wechat_aes.json").read_text())["vectors"]
    vector = next(one for one in vectors if one.get("body_file") == ENCRYPTED and one["plaintext"])
    secrets = (wechat_aes.key(vector["encoding_aes_key"]),)
    account = Account("a", secrets, options={"app_id": vector["app_id"]}, keys={"token": vector["token"].encode()})
    query = {name: vector[name] for name in ("msg_signature", "timestamp", "nonce")}
    request = Request("POST", {}, query, (shared / "webhooks" / ENCRYPTED).read_bytes())
    assert WeChat().verify(request, account, int(vector["timestamp"]) * 1000).secret == 0
    (item,) = WeChat().parse(request, account)
    with pytest.raises(Malformed, match="CreateTime"):
        WeChat().normalise(item, account)
    drafts = WeChat().normalise({**item, "CreateTime": "1395658920"}, account)
    assert tuple(draft.fields["type"] for draft in drafts) == _samples(shared, "wechat")[ENCRYPTED]


def test_no_text_of_a_sample_of_wechat_comes_through(shared: Path) -> None:
    for name in _samples(shared, "wechat").keys() - {ENCRYPTED} - REPAIRED.keys():
        request = wechat.CASE.sign(_plain(shared, name), wechat.CASE.secret, NOW_MS)
        said = b" ".join(event.key + event.value for event in _finished(wechat.CASE, request)).decode()
        (item,) = wechat.CASE.connector.parse(request, wechat.CASE.account)
        words = {value for value in item.values() if len(value.strip()) > 5}
        assert [word for word in words if word in said] == [], name
