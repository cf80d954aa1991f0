import json
from pathlib import Path

import pytest

from app.connectors import meta
from app.connectors.connector import Account, Malformed, Request, SecretError
from app.connectors.instagram import Instagram
from app.connectors.whatsapp import WhatsApp
from tests.connectors.cases import messenger, whatsapp

WHATSAPP = WhatsApp()
ACCOUNT = whatsapp.CASE.account
TOKEN = "t" * 20


def _asking(**query: str) -> Request:
    return Request("GET", {}, {f"hub.{name}": value for name, value in query.items()}, b"")


def test_the_published_values_hold(shared: Path) -> None:
    vectors = json.loads((shared / "webhooks/_vectors/meta_x_hub_signature_256.json").read_text())["vectors"]
    assert len(vectors) == 2
    for vector in vectors:
        account = Account("a", (WHATSAPP.key(vector["secret"]),))
        headers = {meta.SIGNATURE: vector["signature"].encode()}
        request = Request("POST", headers, {}, vector["body"].encode())
        assert WHATSAPP.verify(request, account, 0).secret == 0


def test_the_challenge_is_the_answer_to_who_knows_the_token() -> None:
    answer = WHATSAPP.handshake(_asking(mode="subscribe", verify_token=TOKEN, challenge="1158201444"), ACCOUNT)
    assert answer == (200, b"1158201444", "text/plain", ())


@pytest.mark.parametrize(
    "query",
    [
        {"verify_token": "t" * 19, "challenge": "1"},
        {"verify_token": "ü\ud800", "challenge": "1"},
        {"challenge": "1"},
        {"verify_token": TOKEN},
        {"verify_token": TOKEN, "challenge": "<script>"},
        {"verify_token": TOKEN, "challenge": "1" * 201},
    ],
)
def test_who_does_not_is_refused_and_nothing_is_repeated(query: dict[str, str]) -> None:
    assert WHATSAPP.handshake(_asking(mode="subscribe", **query), ACCOUNT) == (403, b"", "", ())


def test_other_requests_are_no_handshake() -> None:
    assert WHATSAPP.handshake(_asking(mode="unsubscribe", verify_token=TOKEN, challenge="1"), ACCOUNT) is None
    assert WHATSAPP.handshake(_asking(), ACCOUNT) is None
    assert WHATSAPP.handshake(Request("HEAD", {}, {}, b""), ACCOUNT) is None


@pytest.mark.parametrize("value", [b"sha256=", b"sha1=" + b"0" * 64, b"0" * 71, b"sha256=" + b"0" * 65, b"\xff" * 71])
def test_a_signature_in_another_form_is_refused(value: bytes) -> None:
    request = Request("POST", {meta.SIGNATURE: value}, {}, b"{}")
    assert WHATSAPP.verify(request, ACCOUNT, 0) == (None, "malformed-header")


def test_a_secret_that_was_copied_wrongly_is_refused() -> None:
    with pytest.raises(SecretError):
        WHATSAPP.key("geheim\u00fcber\u200b")


def test_one_post_with_several_entries_gives_all_its_events() -> None:
    value = whatsapp.value(messages=[whatsapp.message(number) for number in range(5)])
    body = whatsapp.post(("messages", value), ("messages", value), entries=3)
    items = WHATSAPP.parse(Request("POST", {}, {}, body), ACCOUNT)
    assert len([draft for item in items for draft in WHATSAPP.normalise(item, ACCOUNT)]) == 30


def test_what_is_wrong_in_one_place_leaves_the_others() -> None:
    good = {"field": "messages", "value": whatsapp.value(messages=[whatsapp.message(1)])}
    wrong = [
        7,
        {"changes": 7},
        {"changes": [7, {"field": "messages", "value": 7}, {"field": "messages", "value": {"messages": 7}}, good]},
        {"changes": [{"field": "messages", "value": whatsapp.value(messages=[7, whatsapp.message(2)])}]},
    ]
    body = json.dumps({"object": "whatsapp_business_account", "entry": wrong}).encode()
    drafts, faults = [], []
    for item in WHATSAPP.parse(Request("POST", {}, {}, body), ACCOUNT):
        try:
            drafts += WHATSAPP.normalise(item, ACCOUNT)
        except Malformed as fault:
            faults.append(fault.detail)
    assert [draft.native_id for draft in drafts] == ["wamid.1", "wamid.2"]
    assert faults == [
        "what is in entry must be JSON objects",
        "changes must be an array",
        "what is in changes must be JSON objects",
        "value must be a JSON object",
        "messages must be an array",
        "what is in messages must be JSON objects",
    ]


@pytest.mark.parametrize("body", [b"[]", b"7", b'{"object": "whatsapp_business_account", "entry": {}}', b"{"])
def test_what_is_no_envelope_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        WHATSAPP.parse(Request("POST", {}, {}, body), ACCOUNT)


def test_what_another_product_posts_is_of_no_use() -> None:
    body = b'{"object": "page", "entry": [{"id": "1"}, 7]}'
    items = WHATSAPP.parse(Request("POST", {}, {}, body), ACCOUNT)
    assert [list(WHATSAPP.normalise(item, ACCOUNT)) for item in items] == [[], []]


def test_the_test_buttons_of_the_dashboard_wrote_nothing() -> None:
    value = whatsapp.value(messages=[whatsapp.message(1, timestamp="1504902988")])
    update = messenger.update(message=messenger.said(1)) | {"timestamp": "1527459824"}
    for connector, more in (
        (WHATSAPP, {"changes": [{"field": "messages", "value": value}]}),
        (Instagram(), {"messaging": [update]}),
    ):
        body = json.dumps({"object": connector.object_name, "entry": [{"id": "0", **more}]}).encode()
        items = connector.parse(Request("POST", {}, {}, body), ACCOUNT)
        assert [list(connector.normalise(item, ACCOUNT)) for item in items] == [[]]
