import json
from pathlib import Path
from typing import Any

import pytest

from app.config_connectors import AccountConfig, SecretSource
from app.connectors import zendesk
from app.connectors.connector import Account, Draft, Request
from app.connectors.poller import Found
from app.connectors.zendesk import Zendesk
from app.connectors.zendesk_poll import ZendeskPoller
from app.errors import ConfigurationError
from app.gateway.accounts import open_desks
from tests.connectors import kpis
from tests.connectors.cases import zendesk as bodies
from tests.connectors.cases.case import NOW_MS

ZENDESK = Zendesk()


def _drafts(item: dict[str, Any], channel: str | None = None, **options: str) -> list[Draft]:
    return [*ZENDESK.normalise(item, Account("shop", (), channel, options))]


def _told(item: dict[str, Any], *names: str, **options: str) -> list[tuple[Any, ...]]:
    return [tuple(draft.fields.get(name) for name in ("type", *names)) for draft in _drafts(item, **options)]


def _status(previous: str, current: str, **detail: Any) -> dict[str, Any]:
    return bodies.told("ticket.status_changed", {"previous": previous, "current": current}, **detail)


def _published(shared: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((shared / "webhooks/_vectors/zendesk.json").read_text())["vectors"]
    return found


def test_the_published_values_hold(shared: Path) -> None:
    checked = 0
    for vector in _published(shared):
        file = shared / "webhooks" / vector.get("body_file", "none")
        if "body" not in vector and not file.exists():
            continue  # one published body is not among the shared data
        body = vector["body"].encode() if "body" in vector else file.read_bytes()
        signature = zendesk.sign(vector["timestamp"].encode(), body, vector["secret"].encode())
        assert (signature == vector["signature"].encode()) == vector["valid"]
        checked += 1
    assert checked >= 2


def test_a_published_value_is_verified_at_its_time_and_stale_today(shared: Path) -> None:
    vector = next(one for one in _published(shared) if "body" in one)
    headers = {zendesk.TIMESTAMP: vector["timestamp"].encode(), zendesk.SIGNATURE: vector["signature"].encode()}
    request = Request("POST", headers, {}, vector["body"].encode())
    account = Account("shop", (vector["secret"].encode(),))
    assert ZENDESK.verify(request, account, 1_616_648_967_000).secret == 0  # 2021-03-25T05:09:27Z
    assert ZENDESK.verify(request, account, NOW_MS).fault == "stale"


def test_the_secret_of_test_requests_is_refused_at_start(shared: Path) -> None:
    secret = _published(shared)[0]["secret"]
    config = AccountConfig(secrets=[SecretSource(env="ZENDESK_SECRET")])
    with pytest.raises(ConfigurationError, match="example that everybody knows"):
        open_desks({"zendesk": {"shop": config}}, b"k" * 32, {"ZENDESK_SECRET": secret})


@pytest.mark.parametrize("timestamp", [b"1234", b"yesterday", b"\xff", b"2026-03-02", b"9999-12-31T23:59:59Z"])
def test_a_timestamp_in_another_form_is_refused(timestamp: bytes) -> None:
    headers = {zendesk.TIMESTAMP: timestamp, zendesk.SIGNATURE: zendesk.sign(timestamp, b"{}", b"k")}
    verdict = ZENDESK.verify(Request("POST", headers, {}, b"{}"), Account("shop", (b"k",)), NOW_MS)
    assert verdict == (None, "malformed-header")


@pytest.mark.parametrize(
    ("previous", "current", "expected"),
    [
        ("NEW", "OPEN", []),
        ("OPEN", "SOLVED", [("ticket-closed", "resolved")]),
        ("PENDING", "SOLVED", [("ticket-closed", "resolved")]),
        ("SOLVED", "CLOSED", []),
        ("OPEN", "CLOSED", [("ticket-closed", "resolved")]),
        ("SOLVED", "OPEN", [("ticket-reopened", None)]),
        ("SOLVED", "HOLD", [("ticket-reopened", None), ("ticket-paused", "on_hold")]),
        ("OPEN", "PENDING", [("ticket-paused", "customer")]),
        ("PENDING", "OPEN", [("ticket-resumed", "customer")]),
        ("PENDING", "HOLD", [("ticket-resumed", "customer"), ("ticket-paused", "on_hold")]),
        ("open", "solved", [("ticket-closed", "resolved")]),
    ],
)
def test_a_status_is_left_and_another_entered(previous: str, current: str, expected: list[Any]) -> None:
    assert _told(_status(previous, current), "reason") == expected


def _created(status: str, **detail: Any) -> dict[str, Any]:
    return bodies.told("ticket.created", status=status, **{"created_at": bodies.DETAIL["updated_at"], **detail})


BORN = [
    ("NEW", []),
    ("OPEN", []),
    ("SOLVED", [("ticket-closed", "resolved", "agent")]),
    ("CLOSED", [("ticket-closed", "resolved", "agent")]),
    ("PENDING", [("ticket-paused", "customer", None)]),
    ("HOLD", [("ticket-paused", "on_hold", None)]),
]


@pytest.mark.parametrize(("status", "expected"), BORN)
def test_a_ticket_may_be_created_in_any_status(status: str, expected: list[Any]) -> None:
    opened, *told = _told(_created(status), "reason", "author_kind")
    assert (opened[0], told) == ("ticket-opened", expected)


def test_a_status_that_came_after_the_creation_is_told_by_its_own_event() -> None:
    assert _told(_created("SOLVED", created_at="2026-03-02T10:41:06Z")) == [("ticket-opened",)]


@pytest.mark.parametrize(("status", "expected"), BORN)
def test_audits_tell_the_status_at_creation_as_the_webhook_does(status: str, expected: list[Any]) -> None:
    def step(kind: str, value: str, at: str, **more: str) -> dict[str, Any]:
        event = {"id": 1, "type": kind, "field_name": "status", "value": value.lower(), **more}
        return {"created_at": at, "author_id": 8447388090495, "events": [event]}

    born = step("Create", status, "2026-03-02T10:41:07Z")
    ticket = {"id": 5158, "requester_id": 8447388090494, "status": "closed", "via": {"channel": "email"}}
    ticket["updated_at"] = "2026-03-02T11:00:00Z"
    later = step("Change", "open", "2026-03-02T11:00:00Z", previous_value=status.lower())
    poller = ZendeskPoller()
    (found,) = poller.listed(poller.listing(0, 0), {"tickets": [ticket]}, 0).found
    (ask,) = poller.details(found)
    page = poller.read(ask, {"audits": [born, later], "users": []}, 0)
    polled = [(draft.native_id, draft.fields["type"]) for draft in _drafts(page.items[0])]
    assert polled == [(draft.native_id, draft.fields["type"]) for draft in _drafts(_created(status))]
    assert len(polled) == 1 + len(expected)


def test_a_change_in_the_audit_of_the_creation_is_no_status_at_creation() -> None:
    created = {"type": "Create", "field_name": "status", "value": "pending"}
    changed = {"type": "Change", "field_name": "status", "value": "solved", "previous_value": "pending"}
    audit = {"created_at": "2026-03-02T10:41:07Z", "author_id": -1, "events": [created, changed]}
    ask = ZendeskPoller().details(Found("5158", 0, is_open=True, about={"id": 5158}))[0]
    items = ZendeskPoller().read(ask, {"audits": [audit], "users": []}, 0).items
    told = [told for item in items for told in _told(dict(item), "reason")]
    assert told == [("ticket-opened", None), ("ticket-paused", "customer"), ("ticket-closed", "resolved")]


@pytest.mark.parametrize(
    ("actor", "kind", "author"),
    [
        ("8447388090495", "agent", "8447388090495"),
        ("-1", "automation", None),
        (-1, "automation", None),
        ("77", "bot", "77"),
        ("8447388090494", None, None),  # the requester
    ],
)
def test_who_closed(actor: Any, kind: str | None, author: str | None) -> None:
    told = _told(_status("OPEN", "SOLVED", actor_id=actor), "author_kind", "author_id", bot_ids="76, 77")
    assert told == [("ticket-closed", kind, author)]


@pytest.mark.parametrize(
    ("author", "is_staff", "expected"),
    [
        ("8447388090494", False, ("message-received", None)),
        ("8447388090494", True, ("message-received", None)),  # an agent's own request
        ("555", False, ("message-received", None)),  # somebody in copy
        ("8447388090495", True, ("reply-sent", "agent")),
        ("-1", True, ("reply-sent", "automation")),
        ("77", True, ("reply-sent", "bot")),
    ],
)
def test_who_commented(author: str, is_staff: bool, expected: tuple[Any, ...]) -> None:
    assert _told(bodies.comment(author, is_staff=is_staff), "author_kind", bot_ids="76 77") == [expected]


@pytest.mark.parametrize(
    ("actor", "kind", "expected"),
    [
        ("9001", "end_user", ("message-received", None)),
        ("9002", "agent", ("reply-sent", "agent")),
        ("9003", "trigger", ("reply-sent", "automation")),
        ("zd:answerBot", "system", ("reply-sent", "bot")),
        ("9004", "system", ("reply-sent", "bot")),
        ("zd:other", "agent", ("reply-sent", "bot")),
        ("9005", "hologram", ("reply-sent", "unknown")),
    ],
)
def test_who_wrote_in_messaging(actor: str, kind: str, expected: tuple[Any, ...]) -> None:
    assert _told(bodies.message(actor, kind), "author_kind") == [expected]


def test_messages_that_name_no_channel_are_the_accounts_or_the_web_widgets() -> None:
    message = bodies.message("9001", "end_user")
    assert [_drafts(message, channel)[0].fields["channel"] for channel in (None, "whatsapp")] == [
        "web-chat",
        "whatsapp",
    ]


def test_the_transcript_of_a_chat_is_not_counted_again() -> None:
    assert _drafts(bodies.comment("555", is_staff=False, via={"channel": "native_messaging"})) == []


def test_a_comment_and_the_status_that_it_set_share_their_second() -> None:
    late = {"time": "2026-03-02T10:41:08.912Z"}
    early = {"time": "2026-03-02T10:41:07.004Z"}
    reply = _drafts({**bodies.comment("8447388090495", is_staff=True), **late})[0]
    close = _drafts({**_status("OPEN", "SOLVED"), **early})[0]
    assert reply.fields["occurred_at"] == close.fields["occurred_at"] == "2026-03-02T10:41:07Z"


def test_a_reply_that_solves_answers_though_its_close_was_published_before_it(tmp_path: Path) -> None:
    asked = bodies.comment("8447388090494", is_staff=False, updated_at="2026-03-02T10:31:07Z")
    asked["event"]["comment"]["id"] = "1"
    solved = {**_status("OPEN", "SOLVED"), "time": "2026-03-02T10:41:07.004Z"}
    reply = {**bodies.comment("8447388090495", is_staff=True), "time": "2026-03-02T10:41:07.912Z"}
    found = kpis.samples(tmp_path, kpis.finished(bodies.CASE, [asked, solved, reply]))
    assert (found["first_response"], found["resolution"]) == ([600.0], [600.0])


def test_a_body_that_was_rendered_after_a_later_change_does_not_move_the_event() -> None:
    item = _status("OPEN", "SOLVED", updated_at="2026-03-02T11:00:00Z")
    assert _told(item, "occurred_at") == [("ticket-closed", "2026-03-02T10:41:07Z")]


@pytest.mark.parametrize(("current", "expected"), [(7, "7"), ("7", "7"), (None, None), ("", None), (0, None)])
def test_an_owner_is_a_number_a_text_or_nobody(current: Any, expected: str | None) -> None:
    for kind, field in (("agent", "agent_id"), ("group", "team")):
        item = bodies.told(f"ticket.{kind}_assignment_changed", {"previous": 1, "current": current})
        (draft,) = _drafts(item)
        assert draft.fields[field] == expected


def test_labels_are_the_full_set_without_what_could_be_a_person() -> None:
    tags = ["vip", "jane@example.com", "+49 151 12345678", "order-12345678", "vip", "x" * 65, *map(str, range(40))]
    (draft,) = _drafts(bodies.told("ticket.tags_changed", {}, tags=tags, priority=None))
    assert draft.fields["tags"] == ["vip", *map(str, range(31))]
    assert draft.fields["priority"] is None


def test_a_merge_without_its_target_is_still_an_end() -> None:
    assert _told(bodies.told("ticket.merged"), "reason") == [("ticket-closed", "merged")]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("marked_as_spam", ("ticket-closed", "spam")),
        ("soft_deleted", ("ticket-closed", "deleted")),
        ("permanently_deleted", ("ticket-closed", "deleted")),
        ("undeleted", ("ticket-reopened", None)),
    ],
)
def test_ends_that_resolve_nothing(kind: str, expected: tuple[Any, ...]) -> None:
    assert _told(bodies.told(f"ticket.{kind}"), "reason") == [expected]


@pytest.mark.parametrize(("score", "expected"), [("GOOD", [5]), ("bad", [1]), ("OFFERED", []), (None, [])])
def test_good_and_bad_are_five_and_one(score: Any, expected: list[int]) -> None:
    item = bodies.told("ticket.csat_received", {"satisfaction_score": {"score": score}})
    assert [draft.fields["score"] for draft in _drafts(item)] == expected
