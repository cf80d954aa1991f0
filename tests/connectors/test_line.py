import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from app.connectors import line
from app.connectors.connector import Account, Draft, Malformed, Request
from app.connectors.line import Line
from tests.connectors.cases.line import CASE, CUSTOMER, EVENT_ID, GROUP, OFFICIAL, event, message, post, pressed

LINE = Line()


def _drafts(*events: Any, account: Account = CASE.account) -> list[Draft]:
    items = LINE.parse(Request("POST", {}, {}, post(*events)), account)
    return [draft for item in items for draft in LINE.normalise(item, account)]


def test_the_published_values_hold(shared: Path) -> None:
    vectors = json.loads((shared / "webhooks/_vectors/line.json").read_text())["vectors"]
    assert {vector["valid"] for vector in vectors} == {True, False}
    for vector in vectors:
        account = Account("a", (LINE.key(vector["secret"]),))
        request = Request("POST", {line.SIGNATURE: vector["signature"].encode()}, {}, vector["body"].encode())
        assert LINE.verify(request, account, 0) == ((0, None) if vector["valid"] else (None, "mismatch"))


def test_a_message_says_who_when_and_where() -> None:
    (draft,) = _drafts(message())
    assert draft[:3] == (
        EVENT_ID[:-1] + "0",
        {
            "type": "message-received",
            "ticket_id": f"{OFFICIAL}:{CUSTOMER}",
            "channel": "line",
            "occurred_at": "2026-03-02T10:41:00.123Z",
            "author_id": CUSTOMER,
            "customer_id": CUSTOMER,
        },
        frozenset({"ticket_id"}),
    )


def test_the_account_names_the_channel() -> None:
    account = dataclasses.replace(CASE.account, channel="line-jp")
    assert _drafts(message(), account=account)[0].fields["channel"] == "line-jp"


def test_a_redelivered_event_is_the_same() -> None:
    assert _drafts(message()) == _drafts(message(deliveryContext={"isRedelivery": True}, replyToken=None))


@pytest.mark.parametrize(("kind", "name"), [("group", "groupId"), ("room", "roomId")])
def test_a_group_is_one_ticket_even_of_people_without_id(kind: str, name: str) -> None:
    known, unknown = (_drafts(message(source={"type": kind, name: GROUP, **who}))[0] for who in ({"userId": "U1"}, {}))
    assert known.fields["ticket_id"] == unknown.fields["ticket_id"] == f"{OFFICIAL}:{GROUP}"
    assert (known.fields["author_id"], "author_id" in unknown.fields) == ("U1", False)


@pytest.mark.parametrize(
    "kind", ["unsend", "follow", "unfollow", "join", "memberLeft", "beacon", "accountLink", "of_2027"]
)
def test_what_says_nothing_new_is_no_turn(kind: str) -> None:
    assert _drafts(event(kind)) == []


def test_a_pressed_button_is_a_turn_and_a_turned_page_of_the_menu_is_not() -> None:
    assert [draft.fields["type"] for draft in _drafts(pressed())] == ["message-received"]
    assert [draft.fields["type"] for draft in _drafts(pressed(datetime="2026-03-02T10:41"))] == ["message-received"]
    assert _drafts(pressed(newRichMenuAliasId="b", status="SUCCESS")) == []


def test_what_is_wrong_in_one_event_leaves_the_others() -> None:
    found: list[str] = []
    for item in LINE.parse(Request("POST", {}, {}, post(7, message(1), message(2, source=None))), CASE.account):
        try:
            found += [draft.native_id for draft in LINE.normalise(item, CASE.account)]
        except Malformed as fault:
            found.append(fault.detail)
    assert found == ["what is in events must be JSON objects", EVENT_ID[:-1] + "1", "source must be a JSON object"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"timestamp": 1772448060}, "between 2010 and 2100"),
        ({"timestamp": "1772448060123"}, "timestamp must be a whole number"),
        ({"webhookEventId": None}, "webhookEventId must be a text"),
        ({"source": {"type": "user"}}, "userId must be a text"),
        ({"source": {"type": "Jane"}}, "source.type must be one of: user, group, room"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        _drafts(message(**fields))


@pytest.mark.parametrize("body", [b"[]", b"7", b'{"events": []}', b'{"destination": "U1", "events": {}}'])
def test_what_is_no_post_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        LINE.parse(Request("POST", {}, {}, body), CASE.account)
