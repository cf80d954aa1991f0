"""Bodies after the vendor's documentation of its objects, and after our own template; none was ever recorded: unconfirmed."""

import json
from typing import Any

from app.connectors import gorgias
from app.connectors.connector import Account, Request
from app.connectors.gorgias import Gorgias
from tests.connectors.cases.case import Body, Case

_SECRET = "n7Tq2LxV9cRb4YpM6wKd8ZsH"
_OTHER = "f3Hj5GkU1eXo7NaQ9iBt2CvL"

# As the template renders it: all of it text.
TICKET: dict[str, Any] = {
    "id": "123",
    "status": "open",
    "channel": "email",
    "spam": "False",
    "customer_id": "3924",
    "customer_email": "jane.doe@example.com",
    "assignee_user_id": "4",
    "assignee_team_id": "None",
    "created_datetime": "2026-03-02T10:30:00.123456",
    "updated_datetime": "2026-03-02T10:41:07.654321",
    "closed_datetime": "None",
    "snooze_datetime": "",
    "trashed_datetime": "None",
}
MESSAGE: dict[str, Any] = {
    "id": "9001",
    "channel": "email",
    "public": "True",
    "from_agent": "False",
    "rule_id": "None",
    "sender_id": "3924",
    "created_datetime": "2026-03-02T10:40:00.111111",
    "failed_datetime": "None",
}
# As the API writes it.
API_TICKET: dict[str, Any] = {
    "id": 123,
    "status": "closed",
    "priority": "critical",
    "channel": "chat",
    "spam": False,
    "subject": "Parcel of Jane Doe",
    "customer": {
        "id": 3924,
        "email": "jane.doe@example.com",
        "name": "Jane Doe",
        "integrations": {"6": {"zip": "94103"}},
    },
    "assignee_user": {"id": 4, "email": "ada@desk.example", "name": "Ada Agent"},
    "assignee_team": {"id": 2, "name": "Parcels"},
    "tags": [{"id": 1, "name": "delivery"}],
    "created_datetime": "2026-03-02T10:30:00.123456",
    "updated_datetime": "2026-03-02T10:41:07.654321",
    "closed_datetime": "2026-03-02T10:41:07.600000",
    "snooze_datetime": None,
    "trashed_datetime": None,
}
API_MESSAGE: dict[str, Any] = {
    "id": 9002,
    "ticket_id": 123,
    "public": True,
    "channel": "chat",
    "via": "helpdesk",
    "from_agent": True,
    "rule_id": None,
    "sender": {"id": 4, "email": "ada@desk.example", "name": "Ada Agent"},
    "source": {"from": {"address": "ada@desk.example"}, "to": [{"address": "jane.doe@example.com"}]},
    "body_text": "We look for your parcel.",
    "created_datetime": "2026-03-02T10:41:00+00:00",
    "sent_datetime": None,
    "failed_datetime": None,
}


def post(
    event: str, message: dict[str, Any] | None = None, ticket: dict[str, Any] = TICKET, **changes: Any
) -> dict[str, Any]:
    return {"event": event, "ticket": {**ticket, **changes}, "message": message}


def api_event(kind: str) -> dict[str, Any]:
    event = {
        "id": 77,
        "type": kind,
        "object_id": 123,
        "object_type": "Ticket",
        "created_datetime": "2026-03-02T10:41:07.601",
    }
    return {"event": {**event, "data": {"note": "Jane Doe"}}, "ticket": API_TICKET}


SURVEY = {
    "id": 55,
    "ticket_id": 123,
    "score": 5,
    "body_text": "Thanks, Ada!",
    "scored_datetime": "2026-03-02T10:50:00.5",
    "sent_datetime": "2026-03-02T10:45:00",
}


def _sign(body: Body, secret: str, now_ms: int) -> Request:  # noqa: ARG001 - nothing is signed
    headers = {b"content-type": b"application/json", gorgias.TOKEN: secret.encode()}
    return Request("POST", headers, {}, body.body)


def _body(value: dict[str, Any], *expect: str) -> Body:
    return Body(json.dumps(value).encode(), expect)


CASE = Case(
    connector=Gorgias(),
    account=Account("shop", (_SECRET.encode(),), options={"bot_ids": "88"}),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=_sign,
    signed_headers=(gorgias.TOKEN,),
    bodies=(
        _body(post("ticket-created"), "ticket-opened"),
        _body(post("ticket-message-created", MESSAGE), "message-received"),
        _body(post("ticket-message-created", {**MESSAGE, "from_agent": "True", "sender_id": "4"}), "reply-sent"),
        _body(post("ticket-message-created", API_MESSAGE, API_TICKET), "reply-sent"),
        _body(post("ticket-message-created", {**MESSAGE, "channel": "internal-note"})),
        _body(post("ticket-message-created", {**MESSAGE, "id": ""})),
        _body(post("ticket-status-updated", ticket=API_TICKET), "ticket-closed"),
        _body(post("ticket-status-updated"), "ticket-reopened"),
        _body(post("ticket-assignment-updated"), "ticket-assigned"),
        _body(post("ticket-updated", ticket=API_TICKET), "ticket-labelled", "ticket-closed"),
        _body(post("ticket-self-unsnoozed"), "ticket-resumed"),
        _body(post("ticket-handed-over"), "ticket-handed-over"),
        _body(post("ticket-message-failed", MESSAGE)),
        _body(api_event("ticket-closed"), "ticket-closed"),
        _body(api_event("ticket-team-assigned"), "ticket-assigned"),
        _body(api_event("satisfaction-survey-sent"), "survey-sent"),
        _body(api_event("rule-executed")),
        _body({"survey": SURVEY, "ticket": API_TICKET}, "survey-answered"),
    ),
    signs_body=False,
    private=("Jane", "jane", "parcel", "Parcel", "Ada", "desk.example", "94103"),
)
