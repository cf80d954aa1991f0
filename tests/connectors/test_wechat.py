import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.connectors import wechat_aes
from app.connectors.connector import Answer, Draft, Malformed, Request
from app.connectors.wechat import WeChat
from tests.connectors import kpis
from tests.connectors.cases.case import NOW_MS, Body
from tests.connectors.cases.wechat import (
    APP_ID,
    CASE,
    FOLLOWER,
    NONCE,
    OURS,
    TOKEN,
    envelope,
    event,
    message,
    query,
    signed,
    xml,
)
from tests.connectors.test_contract import PLANTED, PLANTED_WORDS, _said


def _drafts(body: bytes) -> list[Draft]:
    request = signed(Body(body, ()), CASE.secret, NOW_MS)
    return [draft for item in WeChat().parse(request, CASE.account) for draft in WeChat().normalise(item, CASE.account)]


def _fault(request: Request) -> str | None:
    return WeChat().verify(request, CASE.account, NOW_MS).fault


def _post(plain: bytes, outside: bytes = b"", to: bytes = OURS.encode()) -> Request:
    encrypted = wechat_aes.encrypt(CASE.account.secrets[0], APP_ID.encode(), plain, b"0" * 16)
    body = envelope(to, encrypted).replace(b"</xml>", outside + b"</xml>")
    return Request("POST", {}, query(encrypted, NOW_MS), body)


def test_a_message_says_who_when_and_where() -> None:
    (draft,) = _drafts(message())
    assert draft[:3] == (
        "1",
        {
            "type": "message-received",
            "ticket_id": f"{OURS}:{FOLLOWER}",
            "channel": "wechat",
            "occurred_at": "2026-03-02T10:41:00Z",
            "customer_id": FOLLOWER,
            "author_id": FOLLOWER,
        },
        frozenset({"ticket_id"}),
    )


def test_the_desk_says_who_has_a_conversation_and_when_it_ends() -> None:
    (created,) = _drafts(event("kf_create_session", KfAccount="ada@shop"))
    (switched,) = _drafts(event("kf_switch_session", FromKfAccount="ada@shop", ToKfAccount="bob@shop"))
    (closed,) = _drafts(event("kf_close_session", KfAccount="bob@shop"))
    assert [one.fields["type"] for one in (created, switched, closed)] == [
        "ticket-assigned",
        "ticket-assigned",
        "ticket-closed",
    ]
    assert (created.fields["agent_id"], switched.fields["agent_id"]) == ("ada@shop", "bob@shop")
    assert (closed.fields["author_id"], closed.fields["reason"]) == ("bob@shop", "resolved")
    assert len({one.native_id for one in (created, switched, closed)}) == 3
    assert {one.fields["ticket_id"] for one in (created, switched, closed)} == {
        _drafts(message())[0].fields["ticket_id"]
    }


def test_the_account_is_the_account_on_whichever_side() -> None:
    (draft,) = _drafts(event("kf_close_session", KfAccount="a@b", ToUserName=FOLLOWER, FromUserName=OURS))
    assert draft.fields["ticket_id"] == f"{OURS}:{FOLLOWER}"
    assert draft.fields["customer_id"] == FOLLOWER


@pytest.mark.parametrize("kind", ["subscribe", "unsubscribe", "SCAN", "VIEW", "TEMPLATESENDJOBFINISH", "of_2027"])
def test_other_events_and_kinds_are_of_no_use(kind: str) -> None:
    assert _drafts(event(kind)) == []
    assert _drafts(message(kind)) == []


