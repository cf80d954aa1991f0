"""What the core makes of conversations as Meta and mail providers tell them."""

import json
from pathlib import Path

from app.connectors.connector import Request
from tests.connectors import kpis
from tests.connectors.cases import messenger, postmark, whatsapp
from tests.connectors.cases.case import Case

_AT = 1_772_448_000


def _found(case: Case, folder: Path, *bodies: bytes) -> dict[str, list[float]]:
    items = [item for body in bodies for item in case.connector.parse(Request("POST", {}, {}, body), case.account)]
    return kpis.samples(folder, kpis.finished(case, items))


def test_on_whatsapp_only_what_is_sent_by_somebody_answers(tmp_path: Path) -> None:
    """Seconds: 0 asks, 10 reacts, 20 marketing, 60 sent, 61 delivered, 65 read, 70 edits, 100 asks, 160 answers in the app."""

    def asks(second: int, kind: str = "text") -> bytes:
        update = whatsapp.message(second, kind, timestamp=str(_AT + second))
        return whatsapp.post(("messages", whatsapp.value(messages=[update])))

    def status(second: int, number: int, word: str, **fields: object) -> bytes:
        update = whatsapp.status(number, word, timestamp=str(_AT + second), **fields)
        return whatsapp.post(("messages", whatsapp.value(statuses=[update])))

    echo = whatsapp.message(9004, timestamp=str(_AT + 160), to="491511234567")
    found = _found(
        whatsapp.CASE,
        tmp_path,
        asks(0),
        asks(10, "reaction"),
        status(20, 9001, "sent", pricing={"category": "marketing"}),
        status(60, 9002, "sent"),
        status(61, 9002, "delivered"),
        status(65, 9002, "read"),
        asks(70, "edit"),
        asks(100),
        whatsapp.post(("smb_message_echoes", whatsapp.value(message_echoes=[echo]))),
    )
    assert (found["first_response"], found["response"]) == ([60.0], [60.0, 60.0])


def test_on_messenger_a_bot_does_not_answer_first(tmp_path: Path) -> None:
    """Milliseconds: 0 asks, 2500 the bot, 4000 asks on, 64000 an agent."""

    def at(after_ms: int, update: dict[str, object]) -> dict[str, object]:
        return {**update, "timestamp": _AT * 1000 + after_ms}

    body = messenger.post(
        "page",
        messenger.entry(
            at(0, messenger.update(message=messenger.said(1))),
            at(2500, messenger.echo(2, app_id=555)),
            at(4000, messenger.update(message=messenger.said(3))),
            at(64000, messenger.echo(4, app_id=263902037430900)),
        ),
    )
    found = _found(messenger.CASE, tmp_path, body)
    assert (found["first_response"], found["automated_response"], found["response"]) == ([64.0], [2.5], [60.0])


def test_in_a_mail_thread_an_absence_note_answers_nothing(tmp_path: Path) -> None:
    """Minutes: 0 asks, 1 an absence note of the team, 30 the answer, 31 the customer's own absence note."""

    def mail(minute: int, headers: dict[str, str], **fields: object) -> bytes:
        body = json.loads(postmark.mail(headers, **fields))
        body["Headers"][0]["Value"] = f"by mx.provider.example; Mon, 2 Mar 2026 10:{minute:02}:00 +0000"
        return json.dumps(body).encode()

    thread = {"References": "<1@doe.example>"}
    found = _found(
        postmark.CASE,
        tmp_path,
        mail(0, {"Message-ID": "<1@doe.example>"}),
        mail(1, {"Message-ID": "<2@desk.example>", "Auto-Submitted": "auto-replied", **thread}, **postmark.FROM_TEAM),
        mail(30, {"Message-ID": "<3@desk.example>", **thread}, **postmark.FROM_TEAM),
        mail(31, {"Message-ID": "<4@doe.example>", "Auto-Submitted": "auto-replied", **thread}),
    )
    assert (found["first_response"], found["response"]) == ([1800.0], [1800.0])
