"""What others publish of WhatsApp, Messenger, Instagram and mail gives what is expected of it, or a reason is here."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from app.connectors.connector import Malformed, Request
from app.gateway.events import Finishing, InvalidEvent, Ready
from app.gateway.pseudonyms import Pseudonyms
from tests.connectors.cases import instagram, mailgun, messenger, postmark, sendgrid, whatsapp
from tests.connectors.cases.case import NOW_MS, Body, Case

PLANTED: Final = "Xk7planted"
_AT_MS: Final = 1_631_082_844_000

# Samples that give something else than `sources.json` expects, and why.
OTHERWISE: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "whatsapp/status_group.json": ((), "its status is `read`: only `sent` is a reply"),
    "messenger/handover_request_thread_control.json": (
        (),
        "a request changes nobody; when it is granted, a hand-over follows, and that is the event",
    ),
}

# What a sample has that the wire has not, and what stands there instead. Without that they are refused.
_ISO: Final = re.compile(rb'"2021-09-08T06:34:04\+0000"')
REPAIRED: Final[Mapping[str, tuple[str, Callable[[bytes], bytes]]]] = {
    "messenger/standby_and_messaging_in_one_entry.json": (
        "its instant is in 1970, which no message is",
        lambda body: body.replace(b"2222222", str(_AT_MS).encode()),
    ),
    **{
        f"instagram/{name}.json": (
            "its instants are those of a factory; the wire has milliseconds",
            lambda body: _ISO.sub(str(_AT_MS).encode(), body),
        )
        for name in ("standby_message", "story_mention_echo", "story_reply")
    },
}


def _as_is(body: bytes) -> Body:
    return Body(body, ())


def _meta(object_name: str) -> Callable[[bytes], Body]:
    """The post; from what a bot framework wraps (`body`), and around what is one update alone."""

    def unwrapped(body: bytes) -> Body:
        value = json.loads(body)
        if "body" in value:
            return Body(json.dumps(value["body"]).encode(), ())
        if "entry" in value:
            return Body(body, ())
        return Body(messenger.post(object_name, {"id": "404217156637689", "messaging": [value]}), ())

    return unwrapped


def _multipart(body: bytes) -> Body:
    """The file has bare line feeds, which are read too; its form comes with its boundary."""
    return Body(body, (), sendgrid.MULTIPART)


def _form(body: bytes) -> Body:
    return Body(urlencode(json.loads(body)).encode(), (), mailgun.ENCODED)


WRAPPED: Final[Mapping[str, tuple[Case, Callable[[bytes], Body]]]] = {
    "whatsapp/": (whatsapp.CASE, _as_is),
    "messenger/": (messenger.CASE, _meta("page")),
    "instagram/": (instagram.CASE, _meta("instagram")),
    "email/postmark": (postmark.CASE, _as_is),
    "email/sendgrid": (sendgrid.CASE, _multipart),
    "email/mailgun": (mailgun.CASE, _form),
}


def _samples(shared: Path) -> Iterator[tuple[str, tuple[str, ...], Case, Body]]:
    for source in json.loads((shared / "webhooks/sources.json").read_text())["files"]:
        name = source["file"]
        found = next((made for prefix, made in WRAPPED.items() if name.startswith(prefix)), None)
        if found is not None:
            case, wrapped = found
            yield name, tuple(source["expect"]), case, wrapped((shared / "webhooks" / name).read_bytes())


def _signed(case: Case, body: Body) -> Request:
    request = case.sign(body, case.secret, NOW_MS)
    assert case.connector.verify(request, case.account, NOW_MS).secret == 0
    return request


def _events(case: Case, body: Body) -> list[Ready]:
    request = _signed(case, body)
    finishing = Finishing(case.connector.name, "a", Pseudonyms(b"k" * 32, case.connector.name, "a"))
    items = case.connector.parse(request, case.account)
    drafts = [draft for item in items for draft in case.connector.normalise(item, case.account)]
    return [finishing.finish(draft, "2026-03-02T10:41:09Z") for draft in drafts]


def test_every_sample_gives_what_is_expected(shared: Path) -> None:
    names = set()
    for name, expect, case, body in _samples(shared):
        names.add(name)
        repair = REPAIRED.get(name, ("", bytes))[1]
        wanted = OTHERWISE[name][0] if name in OTHERWISE else expect
        given = tuple(event.type for event in _events(case, Body(repair(body.body), (), body.headers)))
        assert given == wanted, name
    assert len(names) >= 35
    assert names >= OTHERWISE.keys() | REPAIRED.keys()


def test_what_is_repaired_would_be_refused_and_what_is_otherwise_differs(shared: Path) -> None:
    for name, expect, case, body in _samples(shared):
        if name in REPAIRED:
            with pytest.raises(Malformed):
                _events(case, body)
        if name in OTHERWISE:
            assert OTHERWISE[name][0] != expect


_DECIDING: Final = frozenset(
    {"object", "field", "type", "status", "timestamp", "time", "Date", "Name", "recipient_type"}
)


def _planted(value: Any, key: str = "") -> Any:
    """With a mark in each text that decides nothing: ids, names, texts, links, numbers."""
    if isinstance(value, dict):
        return {name: _planted(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_planted(inner, key) for inner in value]
    return f"{value}{PLANTED}" if isinstance(value, str) and key not in _DECIDING else value


def test_nothing_that_is_planted_in_a_sample_comes_through(shared: Path) -> None:
    count = 0
    for name, _, case, body in _samples(shared):
        if body.body[:1] != b"{":
            continue
        repaired = REPAIRED.get(name, ("", bytes))[1](body.body)
        planted = json.dumps(_planted(json.loads(repaired))).encode()
        assert planted.count(PLANTED.encode()) > 0
        try:
            events = _events(case, Body(planted, (), body.headers))
        except (Malformed, InvalidEvent) as refused:
            assert PLANTED not in str(refused), name
            continue
        count += len(events)
        assert all(PLANTED.encode() not in event.value + event.key for event in events), name
    assert count >= 15


def test_nothing_that_is_planted_in_a_form_comes_through() -> None:
    head = sendgrid.HEAD.replace("jane", f"jane{PLANTED}").replace("My parcel", PLANTED)
    for case, fields in ((sendgrid.CASE, "headers"), (mailgun.CASE, "body-mime")):
        body = sendgrid.multipart(
            {fields: head + f"Message-ID: <{PLANTED}@x>\r\nReferences: <{PLANTED}@y>\r\n", "text": PLANTED}
        )
        events = _events(case, Body(body, (), sendgrid.MULTIPART))
        assert [event.type for event in events] == ["message-received"]
        assert PLANTED.encode() not in events[0].value + events[0].key