def test_the_account_names_the_channel() -> None:
    account = dataclasses.replace(CASE.account, channel="wechat-cn")
    (item,) = WeChat().parse(signed(Body(message(), ()), CASE.secret, NOW_MS), account)
    assert WeChat().normalise(item, account)[0].fields["channel"] == "wechat-cn"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"CreateTime": "1772448060000"}, "between 2010 and 2100"),
        ({"CreateTime": "soon"}, "CreateTime must be a text of digits"),
        ({"MsgId": ""}, "MsgId must be a text"),
        ({"FromUserName": ""}, "FromUserName must be a text"),
        ({"MsgType": ""}, "MsgType must be a text"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(fields: dict[str, str], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        _drafts(xml(**{"MsgType": "text", "MsgId": "1", **fields}))


@pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce"])
def test_without_one_of_the_three_a_post_is_refused(name: str) -> None:
    request = _post(message())
    assert _fault(request) is None
    for told in ({}, {name: ""}):
        kept: Mapping[str, str] = {one: value for one, value in request.query.items() if one != name} | told
        assert _fault(request._replace(query=kept)) == "missing-header"


@pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce"])
def test_one_changed_character_of_the_three_is_refused(name: str) -> None:
    request = _post(message())
    value = request.query[name]
    for at in range(len(value)):
        changed = value[:at] + ("1" if value[at] != "1" else "2") + value[at + 1 :]
        assert _fault(request._replace(query={**request.query, name: changed})) in ("mismatch", "stale")


@pytest.mark.parametrize(
    ("name", "value"),
    [("nonce", "a b"), ("nonce", "\x80"), ("nonce", "1" * 65), ("timestamp", "1.0"), ("msg_signature", "\ud800")],
)
def test_what_could_extend_the_hash_or_is_no_number_is_malformed(name: str, value: str) -> None:
    request = _post(message())
    assert _fault(request._replace(query={**request.query, name: value})) == "malformed-header"


def test_a_post_in_the_clear_is_refused_whatever_signs_it() -> None:
    timestamp = str(NOW_MS // 1000)
    plain = hashlib.sha1("".join(sorted((TOKEN.decode(), timestamp, NONCE))).encode()).hexdigest()
    asked = {"signature": plain, "timestamp": timestamp, "nonce": NONCE}
    assert _fault(Request("POST", {}, asked, message())) == "missing-header"
    assert _fault(Request("POST", {}, {**asked, "msg_signature": plain}, message())) == "mismatch"


def test_the_compatible_mode_is_refused() -> None:
    assert _fault(_post(message(), b"<Content>parcel</Content>")) == "mismatch"


def test_to_whom_it_is_must_be_the_same_inside() -> None:
    assert _fault(_post(message(), to=b"gh_other")) == "mismatch"


@pytest.mark.parametrize(
    "plain",
    [
        b"<!DOCTYPE xml>" + message(),
        b'<!DOCTYPE xml [<!ENTITY t "text">]>' + message().replace(b"<![CDATA[text]]>", b"&t;"),
        message().replace(b"</xml>", b"<a><b><c><d><e/></d></c></b></a></xml>"),
        b"no XML",
    ],
)
def test_dangerous_xml_is_refused_inside_as_well(plain: bytes) -> None:
    request = _post(plain)
    assert _fault(request) == "mismatch"
    with pytest.raises(Malformed):
        WeChat().parse(request, CASE.account)


def test_dangerous_xml_is_refused_outside() -> None:
    request = _post(message())
    assert _fault(request._replace(body=b"<!DOCTYPE xml>" + request.body)) == "mismatch"


def test_another_app_or_token_is_refused() -> None:
    request = _post(message())
    for account in (
        dataclasses.replace(CASE.account, options={"app_id": "wx0"}),
        dataclasses.replace(CASE.account, keys={"token": b"other"}),
    ):
        assert WeChat().verify(request, account, NOW_MS).fault == "mismatch"
    with pytest.raises(Malformed, match="another key or app id"):
        WeChat().parse(request, dataclasses.replace(CASE.account, options={"app_id": "wx0"}))


def _asks(**changes: str) -> Answer | None:
    asked = {"timestamp": "1772448060", "nonce": NONCE, "echostr": "5927782489442352469"}
    signature = wechat_aes.sign(TOKEN, b"1772448060", NONCE.encode()).decode()
    return WeChat().handshake(Request("GET", {}, {**asked, "signature": signature, **changes}, b""), CASE.account)


def test_the_check_of_the_url_gets_its_text_back() -> None:
    assert _asks() == Answer(200, b"5927782489442352469", "text/plain")


@pytest.mark.parametrize("changes", [{"signature": "0" * 40}, {"nonce": "1"}, {"echostr": "<script>"}, {"echostr": ""}])
def test_another_check_of_the_url_is_refused(changes: dict[str, str]) -> None:
    assert _asks(**changes) == Answer(403)


def test_what_is_no_check_of_the_url_is_none() -> None:
    assert WeChat().handshake(Request("GET", {}, {}, b""), CASE.account) is None


def test_the_answer_is_success() -> None:
    assert WeChat().accepted(_post(message())) == Answer(200, b"success", "text/plain")


def test_what_is_planted_in_any_element_is_said_nowhere() -> None:
    for body in CASE.bodies:
        (item,) = WeChat().parse(signed(body, CASE.secret, NOW_MS), CASE.account)
        for name in item:
            said = _said_of(xml(**{**item, name: PLANTED}))
            assert [word for word in PLANTED_WORDS if word in said] == [], name


def _said_of(body: bytes) -> str:
    case: Any = dataclasses.replace(CASE, sign=lambda _body, secret, now_ms: signed(Body(body, ()), secret, now_ms))
    return _said(case, None, Body(body, ()))


def test_a_close_by_the_desk_gives_a_resolution(tmp_path: Path) -> None:
    bodies = (
        message(CreateTime="1772448000"),
        event("kf_create_session", KfAccount="ada@shop", CreateTime="1772448030"),
        event("kf_close_session", KfAccount="ada@shop", CreateTime="1772448330"),
    )
    items = [
        item for body in bodies for item in WeChat().parse(signed(Body(body, ()), CASE.secret, NOW_MS), CASE.account)
    ]
    found = kpis.samples(tmp_path, kpis.finished(CASE, items))
    assert (found["resolution"], found["handle"]) == ([330.0], [300.0])
