import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.connectors import gorgias
from app.connectors.connector import Account, Draft, Malformed, Request
from app.connectors.gorgias import Gorgias
from tests.connectors.cases import gorgias as bodies
from tests.connectors.cases.case import NOW_MS

GORGIAS = Gorgias()


def _drafts(item: dict[str, Any], **options: str) -> list[Draft]:
    return [*GORGIAS.normalise(item, Account("shop", (), options=options))]


def _told(item: dict[str, Any], *names: str, **options: str) -> list[tuple[Any, ...]]:
    return [tuple(draft.fields.get(name) for name in ("type", *names)) for draft in _drafts(item, **options)]


@pytest.mark.parametrize("given", [b"", b"k" * 23, b"k" * 25, b"\xff" * 24])
def test_another_token_is_refused(given: bytes) -> None:
    request = Request("POST", {gorgias.TOKEN: given}, {}, b"{}")
    assert GORGIAS.verify(request, Account("shop", (b"k" * 24,)), NOW_MS).secret is None


def test_what_the_template_renders_and_what_the_api_writes_is_the_same() -> None:
    customer = {"id": 3924, "email": "Jane.Doe@example.com"}
    api = {"id": 123, "channel": "email", "customer": customer, "created_datetime": "2026-03-02T10:30:00.123456"}
    assert _drafts(bodies.post("ticket-created")) == _drafts(bodies.post("ticket-created", ticket=api))


def test_instants_without_a_zone_are_utc() -> None:
    told = _told(bodies.post("ticket-message-created", bodies.MESSAGE), "occurred_at", "author_id", "customer_id")
    assert told == [("message-received", "2026-03-02T10:40:00.111Z", "3924", "3924")]


@pytest.mark.parametrize(
    ("changes", "kind", "author"),
    [
        ({}, "agent", "4"),
        ({"rule_id": 12}, "automation", None),
        ({"rule_id": "12"}, "automation", None),
        ({"via": "rule"}, "automation", None),
        ({"sender": {"id": 88}}, "bot", "88"),
    ],
)
def test_who_answers(changes: dict[str, Any], kind: str, author: str | None) -> None:
    item = bodies.post("ticket-message-created", {**bodies.API_MESSAGE, **changes})
    assert _told(item, "author_kind", "author_id", bot_ids="88") == [("reply-sent", kind, author)]


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "internal-note"},
        {"public": False},
        {"public": "False"},
        {"failed_datetime": "2026-03-02T10:41:00"},
        {"id": ""},
        {"id": "None"},
    ],
)
def test_what_reaches_no_customer_is_no_message(changes: dict[str, Any]) -> None:
    assert _drafts(bodies.post("ticket-message-created", {**bodies.API_MESSAGE, **changes})) == []


def test_a_post_whose_message_was_not_rendered_tells_nothing() -> None:
    assert _drafts(bodies.post("ticket-message-created", None)) == []


def test_a_close_is_the_same_whoever_brings_it() -> None:
    brought = [
        bodies.post("ticket-status-updated", ticket=bodies.API_TICKET),
        bodies.post("ticket-updated", ticket=bodies.API_TICKET),
        bodies.api_event("ticket-closed"),
    ]
    closes = [draft for item in brought for draft in _drafts(item) if draft.fields["type"] == "ticket-closed"]
    assert len(closes) == 3
    assert len({draft.native_id for draft in closes}) == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"snooze_datetime": "2026-03-04T08:00:00"}, ("ticket-paused", "snoozed")),
        ({"spam": True}, ("ticket-closed", "spam")),
        ({"spam": "True"}, ("ticket-closed", "spam")),
        ({"trashed_datetime": "2026-03-02T10:41:07"}, ("ticket-closed", "deleted")),
        ({}, ("ticket-closed", "resolved")),
        ({"status": "open"}, ("ticket-reopened", None)),
    ],
)
def test_what_a_status_is(changes: dict[str, Any], expected: tuple[Any, ...]) -> None:
    item = bodies.post("ticket-status-updated", ticket={**bodies.API_TICKET, **changes})
    assert _told(item, "reason") == [expected]


def test_an_update_of_an_open_ticket_is_no_reopening() -> None:
    assert [kind for kind, *_ in _told(bodies.post("ticket-updated"))] == []


def test_a_survey_without_a_score_is_no_answer() -> None:
    assert _drafts({"survey": {**bodies.SURVEY, "scored_datetime": None}, "ticket": bodies.API_TICKET}) == []


@pytest.mark.parametrize("score", [0, 6, "5", None])
def test_a_score_that_is_none_is_refused(score: Any) -> None:
    with pytest.raises(Malformed, match="score"):
        _drafts({"survey": {**bodies.SURVEY, "score": score}, "ticket": bodies.API_TICKET})


def test_the_template_in_the_guide_is_what_is_read() -> None:
    guide = (Path(__file__).resolve().parents[2] / "deploy/connect/gorgias.md").read_text()
    template = re.search(r"```json\n(.*?)```", guide, re.DOTALL)
    assert template is not None
    item = json.loads(template.group(1))
    variables = {"ticket": bodies.TICKET, "message": bodies.MESSAGE}
    for name, known in variables.items():
        assert set(item[name]) == set(known), f"{name} of the guide and of the bodies here"
        for field, text in item[name].items():
            assert text == "{{" + f"{name}.{_PATHS.get(field, field)}" + "}}"
            item[name][field] = known[field]
    assert [draft.fields["type"] for draft in _drafts(item)] == ["message-received"]


_PATHS = {"sender_id": "sender.id", "customer_email": "customer.email"}
